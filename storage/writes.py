"""What a batch of commands writes: one statement a table, all rows in one call.

The order of `write` is the same in every process and rows go in sorted by key, so that two
replicas' batches on PostgreSQL wait for each other and never in a circle.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Dialect,
    Insert,
    Table,
    and_,
    bindparam,
    case,
    delete,
    false,
    insert,
    literal_column,
    null,
    or_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from core.rows import IN_DIGEST, OutboxRow
from core.value import encode
from storage import tables
from storage.callback_tables import callbacks
from storage.rule_writes import RuleWrites
from storage.rules import RuleRows
from storage.statements import Insertion, Statement

Row = tuple[Any, ...]


class Overtaken(Exception):
    """Another writer changed a request of this batch after it was loaded."""


@dataclass(slots=True)
class Rows:
    """The rows a batch wants written, by what is done with them; key columns come first. `counted`
    are new submissions of a (key, day), with how many there may be in all."""

    new_requests: list[Row] = field(default_factory=list)
    changed_requests: list[Row] = field(default_factory=list)
    people_gone: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    content: list[Row] = field(default_factory=list)
    bumped: list[Row] = field(default_factory=list)
    cards: list[Row] = field(default_factory=list)
    outbox: list[Row] = field(default_factory=list)
    callbacks: list[Row] = field(default_factory=list)
    idempotency: list[Row] = field(default_factory=list)
    seen: list[Row] = field(default_factory=list)
    counted: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    rules: RuleRows = field(default_factory=RuleRows)


class Writes:
    """The statements that put `Rows` into the database."""

    def __init__(self, dialect: Dialect) -> None:
        self._new_requests = _insert(tables.requests, dialect)
        self._changed_requests = _changed_requests(dialect)
        self._people = _insert(tables.request_people, dialect)
        self._people_gone = _people_gone(dialect)
        self._events = _insert(tables.events, dialect)
        self._content = _insert(tables.content, dialect)
        self._bumped = _bumped(dialect)
        self._cards = _cards(dialect)
        self._outbox = _outbox(dialect)
        self._callbacks = _insert(callbacks, dialect)
        self._idempotency = _insert(tables.idempotency, dialect)
        self._seen = _insert(tables.seen, dialect)
        self._counted = _counted(dialect)
        self.rules = RuleWrites(dialect)

    def write(self, connection: Connection, rows: Rows) -> None:
        """Write everything; raises Overtaken when a changed request is no longer as loaded, or
        another replica has used up what was left of a quota."""
        self.rules.freeze(connection, rows.rules)
        self._new_requests.run(connection, sorted(rows.new_requests))
        changed = sorted(rows.changed_requests)
        if self._changed_requests.run(connection, changed) != len(changed):
            raise Overtaken
        self._people_gone.run(connection, rows.people_gone)
        self._people.run(connection, rows.people)
        self._content.run(connection, rows.content)
        self._events.run(connection, rows.events)
        self._bumped.run(connection, sorted(rows.bumped))
        self._cards.run(connection, sorted(rows.cards))
        self._outbox.run(connection, sorted(rows.outbox))
        self._callbacks.run(connection, sorted(rows.callbacks))
        self._idempotency.run(connection, sorted(rows.idempotency))
        self._seen.run(connection, sorted(rows.seen))
        if rows.counted:
            days = sorted((*day, *counts) for day, counts in rows.counted.items())
            if self._counted.run(connection, days) != len(days):
                raise Overtaken
        self.rules.write(connection, rows.rules)


def _insert(table: Table, dialect: Dialect) -> Statement:
    return Insertion(insert(table), [column.name for column in table.columns], dialect)


def upsert(table: Table, dialect: Dialect) -> "postgresql.Insert | sqlite.Insert":
    """The dialect's INSERT that knows ON CONFLICT."""
    return sqlite.insert(table) if dialect.name == "sqlite" else postgresql.insert(table)


CHANGED = (
    "status",
    "category",
    "requester",
    "rule",
    "wake_at",
    "deadline",
    "head_hash",
    "snapshot",
)


def _changed_requests(dialect: Dialect) -> Statement:
    """(id, version loaded, version now, *CHANGED): guarded by the version loaded."""
    table = tables.requests
    statement = (
        update(table)
        .where(table.c.id == bindparam("its_id"), table.c.version == bindparam("loaded"))
        .values({name: bindparam(name) for name in ("version", *CHANGED)})
    )
    return Statement(statement, ("its_id", "loaded", "version", *CHANGED), dialect)


def _people_gone(dialect: Dialect) -> Statement:
    table = tables.request_people
    names = ("its_request", "its_person", "its_kind")
    columns = (table.c.request_id, table.c.person, table.c.kind)
    statement = delete(table).where(
        *(column == bindparam(name) for column, name in zip(columns, names, strict=True))
    )
    return Statement(statement, names, dialect)


