"""Everything around the approvals, wired: what serves pages, watches and reports.

A part may serve routes, do jobs at intervals, be told of commits, and run tasks of its own. Each
is made in a module of its own beside this one; here stands only which there are.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from bot.books import Books
from bot.scheduler import Job
from bot.settings import Settings
from core.chat.port import Chat
from core.request import RequestState
from core.service.absences import AbsenceService
from core.service.approvals import Approvals, World
from core.service.governing import Governance
from core.service.statistics import StatisticsService
from storage.database import Storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What every part may stand on. `wake` tells the relay that there is something to send."""

    settings: Settings
    books: Books
    storage: Storage
    approvals: Approvals
    absences: AbsenceService
    governance: Governance
    chat: Chat
    wake: Callable[[], None]

    @property
    def world(self) -> World:
        """Clock, ids, salts, policy, directory and signing keys, as the approvals have them."""
        return self.approvals.world


async def _nothing() -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part. `jobs` are for the scheduler, with their seconds; `heard` is told of each commit.
    `start` and `stop` are for tasks of its own, which `stop` brings to an end within seconds."""

    routes: Sequence[web.RouteDef] = ()
    jobs: Sequence[tuple[Job, float]] = ()
    heard: Callable[[Sequence[RequestState]], None] | None = None
    start: Callable[[], Awaitable[None]] = field(default=_nothing)
    stop: Callable[[], Awaitable[None]] = field(default=_nothing)

    def changed(self, states: Sequence[RequestState]) -> None:
        """Pass on what was committed, to a part that wants to know."""
        if self.heard is not None:
            self.heard(states)


def statistics_of(approvals: Approvals, storage: Storage) -> StatisticsService:
    """How requests went in a period."""
    world = approvals.world
    return StatisticsService(
        storage.statistics, world.stage_times, world.clock, storage.history.record
    )


def parts_of(ground: Ground) -> tuple[Part, ...]:
    """All parts that the settings switch on; opens nothing."""
    del ground
    return ()
