"""The application service: the only place that loads, decides and stores.

Every command is a pure function handed to `Store.transact`. Agents come in through
`submit`, `decide`, `cancel` and the reads; chat adapters through `ChatService`
(`core/conversations.py`), which stands on this.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_fields

from msgspec.structs import replace

from core.access import (
    Caller,
    caller_may_see,
    require_scope,
    require_valid,
    sees_everything,
    unknown,
)
from core.audience import Platforms, audience, results
from core.audit import Link
from core.commands import Cancel, CastVote, Facts, Tick
from core.content import Content, Text, row
from core.decide import decide
from core.directory import Directory
from core.eligibility import pinned
from core.events import Actor
from core.evolve import fold
from core.idempotency import Given, is_replay, remembered
from core.policy import Policy
from core.ports import (
    Changes,
    Listed,
    ListFilter,
    Loaded,
    OutboxRow,
    Reads,
    Snapshot,
    Store,
    Waiting,
)
from core.refusals import Reason, Refused
from core.request import Decision, RequestState, Status
from core.submission import Submission
from core.submitting import Submitting, submit
from core.value import Millis
from core.voting import Done, Surroundings, apply

MAX_TEXT = 2000
"""Characters of a reason or comment: what every card can show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What the service stands on. Directory and policy are asked anew for each command."""

    store: Store
    directory: Callable[[], Directory]
    policy: Callable[[], Policy]
    revive: Callable[[str, str, Millis], Awaitable[int]]
    platforms: Platforms
    clock: Callable[[], Millis]
    new_id: Callable[[], str]
    new_salt: Callable[[], str]
    waiting: Waiting


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitted:
    """A request as it stands after a submission; `replayed` when an earlier one had made it."""

    snapshot: Snapshot
    replayed: bool


class Approvals:
    """Commands and reads on behalf of API keys."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def submit(
        self, submission: Submission, caller: Caller, idempotency: Given | None
    ) -> Submitted:
        """Make a request, or give the one that the same Idempotency-Key made. Raises Refused."""
        require_scope(caller, "submit")
        world = self.world
        work = Submitting(
            request_id=world.new_id(),
            submission=submission,
            caller=caller,
            idempotency=idempotency,
            policy=world.policy(),
            directory=world.directory(),
            platforms=world.platforms,
            clock=world.clock,
            salts=(world.new_salt(), world.new_salt()),
        )
        reads = Reads(
            key_hash=caller.key_hash,
            idempotency=None if idempotency is None else (caller.key_id, idempotency[0]),
        )
        made = await world.store.transact(
            work.request_id, lambda loaded: submit(work, loaded), reads
        )
        if made.replay_of is not None:
            return Submitted(snapshot=await self._seen(caller, made.replay_of), replayed=True)
        snapshot = Snapshot(state=made.state, contents=made.contents, deliveries=made.deliveries)
        return Submitted(snapshot=snapshot, replayed=False)

    async def decide(
        self,
        caller: Caller,
        request_id: str,
        decision: Decision,
        comment: str | None,
        stage: str | None,
        revision: int | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Vote as the key's person. Raises Refused; nothing of it is stored then."""
        require_scope(caller, "decide")
        if caller.person is None:
            raise Refused(Reason.NO_PERSON)
        text = self.text(comment)
        command = CastVote(
            actor=Actor(via="api", agent=caller.key_id, person=caller.person),
            person=caller.person,
            decision=decision,
            revision=revision,
            stage=stage,
            comment=text,
        )
        return await self._apply(caller, request_id, command, text, idempotency)

    async def cancel(
        self,
        caller: Caller,
        request_id: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        """Withdraw an open request. Raises Refused."""
        if not caller.has("submit", "decide", "admin"):
            raise Refused(Reason.SCOPE_MISSING, scope="submit")
        text = self.text(reason)
        command = Cancel(
            actor=Actor(via="api", agent=caller.key_id, person=caller.person),
            person=caller.person,
            agent_key=caller.key_id if caller.has("submit") else None,
            as_admin=caller.has("admin"),
            reason=text,
        )
        return await self._apply(caller, request_id, command, text, idempotency)

    async def view(self, caller: Caller, request_id: str, wait_ms: Millis = 0) -> Snapshot:
        """The request; with `wait_ms`, held until it leaves `pending` or the time has passed."""
        watch = self.world.waiting(request_id)
        try:
            found = await self._seen(caller, request_id)
            if wait_ms > 0 and found.state.status is Status.PENDING:
                await watch.wait(wait_ms)
                found = await self._seen(caller, request_id)
            return found
        finally:
            watch.close()

    async def listed(self, caller: Caller, filter: ListFilter) -> Listed:
        """Requests the caller may see, newest first."""
        if not caller.has("read", "read_all", "admin"):
            raise Refused(Reason.SCOPE_MISSING, scope="read")
        if sees_everything(caller, self.world.directory()):
            return await self.world.store.listed(filter)
        own = replace(filter, visible_to_key=caller.key_id, visible_to_person=caller.person)
        return await self.world.store.listed(own)

    async def events(
        self, caller: Caller, request_id: str
    ) -> tuple[Sequence[Link], dict[str, bytes]]:
        """The audit trail of one request, and the content its events name."""
        found = await self._seen(caller, request_id)
        return await self.world.store.links(request_id), found.contents

    async def tick(self, request_id: str) -> None:
        """Apply what is due to one request."""
        await self.world.store.transact(request_id, self._tick)

    def text(self, written: str | None) -> Content | None:
        """A content row for what somebody wrote; None for nothing but white space."""
        if written is None or not written.strip():
            return None
        if len(written) > MAX_TEXT:
            raise Refused(Reason.TEXT_TOO_LONG, length=str(len(written)), limit=str(MAX_TEXT))
        return row(self.world.new_id(), self.world.new_salt(), Text(text=written.strip()))

    def facts(self, state: RequestState, person: str | None) -> Facts:
        """Today's facts about who acts and about everyone whom the request pinned."""
        directory = self.world.directory()
        named = set() if state.route is None else pinned(state.route)
        here = directory.people
        return Facts(
            person=None if person is None else directory.person(person),
            people={email: here[email] for email in named if email in here},
        )

    def around(self) -> Surroundings:
        """Today's directory and the present moment."""
        world = self.world
        return Surroundings(
            directory=world.directory(), platforms=world.platforms, now=world.clock()
        )

    def _tick(self, loaded: Loaded) -> Changes[None]:
        around = self.around()
        state = loaded.state
        events = decide(state, Tick(), self.facts(state, None), around.now)
        if not events:
            return Changes(result=None)
        after = fold(state, events)
        return Changes(
            result=None,
            state=after,
            events=tuple(events),
            audience=audience(after, around.directory, around.platforms),
            outbox=results(after, events, around.directory, around.platforms),
        )

    async def _apply(
        self,
        caller: Caller,
        request_id: str,
        command: CastVote | Cancel,
        text: Content | None,
        idempotency: Given | None,
    ) -> Snapshot:
        """Run the command; the request as it stands then, without reading it back."""

        def run(loaded: Loaded) -> Changes[Done]:
            around = self.around()
            require_valid(loaded.key, around.now)
            facts = self.facts(loaded.state, caller.person)

            def allowed(state: RequestState) -> None:
                if not state.version or not caller_may_see(state, caller, around.directory):
                    raise unknown(request_id)

            if is_replay(loaded.idempotency, idempotency, request_id):
                allowed(loaded.state)
                return Changes(result=_as_it_stands(loaded))
            changes = apply(command, facts, text, loaded, around, allowed, _no_answer)
            if changes.result.refusal is None:
                row = remembered(idempotency, caller.key_id, request_id, 200, around.now)
                changes = with_fields(changes, idempotency=row)
            return changes

        reads = Reads(
            key_hash=caller.key_hash,
            idempotency=None if idempotency is None else (caller.key_id, idempotency[0]),
            content=True,
            deliveries=True,
        )
        done = await self.world.store.transact(request_id, run, reads)
        if done.refusal is not None:
            raise done.refusal
        return Snapshot(state=done.state, contents=done.contents, deliveries=done.deliveries)

    async def _seen(self, caller: Caller, request_id: str) -> Snapshot:
        if not caller.has("read", "read_all", "submit", "decide", "admin"):
            raise Refused(Reason.SCOPE_MISSING, scope="read")
        found = await self.world.store.snapshot(request_id)
        if found is None or not caller_may_see(found.state, caller, self.world.directory()):
            raise unknown(request_id)
        return found


def _as_it_stands(loaded: Loaded) -> Done:
    return Done(state=loaded.state, contents=loaded.contents, deliveries=loaded.deliveries)


def _no_answer(_state: RequestState, _refusal: Refused) -> tuple[OutboxRow, ...]:
    """A caller of the API reads the refusal in the HTTP answer."""
    return ()
