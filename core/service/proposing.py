"""Changes of the policy that follow from findings: asked for, approved and adopted like anything.

Countersign asks for them as its own agent, in the name of an administrator, who does not approve
what they proposed. What was approved is adopted once, word for word, and only over the policy for
which it was worked out; where a file is the source, the approved text waits for it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from msgspec.structs import replace

from core.commands import Cancel, Command, ReportExecution
from core.content import Content, read_revision
from core.directory.people import Directory
from core.events import Actor
from core.insight.cases import Ballot, Case, Kind, StageKey
from core.insight.findings import Finding, findings
from core.insight.port import OPEN, Ledger, Proposed
from core.insight.proposals import (
    Examined,
    Found,
    description_of,
    digest_of,
    examined,
    params_of,
)
from core.insight.thresholds import NOT_AGAIN, WINDOW
from core.policy.backtest import backtest
from core.policy.own import OWN_AGENT, OWN_KEY, POLICY_CHANGE
from core.policy.policy import Policy
from core.ports import Store
from core.refusals import Reason, Refused
from core.request import RequestState, Status
from core.rows import Changes, ListFilter, Loaded, OutboxRow, PolicyRow, Reads, Snapshot
from core.service.access import ADMINS, Caller
from core.service.applying import Done, apply
from core.service.approvals import Approvals
from core.service.governing import POLICY_STREAM, Governance, past_requests
from core.source import Node
from core.submission import Submission
from core.system_events import PolicyChanged, SystemRecorded
from core.value import Millis

LAST: Final = 300
"""Past requests over which a proposal is tested."""

MOST_OPEN: Final = 50
LONGEST_TITLE: Final = 150

ACTOR: Final = Actor(via="system", agent=OWN_KEY)

_ADOPTED = "The approved text is in force."
_STALE = (
    "The policy in force is another one than that for which this was worked out, so it was not "
    "applied. Propose it again once it is worked out anew."
)
_GONE = "The policy changed meanwhile, so this proposal is withdrawn."
_AS_IT_IS = "A proposal is taken as it is or not at all. Change the policy by hand instead."
_TAKEN_BACK = "The approval was taken back, so the text was not applied."
_NOBODY = "It was not approved by another person than the one who proposed it."
_LOST = "The approved text is not there any more, or is not the one that was approved."
_READS = Reads(policy=True, rules=True, content=True, deliveries=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """Everything that findings are worked out from."""

    policy: Policy
    directory: Directory
    kinds: Mapping[Kind, Sequence[Case]]
    stages: Mapping[StageKey, Sequence[Ballot]]
    past: Sequence[Snapshot]
    now: Millis


def judged(given: Gathered) -> tuple[Finding, ...]:
    """What was found."""
    return findings(given.policy, given.kinds, given.stages, given.now)


def looked_into(
    given: Gathered, finding: Finding, parse: Callable[[str], Node], read: Callable[[str], Policy]
) -> Examined:
    """One finding with its proposal. It keeps a processor busy for a while."""

    def tested(other: Policy) -> Mapping[str, int]:
        return backtest(other, given.directory, given.past, given.now).counts

    return examined(finding, given.policy, parse, read, tested)


def whole(given: Gathered, items: Sequence[Examined]) -> Found:
    """Everything that was found."""
    return Found(
        at=given.now,
        policy=given.policy.version,
        items=tuple(items),
        cases=sum(map(len, given.kinds.values())),
        ballots=sum(map(len, given.stages.values())),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposing:
    """`read` makes a policy of a text, away from the event loop, and raises Refused; `use` brings
    one that was just stored into force in this process."""

    approvals: Approvals
    governance: Governance
    ledger: Ledger
    read: Callable[[str], Awaitable[Policy]]
    use: Callable[[Policy], None]

    async def gathered(self) -> Gathered:
        """What there is to find something in, as of now."""
        world = self.approvals.world
        now = world.clock()
        return Gathered(
            policy=world.policy(),
            directory=world.directory(),
            kinds=await self.ledger.cases(now - WINDOW),
            stages=await self.ledger.ballots(now - WINDOW),
            past=await past_requests(world.store.past, LAST),
            now=now,
        )

    async def propose(self, finding: str, person: str, actor: Actor) -> str:
        """Ask for the change that follows from a finding, in this administrator's name; the id of
        the request. Raises Refused."""
        world = self.approvals.world
        if person not in world.directory().group(ADMINS):
            raise Refused(Reason.NOT_ADMIN)
        item, found = await self._finding(finding)
        proposal = item.proposal
        if proposal is None:
            raise Refused(Reason.UNKNOWN_FINDING, finding=finding[:64])
        if found.policy != world.policy().version:
            raise Refused(Reason.STALE_FINDING)
        earlier = await self.ledger.proposed(MOST_OPEN, finding)
        _require_new(earlier, world.clock())
        await self.ledger.keep_text(proposal.digest, proposal.text, world.clock())
        caller = Caller(
            key_id=OWN_KEY,
            key_name=OWN_AGENT,
            key_hash="",
            scopes=("submit",),
            person=person,
            chat=actor,
        )
        submission = Submission(
            action_type=POLICY_CHANGE,
            params=params_of(item.finding, proposal),
            title=item.finding.title[:LONGEST_TITLE],
            description=description_of(item.finding, proposal),
            requester=person,
        )
        # Pressed twice, it is one request; proposed again later, it is another.
        last = earlier[0].request if earlier else ""
        once = (f"{finding}:{proposal.after}:{last}", proposal.digest)
        made = await self.approvals.submit(submission, caller, once)
        if made.from_record:
            raise Refused(Reason.PROPOSED_BEFORE, request=made.snapshot.state.id)
        request = made.snapshot.state.id
        await self.ledger.add(
            Proposed(
                request=request,
                finding=finding,
                before=proposal.before,
                after=proposal.after,
                by=person,
                made_at=world.clock(),
            )
        )
        return request

    async def unsettled(self) -> Sequence[str]:
        """The requests of what is not over. One that was asked for and never noted, since its
        server ended just then, is noted now."""
        own = ListFilter(visible_to_key=OWN_KEY, limit=MOST_OPEN)
        asked = (await self.approvals.world.store.listed(own)).items
        noted = {each.request for each in await self.ledger.proposed(MOST_OPEN)}
        for each in asked:
            if is_own(each.state) and each.state.id not in noted:
                await self.ledger.add(_noted(each))
        return [each.request for each in await self.ledger.open(MOST_OPEN)]

    async def settle(self, request_id: str) -> None:
        """Adopt what was approved; withdraw what the policy in force has overtaken. Once only,
        however often it is called and wherever."""
        store = self.approvals.world.store
        found = await store.snapshot(request_id)
        if found is None or not is_own(found.state):
            return
        if found.state.is_open:
            await self._overtaken(found)
        elif found.state.status is Status.APPROVED and found.state.execution is None:
            await self._adopt(found)
        now = await store.snapshot(request_id)
        ended = None if now is None else _ended(now.state)
        if ended is not None:
            await self.ledger.end(request_id, *ended)

    async def accepted(self, request_id: str) -> str:
        """The text that this request was approved for. Raises Refused."""
        return await accepted(self.approvals.world.store, self.ledger, request_id)

    async def _finding(self, id: str) -> tuple[Examined, Found]:
        found = await self.ledger.found()
        for item in () if found is None else found.items:
            if found is not None and item.finding.id == id:
                return item, found
        raise Refused(Reason.UNKNOWN_FINDING, finding=id[:64])

    async def _overtaken(self, found: Snapshot) -> None:
        gone, as_it_is = self.approvals.text(_GONE), self.approvals.text(_AS_IT_IS)

        def run(loaded: Loaded) -> Changes[Done]:
            changed = loaded.state.status is Status.CHANGES_REQUESTED
            same = self._in_force(loaded) == _param(found, "before")
            if not loaded.state.is_open or (same and not changed):
                return _unchanged(loaded)
            reason = gone if not same else as_it_is
            return self._applied(Cancel(actor=ACTOR, as_admin=True, reason=reason), loaded)

        await self.approvals.world.store.transact(found.state.id, run, _READS)

    async def _adopt(self, found: Snapshot) -> None:
        policy, problem = await self._approved(found)
        sayings = (_ADOPTED, _STALE, _TAKEN_BACK, problem)
        texts = {said: self.approvals.text(said) for said in sayings if said}

        def run(loaded: Loaded) -> Changes[Done]:
            in_force = self._in_force(loaded)
            token = loaded.state.token
            if loaded.state.execution is not None or loaded.frozen:
                return _unchanged(loaded)
            if token is not None and token.revoked_at is not None:
                return self._reported("failed", texts[_TAKEN_BACK], loaded)
            if in_force == _param(found, "after"):
                return self._reported("succeeded", texts[_ADOPTED], loaded)
            if in_force != _param(found, "before"):
                return self._reported("failed", texts[_STALE], loaded)
            if policy is None:
                return self._reported("failed", texts[problem], loaded)
            if self.governance.from_file:
                return _unchanged(loaded)
            changes = self._reported("succeeded", texts[_ADOPTED], loaded)
            return self._with_policy(changes, policy, in_force)

        await self.approvals.world.store.transact(found.state.id, run, _READS)
        if policy is not None and not self.governance.from_file:
            newest = await self.approvals.world.store.policies(1)
            if newest and newest[0].version == policy.version:
                self.use(policy)

    async def _approved(self, found: Snapshot) -> tuple[Policy | None, str]:
        """The policy that people approved, or why there is none."""
        ended = found.state.outcome
        if ended is None or ended.bypass or not set(ended.by) - {found.state.requester}:
            return None, _NOBODY
        text = await _text(self.ledger, found)
        if text is None:
            return None, _LOST
        try:
            return await self.read(text), ""
        except Refused as error:
            return None, error.sentence[:1000]

    def _in_force(self, loaded: Loaded) -> str:
        """The version in force; one that was never stored is what every server begins with."""
        if loaded.policy is not None:
            return loaded.policy.version
        return self.approvals.world.policy().version

    def _applied(self, command: Command, loaded: Loaded) -> Changes[Done]:
        around = self.approvals.around()
        found = apply(lambda _: command, None, loaded, around, _anybody, _no_answer)
        if found.result.refusal is not None:
            raise found.result.refusal
        return found

    def _reported(
        self, outcome: Literal["succeeded", "failed"], detail: Content | None, loaded: Loaded
    ) -> Changes[Done]:
        command = ReportExecution(actor=ACTOR, agent_key=OWN_KEY, outcome=outcome, detail=detail)
        return self._applied(command, loaded)

    def _with_policy(self, changes: Changes[Done], policy: Policy, before: str) -> Changes[Done]:
        """The same changes, with the policy that comes into force in the same transaction."""
        now, state = self.approvals.world.clock(), changes.result.state
        by = state.outcome.by[-1] if state.outcome is not None else OWN_AGENT
        event = PolicyChanged(
            version=policy.version,
            digest=digest_of(policy.text),
            before=before,
            request=state.id,
        )
        row = PolicyRow(version=policy.version, text=policy.text, at=now, by=by)
        stream = (POLICY_STREAM, SystemRecorded(event, ACTOR, now))
        return replace(changes, policy=row, streams=(stream,))


async def accepted(store: Store, ledger: Ledger, request_id: str) -> str:
    """The text that this request was approved for. Raises Refused."""
    found = await store.snapshot(request_id)
    if found is None or not is_own(found.state):
        raise Refused(Reason.UNKNOWN_REQUEST, request=request_id[:64])
    if found.state.status is not Status.APPROVED:
        raise Refused(Reason.NOT_APPROVED, status=found.state.status.value)
    text = await _text(ledger, found)
    if text is None:
        raise Refused(Reason.UNKNOWN_POLICY, version=_param(found, "after"))
    return text


async def _text(ledger: Ledger, found: Snapshot) -> str | None:
    """The text that the request is about, if it is there as it was."""
    digest = _param(found, "digest")
    text = await ledger.text(digest)
    return None if text is None or digest_of(text) != digest else text


def is_own(state: RequestState) -> bool:
    """Whether Countersign itself asked for this change of the policy."""
    return state.action_type == POLICY_CHANGE and state.agent_key == OWN_KEY


def _require_new(earlier: Sequence[Proposed], now: Millis) -> None:
    """Raises Refused for what is open, or was rejected a short while ago."""
    for each in earlier:
        if each.status == OPEN:
            raise Refused(Reason.PROPOSED_BEFORE, request=each.request)
        rejected = each.status == Status.REJECTED.value and each.ended_at is not None
        if rejected and each.ended_at is not None and now < each.ended_at + NOT_AGAIN:
            raise Refused(Reason.PROPOSED_BEFORE, request=each.request, case="rejected")


def _ended(state: RequestState) -> tuple[str, Millis] | None:
    """What became of a proposal, and when; None while it is open or waits for the file."""
    if state.execution is not None:
        adopted = state.execution.outcome == "succeeded"
        return "adopted" if adopted else "failed", state.execution.at
    if state.outcome is None or state.status is Status.APPROVED:
        return None
    return state.status.value, state.outcome.at


def _noted(found: Snapshot) -> Proposed:
    """The proposal that a request is."""
    return Proposed(
        request=found.state.id,
        finding=_param(found, "finding"),
        before=_param(found, "before"),
        after=_param(found, "after"),
        by=found.state.requester or "",
        made_at=found.state.created_at,
    )


def _param(found: Snapshot, name: str) -> str:
    """What the approved revision says; "" where its content was erased."""
    body = found.contents.get(found.state.content)
    return "" if body is None else str(read_revision(body).action.params.get(name, ""))


def _unchanged(loaded: Loaded) -> Changes[Done]:
    return Changes(result=Done(state=loaded.state, contents=loaded.contents))


def _anybody(_state: RequestState) -> None: ...


def _no_answer(_state: RequestState, _refusal: Refused) -> tuple[OutboxRow, ...]:
    return ()
