"""Streams that are not a request's: their events, chained behind what is there.

Two writers who append to one stream at once want the same position, and the database lets
only one of them have it: the other looks again.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, insert, literal_column, select

from core.audit.chain import GENESIS, chain
from core.system_events import SystemRecorded
from storage import tables
from storage.statements import Row, Statement

_events = tables.events.c


class Streams:
    """The statements, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._tail = Statement(
            select(_events.seq, _events.hash)
            .where(_events.stream == bindparam("its_stream"))
            .order_by(_events.seq.desc())
            .limit(literal_column("1"))
            .offset(literal_column("0")),  # SQLite would be given it as one more parameter
            ("its_stream",),
            dialect,
        )
        names = ("stream", "seq", "type", "at", "body", "hash")
        append = insert(tables.events).values({name: bindparam(name) for name in names})
        self._append = Statement(append, names, dialect)

    def rows(
        self, connection: Connection, new: Sequence[tuple[str, SystemRecorded]]
    ) -> list[tuple[object, ...]]:
        """The rows of `events` for (stream, event), in each stream in the order given."""
        streams: dict[str, list[SystemRecorded]] = {}
        for stream, recorded in new:
            streams.setdefault(stream, []).append(recorded)
        rows: list[tuple[object, ...]] = []
        for stream, events in sorted(streams.items()):
            tail: Sequence[Row] = self._tail.one(connection, stream)
            seq, digest = tail[0] if tail else (0, GENESIS)
            links = chain(stream, seq, digest, events)
            rows += [(stream, k.seq, k.type, k.at, k.body, k.hash) for k in links]
        return rows

    def append(self, connection: Connection, stream: str, recorded: SystemRecorded) -> None:
        """Put one event behind what is in the stream."""
        self.append_all(connection, [(stream, recorded)])

    def append_all(self, connection: Connection, new: Sequence[tuple[str, SystemRecorded]]) -> None:
        """The same for several (stream, event)."""
        self._append.run(connection, self.rows(connection, new))
