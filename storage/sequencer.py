"""Gives every committed event its position, once, in an order that never changes.

Numbers taken while a transaction runs do not say in which order transactions commit. On
PostgreSQL an event waits until no transaction runs that is as old as its own: only then can
nothing come before it any more. On SQLite one transaction writes at a time.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection, Dialect, insert, text

from storage.audit_tables import positions
from storage.statements import Insertion

PAGE = 1000
"""Events numbered in one transaction: it holds up the writer no longer than a batch does."""


class Numbered(NamedTuple):
    """How many events were looked at and given a position. `busy`: another holds the lock."""

    seen: int
    given: int
    busy: bool = False


class Arrival(NamedTuple):
    """An event as a page gives it. A tuple of our own: to ask SQLAlchemy's rows for a column by
    its name takes as long as the rest of the work on a page."""

    stream: str
    seq: int
    xact: int
    arrived: int
    position: int | None
    follows: bool


class Sequencer:
    """The statements that number events; all in the writer's transaction."""

    def __init__(self, dialect: Dialect) -> None:
        self._is_postgresql = dialect.name == "postgresql"
        self._lock = text(_LOCK_POSTGRESQL if self._is_postgresql else _LOCK_SQLITE)
        self._page = text(_PAGE_POSTGRESQL if self._is_postgresql else _PAGE_SQLITE)
        names = [column.name for column in positions.columns]
        self._insert = Insertion(insert(positions), names, dialect)

    def number(self, connection: Connection, most: int = PAGE) -> Numbered:
        """Give positions to the next events, at most so many."""
        held = connection.execute(self._lock).one_or_none()
        if held is None:
            return Numbered(0, 0, busy=True)
        position, xact, arrived, now = held
        if self._is_postgresql and now <= xact:
            return self._after_restore(connection, position)
        found = self._next(connection, xact, arrived, most)
        if not found:
            return Numbered(0, 0)
        # A record stands behind the one whose hash it holds, whichever transaction was older.
        in_order = sorted(found, key=attrgetter("arrived"))
        fresh = [(event.stream, event.seq) for event in in_order if event.position is None]
        self._give(connection, position, fresh)
        newest = found[-1]
        self._advance(connection, position + len(fresh), newest.xact, newest.arrived)
        return Numbered(len(found), len(fresh))

    def _next(
        self, connection: Connection, xact: int, arrived: int, most: int
    ) -> Sequence[Arrival]:
        """The events that follow in order of transactions; more than `most` only where a page
        would otherwise hold an event and not the one before it in its stream."""
        after = {"xact": xact} if self._is_postgresql else {}
        while True:
            values = after | {"arrived": arrived, "most": most}
            found = [Arrival._make(row) for row in connection.execute(self._page, values).all()]
            here = {(event.stream, event.seq) for event in found}
            apart = any(not e.follows and (e.stream, e.seq - 1) not in here for e in found)
            if not apart or len(found) < most:
                return found
            most *= 2

    def _after_restore(self, connection: Connection, position: int) -> Numbered:
        """Number all there is without regard to transactions, which another server counted.

        A dump that was read back keeps its rows' transaction numbers, while the new server
        begins its own from below: by the usual order new events would never be reached.
        """
        connection.execute(text("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE"))
        found = [(stream, seq) for stream, seq in connection.execute(_ALL_POSTGRESQL).all()]
        self._give(connection, position, found)
        # Whoever writes from here on has at least this number.
        [oldest] = connection.execute(_XMIN).one()
        self._advance(connection, position + len(found), oldest, 0)
        return Numbered(len(found), len(found))

    def _give(
        self, connection: Connection, position: int, fresh: Sequence[tuple[str, int]]
    ) -> None:
        rows = [(position + n, stream, seq) for n, (stream, seq) in enumerate(fresh, start=1)]
        self._insert.run(connection, rows)

    def _advance(self, connection: Connection, position: int, xact: int, arrived: int) -> None:
        values = {"position": position, "xact": xact, "arrived": arrived}
        connection.execute(_ADVANCE, values)


_XMIN = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_LOCK_SQLITE = "SELECT position, xact, arrived, 0 FROM sequencer WHERE name = 'events'"
_LOCK_POSTGRESQL = (
    "SELECT position, xact, arrived, pg_current_xact_id()::text::bigint FROM sequencer "
    "WHERE name = 'events' FOR UPDATE SKIP LOCKED"
)
_PAGE_SQLITE = """
SELECT e.stream, e.seq, 0 AS xact, e.rowid AS arrived, p.position,
  e.seq = 1 OR before.position IS NOT NULL AS follows
FROM events e LEFT JOIN positions p ON p.stream = e.stream AND p.seq = e.seq
  LEFT JOIN positions before ON before.stream = e.stream AND before.seq = e.seq - 1
WHERE e.rowid > :arrived ORDER BY e.rowid LIMIT :most
"""
_PAGE_POSTGRESQL = """
SELECT e.stream, e.seq, e.xact, e.arrived, p.position,
  e.seq = 1 OR before.position IS NOT NULL AS follows
FROM (
  SELECT stream, seq, xact, arrived FROM events
  WHERE (xact, arrived) > (:xact, :arrived)
    AND xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  ORDER BY xact, arrived LIMIT :most
) e LEFT JOIN positions p ON p.stream = e.stream AND p.seq = e.seq
  LEFT JOIN positions before ON before.stream = e.stream AND before.seq = e.seq - 1
ORDER BY e.xact, e.arrived
"""
_ALL_POSTGRESQL = text("""
SELECT e.stream, e.seq FROM events e
WHERE NOT EXISTS (SELECT 1 FROM positions p WHERE p.stream = e.stream AND p.seq = e.seq)
ORDER BY e.arrived
""")
_ADVANCE = text(
    "UPDATE sequencer SET position = :position, xact = :xact, arrived = :arrived "
    "WHERE name = 'events'"
)
