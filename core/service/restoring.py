"""After the database was restored from a backup: what may have happened since is not done twice.

Run once, before any server serves the restored database.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.commands import Restore
from core.content import Text, row
from core.events import Actor
from core.ports import Store
from core.refusals import Refused
from core.request import RequestState
from core.rows import Changes, Loaded, Reads
from core.service.applying import Done, Surroundings, apply
from core.service.governing import SYSTEM_STREAM
from core.system_events import DatabaseRestored, SystemRecorded
from core.value import Millis

BECAUSE = (
    "The database was restored from a backup. Whether this approval was used since the backup "
    "was made is not known, so it cannot be used any more. If the action was not run, ask again."
)
"""Why an approval is taken back, told to whoever asked for it."""

PAGE = 200
"""Requests looked up at once."""

Ids = Callable[[str, int], Awaitable[Sequence[str]]]
"""Ids beyond an id, in their order, at most so many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """How many approvals were taken back, and how many open requests stand as they did."""

    revoked: int
    still_open: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Restoring:
    """`redeemable` gives requests whose approval may be unused; `open_ids` those open."""

    store: Store
    redeemable: Ids
    around: Callable[[], Surroundings]
    new_id: Callable[[], str]
    new_salt: Callable[[], str]

    async def run(self, as_of: Millis, actor: Actor, *, nothing_lost: bool = False) -> Counted:
        """Record it, and unless `nothing_lost` go through every request that it concerns.

        Each request is one transaction. Cut off in between, run it again: what was taken back
        stays so, and only reminders may come twice.
        """
        await self._record(as_of, actor, nothing_lost=nothing_lost)
        if nothing_lost:
            return Counted(revoked=0, still_open=0)
        revoked = await self._each(self.redeemable, as_of, actor)
        still_open = await self._each(self.store.open_ids, as_of, actor)
        return Counted(revoked=revoked, still_open=still_open)

    async def _record(self, as_of: Millis, actor: Actor, *, nothing_lost: bool) -> None:
        event = DatabaseRestored(as_of=as_of, nothing_lost=nothing_lost)

        def run(_loaded: Loaded) -> Changes[None]:
            recorded = SystemRecorded(event, actor, self.around().now)
            return Changes(result=None, streams=((SYSTEM_STREAM, recorded),))

        await self.store.transact("", run)

    async def _each(self, ids: Ids, as_of: Millis, actor: Actor) -> int:
        """How many of them were changed."""
        changed, after = 0, ""
        while page := await ids(after, PAGE):
            for request_id in page:
                changed += await self._one(request_id, as_of, actor)
            after = page[-1]
        return changed

    async def _one(self, request_id: str, as_of: Millis, actor: Actor) -> bool:
        reason = row(self.new_id(), self.new_salt(), Text(text=BECAUSE))
        command = Restore(actor=actor, as_of=as_of, reason=reason)

        def run(loaded: Loaded) -> Changes[Done]:
            return apply(lambda _: command, None, loaded, self.around(), _always, _no_answer)

        reads = Reads(content=True, deliveries=True, rules=True)
        done = await self.store.transact(request_id, run, reads)
        return done.changed


def _always(_state: RequestState) -> None:
    """Whoever holds the database may."""


def _no_answer(_state: RequestState, _refusal: Refused) -> tuple[()]:
    """Nobody clicked."""
    return ()
