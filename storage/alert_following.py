"""Keeps what alerts count up to date by following the events by their positions, a page at a time.

A page is read away from the writer and counts only if nobody else has followed that far meanwhile.
Where nothing was followed before, it begins with what is open now: the past is not read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, Dialect, bindparam, delete, func, literal_column, select, text

from core.events import Escalated, Recorded, StageApproved, StageRejected, Submitted, read_recorded
from core.request import OPEN, RequestState
from core.value import Millis
from storage import alert_tables as tables
from storage.audit_tables import positions
from storage.history_tables import following
from storage.loading import decode_state
from storage.statements import ByKeys, Row, Statement
from storage.tables import events, requests
from storage.writes import upsert

PAGE: Final = 500
"""Events in a page, and open requests in a page of the beginning."""

HOUR: Final[Millis] = 3_600_000
KEPT: Final[Millis] = 31 * 24 * HOUR

NOT_BEGUN: Final = -1
_COUNTED: Final = ("submitted", "stage_approved", "stage_rejected", "escalated")
_OPEN: Final = sorted(status.value for status in OPEN)

Count = tuple[Millis, str, str, str]
"""The key of a row of `alert_counts`."""


class Page(NamedTuple):
    """Events from beyond a position up to another, and what they come to: the states of their
    requests, and how often what happened when."""

    after: int
    until: int
    seen: int
    states: Mapping[str, RequestState]
    counts: Mapping[Count, int]


class Following:
    """The statements, compiled once; functions of a connection."""

    def __init__(self, dialect: Dialect) -> None:
        self._place, self._lock = _place(dialect), _place(dialect, lock=True)
        self._page, self._last = _page(dialect), select(func.max(positions.c.position))
        self._states = ByKeys(select(requests.c.id, requests.c.snapshot), [requests.c.id], dialect)
        self._walk = _walk(dialect)
        self._keep, self._drop, self._count = _keep(dialect), _drop(dialect), _count(dialect)
        self._move = text("UPDATE following SET position = :until WHERE name = 'alerts'")
        self._begun = text(
            "UPDATE following SET position = :until WHERE name = 'alerts' AND position = -1"
        )
        self._old = delete(tables.alert_counts).where(
            tables.alert_counts.c.hour < bindparam("before")
        )

    def place(self, connection: Connection) -> int:
        """Up to which position the events were followed; `NOT_BEGUN` before the first time."""
        [(position,)] = self._place.one(connection)
        return int(position)

    def last(self, connection: Connection) -> int:
        """The newest position."""
        return int(connection.execute(self._last).scalar() or 0)

    def read(self, connection: Connection, after: int) -> Page:
        """The next page, and what it comes to."""
        rows = self._page.one(connection, after, PAGE)
        ids = dict.fromkeys(row[1] for row in rows)
        found = self._states.fetch(connection, [(each,) for each in ids])
        states = {key: decode_state(body) for key, body in found}
        until = rows[-1][0] if rows else after
        return Page(after, until, len(rows), states, _counts(rows, states))

    def write(self, connection: Connection, page: Page, now: Millis) -> bool:
        """Store what it came to; False if somebody else did, or does."""
        if [tuple(row) for row in self._lock.one(connection)] != [(page.after,)]:
            return False
        self.keep(connection, page.states.values())
        self._count.run(connection, sorted((*k, n) for k, n in page.counts.items()))
        connection.execute(self._old, {"before": now - KEPT})
        connection.execute(self._move, {"until": page.until})
        return True

    def keep(self, connection: Connection, states: Iterable[RequestState]) -> None:
        """Note until when these are to be decided, or that they are not waited for."""
        rows = {each.id: _open_row(each) for each in states}
        self._keep.run(connection, sorted(row for row in rows.values() if row is not None))
        self._drop.run(connection, sorted((name,) for name, row in rows.items() if row is None))

    def walk(self, connection: Connection, status: str, after: str) -> list[RequestState]:
        """The next open requests of a status, beyond an id."""
        return [decode_state(row[0]) for row in self._walk.one(connection, status, after, PAGE)]

    def begun(self, connection: Connection, until: int) -> None:
        """Go on from this position, unless somebody began before."""
        connection.execute(self._begun, {"until": until})

    def forget(self, connection: Connection) -> None:
        """As if it had never begun."""
        self._lock.one(connection)
        connection.execute(self._move, {"until": NOT_BEGUN})
        connection.execute(delete(tables.alert_open))
        connection.execute(delete(tables.alert_counts))


def statuses() -> Sequence[str]:
    """Those of open requests."""
    return _OPEN


def _open_row(state: RequestState) -> tuple[str, str, str, Millis] | None:
    stage = state.current if state.is_open else None
    if stage is None or stage.due_at is None or state.route is None:
        return None
    return state.id, state.route.rule, stage.plan.name, stage.due_at


def _counts(rows: Sequence[Row], states: Mapping[str, RequestState]) -> Counter[Count]:
    found: Counter[Count] = Counter()
    for _, stream, kind, body in rows:
        state = states.get(stream) if kind in _COUNTED else None
        if state is not None:
            recorded = read_recorded(body)
            what = _happened(recorded, state)
            if what is not None:
                found[recorded.at - recorded.at % HOUR, *what] += 1
    return found


def _happened(recorded: Recorded, state: RequestState) -> tuple[str, str, str] | None:
    """What is counted of an event, and where; None for what is not."""
    match recorded.event:
        case StageApproved(level=level, bypass=None):
            return _at("approved", level, state)
        case StageRejected(level=level, cause=None):
            return _at("rejected", level, state)
        case Escalated(level=level):
            return _at("escalated", level, state)
        case Submitted(action_type=action, route=route) if route.uncategorised:
            return "uncategorised", action, ""
    return None


def _at(what: str, level: int, state: RequestState) -> tuple[str, str, str] | None:
    # A revision that came after the event may have another route.
    if state.route is None or not 1 <= level <= len(state.stages):
        return None
    return what, state.route.rule, state.stages[level - 1].plan.name


def _place(dialect: Dialect, *, lock: bool = False) -> Statement:
    its = select(following.c.position).where(following.c.name == literal_column("'alerts'"))
    return Statement(its.with_for_update(skip_locked=True) if lock else its, (), dialect)


def _page(dialect: Dialect) -> Statement:
    row, event = positions.c, events.c
    statement = (
        select(row.position, row.stream, event.type, event.body)
        .join_from(positions, events, (row.stream == event.stream) & (row.seq == event.seq))
        .where(row.position > bindparam("after"))
        .order_by(row.position)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    return Statement(statement, ("after", "most"), dialect)


def _walk(dialect: Dialect) -> Statement:
    statement = (
        select(requests.c.snapshot)
        .where(requests.c.status == bindparam("status"), requests.c.id > bindparam("after"))
        .order_by(requests.c.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )
    return Statement(statement, ("status", "after", "most"), dialect)


def _keep(dialect: Dialect) -> Statement:
    row = tables.alert_open
    names = row.c.keys()
    fresh = upsert(row, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["request_id"], set_={name: fresh.excluded[name] for name in names[1:]}
    )
    return Statement(statement, names, dialect)


def _drop(dialect: Dialect) -> Statement:
    row = tables.alert_open
    return Statement(
        delete(row).where(row.c.request_id == bindparam("its_request")), ("its_request",), dialect
    )


def _count(dialect: Dialect) -> Statement:
    row = tables.alert_counts
    names = row.c.keys()
    fresh = upsert(row, dialect).values({name: bindparam(name) for name in names})
    statement = fresh.on_conflict_do_update(
        index_elements=["hour", "what", "rule", "stage"],
        set_={"count": row.c["count"] + fresh.excluded["count"]},
    )
    return Statement(statement, names, dialect)
