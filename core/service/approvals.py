"""The application service: the only place that loads, decides and stores.

Every command is a pure function handed to `Store.transact`. Agents submit and read here and
act through `core/service/acts.py`; chat adapters come in through `ChatService`
(`core/chat/conversations.py`). All of them stand on `Approvals.act`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_fields

from msgspec.structs import replace

from core.audit.chain import Link
from core.callbacks import callback_content
from core.cards.advised import Record, unrecorded
from core.chat.audience import Platforms
from core.commands import Command
from core.content import Content, Text, read_revision, row
from core.decide import due
from core.directory.people import Directory
from core.limits import Quota, day_of
from core.policy.policy import Policy
from core.ports import Store, Waiting
from core.refusals import Reason, Refused
from core.request import RequestState, Status
from core.rows import (
    FIRST,
    Changes,
    IdempotencyRow,
    Listed,
    ListFilter,
    Loaded,
    OutboxRow,
    Reads,
    Snapshot,
    Ticked,
    Wake,
)
from core.service.access import (
    Caller,
    caller_may_see,
    of_today,
    require_scope,
    require_usable,
    sees_everything,
    unknown,
)
from core.service.applying import Allowed, Done, Surroundings, apply, changes
from core.service.drafting import Drafting
from core.service.estimate import Estimate, Samples, Times, estimated
from core.service.idempotency import Given, is_replay, kept_under, remembered
from core.service.loop_guard import asked_for
from core.service.submitting import FROM_RECORD, Submitting, submit
from core.service.workload import NoWorkload, Workload
from core.submission import Submission
from core.text import is_blank
from core.tokens.signing import KeyRing
from core.tokens.token import TokenClaims, TokenError, mint
from core.value import Millis

MAX_TEXT = 2000
"""Characters of a reason or comment: what every card can show."""

TICK_READS = Reads(rules=True, content=True, deliveries=True)

Make = Callable[[RequestState, Loaded], Command]
"""A command for a request as it stands. May raise Refused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What the service stands on. Directory and policy are asked anew for each command.

    `policy_of` gives an earlier version, for requests that were routed by it; `ring` signs
    approval tokens, and without one there are none. `record` says how often advice like this was
    right.
    """

    store: Store
    directory: Callable[[], Directory]
    policy: Callable[[], Policy]
    policy_of: Callable[[str], Awaitable[Policy]]
    revive: Callable[[str, str, Millis], Awaitable[int]]
    platforms: Platforms
    clock: Callable[[], Millis]
    new_id: Callable[[], str]
    new_salt: Callable[[], str]
    waiting: Waiting
    ring: KeyRing | None = None
    stage_times: Callable[[], Times] = dict
    stage_samples: Callable[[], Samples] = dict
    workload: Workload = field(default_factory=NoWorkload)
    record: Record = unrecorded


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitted:
    """A request as it stands after a submission.

    `replayed` when the same Idempotency-Key had made it, `from_record` when the same action
    of the same agent was rejected before and that is the answer. `quota` is how the day of a key
    that has one stands, where this was counted.
    """

    snapshot: Snapshot
    replayed: bool = False
    from_record: bool = False
    quota: Quota | None = None


class Approvals:
    """Submissions, reads, and the one way in which anything changes a request."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def submit(
        self, submission: Submission, caller: Caller, idempotency: Given | None
    ) -> Submitted:
        """Make a request, or give the one that the same Idempotency-Key made. Raises Refused."""
        require_scope(caller, "submit")
        world, previous = self.world, submission.previous_request_id
        work = Submitting(
            request_id=world.new_id(),
            submission=submission,
            caller=caller,
            idempotency=idempotency,
            policy=world.policy(),
            salts=tuple(world.new_salt() for _ in range(2 + (submission.callback_url is not None))),
            day=day_of(world.clock()),
            chain=frozenset(() if previous is None else await world.store.chain(previous)),
        )
        reads = Reads(
            key_hash=caller.key_hash or None,
            idempotency=kept_under(idempotency, caller.key_id),
            rules=True,
            repeat=asked_for(caller.key_id, submission),
            follows=previous,
            day=work.day,
        )
        made = await world.store.transact(
            work.request_id,
            lambda loaded: submit(work, self.around(), loaded),
            reads,
        )
        if made.instead is not None:
            return await self._again(caller, made.instead, made.from_record)
        snapshot = Snapshot(state=made.state, contents=made.contents, deliveries=made.deliveries)
        return Submitted(snapshot=snapshot, quota=made.quota)

    async def submitted(self, caller: Caller, idempotency: Given) -> Submitted | None:
        """What this very submission was answered before, None where it was not. Raises Refused."""

        def run(loaded: Loaded) -> Changes[IdempotencyRow | None]:
            require_usable(caller, loaded.key, self.world.clock())
            earlier = loaded.idempotency
            return Changes(result=earlier if is_replay(earlier, idempotency, None) else None)

        reads = Reads(
            key_hash=caller.key_hash or None, idempotency=kept_under(idempotency, caller.key_id)
        )
        found = await self.world.store.transact("", run, reads)
        if found is None:
            return None
        return await self._again(caller, found.request, found.status == FROM_RECORD)

    async def view(self, caller: Caller, request_id: str, wait_ms: Millis = 0) -> Snapshot:
        """The request; with `wait_ms`, held until it leaves `pending` or the time has passed."""
        if wait_ms <= 0:
            return await self.seen(caller, request_id)
        watch = self.world.waiting(request_id)
        try:
            if await self._is_pending(caller, request_id):
                await watch.wait(wait_ms)
            return await self.seen(caller, request_id)
        finally:
            watch.close()

    async def listed(self, caller: Caller, filter: ListFilter) -> Listed:
        """Requests the caller may see, newest first."""
        if not caller.has("read", "read_all", "decide", "admin"):
            raise Refused(Reason.SCOPE_MISSING, scope="read")
        if sees_everything(caller, self.world.directory()):
            return await self.world.store.listed(filter)
        person = self.today(caller).person
        own = replace(filter, visible_to_key=caller.key_id, visible_to_person=person)
        return await self.world.store.listed(own)

    async def events(
        self, caller: Caller, request_id: str
    ) -> tuple[Sequence[Link], dict[str, bytes]]:
        """The audit trail of one request, and the content its events name: the address for
        callbacks, which may hold a secret, only to the key that gave it."""
        found = await self.seen(caller, request_id)
        # By its id: a state that an older server wrote does not name it.
        hidden = None if caller.key_id == found.state.agent_key else callback_content(request_id)
        contents = {name: body for name, body in found.contents.items() if name != hidden}
        return await self.world.store.links(request_id), contents

    async def attempts(self, caller: Caller, request_id: str) -> Sequence[str]:
        """The ids of the chain of attempts that a request belongs to, the first one first."""
        await self.seen(caller, request_id)
        return await self.world.store.chain(request_id)

    async def seen(self, caller: Caller, request_id: str) -> Snapshot:
        """The request if the caller may see it; raises the refusal of one that is not there."""
        _require_reading(caller)
        found = await self.world.store.snapshot(request_id)
        if found is None or not caller_may_see(found.state, caller, self.world.directory()):
            raise unknown(request_id)
        return found

    async def _is_pending(self, caller: Caller, request_id: str) -> bool:
        """Whether a request that the caller may see is: thousands may wait, and until the end
        nobody needs more of it. Raises what `seen` raises."""
        _require_reading(caller)
        state = await self.world.store.state(request_id)
        if state is None or not caller_may_see(state, caller, self.world.directory()):
            raise unknown(request_id)
        return state.status is Status.PENDING

    async def tick(self, request_id: str) -> None:
        """Apply what is due to one request."""
        await self.world.store.transact(request_id, self._tick, TICK_READS)

    async def tick_due(self, now: Millis, limit: int, after: Wake = FIRST) -> Ticked:
        """Apply time to the requests that are due by `now`, earliest first, beyond `after`, in
        one transaction; no more than `limit`."""
        return await self.world.store.tick_due(now, limit, self._tick, TICK_READS, after)

    async def act(
        self,
        caller: Caller,
        request_id: str,
        make: Make,
        idempotency: Given | None = None,
        allowed: Allowed | None = None,
        repeat: tuple[str, str] | None = None,
    ) -> Done:
        """Run the caller's command; the request as it stands then, without reading it back.

        With `repeat` (agent key, action digest) `make` finds that rejection in what was loaded.
        Raises Refused; nothing of the command is stored then.
        """

        def run(loaded: Loaded) -> Changes[Done]:
            around = self.around()
            require_usable(caller, loaded.key, around.now)
            may_see = allowed or self._may_see(caller, request_id)
            if is_replay(loaded.idempotency, idempotency, request_id):
                may_see(loaded.state)
                return Changes(result=_as_it_stands(loaded))
            found = apply(
                lambda state: make(state, loaded),
                caller.person,
                loaded,
                around,
                may_see,
                _no_answer,
            )
            if found.result.refusal is None:
                row = remembered(idempotency, caller.key_id, request_id, 200, around.now)
                found = replace(found, idempotency=row)
            return found

        reads = Reads(
            key_hash=caller.key_hash or None,
            idempotency=kept_under(idempotency, caller.key_id),
            content=True,
            deliveries=True,
            rules=True,
            repeat=repeat,
        )
        done = await self.world.store.transact(request_id, run, reads)
        if done.refusal is not None:
            raise done.refusal
        return done

    def text(self, written: str | None) -> Content | None:
        """A content row for what somebody wrote; None for nothing that could be read."""
        if written is None or is_blank(written):
            return None
        if len(written) > MAX_TEXT:
            raise Refused(Reason.TEXT_TOO_LONG, length=str(len(written)), limit=str(MAX_TEXT))
        return row(self.world.new_id(), self.world.new_salt(), Text(text=written.strip()))

    def around(self) -> Surroundings:
        """Today's directory and the present moment."""
        world = self.world
        return Surroundings(
            directory=world.directory(),
            platforms=world.platforms,
            now=world.clock(),
            kid="" if world.ring is None else world.ring.active.kid,
            load=world.workload.now(),
        )

    def today(self, caller: Caller) -> Caller:
        """The caller as the directory has them today."""
        return of_today(caller, self.world.directory())

    async def editing(self, request_id: str) -> Drafting:
        """What an approver's edit of this request is made with: the policy that routed it, and
        the one in force, which may prohibit what the other does not."""
        found = await self.world.store.snapshot(request_id)
        if found is None or found.state.route is None:
            raise unknown(request_id)
        return with_fields(
            self.revising(),
            policy=await self.world.policy_of(found.state.route.policy_version),
            today=self.world.policy(),
            base=found.state.revision,
        )

    def revising(self) -> Drafting:
        """What the agent's revision is made with: the policy in force."""
        world = self.world
        return Drafting(
            policy=world.policy(),
            directory=world.directory(),
            salts=(world.new_salt(), world.new_salt()),
            now=world.clock(),
        )

    def estimate(self, state: RequestState) -> Estimate | None:
        """When the request is likely to be decided; None when nothing is known yet."""
        world = self.world
        return estimated(state, world.stage_times(), world.stage_samples(), world.clock())

    def token(self, caller: Caller, found: Snapshot) -> str | None:
        """The approval token, for the key that asked, until it expires or is revoked.

        After it was redeemed too: whoever lost that answer asks again with the same
        Idempotency-Key, and needs the token for it.
        """
        state, ring = found.state, self.world.ring
        token = state.token
        body = found.contents.get(state.content)
        if ring is None or token is None or body is None or caller.key_id != state.agent_key:
            return None
        if token.revoked_at is not None or self.world.clock() >= token.exp:
            return None
        revision = read_revision(body)
        claims = TokenClaims(
            request=state.id,
            revision=state.revision,
            digest=revision.digest,
            action_digest=revision.action_digest,
            approvers=() if state.outcome is None else state.outcome.by,
            jti=token.jti,
            iat=token.iat,
            exp=token.exp,
            rule=None if state.route is None else state.route.rule,
            policy_version=None if state.route is None else state.route.policy_version,
        )
        try:
            return mint(ring, token.kid, claims)
        except TokenError:
            # Its key is not in the ring any more: it can be minted by nobody.
            return None

    async def _again(self, caller: Caller, request_id: str, from_record: bool) -> Submitted:
        found = await self.seen(caller, request_id)
        return Submitted(snapshot=found, replayed=not from_record, from_record=from_record)

    def _may_see(self, caller: Caller, request_id: str) -> Allowed:
        directory = self.world.directory()

        def allowed(state: RequestState) -> None:
            if not state.version or not caller_may_see(state, caller, directory):
                raise unknown(request_id)

        return allowed

    def _tick(self, loaded: Loaded) -> Changes[Done]:
        around = self.around()
        waited = due(loaded.state, around.facts(loaded, None), around.now)
        done = Done(state=waited.state, contents=loaded.contents)
        return changes(done, loaded, waited.events, (), around)


def _require_reading(caller: Caller) -> None:
    if not caller.has("read", "read_all", "submit", "decide", "redeem", "admin"):
        raise Refused(Reason.SCOPE_MISSING, scope="read")


def _no_answer(_state: RequestState, _refusal: Refused) -> tuple[OutboxRow, ...]:
    """A caller of the API reads the refusal in the HTTP answer."""
    return ()


def _as_it_stands(loaded: Loaded) -> Done:
    return Done(state=loaded.state, contents=loaded.contents, deliveries=loaded.deliveries)
