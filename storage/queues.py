"""Somebody's queue: what waits for their decision, the most urgent first."""

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, func, literal_column, select

from core.rows import Snapshot
from storage import people, tables
from storage.reading import Reading
from storage.statements import Statement
from storage.texts import storable

_requests = tables.requests.c
_people = tables.request_people.c
_THEIRS = (
    _people.person == bindparam("its_person"),
    _people.kind == literal_column(f"'{people.OPEN}'"),
)


class Queues:
    """The statements behind a queue, compiled once."""

    def __init__(self, dialect: Dialect, reading: Reading) -> None:
        self._reading = reading
        self._first = _first(dialect)
        self._count = _count(dialect)

    def waiting(
        self, connection: Connection, person: str, limit: int
    ) -> tuple[Sequence[Snapshot], int]:
        """The first of what waits for a person, and how many wait in all."""
        if not storable(person):
            return (), 0
        ids = [row[0] for row in self._first.one(connection, person, max(limit, 0))]
        [(count,)] = self._count.one(connection, person)
        return self._reading.snapshots(connection, ids), count


def _first(dialect: Dialect) -> Statement:
    statement = (
        select(_requests.id)
        .join_from(tables.request_people, tables.requests, _requests.id == _people.request_id)
        # What waits for anybody is open and so has a deadline: the index holds no other.
        .where(*_THEIRS, _requests.deadline.is_not(None))
        .order_by(_requests.deadline, _requests.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    return Statement(statement, ("its_person", "most"), dialect)


def _count(dialect: Dialect) -> Statement:
    statement = select(func.count()).select_from(tables.request_people).where(*_THEIRS)
    return Statement(statement, ("its_person",), dialect)
