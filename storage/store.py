"""`core.ports.Store` over the writer and the readers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Dialect, bindparam, literal_column, select

from core.audit import Link
from core.ports import NO_READS, Changes, Listed, ListFilter, Loaded, Reads, Snapshot
from core.request import RequestState
from core.value import Millis
from storage import tables
from storage.listing import listed
from storage.queues import Queues
from storage.readers import Readers
from storage.reading import Reading
from storage.statements import Statement
from storage.texts import storable
from storage.writer import Writer

T = TypeVar("T")


class SqlStore:
    """Requests in SQLite or PostgreSQL."""

    def __init__(
        self, writer: Writer, readers: Readers, reading: Reading, dialect: Dialect
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._reading = reading
        self._due = _due(dialect)
        self._queues = Queues(dialect, reading)

    async def transact(
        self, request_id: str, fn: Callable[[Loaded], Changes[T]], reads: Reads = NO_READS
    ) -> T:
        """Load, call the pure function, store what it returns.

        Raises what the function raises; StorageError when the database failed, of which only
        OutcomeUnknown leaves open whether anything was stored.
        """
        return await self._writer.transact(request_id, fn, reads)

    async def snapshot(self, request_id: str) -> Snapshot | None:
        """A request with its content and deliveries as of one moment."""
        if not storable(request_id):
            return None
        found = await self._readers.read(lambda c: self._reading.snapshots(c, [request_id]))
        return found[0] if found else None

    async def listed(self, filter: ListFilter) -> Listed:
        """A page of requests, newest first."""
        return await self._readers.read(lambda c: listed(c, self._reading, filter))

    async def waiting(self, person: str, limit: int) -> tuple[Sequence[Snapshot], int]:
        """What waits for a person's decision, earliest deadline first, and how many in all."""
        return await self._readers.read(lambda c: self._queues.waiting(c, person, limit))

    async def links(self, request_id: str) -> Sequence[Link]:
        """The stored records of a request's stream, in order."""
        if not storable(request_id):
            return ()
        return await self._readers.read(lambda c: self._reading.links(c, request_id))

    async def due(self, now: Millis, limit: int) -> Sequence[str]:
        """Ids of requests whose `wake_at` has come, earliest first."""
        rows = await self._readers.read(lambda c: self._due.one(c, now, limit))
        return [row[0] for row in rows]

    def on_commit(self, listener: Callable[[Sequence[RequestState]], None]) -> None:
        """Call `listener` in the event loop after each commit with the states it changed."""
        self._writer.on_commit(listener)


def _due(dialect: Dialect) -> Statement:
    requests = tables.requests.c
    statement = (
        select(requests.id)
        .where(requests.wake_at.is_not(None), requests.wake_at <= bindparam("moment"))
        .order_by(requests.wake_at, requests.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))  # SQLite would be given it as one more parameter
    )
    return Statement(statement, ("moment", "most"), dialect)
