"""What a caller of the API does to a request, as the person or agent of their key.

A name in a request body is never an identity: who acts is who the key stands for.
"""

from collections.abc import Mapping
from typing import Any, Literal

from core.commands import (
    BreakGlass,
    Cancel,
    CastVote,
    Command,
    Comment,
    Delegate,
    Escalate,
    Nudge,
    Reassign,
    Redeem,
    ReportExecution,
    ReportIncident,
    Revise,
    RevokeToken,
    WithdrawVote,
)
from core.content import Action
from core.refusals import Reason, Refused, invalid
from core.request import Decision, IncidentKind, RequestState, Severity
from core.rows import Loaded, Snapshot
from core.service.access import ADMINS, Caller, require_person, unknown
from core.service.applying import Allowed
from core.service.approvals import Approvals, Make
from core.service.drafting import edited, present, revised
from core.service.idempotency import Given
from core.service.loop_guard import asked_for
from core.service.seen import require_revision, require_round
from core.submission import Submission
from core.tokens.signing import KeyRing
from core.tokens.token import Fault, TokenClaims, TokenError, covers, read_token
from core.value import Millis


class Acts:
    """Every act of the API but submitting. Each raises Refused, and then stored nothing."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals

    async def decide(
        self,
        caller: Caller,
        request_id: str,
        decision: Decision,
        comment: str | None,
        stage: str | None,
        revision: int | None,
        round: int | None,
        edits: Mapping[str, Any] | None = None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Vote; with `edits`, edit and approve."""
        person = self._person(caller)
        text = self._approvals.text(comment)
        drafting = await self._approvals.editing(request_id) if edits else None

        def make(state: RequestState, loaded: Loaded) -> Command:
            if decision is Decision.APPROVE:
                require_revision(state, revision)
            draft = None
            if edits and drafting is not None:
                draft = edited(state, loaded.contents, edits, drafting)
            vote = CastVote(
                actor=caller.actor,
                person=person,
                decision=decision,
                revision=revision,
                stage=stage,
                round=round,
                comment=text,
                edit=draft,
            )
            require_round(state, vote)
            return vote

        return await self._done(caller, request_id, make, idempotency)

    async def withdraw_vote(
        self, caller: Caller, request_id: str, idempotency: Given | None = None
    ) -> Snapshot:
        """Take back the person's vote in the open stage."""
        command = WithdrawVote(actor=caller.actor, person=self._person(caller))
        return await self._done(caller, request_id, _always(command), idempotency)

    async def break_glass(
        self,
        caller: Caller,
        request_id: str,
        reason: str | None,
        revision: int | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Pass the request alone, if the rule names the person's role."""
        command = BreakGlass(
            actor=caller.actor,
            person=self._person(caller),
            reason=self._approvals.text(reason),
            revision=revision,
        )

        def make(state: RequestState, _loaded: Loaded) -> Command:
            require_revision(state, revision)
            return command

        return await self._done(caller, request_id, make, idempotency)

    async def revise(
        self,
        caller: Caller,
        request_id: str,
        submission: Submission,
        base: int | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """A new revision by the agent (or the requester), made from revision `base`."""
        caller = self._today(caller, "submit", "decide")
        drafting = self._approvals.revising()
        repeat, chain = await self._asked_before(caller, request_id, submission)

        def make(state: RequestState, loaded: Loaded) -> Command:
            if base is not None and base != state.revision:
                current = str(state.revision)
                raise Refused(Reason.STALE_REVISION, base=str(base), current=current)
            if _agent_key(caller) != state.agent_key and caller.person != state.requester:
                raise Refused(Reason.NOT_ALLOWED_TO_REVISE)
            known = loaded.refusal
            elsewhere = None if known is None or known.request in chain else known
            return Revise(
                actor=caller.actor,
                draft=revised(state, loaded.contents, submission, drafting, elsewhere),
                person=caller.person,
                agent_key=_agent_key(caller),
            )

        return await self._done(caller, request_id, make, idempotency, repeat=repeat)

    async def delegate(
        self,
        caller: Caller,
        request_id: str,
        to: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Let somebody act for the key's person on this request."""
        command = Delegate(
            actor=caller.actor,
            person=self._person(caller),
            taker=self._known(to),
            reason=self._approvals.text(reason),
        )
        return await self._done(caller, request_id, _always(command), idempotency)

    async def reassign(
        self,
        caller: Caller,
        request_id: str,
        old: str,
        new: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Put another person in somebody's place, as an administrator."""
        caller = self._admin(caller)
        command = Reassign(
            actor=caller.actor,
            old=self._known(old, gone=True),
            new=self._known(new),
            reason=self._approvals.text(reason),
        )
        return await self._done(caller, request_id, _always(command), idempotency)

    async def comment(
        self,
        caller: Caller,
        request_id: str,
        text: str,
        question: bool,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Write a comment or ask a question, as the key's person or as the agent."""
        caller = self._today(caller, "submit", "decide", "admin")
        content = self._approvals.text(text)
        if content is None:
            raise invalid("text", "is empty", "Write something.")
        command = Comment(actor=caller.actor, text=content, question=question)
        return await self._done(caller, request_id, _always(command), idempotency)

    async def nudge(
        self, caller: Caller, request_id: str, idempotency: Given | None = None
    ) -> Snapshot:
        """Have those who are waited for reminded."""
        caller = self._today(caller, "submit", "decide", "admin")
        command = Nudge(
            actor=caller.actor,
            person=caller.person,
            agent_key=_agent_key(caller),
            as_admin=self._is_admin(caller),
        )
        return await self._done(caller, request_id, _always(command), idempotency)

    async def escalate(
        self,
        caller: Caller,
        request_id: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Have the next level asked now."""
        caller = self._today(caller, "submit", "decide", "admin")
        command = Escalate(
            actor=caller.actor,
            person=caller.person,
            agent_key=_agent_key(caller),
            as_admin=self._is_admin(caller),
            reason=self._approvals.text(reason),
        )
        return await self._done(caller, request_id, _always(command), idempotency)

    async def cancel(
        self,
        caller: Caller,
        request_id: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Withdraw an open request."""
        caller = self._today(caller, "submit", "decide", "admin")
        command = Cancel(
            actor=caller.actor,
            person=caller.person,
            agent_key=_agent_key(caller),
            as_admin=caller.has("admin"),
            reason=self._approvals.text(reason),
        )
        return await self._done(caller, request_id, _always(command), idempotency)

    async def execution(
        self,
        caller: Caller,
        request_id: str,
        outcome: Literal["succeeded", "failed"],
        detail: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Report how the approved action went."""
        caller = self._today(caller, "submit")
        command = ReportExecution(
            actor=caller.actor,
            agent_key=caller.key_id,
            outcome=outcome,
            detail=self._approvals.text(detail),
        )
        return await self._done(caller, request_id, _always(command), idempotency)

    async def incident(
        self,
        caller: Caller,
        request_id: str,
        detail: str,
        kind: IncidentKind,
        severity: Severity,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Say that an approval turned out wrong."""
        caller = self._today(caller, "submit", "decide", "admin")
        if (written := self._approvals.text(detail)) is None:
            raise invalid("detail", "is empty", "Say what went wrong.")
        command = ReportIncident(
            actor=caller.actor,
            detail=written,
            kind=kind,
            severity=severity,
            person=caller.person,
            agent_key=_agent_key(caller),
            as_admin=self._is_admin(caller),
        )
        return await self._done(caller, request_id, _always(command), idempotency)

    async def redeem(
        self, caller: Caller, token: str, action: Action, idempotency: Given | None = None
    ) -> Snapshot:
        """Use an approval, once, for exactly the approved action."""
        caller = self._today(caller, "redeem")
        world = self._approvals.world
        claims = _claims(token, world.ring, world.clock())
        if not covers(claims, action):
            raise Refused(Reason.OTHER_ACTION)

        def make(state: RequestState, loaded: Loaded) -> Command:
            # What was approved is what is stored, not only what a signature says.
            if claims.action_digest != present(state, loaded.contents).action_digest:
                raise Refused(Reason.OTHER_ACTION)
            return Redeem(actor=caller.actor, jti=claims.jti, key=caller.key_id)

        # Whoever holds a valid token for a request may know of it.
        return await self._done(caller, claims.request, make, idempotency, _exists(claims.request))

    async def revoke_token(
        self,
        caller: Caller,
        request_id: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Take an approval back before it was used, as an administrator."""
        caller = self._admin(caller)
        command = RevokeToken(actor=caller.actor, reason=self._approvals.text(reason))
        return await self._done(caller, request_id, _always(command), idempotency)

    # --- parts -------------------------------------------------------------------------

    async def _done(
        self,
        caller: Caller,
        request_id: str,
        make: Make,
        idempotency: Given | None,
        allowed: Allowed | None = None,
        repeat: tuple[str, str] | None = None,
    ) -> Snapshot:
        done = await self._approvals.act(caller, request_id, make, idempotency, allowed, repeat)
        return Snapshot(state=done.state, contents=done.contents, deliveries=done.deliveries)

    def _person(self, caller: Caller) -> str:
        """The person of a key that may decide. Raises Refused."""
        return require_person(self._today(caller, "decide", "admin"))

    def _today(self, caller: Caller, *scopes: str) -> Caller:
        """The caller as of today, of a key with any of these scopes. Raises Refused."""
        if not caller.has(*scopes):
            raise Refused(Reason.SCOPE_MISSING, scope=scopes[0])
        return self._approvals.today(caller)

    def _admin(self, caller: Caller) -> Caller:
        """The caller as of today, if that is an administrator. Raises Refused."""
        caller = self._approvals.today(caller)
        if not self._is_admin(caller):
            raise Refused(Reason.NOT_ADMIN)
        return caller

    async def _asked_before(
        self, caller: Caller, request_id: str, submission: Submission
    ) -> tuple[tuple[str, str] | None, frozenset[str]]:
        """Under what a rejection of this action would be remembered, and the attempts that led
        to this request, which answer for themselves. Raises Refused."""
        found = await self._approvals.seen(caller, request_id)
        key = asked_for(found.state.agent_key, submission)
        return key, frozenset(await self._approvals.world.store.chain(request_id))

    def _is_admin(self, caller: Caller) -> bool:
        admins = self._approvals.world.directory().group(ADMINS)
        return caller.has("admin") or caller.person in admins

    def _known(self, email: str, gone: bool = False) -> str:
        """The person's address as the directory writes it; of one who is gone as given."""
        person = self._approvals.world.directory().person(email)
        if person is not None:
            return person.email
        if gone:
            return email.lower()
        raise Refused(Reason.UNKNOWN_PERSON, person=email[:254])


def _always(command: Command) -> Make:
    return lambda _state, _loaded: command


def _exists(request_id: str) -> Allowed:
    def allowed(state: RequestState) -> None:
        if not state.version:
            raise unknown(request_id)

    return allowed


def _claims(token: str, ring: KeyRing | None, now: Millis) -> TokenClaims:
    if ring is None:
        raise Refused(Reason.TOKEN_INVALID, problem="this server signs no tokens")
    try:
        return read_token(token, ring, now)
    except TokenError as error:
        if error.kind is Fault.EXPIRED:
            raise Refused(Reason.TOKEN_EXPIRED) from error
        problem = str(error).rstrip(".")
        raise Refused(Reason.TOKEN_INVALID, problem=problem) from error


def _agent_key(caller: Caller) -> str | None:
    return caller.key_id if caller.has("submit") else None
