"""The queue of requests about which a model is to be asked; functions of a connection."""

from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    bindparam,
    func,
    literal_column,
    null,
    select,
    text,
    update,
)

from core.advice.asking import Wanted
from core.value import Millis
from storage.history_tables import ASKED, advice_due
from storage.statements import Statement

_row = advice_due.c
_KEY = ("its_request", "its_revision")
_IS_IT = (_row.request_id == bindparam("its_request"), _row.revision == bindparam("its_revision"))


class Queue:
    """The statements, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._due, self._lease = _due(dialect), _lease(dialect)
        self._settle, self._next = _settle(dialect), _next(dialect)

    def claim(self, connection: Connection, now: Millis, lease: Millis, limit: int) -> list[Wanted]:
        """Lease what is due, the longest waiting first."""
        rows = self._due.one(connection, now, max(limit, 0))
        found = [
            Wanted(request=row[0], revision=row[1], wanted_at=row[2], attempts=row[3], lease=lease)
            for row in rows
        ]
        self._lease.run(connection, [(each.request, each.revision, lease) for each in found])
        return found

    def settle(self, connection: Connection, wanted: Wanted, again: Millis | None) -> None:
        """Give it back, if its lease is still held."""
        self._settle.affected(connection, wanted.request, wanted.revision, wanted.lease, again)

    def next_due(self, connection: Connection) -> Millis | None:
        """The earliest moment at which something is due."""
        [(moment,)] = self._next.one(connection)
        return None if moment is None else int(moment)


def _due(dialect: Dialect) -> Statement:
    statement = (
        select(_row.request_id, _row.revision, _row.wanted_at, _row.attempts)
        .where(text(ASKED), _row.next_at <= bindparam("moment"))
        .order_by(_row.next_at, _row.request_id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
        .with_for_update(skip_locked=True)
    )
    return Statement(statement, ("moment", "most"), dialect)


def _lease(dialect: Dialect) -> Statement:
    leased: dict[str, Any] = {"lease_until": bindparam("lease"), "next_at": bindparam("lease")}
    return Statement(update(advice_due).where(*_IS_IT).values(leased), (*_KEY, "lease"), dialect)


def _settle(dialect: Dialect) -> Statement:
    statement = (
        update(advice_due)
        .where(*_IS_IT, _row.lease_until == bindparam("lease"))
        .values(
            next_at=bindparam("again"),
            attempts=_row.attempts + literal_column("1"),
            lease_until=null(),
        )
    )
    return Statement(statement, (*_KEY, "lease", "again"), dialect)


def _next(dialect: Dialect) -> Statement:
    return Statement(select(func.min(_row.next_at)).where(text(ASKED)), (), dialect)