_card = tables.deliveries.c
_IN_DIGEST = _card.waiting_reason == literal_column(f"'{IN_DIGEST}'")
_REVIVED: dict[str, Any] = {
    "attempts": case((_card.dead_reason.is_(None), _card.attempts), else_=literal_column("0")),
    "dead_reason": null(),
    "waiting_reason": case((_IN_DIGEST, _card.waiting_reason), else_=null()),
}
"""A dead card has another chance with each new version; a living one keeps its place in line,
and what waits for a digest goes on waiting for it."""

NEW_CARD = ("request_id", "platform", "recipient", "kind", "wanted", "next_at", "waiting_reason")


def new_card(dialect: Dialect) -> "postgresql.Insert | sqlite.Insert":
    """The INSERT of a card that nothing shows yet, with parameters named as `NEW_CARD`."""
    return upsert(tables.deliveries, dialect).values(
        {name: bindparam(name, type_=_card[name].type) for name in NEW_CARD}
        | {
            "shown": literal_column("0"),
            "attempts": literal_column("0"),
            "lease_until": null(),
            "uncertain": false(),
            "dead_reason": null(),
        }
    )


def _bumped(dialect: Dialect) -> Statement:
    """(request, version): every card of the request is to show this version."""
    table = tables.deliveries
    statement = (
        update(table)
        .where(table.c.request_id == bindparam("its_request"))
        .values(wanted=bindparam("wanted"), **_REVIVED)
    )
    return Statement(statement, ("its_request", "wanted"), dialect)


def _cards(dialect: Dialect) -> Statement:
    """(*NEW_CARD, whether it goes on waiting for a digest): this card is to show this version,
    and is pushed unless it waits."""
    fresh = new_card(dialect)
    pushed = and_(_IN_DIGEST, ~bindparam("keeps", type_=Boolean))
    # While somebody sends it the moment is their lease's.
    due = case(
        (and_(pushed, _card.lease_until.is_(None)), literal_column("0")), else_=_card.next_at
    )
    waits = case((and_(_IN_DIGEST, ~pushed), _card.waiting_reason), else_=null())
    statement: Insert = fresh.on_conflict_do_update(
        index_elements=["request_id", "platform", "recipient"],
        set_={"wanted": fresh.excluded.wanted}
        | _REVIVED
        | {"next_at": due, "waiting_reason": waits},
        where=or_(_card.wanted < fresh.excluded.wanted, pushed),
    )
    return Insertion(statement, (*NEW_CARD, "keeps"), dialect)


def _counted(dialect: Dialect) -> Statement:
    """(key, day, how many more, how many there may be in all): guarded by the last. Replicas
    add up without waiting for each other to load, and only the last few ever collide."""
    days = tables.key_days.c
    fresh = upsert(tables.key_days, dialect).values(
        {name: bindparam(name) for name in ("key_id", "day", "used")}
    )
    together = days.used + fresh.excluded.used
    statement = fresh.on_conflict_do_update(
        index_elements=["key_id", "day"],
        set_={"used": together},
        where=together <= bindparam("most"),
    )
    return Statement(statement, ("key_id", "day", "used", "most"), dialect)


def outbox_rows(dialect: Dialect) -> Callable[[Connection, Sequence[OutboxRow]], None]:
    """What queues notices in a transaction of their own, each only once for ever."""
    statement = _outbox(dialect)

    def queue(connection: Connection, rows: Sequence[OutboxRow]) -> None:
        statement.run(connection, sorted(map(outbox_row, rows)))

    return queue


def outbox_row(row: OutboxRow) -> Row:
    """A notice as `Rows.outbox` has it."""
    return (
        row.dedupe,
        row.id,
        row.kind,
        row.request,
        row.to.platform,
        row.to.id,
        row.to.kind,
        encode(row.facts).decode(),
        row.due,
    )


def _outbox(dialect: Dialect) -> Statement:
    """A notice whose `dedupe` is there already, or ever was, is not queued again."""
    given = (
        "dedupe",
        "id",
        "kind",
        "request_id",
        "platform",
        "recipient",
        "recipient_kind",
        "facts",
        "next_at",
    )
    statement = (
        upsert(tables.outbox, dialect)
        .values(
            {name: bindparam(name) for name in given}
            | {
                "state": literal_column("'pending'"),
                "attempts": literal_column("0"),
                "lease_until": null(),
                "dead_reason": null(),
                "waiting_reason": null(),
            }
        )
        .on_conflict_do_nothing(index_elements=["dedupe"])
    )
    return Insertion(statement, given, dialect)
