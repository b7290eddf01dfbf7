"""How requests ended in a period, counted over the newest so many of `outcomes`."""

import asyncio
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Select, bindparam, func, literal_column, select

from core.request import OPEN, Status
from core.statistics import MOST_ENDED, MOST_OPEN, MOST_TIMES, Counted, Kind
from core.value import Millis
from storage import outcome_tables, tables
from storage.outcomes import EVERYBODY
from storage.readers import Readers
from storage.statements import Statement

_outcomes = outcome_tables.outcomes.c
_requests = tables.requests.c
_KIND: Final = ("rule", "category", "agent")
_DECIDED: Final = (Status.APPROVED, Status.REJECTED)
_PERIOD: Final = (
    _outcomes.person == bindparam("its_person"),
    _outcomes.at >= bindparam("since"),
    _outcomes.at < bindparam("until"),
)


class SqlStatistics:
    """Implements `core.statistics.Ends`; the statements are compiled once."""

    def __init__(self, readers: Readers, dialect: Dialect) -> None:
        self._readers = readers
        self._one = asyncio.Lock()
        self._from = _from(dialect)
        self._ended = _ended(dialect)
        self._times = _times(dialect)
        self._open = _open(dialect)

    async def counted(self, since: Millis, until: Millis) -> Counted:
        """The counts of what ended from `since` until just before `until`. One at a time: it may
        take a second, and whoever else reads needs the other readers."""
        async with self._one:
            return await self._readers.read(lambda c: self._counted(c, since, until))

    def _counted(self, connection: Connection, since: Millis, until: Millis) -> Counted:
        beyond = self._from.one(connection, EVERYBODY, since, until, MOST_ENDED)
        # From the moment after the first that is too many: of one moment all or none is counted.
        start = beyond[0][0] + 1 if beyond else since
        period = (EVERYBODY, start, until)
        ended = self._ended.one(connection, *period)
        times = self._times.one(connection, *period, MOST_TIMES)
        open_ = self._open.one(connection, MOST_OPEN)
        return Counted(
            since=start,
            ended=tuple((Kind(*row[:3]), row[3], row[4]) for row in ended),
            times=tuple((Kind(*row[:3]), row[3]) for row in times),
            open=tuple((Kind(*row[:3]), row[3]) for row in open_),
        )


def _from(dialect: Dialect) -> Statement:
    """The moment of the newest end that is one too many, if there are so many."""
    statement = (
        select(_outcomes.at)
        .where(*_PERIOD)
        .order_by(_outcomes.at.desc())
        .limit(literal_column("1"))
        .offset(bindparam("most"))
    )
    return Statement(statement, ("its_person", "since", "until", "most"), dialect)


def _joined(*columns: Any) -> Select[Any]:
    named = (_requests[name] for name in _KIND)
    both = outcome_tables.outcomes.join(tables.requests, _requests.id == _outcomes.request_id)
    return select(*named, *columns).select_from(both).where(*_PERIOD)


def _ended(dialect: Dialect) -> Statement:
    groups = [_requests[name] for name in _KIND]
    statement = _joined(_outcomes.what, func.count()).group_by(*groups, _outcomes.what)
    return Statement(statement, ("its_person", "since", "until"), dialect)


def _times(dialect: Dialect) -> Statement:
    statement = (
        _joined(_outcomes.took)
        .where(
            _outcomes.took.is_not(None),
            _outcomes.what.in_(literal_column(f"'{each.value}'") for each in _DECIDED),
        )
        .order_by(_outcomes.at.desc())
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )
    return Statement(statement, ("its_person", "since", "until", "most"), dialect)


def _open(dialect: Dialect) -> Statement:
    """By kind, up to so many."""
    some = (
        select(*(_requests[name] for name in _KIND))
        .where(_requests.status.in_(literal_column(f"'{each.value}'") for each in sorted(OPEN)))
        .limit(bindparam("most"))
        .offset(literal_column("0"))
        .subquery()
    )
    groups = [some.c[name] for name in _KIND]
    return Statement(select(*groups, func.count()).group_by(*groups), ("most",), dialect)
