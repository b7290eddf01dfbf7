"""The dashboard and its files: everybody's figures for administrators, one's own for all others.

Only administrators see what others decided, and how fast; so only they see figures of everybody
here, which with a narrow filter are those of one person.
"""

from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from adapters.web.dashboard import (
    advice,
    asked,
    bottlenecks,
    outcomes,
    over_time,
    people,
    stages,
    tiles,
)
from adapters.web.dashboard.asked import Chosen
from adapters.web.dashboard.export import as_csv, as_json
from adapters.web.dashboard.own import shown_to
from adapters.web.dashboard.words import on_day, took
from adapters.web.pages import Message, Pages, TurnedAway
from adapters.web.visit import Door, Visit
from core.advice.calibration import Records
from core.chat.figures_port import Figures as Own
from core.directory.people import Directory
from core.insight.figures import Figures, Totals
from core.service.access import ADMINS
from core.value import Millis

NOT_YOURS: Final = Message(
    403,
    "These figures are for administrators",
    "Your own figures are on the dashboard.",
)
CANNOT: Final = 400
MOST_AGENTS: Final = 50
"""Agents that a form proposes."""


class Dashboard:
    """Handlers of pages; `rules` are the names of the rules in force."""

    def __init__(
        self,
        pages: Pages,
        totals: Totals,
        records: Records,
        own: Own,
        directory: Callable[[], Directory],
        rules: Callable[[], Sequence[str]],
        clock: Callable[[], Millis],
    ) -> None:
        self._pages = pages
        self._totals = totals
        self._records = records
        self._own = own
        self._directory = directory
        self._rules = rules
        self._clock = clock

    def routes(self, door: Door) -> list[web.RouteDef]:
        """The page and its files."""
        return [
            door.get("/dashboard", self.look),
            door.get("/dashboard/figures.csv", self.csv),
            door.get("/dashboard/figures.json", self.json),
        ]

    async def look(self, visit: Visit) -> web.StreamResponse:
        """GET of the page."""
        if not sees_all(visit, self._directory()):
            overview = await self._own.overview(visit.visitor.identity)
            return self._pages.shown(visit, "dashboard/own", own=shown_to(overview))
        now = self._clock()
        chosen = asked.read(visit.request.query, now)
        found = await self._totals.figures(chosen.asked, now)
        record = await self._records.record()
        directory = self._directory()
        return self._pages.shown(
            visit,
            "dashboard/page",
            CANNOT if chosen.mistake else 200,
            chosen=chosen,
            periods=asked.PERIODS,
            categories=asked.CATEGORIES,
            rules=self._rules(),
            agents=[name for name in found.by_agent if name.isprintable()][:MOST_AGENTS],
            days=(on_day(chosen.asked.first), on_day(chosen.asked.last)),
            behind=found.behind,
            age=took(None if found.followed is None else max(now - found.followed, 0)),
            tiles=tiles.tiles(found, now),
            held_up=bottlenecks.sentences(found, directory, now),
            over_time=list(over_time.charts(found)),
            stages=list(stages.charts(found, now)),
            outcomes=list(outcomes.charts(found, now)),
            people=list(people.charts(found, directory, now)),
            advice=list(advice.charts(record)),
        )

    async def csv(self, visit: Visit) -> web.StreamResponse:
        """The same figures as a table of one figure a line (RFC 4180)."""
        chosen, found = await self._exported(visit)
        body = as_csv(found, await self._records.record())
        return _file(body, "text/csv", f"figures-{chosen.first}-{chosen.last}.csv")

    async def json(self, visit: Visit) -> web.StreamResponse:
        """The same figures for programs."""
        chosen, found = await self._exported(visit)
        name = f"figures-{chosen.first}-{chosen.last}.json"
        body = as_json(found, await self._records.record(), self._clock())
        return _file(body, "application/json", name)

    async def _exported(self, visit: Visit) -> tuple[Chosen, Figures]:
        if not sees_all(visit, self._directory()):
            raise TurnedAway(NOT_YOURS)
        now = self._clock()
        chosen = asked.read(visit.request.query, now)
        if chosen.mistake is not None:
            raise TurnedAway(Message(CANNOT, "There are no such figures", chosen.mistake))
        return chosen, await self._totals.figures(chosen.asked, now)


def sees_all(visit: Visit, directory: Directory) -> bool:
    """Whether the visitor may see everybody's figures, as of today's directory."""
    return visit.visitor.person.email in directory.group(ADMINS)


def _file(body: bytes, kind: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
