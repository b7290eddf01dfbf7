"""Figures, counted by index: what a person decided lately, and how requests ended."""

from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, func, literal_column, select

from core.request import OPEN
from core.tally import MOST_OPEN, MOST_TIMES, Tally
from core.value import Millis
from storage import outcome_tables, tables
from storage.outcomes import EVERYBODY
from storage.readers import Readers
from storage.statements import Statement
from storage.texts import storable

_outcomes = outcome_tables.outcomes.c
_SINCE = (_outcomes.person == bindparam("its_person"), _outcomes.at >= bindparam("since"))
_OPEN: Final = ", ".join(f"'{status.value}'" for status in sorted(OPEN))


class SqlTallies:
    """Implements `core.tally.Tallies`; the statements are compiled once."""

    def __init__(self, readers: Readers, dialect: Dialect) -> None:
        self._readers = readers
        self._counts = _counts(dialect)
        self._times = _times(dialect)
        self._open = _open(dialect)

    async def tally(self, person: str, week: Millis, month: Millis) -> Tally:
        """The counts since these two moments."""
        return await self._readers.read(lambda c: self._tally(c, person, week, month))

    def _tally(self, connection: Connection, person: str, week: Millis, month: Millis) -> Tally:
        mine = storable(person) and person != EVERYBODY
        times = self._times.one(connection, person, month, MOST_TIMES) if mine else ()
        [(open_,)] = self._open.one(connection, MOST_OPEN)
        return Tally(
            week=self._counted(connection, person, week) if mine else {},
            month=self._counted(connection, person, month) if mine else {},
            times=tuple(row[0] for row in times),
            ended=self._counted(connection, EVERYBODY, week),
            open=open_,
        )

    def _counted(self, connection: Connection, person: str, since: Millis) -> dict[str, int]:
        found = self._counts.one(connection, person, since)
        return {row[0]: row[1] for row in found}


def _counts(dialect: Dialect) -> Statement:
    statement = select(_outcomes.what, func.count()).where(*_SINCE).group_by(_outcomes.what)
    return Statement(statement, ("its_person", "since"), dialect)


def _times(dialect: Dialect) -> Statement:
    statement = (
        select(_outcomes.took)
        .where(*_SINCE, _outcomes.took.is_not(None))
        .order_by(_outcomes.at.desc())
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )
    return Statement(statement, ("its_person", "since", "most"), dialect)


def _open(dialect: Dialect) -> Statement:
    some = (
        select(literal_column("1").label("one"))
        .select_from(tables.requests)
        .where(tables.requests.c.status.in_(literal_column(status) for status in _OPEN.split(", ")))
        .limit(bindparam("most"))
        .offset(literal_column("0"))
        .subquery()
    )
    return Statement(select(func.count()).select_from(some), ("most",), dialect)
