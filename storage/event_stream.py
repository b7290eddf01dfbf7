"""The stream of events to a SIEM: what comes next, where it stands, and whose turn it is.

Only one replica streams at a time, by a lease. The position moves once a batch was sent, so a
crash in between sends it again and leaves nothing out.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Dialect, bindparam, or_, select, update

from core.audit.streaming import Standing, Streamed, named
from core.value import Millis
from storage.audit_tables import positions, sequencer
from storage.evidence_tables import event_streams
from storage.readers import Readers
from storage.statements import ByKeys, Texts
from storage.tables import content, events
from storage.writer import Writer

SIEM: Final = "siem"
MOST: Final = 200
MOST_BYTES: Final = 500_000
"""Events in a batch, and bytes of records after which it ends."""

_row, _position, _event, _content = event_streams.c, positions.c, events.c, content.c
_ITS = _row.name == SIEM
_NEXT = (
    select(_position.position, _event.type, _event.at, _event.body, _event.hash)
    .join(events, (_event.stream == _position.stream) & (_event.seq == _position.seq))
    .where(_position.position > bindparam("after"))
    .order_by(_position.position)
)
_STANDING = select(_row.position, _row.sent_at, _row.attempts, _row.reason).where(_ITS)
_NEWEST = select(sequencer.c.position).where(sequencer.c.name == "events")
_CLAIM = (
    update(event_streams)
    .where(
        _ITS,
        or_(
            _row.lease_until.is_(None),
            _row.lease_until <= bindparam("now"),
            _row.holder == bindparam("me"),
        ),
    )
    .values(holder=bindparam("me"), lease_until=bindparam("until"))
)
_MINE = [_ITS, _row.holder == bindparam("me")]
_MOVE = (
    update(event_streams)
    .where(*_MINE, _row.position == bindparam("after"))
    .values(position=bindparam("to"), sent_at=bindparam("now"), attempts=0, reason=None)
)
_FAILED = (
    update(event_streams).where(*_MINE).values(attempts=_row.attempts + 1, reason=bindparam("why"))
)
_RELEASE = update(event_streams).where(*_MINE).values(holder=None, lease_until=None)
_SET = (
    update(event_streams)
    .where(_ITS)
    .values(position=bindparam("to"), attempts=0, reason=None, holder=None, lease_until=None)
)


class SqlEventStream:
    """The stream in SQLite or PostgreSQL."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        bodies = select(_content.request_id, _content.id, _content.body)
        self._bodies = ByKeys(
            bodies.where(_content.body.is_not(None)), [_content.request_id, _content.id], dialect
        )

    async def standing(self) -> Standing:
        """How far the stream is."""
        return await self._readers.read(_standing)

    async def claim(self, me: str, now: Millis, until: Millis) -> bool:
        """Take the lease, or keep it; False while another holds it."""
        return await self._changes(_CLAIM, {"me": me, "now": now, "until": until})

    async def next(
        self, after: int, *, with_content: bool = False, most: int = MOST
    ) -> tuple[Streamed, ...]:
        """The events behind a position, as many as make a batch."""
        return await self._readers.read(lambda c: self._next(c, after, with_content, most))

    async def move(self, me: str, after: int, to: int, now: Millis) -> bool:
        """Note that all up to `to` was sent; False if it is not this replica's turn any more."""
        return await self._changes(_MOVE, {"me": me, "after": after, "to": to, "now": now})

    async def failed(self, me: str, why: str) -> None:
        """Note that an attempt failed."""
        await self._changes(_FAILED, {"me": me, "why": why[:500]})

    async def release(self, me: str) -> None:
        """Let another take the lease at once."""
        await self._changes(_RELEASE, {"me": me})

    async def go_to(self, position: int) -> bool:
        """Go on behind this position, whoever streams; False where there is none such."""

        def run(connection: Connection) -> bool:
            newest: int = connection.execute(_NEWEST).scalar_one()
            if not 0 <= position <= newest:
                return False
            return connection.execute(_SET, {"to": position}).rowcount == 1

        return await self._writer.run(run)

    async def _changes(self, statement: Any, values: dict[str, object]) -> bool:
        return await self._writer.run(lambda c: c.execute(statement, values).rowcount == 1)

    def _next(
        self, connection: Connection, after: int, with_content: bool, most: int
    ) -> tuple[Streamed, ...]:
        found: list[Streamed] = []
        size = 0
        for row in connection.execute(_NEXT.limit(most), {"after": after}):
            found.append(
                Streamed(
                    position=row.position, type=row.type, at=row.at, record=row.body, hash=row.hash
                )
            )
            size += len(row.body)
            if size >= MOST_BYTES:
                break
        return tuple(self._told(connection, found) if with_content else found)

    def _told(self, connection: Connection, found: Sequence[Streamed]) -> list[Streamed]:
        """The same with the content that they name."""
        names = {each.position: named(each.record) for each in found}
        keys: list[Texts] = sorted({(s, i) for s, ids in names.values() for i in ids})
        there = {(row[0], row[1]): row[2] for row in self._bodies.fetch(connection, keys)}
        return [
            Streamed(
                position=each.position,
                type=each.type,
                at=each.at,
                record=each.record,
                hash=each.hash,
                content={name: there[stream, name] for name in ids if (stream, name) in there},
            )
            for each in found
            for stream, ids in [names[each.position]]
        ]


def _standing(connection: Connection) -> Standing:
    row = connection.execute(_STANDING).one()
    first = connection.execute(_NEXT.limit(1), {"after": row.position}).first()
    return Standing(
        position=row.position,
        newest=connection.execute(_NEWEST).scalar_one(),
        waits_since=None if first is None else first.at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        reason=row.reason,
    )
