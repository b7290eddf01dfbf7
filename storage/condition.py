"""How the work in a database stands: what is open, due, waiting, dead, and not yet numbered.

Every figure comes from an index and has a ceiling, so that it costs the same however much there
is: a count of `MOST` means that many or more.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    TextClause,
    bindparam,
    func,
    literal_column,
    select,
    text,
)

from core.request import OPEN
from core.value import Millis
from storage import tables
from storage.audit_tables import checkpoints, sequencer
from storage.callback_tables import CALLBACK_DEAD, CALLBACK_DUE, callbacks
from storage.readers import Readers
from storage.statements import Statement

MOST: Final = 10_000
"""Rows that a figure counts."""

MOST_EVENTS: Final = 1_000
"""The same of events that have no position yet."""

_request = tables.requests.c
_card = tables.deliveries.c
_notice = tables.outbox.c
_checkpoint = checkpoints.c

Counts = Mapping[tuple[str, str], int]
"""By ("card" or "notice", platform); callbacks to agents are ("callback", "callback")."""


class Condition(NamedTuple):
    """The figures as of one moment. Moments are None where there is nothing.

    `open` counts requests by status; `opened` is when the oldest of them was made, `due` counts
    those whose time has come and `due_since` is since when the first of them waits for that.
    `waiting` counts what is wanted and not shown, `dead` what nobody tries any more. `unnumbered`
    are events that have no position yet, the first of them from `unnumbered_since`; `unsigned`
    are numbered ones beyond the newest checkpoint, which was made at `signed`.
    """

    open: Mapping[str, int]
    opened: Millis | None
    due: int
    due_since: Millis | None
    waiting: Counts
    dead: Counts
    unnumbered: int
    unnumbered_since: Millis | None
    unsigned: int
    signed: Millis | None


class Waiting(NamedTuple):
    """Something that could be sent and has no sender. `since` is 0 where that is not known; `of`
    changes whenever something else is wanted."""

    request: str
    of: tuple[str, ...]
    since: Millis


class Walked(NamedTuple):
    """Open requests that were looked at: those that nothing will ever wake, and the last one's
    id, None when there are no more."""

    asleep: Sequence[str]
    last: str | None


class SqlCondition:
    """The statements, compiled once."""

    def __init__(self, readers: Readers, dialect: Dialect) -> None:
        self._readers = readers
        self._has_xact = dialect.name == "postgresql"
        self._open, self._opened = _open(dialect), _opened(dialect)
        self._due, self._first_due = _due(dialect), _first_due(dialect)
        self._cards, self._notices = _by_platform(_CARDS, dialect), _by_platform(_NOTICES, dialect)
        self._dead_cards = _by_platform(_DEAD_CARDS, dialect)
        self._dead_notices = _by_platform(_DEAD_NOTICES, dialect)
        self._callbacks, self._dead_callbacks = _some_callbacks(dialect)
        self._cards_unsent, self._notices_unsent = _unsent_cards(dialect), _unsent_notices(dialect)
        self._put_off, self._unsaid = _put_off(dialect), _unsaid(dialect)
        self._walk = _walk(dialect)
        self._numbered = _numbered(dialect)
        self._new_events = _new_events(dialect, has_xact=self._has_xact)
        self._newest = _newest(dialect)

    async def now(self, moment: Millis) -> Condition:
        """All figures, as of one read."""
        return await self._readers.read(lambda c: self._now(c, moment))

    async def first_due(self) -> tuple[str, Millis] | None:
        """The request that is due first, or was, and when; None if none ever will be."""
        rows = await self._readers.read(self._first_due.one)
        return (rows[0][0], rows[0][1]) if rows else None

    async def unsent(self, before: Millis, limit: int) -> Sequence[Waiting]:
        """What could have been sent before this moment and is claimed by nobody: so many cards
        and so many notices, those that could be sent first."""
        return await self._readers.read(lambda c: self._unsent(c, before, limit))

    async def unexplained(self, after: Millis) -> Sequence[str]:
        """Requests of which a card is dead, or put off until later than this, and nobody said
        why: one of each kind."""

        def read(connection: Connection) -> list[str]:
            rows = [*self._unsaid.one(connection, MOST)]
            rows += self._put_off.one(connection, after, MOST)
            return [row[0] for row in rows]

        return await self._readers.read(read)

    async def walk(self, status: str, after: str, limit: int) -> Walked:
        """Look at open requests of a status beyond the id `after`, in order of their ids."""
        rows = await self._readers.read(lambda c: self._walk.one(c, status, after, limit))
        asleep = [row[0] for row in rows if row[1] is None]
        return Walked(asleep, rows[-1][0] if len(rows) == limit else None)

    def _now(self, connection: Connection, moment: Millis) -> Condition:
        made = [row[0] for each in _OPEN for row in self._opened.one(connection, each)]
        first = self._first_due.one(connection)
        [(position, *place)] = self._numbered.one(connection)
        after = place if self._has_xact else place[1:]
        events = self._new_events.one(connection, *after, MOST_EVENTS)
        newest = self._newest.one(connection)
        last, signed = newest[0] if newest else (0, None)
        return Condition(
            open={each: self._open.one(connection, each, MOST)[0][0] for each in _OPEN},
            opened=min(made, default=None),
            due=self._due.one(connection, moment, MOST)[0][0],
            due_since=first[0][1] if first and first[0][1] <= moment else None,
            waiting=_counts(connection, self._cards, self._notices, self._callbacks),
            dead=_counts(connection, self._dead_cards, self._dead_notices, self._dead_callbacks),
            unnumbered=len(events),
            unnumbered_since=min((row[0] for row in events), default=None),
            unsigned=position - last,
            signed=signed,
        )

    def _unsent(self, connection: Connection, before: Millis, limit: int) -> list[Waiting]:
        cards = self._cards_unsent.one(connection, before, limit)
        notices = self._notices_unsent.one(connection, before, limit)
        found = [Waiting(row[0], tuple(map(str, row[:4])), row[4]) for row in cards]
        return found + [Waiting(row[0], (row[1],), row[2]) for row in notices]


def _counts(
    connection: Connection, cards: Statement, notices: Statement, callbacks: Statement
) -> Counts:
    found = {("card", name): count for name, count in cards.one(connection, MOST)}
    found |= {("notice", name): count for name, count in notices.one(connection, MOST)}
    if count := callbacks.one(connection, MOST)[0][0]:
        found["callback", "callback"] = count
    return found


_OPEN: Final = sorted(status.value for status in OPEN)
# Each in the order of its index: without it PostgreSQL may hope to meet enough rows sooner when it
# reads the whole table.
_CARDS: Final = (_card.platform, text(tables.DELIVERY_DUE), _card.next_at)
_NOTICES: Final = (_notice.platform, text(tables.NOTICE_DUE), _notice.next_at)
_DEAD_CARDS: Final = (_card.platform, text("dead_reason IS NOT NULL"), _card.request_id)
_DEAD_NOTICES: Final = (_notice.platform, text("state = 'dead'"), _notice.request_id)


def _limited(statement: Select[Any]) -> Select[Any]:
    """At most so many. SQLite would be given the offset as one more parameter."""
    return statement.limit(bindparam("most")).offset(literal_column("0"))


def _first(statement: Select[Any]) -> Select[Any]:
    return statement.limit(literal_column("1")).offset(literal_column("0"))


def _some(*condition: ColumnElement[bool]) -> Select[Any]:
    """How many requests meet the condition, up to so many."""
    one: Select[Any] = (
        select(literal_column("1").label("one")).select_from(tables.requests).where(*condition)
    )
    return select(func.count()).select_from(_limited(one).subquery())


def _open(dialect: Dialect) -> Statement:
    return Statement(_some(_request.status == bindparam("status")), ("status", "most"), dialect)


def _opened(dialect: Dialect) -> Statement:
    """Ids are in the order of making."""
    first = select(_request.created_at).where(_request.status == bindparam("status"))
    first = first.order_by(_request.id)
    return Statement(_first(first), ("status",), dialect)


def _due(dialect: Dialect) -> Statement:
    come = (_request.wake_at.is_not(None), _request.wake_at <= bindparam("moment"))
    return Statement(_some(*come), ("moment", "most"), dialect)


def _first_due(dialect: Dialect) -> Statement:
    first = select(_request.id, _request.wake_at).where(_request.wake_at.is_not(None))
    first = first.order_by(_request.wake_at, _request.id)
    return Statement(_first(first), (), dialect)


def _by_platform(of: tuple[Column[Any], TextClause, Column[Any]], dialect: Dialect) -> Statement:
    platform, condition, order = of
    some = _limited(select(platform).where(condition).order_by(order)).subquery()
    counted = select(some.c.platform, func.count()).group_by(some.c.platform)
    return Statement(counted, ("most",), dialect)


def _some_callbacks(dialect: Dialect) -> tuple[Statement, Statement]:
    """How many wait, and how many were given up, up to so many."""
    one: Select[Any] = select(literal_column("1").label("one")).select_from(callbacks)
    return (
        _counting(one.where(text(CALLBACK_DUE)).order_by(callbacks.c.next_at), dialect),
        _counting(one.where(text(CALLBACK_DEAD)).order_by(callbacks.c.request_id), dialect),
    )


def _counting(some: Select[Any], dialect: Dialect) -> Statement:
    counted = select(func.count()).select_from(_limited(some).subquery())
    return Statement(counted, ("most",), dialect)


def _unsent_cards(dialect: Dialect) -> Statement:
    some = (
        select(_card.request_id, _card.platform, _card.recipient, _card.wanted, _card.next_at)
        .where(text(tables.DELIVERY_DUE), _card.next_at <= bindparam("before"))
        .order_by(_card.next_at, _card.request_id)
    )
    return Statement(_limited(some), ("before", "most"), dialect)


def _unsent_notices(dialect: Dialect) -> Statement:
    some = (
        select(_notice.request_id, _notice.id, _notice.next_at)
        .where(text(tables.NOTICE_DUE), _notice.next_at <= bindparam("before"))
        .order_by(_notice.next_at, _notice.id)
    )
    return Statement(_limited(some), ("before", "most"), dialect)


def _put_off(dialect: Dialect) -> Statement:
    later = select(_card.request_id, _card.waiting_reason).where(
        text(tables.DELIVERY_DUE), _card.next_at > bindparam("after")
    )
    some = _limited(later.order_by(_card.next_at)).subquery()
    first = select(some.c.request_id).where(some.c.waiting_reason.is_(None))
    return Statement(_first(first), ("after", "most"), dialect)


def _unsaid(dialect: Dialect) -> Statement:
    dead = select(_card.request_id, _card.dead_reason).where(_card.dead_reason.is_not(None))
    some = _limited(dead.order_by(_card.request_id)).subquery()
    first = select(some.c.request_id).where(some.c.dead_reason == literal_column("''"))
    return Statement(_first(first), ("most",), dialect)


def _walk(dialect: Dialect) -> Statement:
    some = (
        select(_request.id, _request.wake_at)
        .where(_request.status == bindparam("status"), _request.id > bindparam("after"))
        .order_by(_request.id)
    )
    return Statement(_limited(some), ("status", "after", "most"), dialect)


def _numbered(dialect: Dialect) -> Statement:
    columns = sequencer.c.position, sequencer.c.xact, sequencer.c.arrived
    own = select(*columns).where(sequencer.c.name == literal_column("'events'"))
    return Statement(own, (), dialect)


def _new_events(dialect: Dialect, *, has_xact: bool) -> Statement:
    """What the sequencer has not looked at, in its order (see `storage.sequencer`)."""
    at: Column[Any] = tables.events.c.at
    place, names = ("xact, arrived", ("xact", "arrived")) if has_xact else ("rowid", ("arrived",))
    values = ", ".join(f":{name}" for name in names)
    beyond = select(at).where(text(f"({place}) > ({values})")).order_by(text(place))
    return Statement(_limited(beyond), (*names, "most"), dialect)


def _newest(dialect: Dialect) -> Statement:
    newest = select(_checkpoint.last, _checkpoint.at)
    newest = newest.where(_checkpoint.number > literal_column("0"))
    newest = newest.order_by(_checkpoint.number.desc())
    return Statement(_first(newest), (), dialect)
