"""The review of a quarter as one page that prints well: for administrators."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from adapters.web.charts.bars import BarChart
from adapters.web.charts.lines import LineChart
from adapters.web.dashboard import governance, outcomes, over_time, people, stages, tiles
from adapters.web.dashboard.asked import written
from adapters.web.dashboard.governance import at_minute
from adapters.web.dashboard.handlers import NOT_YOURS, sees_all
from adapters.web.dashboard.words import on_day
from adapters.web.pages import Message, Pages, TurnedAway
from adapters.web.visit import Door, Visit
from core.directory.people import Directory
from core.insight.figures import Figures, Totals
from core.insight.governance import MOST_SHOWN, Records
from core.insight.quarter import Quarter, last_whole, quarter_of, read_quarter
from core.insight.review import review
from core.value import Millis

OFFERED: Final = 8
"""Quarters that the page offers, the newest first."""
NOW_ONLY: Final = frozenset({"stage-queues", "ages", "load"})
"""Charts of what is open now, which says nothing of a quarter."""


class ReviewPage:
    """The handler of the page."""

    def __init__(
        self,
        pages: Pages,
        totals: Totals,
        records: Records,
        directory: Callable[[], Directory],
        clock: Callable[[], Millis],
    ) -> None:
        self._pages = pages
        self._totals = totals
        self._records = records
        self._directory = directory
        self._clock = clock

    def routes(self, door: Door) -> list[web.RouteDef]:
        """The page."""
        return [door.get("/review", self.look)]

    async def look(self, visit: Visit) -> web.StreamResponse:
        """GET of a quarter, the last whole one where none is named."""
        directory, now = self._directory(), self._clock()
        if not sees_all(visit, directory):
            raise TurnedAway(NOT_YOURS)
        quarter = _quarter(visit.request.query.get("quarter", ""), now)
        found = await review(self._totals, self._records, directory, quarter, now)
        return self._pages.shown(
            visit,
            "dashboard/review",
            quarter=quarter,
            offered=_offered(now),
            days=(on_day(quarter.first_day), on_day(quarter.next_day - 1)),
            first=written(quarter.first_day),
            last=written(quarter.next_day - 1),
            over=found.over,
            at=at_minute(now),
            by=visit.visitor.person.name,
            behind=found.figures.behind,
            tiles=[each for each in tiles.tiles(found.figures, now) if each.name != tiles.OPEN],
            charts_drawn=_charts(found.figures, directory, now),
            facts=list(governance.facts(found.governed, directory)),
            tables=list(governance.tables(found.governed, quarter, directory)),
        )


def _charts(found: Figures, directory: Directory, now: Millis) -> list[LineChart | BarChart]:
    drawn: tuple[LineChart | BarChart, ...] = (
        *over_time.charts(found),
        *outcomes.charts(found, now, MOST_SHOWN),
        *stages.charts(found, now, MOST_SHOWN),
        *people.charts(found, directory, now, MOST_SHOWN),
    )
    return [chart for chart in drawn if chart.frame.name not in NOW_ONLY]


def _quarter(text: str, now: Millis) -> Quarter:
    try:
        return read_quarter(text, now) if text else last_whole(now)
    except ValueError as error:
        raise TurnedAway(Message(400, "There is no such quarter", str(error))) from None


def _offered(now: Millis) -> list[Quarter]:
    offered = [quarter_of(now)]
    while len(offered) < OFFERED:
        offered.append(offered[-1].before)
    return offered
