"""The statements that figures are read with, compiled once."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Table,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from core.insight.figures import AGE_BOUNDS, Asked
from core.insight.figures_spans import Run
from core.value import Millis
from storage.audit_tables import positions, sequencer
from storage.figures_settled import Settled, Sum, joined
from storage.figures_sums import unpacked
from storage.figures_tables import figures, figures_asked, figures_open
from storage.history_tables import following
from storage.statements import Row, Statement
from storage.tables import events

_sums, _open, _asked = figures.c, figures_open.c, figures_asked.c
_RUNS: Final = 5
"""The most runs of spans that a period is made of."""

_NONE: Final = Run(1, 0, -1)
_NOT_NARROWED: Final = Asked(first=0, last=0)


class Standing(NamedTuple):
    """Up to which position events are counted, the moment of that one, and how many that have a
    position are not counted yet."""

    position: int
    followed: Millis | None
    behind: int


class FiguresReading:
    """Functions of a connection."""

    def __init__(self, dialect: Dialect) -> None:
        self._spans = _spans(dialect)
        self._open, self._waiting = _grouped(dialect), _waiting(dialect)
        self._standing = _standing(dialect)
        self._settled = Settled()

    def sums(
        self, connection: Connection, kind: str, runs: Sequence[Run], asked: Asked, name: str | None
    ) -> list[Sum]:
        """The sums of these spans, narrowed by rule, category and name."""
        padded = [*runs, *[_NONE] * (_RUNS - len(runs))]
        places = [value for run in padded for value in run]
        narrowed = (asked.rule or "", asked.category or "", name or "")
        rows = self._spans.one(connection, kind, *narrowed, *places)
        return [(row[0], row[1], row[2], row[3], unpacked(row[4])) for row in rows]

    def all_sums(
        self,
        connection: Connection,
        kind: str,
        runs: Sequence[Run],
        standing: "Standing",
        now: Millis,
    ) -> list[Sum]:
        """The same, not narrowed by anything: what is over for good is read once."""
        found, missing = self._settled.known(kind, runs, now)
        left = joined(missing)
        if len(left) > _RUNS:
            left, missing, found = list(runs), [], []
        if not left:
            return found
        fresh = self.sums(connection, kind, left, _NOT_NARROWED, None)
        if standing.followed is not None:
            self._settled.keep(kind, missing, fresh, standing.followed)
        return found + fresh

    def open(self, connection: Connection, asked: Asked, now: Millis) -> Sequence[Row]:
        """(rule, stage, age class, how many, overdue, oldest) of what is open."""
        return self._open.one(connection, *_narrowed(asked), now)

    def waiting(self, connection: Connection, asked: Asked, now: Millis) -> Sequence[Row]:
        """(person, how many, overdue, oldest) of what waits for people."""
        return self._waiting.one(connection, *_narrowed(asked), now)

    def standing(self, connection: Connection) -> Standing:
        """How far the events are counted."""
        [row] = self._standing.one(connection)
        return Standing(*row)


def _narrowed(asked: Asked) -> tuple[str, str, str, str]:
    return asked.rule or "", asked.category or "", asked.agent or "", asked.stage or ""


def _any_or(column: Any, name: str) -> ColumnElement[bool]:
    """The column is as given, or "" was given."""
    given = bindparam(name, type_=column.type)
    return or_(given == literal_column("''"), column == given)


def _spans(dialect: Dialect) -> Statement:
    named = ((_sums.rule, "its_rule"), (_sums.category, "its_category"), (_sums.name, "its_name"))
    arms = [
        select(_sums.rule, _sums.category, _sums.name, _sums.day, _sums.sums).where(
            _sums.kind == bindparam("its_kind"),
            _sums.span == bindparam(f"span{n}"),
            _sums.day >= bindparam(f"first{n}"),
            _sums.day <= bindparam(f"last{n}"),
            *(_any_or(column, name) for column, name in named),
        )
        for n in range(_RUNS)
    ]
    places = [f"{what}{n}" for n in range(_RUNS) for what in ("span", "first", "last")]
    return Statement(union_all(*arms), ("its_kind", *(name for _, name in named), *places), dialect)


_NAMES: Final = ("rule", "category", "agent", "stage")
_GIVEN: Final = (*(f"its_{name}" for name in _NAMES), "now")


def _narrowing(table: Table) -> list[ColumnElement[bool]]:
    return [_any_or(table.c[name], f"its_{name}") for name in _NAMES]


def _late(table: Table) -> ColumnElement[int]:
    """1 for what is past its deadline, else 0."""
    one, none = literal_column("1", Integer), literal_column("0", Integer)
    return case((table.c.due_at < bindparam("now", type_=BigInteger), one), else_=none)


def _grouped(dialect: Dialect) -> Statement:
    inner = (
        select(
            _open.rule,
            _open.stage,
            _age_class().label("age"),
            _late(figures_open).label("late"),
            _open.created_at,
        )
        .where(*_narrowing(figures_open))
        .subquery()
    )
    row = inner.c
    keys = (row.rule, row.stage, row.age)
    statement = select(*keys, func.count(), func.sum(row.late), func.min(row.created_at))
    return Statement(statement.group_by(*keys), _GIVEN, dialect)


def _age_class() -> ColumnElement[int]:
    """Which of `AGE_BOUNDS` is the first that it is younger than, their number for none."""
    age: ColumnElement[int] = bindparam("now", type_=BigInteger) - _open.created_at
    numbers = [literal_column(str(n), Integer) for n in range(len(AGE_BOUNDS) + 1)]
    below = [age < literal_column(str(bound)) for bound in AGE_BOUNDS]
    return case(*zip(below, numbers, strict=False), else_=numbers[-1])


def _waiting(dialect: Dialect) -> Statement:
    late = func.sum(_late(figures_asked))
    statement = (
        select(_asked.person, func.count(), late, func.min(_asked.since))
        .where(*_narrowing(figures_asked))
        .group_by(_asked.person)
    )
    return Statement(statement, _GIVEN, dialect)


def _standing(dialect: Dialect) -> Statement:
    its, place, event = following.c, positions.c, events.c
    at = (
        select(event.at)
        .join_from(positions, events, (event.stream == place.stream) & (event.seq == place.seq))
        .where(place.position == its.position)
        .scalar_subquery()
    )
    newest = (
        select(sequencer.c.position)
        .where(sequencer.c.name == literal_column("'events'"))
        .scalar_subquery()
    )
    statement = select(its.position, at, newest - its.position).where(
        its.name == literal_column("'figures'")
    )
    return Statement(statement, (), dialect)
