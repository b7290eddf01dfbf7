"""Somebody's queue: what waits for their decision, the most urgent first."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Dialect,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)

from core.rows import WHOLE_QUEUE, QueuePart, Snapshot
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

_START: Final = (-1, "")
"""Before every deadline."""
_NEVER: Final = 2**62
"""After every deadline."""


class Queues:
    """The statements behind a queue, compiled once."""

    def __init__(self, dialect: Dialect, reading: Reading) -> None:
        self._reading = reading
        self._first = _first(dialect)
        self._first_of_rule = _first(dialect, of_rule=True)
        self._count = _count(dialect)
        self._count_due = _count_due(dialect)
        self._count_of_rule = _count_due(dialect, of_rule=True)
        self._rules = _rules(dialect)

    def waiting(
        self, connection: Connection, person: str, limit: int, part: QueuePart = WHOLE_QUEUE
    ) -> tuple[Sequence[Snapshot], int]:
        """The first of that part of what waits for a person, and how many are in it."""
        deadline, last = part.after or _START
        if not all(map(storable, (person, part.rule or "", last))):
            return (), 0
        before = _NEVER if part.due_before is None else part.due_before
        place = (before, deadline, last, max(limit, 0))
        if part.rule is None:
            rows = self._first.one(connection, person, *place)
        else:
            rows = self._first_of_rule.one(connection, person, *place, part.rule)
        count = self._counted(connection, person, before, part.rule) if part.counted else 0
        return self._reading.snapshots(connection, [row[0] for row in rows]), count

    def rules(self, connection: Connection, person: str, limit: int) -> list[tuple[str, int]]:
        """The rules that ask this person, with how many requests, the most first."""
        if not storable(person):
            return []
        rows = self._rules.one(connection, person, max(limit, 0))
        return [(rule, count) for rule, count in rows]

    def _counted(self, connection: Connection, person: str, before: int, rule: str | None) -> int:
        if rule is not None:
            [(count,)] = self._count_of_rule.one(connection, person, before, rule)
        elif before != _NEVER:
            [(count,)] = self._count_due.one(connection, person, before)
        else:
            [(count,)] = self._count.one(connection, person)
        return int(count)


def _first(dialect: Dialect, *, of_rule: bool = False) -> Statement:
    later = tuple_(_requests.deadline, _requests.id) > tuple_(
        bindparam("its_deadline", type_=_requests.deadline.type),
        bindparam("its_id", type_=_requests.id.type),
    )
    statement = (
        _due(select(_requests.id), of_rule=of_rule)
        .where(later)
        .order_by(_requests.deadline, _requests.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    names = ("its_person", "before", "its_deadline", "its_id", "most", *_rule_of(of_rule))
    return Statement(statement, names, dialect)


def _count(dialect: Dialect) -> Statement:
    statement = select(func.count()).select_from(tables.request_people).where(*_THEIRS)
    return Statement(statement, ("its_person",), dialect)


def _count_due(dialect: Dialect, *, of_rule: bool = False) -> Statement:
    statement = _due(select(func.count()), of_rule=of_rule)
    return Statement(statement, ("its_person", "before", *_rule_of(of_rule)), dialect)


def _rules(dialect: Dialect) -> Statement:
    how_many = func.count()
    statement = (
        select(_requests.rule, how_many)
        .join_from(tables.request_people, tables.requests, _requests.id == _people.request_id)
        .where(*_THEIRS, _requests.deadline.is_not(None))
        .group_by(_requests.rule)
        .order_by(how_many.desc(), _requests.rule)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )
    return Statement(statement, ("its_person", "most"), dialect)


def _due(what: Select[Any], *, of_rule: bool) -> Select[Any]:
    """What waits for them with a deadline before a moment, perhaps of one rule."""
    joined = what.join_from(
        tables.request_people, tables.requests, _requests.id == _people.request_id
    )
    # What waits for anybody is open and so has a deadline: the index holds no other.
    found = joined.where(
        *_THEIRS, _requests.deadline.is_not(None), _requests.deadline < bindparam("before")
    )
    return found.where(_requests.rule == bindparam("its_rule")) if of_rule else found


def _rule_of(of_rule: bool) -> tuple[str, ...]:
    return ("its_rule",) if of_rule else ()
