"""Standing delegations as a service: set, list, end; and applying them to what is open.

Each is recorded in the stream of the person who is away. The requests that it touches take
it up by themselves: every command brings a request in line with who is away at that moment,
and `settle` has it done at once for all that are open.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from core.chat.digest import welcome_row
from core.directory.people import Directory
from core.events import Actor
from core.refusals import Reason, Refused, invalid
from core.rows import Changes, Loaded, Reads, SeenRow
from core.rules.absence import Standing
from core.rules.standins import DEPTH
from core.service.access import ADMINS, Caller, require_person, require_valid
from core.service.approvals import Approvals
from core.service.idempotency import Given, is_replay, kept_under, remembered
from core.submission import decimal
from core.system_events import AbsenceEnded, AbsenceSet, AnySystemEvent, SystemRecorded
from core.value import Millis

PAGE = 200
"""How many open requests are settled between two looks at the index."""

LEASE: Millis = 60_000
"""How long a replica may take to settle one; then another one tries."""

MOST = 20
"""Standing delegations of one person that are not over: every request of theirs looks at all."""

Failed = Callable[[str, Exception], None]
"""Told of an open request, by its id, that could not be brought in line, and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What somebody asks for; `starts` None is now, `ends` None until it is ended."""

    giver: str
    taker: str
    starts: Millis | None = None
    ends: Millis | None = None
    categories: tuple[str, ...] = ()
    amount_cap: str | None = None
    currency: str | None = None


def _not_told(_request_id: str, _error: Exception) -> None: ...


class AbsenceService:
    """Out-of-office delegations, on behalf of a person."""

    def __init__(self, approvals: Approvals, failed: Failed = _not_told) -> None:
        self._approvals = approvals
        self._failed = failed
        self._world = approvals.world

    async def set(
        self,
        wish: Wish,
        actor: Actor,
        caller: Caller | None = None,
        idempotency: Given | None = None,
        once: SeenRow | None = None,
    ) -> Standing:
        """Make one, as the person themselves or an administrator. Raises Refused.

        A `caller` of the API may do it for anyone with the scope `admin`. What was noted as
        `once` before is refused: what it made stands, or was ended since.
        """
        world = self._world
        new_id = world.new_id()
        if caller is not None and not caller.has("admin"):
            require_person(self._approvals.today(caller))

        def run(loaded: Loaded) -> Changes[Standing]:
            now = world.clock()
            _require_key(caller, loaded, now)
            if loaded.idempotency is not None and is_replay(loaded.idempotency, idempotency, None):
                return Changes(result=_found(loaded, loaded.idempotency.request))
            if not _may(actor, caller, _giver(wish, world.directory()), world.directory()):
                raise Refused(Reason.NOT_ADMIN)
            if loaded.seen:
                raise Refused(Reason.ABSENCE_EXISTS, case="again")
            made = _made(new_id, wish, loaded.standing, world.directory(), now)
            holder = "" if caller is None else caller.key_id
            return Changes(
                result=made,
                standing=(made,),
                streams=(_recorded(made, actor, now),),
                idempotency=remembered(idempotency, holder, made.id, 201, now),
                seen=once,
            )

        seen = None if once is None else (once.platform, once.key)
        reads = replace(_reads(caller, idempotency), seen=seen)
        made = await world.store.transact("", run, reads)
        await self.settle(made)
        return made

    async def end(self, id: str, actor: Actor, caller: Caller | None = None) -> Standing:
        """End one now; what is undecided goes back to whom it belongs. Raises Refused."""
        world = self._world

        def run(loaded: Loaded) -> Changes[Standing]:
            now = world.clock()
            _require_key(caller, loaded, now)
            found = _found(loaded, id)
            if not _may(actor, caller, found.giver, world.directory()):
                raise unknown_absence(id)
            # One that never began is over all the same.
            over = replace(found, starts=min(found.starts, now), ends=now)
            ended = AbsenceEnded(id=id, giver=over.giver, taker=over.taker)
            stream = (f"person:{over.giver}", SystemRecorded(ended, actor, now))
            return Changes(result=over, standing=(over,), streams=(stream,))

        over = await world.store.transact("", run, _reads(caller, None))
        await self.settle(over)
        return over

    async def listed(
        self, person: str | None, actor: Actor, caller: Caller | None = None
    ) -> Sequence[Standing]:
        """Those that concern a person; all of them (None) for an administrator.

        Raises Refused for another person's, unless an administrator asks.
        """
        directory = self._world.directory()
        wanted = person or actor.person or ""
        if not _may(actor, caller, wanted, directory):
            if caller is not None:
                require_person(self._approvals.today(caller))
            raise Refused(Reason.NOT_ADMIN)
        if person is None and not _may(actor, caller, "", directory):
            person = actor.person
        return await self._world.store.standing(person)

    async def settle(self, standing: Standing, lease_until: Millis | None = None) -> None:
        """Bring every open request that it concerns in line with it, now; with the lease under
        which it was claimed, if it was.

        One that fails keeps no other from it, and comes in line with the next command that it
        gets.
        """
        now, after = self._world.clock(), ""
        while ids := await self._world.store.concerning(standing.giver, after, PAGE):
            for request_id in ids:
                try:
                    await self._approvals.tick(request_id)
                except Exception as error:
                    self._failed(request_id, error)
            after = ids[-1]
        if standing.ends is not None and standing.starts < standing.ends <= now:
            await self._welcome(standing, now)
        await self._world.store.turned(standing.id, now, lease_until)

    async def _welcome(self, over: Standing, now: Millis) -> None:
        """Tell whoever came back what waits for them, once, and not while they are away by
        another one."""
        world = self._world
        known = await world.store.standing(over.giver)
        if any(s.giver == over.giver and s.id != over.id and s.active(now) for s in known):
            return
        row = welcome_row(over, world.directory(), world.platforms)
        if row is not None:
            await world.store.transact("", lambda _: Changes(result=None, outbox=(row,)))

    async def turn(self, limit: int) -> int:
        """Apply what began or ended by now, each in one of several replicas only; how many
        that were."""
        for done in range(limit):
            now = self._world.clock()
            turning = await self._world.store.claim_turning(now, now + LEASE, 1)
            if not turning:
                return done
            await self.settle(turning[0], now + LEASE)
        return limit


def _reads(caller: Caller | None, idempotency: Given | None) -> Reads:
    if caller is None:
        return Reads(rules=True)
    kept = kept_under(idempotency, caller.key_id)
    return Reads(rules=True, key_hash=caller.key_hash, idempotency=kept)


def _require_key(caller: Caller | None, loaded: Loaded, now: Millis) -> None:
    if caller is not None:
        require_valid(loaded.key, now)


def _found(loaded: Loaded, id: str) -> Standing:
    found = next((s for s in loaded.standing if s.id == id), None)
    if found is None:
        raise unknown_absence(id)
    return found


def unknown_absence(id: str) -> Refused:
    """The one answer for what does not exist and what may not be seen."""
    return Refused(Reason.UNKNOWN_ABSENCE, id=id[:64])


def _giver(wish: Wish, directory: Directory) -> str:
    giver = directory.person(wish.giver)
    if giver is None:
        raise Refused(Reason.UNKNOWN_PERSON, person=wish.giver[:254])
    return giver.email


def _made(
    id: str, wish: Wish, known: Sequence[Standing], directory: Directory, now: Millis
) -> Standing:
    giver, taker = _giver(wish, directory), directory.person(wish.taker)
    if taker is None:
        raise Refused(Reason.UNKNOWN_PERSON, person=wish.taker[:254])
    starts = now if wish.starts is None else max(wish.starts, now)
    if wish.ends is not None and wish.ends <= starts:
        raise invalid("until", "is not after the beginning", "Give a later time.")
    cap = None if wish.amount_cap is None else decimal(wish.amount_cap, "amount_cap")
    made = Standing(
        id=id,
        giver=giver,
        taker=taker.email,
        starts=starts,
        ends=wish.ends,
        categories=wish.categories,
        amount_cap=cap,
        currency=wish.currency,
        created_at=now,
    )
    not_over = [s for s in known if s.ends is None or s.ends > now]
    _require_another(made, not_over)
    _require_no_circle(made, known)
    return made


def _may(actor: Actor, caller: Caller | None, giver: str, directory: Directory) -> bool:
    if actor.via == "cli" or (caller is not None and caller.has("admin")):
        return True
    # Who is gone from the directory is nobody: a key of theirs may still be there.
    known = actor.person is not None and directory.person(actor.person) is not None
    return known and (actor.person == giver or actor.person in directory.group(ADMINS))


def _require_another(made: Standing, not_over: Sequence[Standing]) -> None:
    """Refuse what says again that this person acts, and more than can be kept apart."""
    theirs = [s for s in not_over if s.giver == made.giver]
    same = next((s for s in theirs if s.taker == made.taker and _both_cover(s, made)), None)
    if same is not None:
        raise Refused(Reason.ABSENCE_EXISTS, person=made.taker, giver=made.giver, id=same.id)
    if len(theirs) >= MOST:
        raise Refused(Reason.TOO_MANY_ABSENCES, giver=made.giver, limit=str(MOST))


def _require_no_circle(made: Standing, known: Sequence[Standing]) -> None:
    """Refuse what would lead back to the giver, or through more people than may pass it on."""
    at_once = [s for s in known if _overlap(s, made)]
    reach, way = {made.taker}, 1
    while reach:
        if made.giver in reach:
            case = "self" if made.taker == made.giver else ""
            raise Refused(Reason.DELEGATION_CYCLE, person=made.taker, case=case)
        if way > DEPTH:
            raise Refused(Reason.DELEGATION_TOO_DEEP, limit=str(DEPTH))
        reach, way = {s.taker for s in at_once if s.giver in reach}, way + 1


def _both_cover(one: Standing, other: Standing) -> bool:
    """Whether both may hold for one request; caps say only how far each of them goes."""
    return (
        _overlap(one, other)
        and (
            not (one.categories and other.categories)
            or not set(one.categories).isdisjoint(other.categories)
        )
        and (one.currency is None or other.currency is None or one.currency == other.currency)
    )


def _overlap(one: Standing, other: Standing) -> bool:
    return (one.ends is None or other.starts < one.ends) and (
        other.ends is None or one.starts < other.ends
    )


def _recorded(made: Standing, actor: Actor, now: Millis) -> tuple[str, SystemRecorded]:
    event: AnySystemEvent = AbsenceSet(
        id=made.id,
        giver=made.giver,
        taker=made.taker,
        starts=made.starts,
        ends=made.ends,
        categories=made.categories,
        amount_cap=made.amount_cap,
        currency=made.currency,
    )
    return f"person:{made.giver}", SystemRecorded(event, actor, now)
