"""Delivery of notices: claiming outbox rows that are due, and recording how they ended.

Functions of the writer's connection. A notice that was told stays told, whatever a sender
who lost its lease says afterwards.
"""

import msgspec
from sqlalchemy import (
    Connection,
    Dialect,
    bindparam,
    literal_column,
    null,
    select,
    text,
    update,
)

from core.ports import Dead, Delivered, OutboxRow, Outcome, QueuedNotice, Recipient, RetryAt
from core.value import Millis
from storage import tables
from storage.backoff import backoff
from storage.statements import Row, Statement

_row = tables.outbox.c
_decode = msgspec.json.Decoder(dict[str, str]).decode

NOTICE = (
    _row.id,
    _row.dedupe,
    _row.kind,
    _row.request_id,
    _row.platform,
    _row.recipient,
    _row.recipient_kind,
    _row.facts,
    _row.attempts,
    _row.state,
    _row.next_at,
    _row.dead_reason,
)
"""The columns that `notice` reads, in its order."""


def notice(row: Row) -> QueuedNotice:
    """A notice from the columns of `NOTICE`."""
    notice_id, dedupe, kind, request_id, platform, recipient, recipient_kind, facts, *rest = row
    attempts, state, next_at, dead_reason = rest
    return QueuedNotice(
        row=OutboxRow(
            id=notice_id,
            dedupe=dedupe,
            kind=kind,
            request=request_id,
            to=Recipient(platform=platform, id=recipient, kind=recipient_kind),
            facts=_decode(facts),
        ),
        attempts=attempts,
        state=state,
        next_at=next_at,
        dead_reason=dead_reason,
    )


class Notices:
    """The statements on `outbox`, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._claim = _claim(dialect)
        self._told = _told(dialect)
        self._attempts = _attempts(dialect)
        self._again = _again(dialect)
        self._died = _died(dialect)

    def claim(
        self, connection: Connection, now: Millis, lease_until: Millis, limit: int
    ) -> list[QueuedNotice]:
        """Lease what is due."""
        rows = self._claim.one(connection, now, lease_until, limit)
        return sorted((notice(row) for row in rows), key=notice_key)

    def settle(
        self, connection: Connection, id: str, outcome: Outcome, now: Millis, jitter: float
    ) -> None:
        """Record the outcome and give the lease back."""
        match outcome:
            case Delivered():
                self._told.affected(connection, id)
            case RetryAt(after=after):
                wait = self._wait(connection, id, jitter) if after is None else after
                self._again.affected(connection, id, now + wait)
            case Dead(reason):
                self._died.affected(connection, id, reason)

    def _wait(self, connection: Connection, id: str, jitter: float) -> Millis:
        rows = self._attempts.one(connection, id)
        return backoff(rows[0][0] + 1 if rows else 1, jitter)


def _claim(dialect: Dialect) -> Statement:
    due = (
        select(_row.id)
        .where(text(tables.NOTICE_DUE), _row.next_at <= bindparam("moment"))
        .order_by(_row.next_at, _row.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(tables.outbox)
        .where(_row.id == due.c.id)
        .values(lease_until=bindparam("lease"), next_at=bindparam("lease"))
        .returning(*NOTICE)
    )
    return Statement(statement, ("moment", "lease", "most"), dialect)


_IS_IT = _row.id == bindparam("its_id")
_WAITS = text(tables.NOTICE_DUE)


def _told(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(_IS_IT)
        .values(state=literal_column("'done'"), lease_until=null(), dead_reason=null())
    )
    return Statement(statement, ("its_id",), dialect)


def _attempts(dialect: Dialect) -> Statement:
    return Statement(select(_row.attempts).where(_IS_IT), ("its_id",), dialect)


def _again(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(_IS_IT, _WAITS)
        .values(
            attempts=_row.attempts + literal_column("1"),
            next_at=bindparam("next"),
            lease_until=null(),
        )
    )
    return Statement(statement, ("its_id", "next"), dialect)


def _died(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(_IS_IT, _WAITS)
        .values(state=literal_column("'dead'"), lease_until=null(), dead_reason=bindparam("reason"))
    )
    return Statement(statement, ("its_id", "reason"), dialect)


def notice_key(found: QueuedNotice) -> str:
    """The order of lists: ids begin with those of requests, which are in order of time."""
    return found.row.id
