"""Everything around the approvals, wired: what serves pages, watches and reports.

A part may serve routes, do jobs at intervals, be told of commits, and run tasks of its own. Each
is made in a module of its own beside this one; here stands only which there are.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from aiohttp import web

from adapters.webhook.door import Watch
from bot.books import Books
from bot.scheduler import Job
from bot.settings import Settings
from bot.waiting import Waiters
from bot.watching import Finding
from core.chat.port import Chat
from core.request import RequestState
from core.service.absences import AbsenceService
from core.service.approvals import Approvals, World
from core.service.governing import Governance
from core.service.statistics import StatisticsService
from core.web.signing_in import SigningIn
from storage.database import Storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What every part may stand on. `wake` tells the relay that there is something to send,
    `waiters` whoever follows of all changes, wherever they were committed;
    `findings` are what this server's auditor found wrong of late, `watch` how keys are watched."""

    settings: Settings
    books: Books
    storage: Storage
    approvals: Approvals
    absences: AbsenceService
    governance: Governance
    chat: Chat
    wake: Callable[[], None]
    waiters: Waiters
    findings: Callable[[], Sequence[Finding]] = tuple
    watch: Watch = field(default_factory=Watch)

    @property
    def world(self) -> World:
        """Clock, ids, salts, policy, directory and signing keys, as the approvals have them."""
        return self.approvals.world

    @property
    def signing(self) -> SigningIn:
        """Signing in in a browser: of all it does, chat knows only how links are made."""
        return cast("SigningIn", self.chat.signing)


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
    # Here, since they are made of what stands above.
    from bot import web_door
    from bot.alerting import alerting_part
    from bot.directory_part import directory_part
    from bot.figures import figures_part
    from bot.insight import insight_part
    from bot.retention import retention_part
    from bot.siem import siem_part
    from bot.web_dashboard import dashboard_part
    from bot.web_deciding import deciding_part
    from bot.web_evidence import evidence_part
    from bot.web_inbox import inbox_part
    from bot.workload import workload_part

    found = [
        deciding_part(ground),
        figures_part(ground),
        alerting_part(ground),
        workload_part(ground),
        retention_part(ground),
        siem_part(ground),
        directory_part(ground),
    ]
    site = web_door.site_of(ground)
    found.append(insight_part(ground, site))
    if site is not None:
        # An area with pages makes its part of both.
        found.append(web_door.door_part(ground, site))
        found.append(inbox_part(ground, site))
        found.append(dashboard_part(ground, site))
        found.append(evidence_part(ground, site))
    return tuple(found)
