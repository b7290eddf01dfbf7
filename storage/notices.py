"""Delivery of notices: claiming outbox rows that are due, and recording how they ended.

Functions of the writer's connection. A lease is known by its end, as with cards: who comes
back after losing it changes nothing, unless it told the notice. What was told stays told.
"""

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    and_,
    bindparam,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)

from core.ports import Dead, Delivered, Outcome, RetryAt
from core.rows import OutboxRow, QueuedNotice, Recipient
from core.value import Millis
from storage import tables
from storage.backoff import TURN, backoff
from storage.posted import Posted
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
    _row.waiting_reason,
)
"""The columns that `notice` reads, in its order."""


class Leased(QueuedNotice, frozen=True):
    """A claimed notice; `lease` is the end of the lease, by which it is known."""

    lease: Millis | None = None


def notice(row: Row) -> QueuedNotice:
    """A notice from the columns of `NOTICE`."""
    return QueuedNotice(**_fields(row))


def _fields(row: Row) -> dict[str, Any]:
    notice_id, dedupe, kind, request_id, platform, recipient, recipient_kind, facts, *rest = row
    attempts, state, next_at, dead_reason, waiting_reason = rest
    return {
        "row": OutboxRow(
            id=notice_id,
            dedupe=dedupe,
            kind=kind,
            request=request_id,
            to=Recipient(platform=platform, id=recipient, kind=recipient_kind),
            facts=_decode(facts),
        ),
        "attempts": attempts,
        "state": state,
        "next_at": next_at,
        "dead_reason": dead_reason,
        "waiting_reason": waiting_reason,
    }


class Notices:
    """The statements on `outbox`, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._claim = _claim(dialect)
        self._told = _told(dialect)
        self._again = _again(dialect)
        self._died = _died(dialect)
        self._revived = _revived(dialect)
        self._postponed = _postponed(dialect)
        self._put_off = _put_off(dialect)
        self._posted = Posted(dialect)

    def claim(
        self, connection: Connection, now: Millis, lease_until: Millis, limit: int
    ) -> list[Leased]:
        """Lease what is due."""
        rows = self._claim.one(connection, now, lease_until, limit)
        found = (Leased(**_fields(row), lease=lease_until) for row in rows)
        return sorted(found, key=notice_key)

    def postpone(
        self, connection: Connection, platform: str, recipient: str, until: Millis, lease: Millis
    ) -> None:
        """Give back unsent what is due at one place."""
        self._postponed.affected(connection, platform, recipient, lease, until)

    def put_off(self, connection: Connection, claimed: QueuedNotice, until: Millis) -> None:
        """Give back one, if its lease is still held."""
        lease = claimed.lease if isinstance(claimed, Leased) else None
        self._put_off.affected(connection, claimed.row.id, lease, until)

    def settle(
        self,
        connection: Connection,
        done: QueuedNotice,
        outcome: Outcome,
        now: Millis,
        jitter: float,
    ) -> None:
        """Record the outcome and give the lease back, if it is still held."""
        its_id = done.row.id
        lease = done.lease if isinstance(done, Leased) else None
        match outcome:
            case Delivered(ref):
                self._told.affected(connection, its_id)
                if ref is not None:
                    self._posted.keep(connection, ref, done.row.request, now)
            case RetryAt(reason=reason, after=after):
                wait = backoff(done.attempts + 1, jitter) if after is None else after
                self._again.affected(connection, its_id, lease, now + wait, reason)
            case Dead(reason):
                self._died.affected(connection, its_id, lease, reason)

    def revive(self, connection: Connection, platform: str, recipient: str, now: Millis) -> int:
        """Make one recipient's dead notices due again; how many there were."""
        return self._revived.affected(connection, platform, recipient, now)


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
_LEASE = bindparam("lease", type_=BigInteger)
_HELD = or_(_LEASE.is_(None), _row.lease_until == _LEASE)


def _postponed(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(
            _WAITS,
            _row.platform == bindparam("its_platform"),
            _row.recipient == bindparam("its_recipient"),
            or_(
                _row.lease_until == bindparam("lease"),
                and_(_row.lease_until.is_(None), _row.next_at < bindparam("until")),
            ),
        )
        .values(next_at=bindparam("until"), lease_until=null())
    )
    return Statement(statement, ("its_platform", "its_recipient", "lease", "until"), dialect)


def _put_off(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(_IS_IT, _WAITS, _HELD)
        .values(
            next_at=bindparam("until"),
            lease_until=null(),
            waiting_reason=literal_column(f"'{TURN}'"),
        )
    )
    return Statement(statement, ("its_id", "lease", "until"), dialect)


def _told(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(_IS_IT)
        .values(
            state=literal_column("'done'"),
            lease_until=null(),
            dead_reason=null(),
            waiting_reason=null(),
        )
    )
    return Statement(statement, ("its_id",), dialect)


def _again(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(_IS_IT, _WAITS, _HELD)
        .values(
            attempts=_row.attempts + literal_column("1"),
            next_at=bindparam("next"),
            lease_until=null(),
            waiting_reason=bindparam("reason"),
        )
    )
    return Statement(statement, ("its_id", "lease", "next", "reason"), dialect)


def _died(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(_IS_IT, _WAITS, _HELD)
        .values(
            state=literal_column("'dead'"),
            lease_until=null(),
            dead_reason=bindparam("reason"),
            waiting_reason=null(),
        )
    )
    return Statement(statement, ("its_id", "lease", "reason"), dialect)


def _revived(dialect: Dialect) -> Statement:
    statement = (
        update(tables.outbox)
        .where(
            text("state = 'dead'"),
            _row.platform == bindparam("its_platform"),
            _row.recipient == bindparam("its_recipient"),
        )
        .values(
            state=literal_column("'pending'"),
            dead_reason=null(),
            attempts=literal_column("0"),
            next_at=bindparam("moment"),
        )
    )
    return Statement(statement, ("its_platform", "its_recipient", "moment"), dialect)


def notice_key(found: QueuedNotice) -> str:
    """The order of lists: ids begin with those of requests, which are in order of time."""
    return found.row.id
