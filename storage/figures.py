"""Figures of a period, read from sums; and the following that keeps those.

Implements `core.insight.figures.Totals`.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Dialect

from core.insight.figures import (
    LONGEST_DAYS,
    Asked,
    Figures,
    OpenFigures,
    PersonFigures,
    RequestFigures,
    StageFigures,
    StageKey,
)
from core.insight.figures_counting import PERSON, STAGE
from core.insight.figures_spans import AGENT, ALL, BOTH, RULE, Run, runs, weekly
from core.insight.figures_summing import (
    added,
    most,
    of_people,
    of_requests,
    of_stages,
    opened,
    series,
)
from core.value import Millis
from storage.figures_following import PAGE, Counted, FollowingFigures
from storage.figures_reading import FiguresReading, Standing
from storage.figures_settled import Sum
from storage.readers import Readers
from storage.statements import Row
from storage.texts import storable
from storage.writer import Writer

Narrowed = tuple[str | None, ...]
"""The names by which figures are narrowed."""
Present = tuple[Sequence[Row], Sequence[Row]]
"""Rows of what is open, and of what waits for people."""

SAME: Final[Millis] = 5_000
"""For so long ages, and what is overdue, are told as they were."""
TOLD: Final = 64
"""Answers that are kept for that."""


class SqlFigures:
    """Figures in SQLite or PostgreSQL."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._following = FollowingFigures(dialect)
        self._reading = FiguresReading(dialect)
        self._told: dict[Asked, tuple[Standing, Millis, Figures]] = {}
        self._present: dict[Narrowed, tuple[Standing, Millis, Present]] = {}

    async def follow(self, limit: int = PAGE) -> Counted:
        """Count the next page of events that have a position. Raises StorageError."""
        page = await self._readers.read(lambda c: self._following.read(c, limit))
        if not page.seen:
            return Counted(0)
        counted = await self._writer.run(lambda c: self._following.write(c, page))
        self._following.remember(page)
        return counted

    async def figures(self, asked: Asked, now: Millis) -> Figures:
        """See `core.insight.figures.Totals`."""
        if not 0 <= asked.last - asked.first < LONGEST_DAYS:
            raise ValueError(f"A period has 1 to {LONGEST_DAYS} days.")
        named = (asked.rule, asked.category, asked.agent, asked.stage)
        if not all(storable(name or "") for name in named):
            return Figures(asked=asked)
        return await self._readers.read(lambda c: self._figures(c, asked, now))

    def _figures(self, connection: Connection, asked: Asked, now: Millis) -> Figures:
        """As they were told to whoever asked last, unless there is more to tell."""
        standing = self._reading.standing(connection)
        told = self._told.get(asked)
        if told is not None and told[0] == standing and 0 <= now - told[1] < SAME:
            return told[2]
        found = self._read(connection, asked, now, standing)
        if len(self._told) >= TOLD:
            self._told.clear()
        self._told[asked] = (standing, now, found)
        return found

    def _read(
        self, connection: Connection, asked: Asked, now: Millis, standing: Standing
    ) -> Figures:
        read, long = self._reading, runs(asked.first, asked.last)
        rule, agent = asked.rule is not None, asked.agent is not None
        kind = BOTH if rule and agent else RULE if rule else AGENT if agent else ALL
        short = weekly(asked.first, asked.last)
        whole = (asked.rule, asked.category, asked.agent, asked.stage) == (None,) * 4

        def sums(kind: str, runs: Sequence[Run], name: str | None = asked.agent) -> Sequence[Sum]:
            if whole:
                return read.all_sums(connection, kind, runs, standing, now)
            return read.sums(connection, kind, runs, asked, name)

        line = sums(kind, short)
        rules = sums(BOTH if agent else RULE, long)
        agents = sums(BOTH if rule else AGENT, long)
        stages = sums(STAGE, long, asked.stage)
        open_, waits = self._now(connection, asked, now, standing)
        return Figures(
            asked=asked,
            total=of_requests(sum(row[4] for row in line)),
            series=series(asked.first, asked.last, added(_by(line, 3))),
            by_rule=_requests(rules, 0),
            by_category=_requests(rules, 1),
            by_agent=_requests(agents, 2),
            stages=_stages(stages),
            people=self._people(connection, asked, waits, standing, now) if asked.people else {},
            open=opened(_without_names(open_)),
            open_stages=_open_stages(open_),
            followed=standing.followed,
            behind=standing.behind,
        )

    def _now(
        self, connection: Connection, asked: Asked, now: Millis, standing: Standing
    ) -> Present:
        """What is open and what waits for people, whatever the period: as it was told of late."""
        narrowed = (asked.rule, asked.category, asked.agent, asked.stage)
        told = self._present.get(narrowed)
        if told is not None and told[0] == standing and 0 <= now - told[1] < SAME:
            return told[2]
        read = self._reading
        found = read.open(connection, asked, now), read.waiting(connection, asked, now)
        if len(self._present) >= TOLD:
            self._present.clear()
        self._present[narrowed] = (standing, now, found)
        return found

    def _people(
        self,
        connection: Connection,
        asked: Asked,
        waiting: Sequence[Row],
        standing: Standing,
        now: Millis,
    ) -> dict[str, PersonFigures]:
        """What people decided, and what waits for them, most of both first."""
        long = runs(asked.first, asked.last)
        rows = self._reading.all_sums(connection, PERSON, long, standing, now)
        sums = added(_by(rows, 2))
        waits = {row[0]: row[1:] for row in waiting}
        found = {
            person: of_people(sums.get(person, 0), *waits.get(person, ()))
            for person in {*sums, *waits}
        }
        return most(found, lambda each: each.decided + each.open)


def _by(rows: Iterable[Sum], column: int) -> Iterable[tuple[Any, int]]:
    return ((row[column], row[4]) for row in rows)


def _requests(rows: Iterable[Sum], column: int) -> dict[str, RequestFigures]:
    """By what this column names."""
    found = {name: of_requests(sums) for name, sums in added(_by(rows, column)).items()}
    return most(found, lambda each: each.submitted + each.ended)


def _stages(rows: Iterable[Sum]) -> dict[StageKey, StageFigures]:
    sums = added(((row[0], row[2]), row[4]) for row in rows)
    found = {key: of_stages(each) for key, each in sums.items()}
    return most(found, lambda each: each.opened + each.ended + each.skipped)


def _open_stages(rows: Iterable[Row]) -> dict[StageKey, OpenFigures]:
    keyed = sorted(map(tuple, rows))
    found = {
        (str(rule), str(stage)): opened(_without_names(its))
        for (rule, stage), its in groupby(keyed, key=itemgetter(0, 1))
    }
    return most(found, lambda each: each.open)


def _without_names(rows: Iterable[Row]) -> list[tuple[int, int, int, Millis]]:
    return [(row[2], row[3], row[4], row[5]) for row in rows]
