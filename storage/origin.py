"""Whether a database is the one that was served, or was restored or copied from it.

A copy has forgotten what came after it was made: that an approval was used, that a token or a
key was taken back. On PostgreSQL the database keeps which server and database it was served
from, and the number of its table of events, which is another one after that table was dropped
and restored; a dump takes the note along. On SQLite `storage.backup` marks the copies that it
makes.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Column, Connection, PrimaryKeyConstraint, Table, select, text
from sqlalchemy.dialects import postgresql

from core.request import Status, Token
from core.value import Millis
from storage import tables
from storage.errors import StorageError
from storage.readers import Readers
from storage.tables import String, metadata
from storage.writer import Writer

origin = Table(
    "origin",
    metadata,
    Column("name", String, nullable=False),
    Column("value", String, nullable=False),
    PrimaryKeyConstraint("name"),
)
"""One row on PostgreSQL, `home`: what `_HERE` said when it was served last."""

COPY_MARK = 1
"""An SQLite file's `user_version` (0 otherwise): it is a copy, and nobody has said since that
it counts. https://www.sqlite.org/pragma.html#pragma_user_version"""

IS_COPY = (
    "This database was restored from a backup, or copied: approvals that were used since the "
    "backup would count as unused. Run countersign db restored before you serve it."
)

# Where a provider keeps the identifier to itself, the database's own number must do.
_MAY_ASK = text("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
_NUMBER = "SELECT oid::text FROM pg_database WHERE datname = current_database()"
_SERVER = "SELECT system_identifier::text FROM pg_control_system()"
# `pg_restore --clean` drops the tables: those that it makes have other numbers. TRUNCATE and
# VACUUM FULL keep the number. https://www.postgresql.org/docs/current/datatype-oid.html
_TABLE = "SELECT 'events'::regclass::oid::text"
_HERE = text(f"SELECT ({_SERVER}) || '.' || ({_NUMBER}), ({_TABLE})")
_HERE_NUMBER = text(f"SELECT ({_NUMBER}), ({_TABLE})")
_HOME = select(origin.c.value).where(origin.c.name == "home")
_ANY_EVENT = select(tables.events.c.stream).limit(1)
_ENDS = text("SELECT max(at) FROM events")
_request = tables.requests.c


class _Approved(msgspec.Struct):
    """As much of a request's state as tells whether its approval can be used."""

    token: Token | None = None


_decode = msgspec.json.Decoder(_Approved).decode


class SqlOrigin:
    """What a restore needs to know and to settle. All of `core.ports.Store` is elsewhere."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def is_copy(self) -> bool:
        """Whether it was restored or copied, as far as that can be told."""
        return await self._readers.read(is_copy)

    async def ends_at(self) -> Millis | None:
        """When the newest event happened; None where there is none."""
        return await self._readers.read(lambda c: c.execute(_ENDS).scalar())

    async def settle(self) -> None:
        """From now on this is the database that counts."""
        await self._writer.run(settle)

    async def redeemable(self, after: str, limit: int, now: Millis) -> Sequence[str]:
        """Ids beyond `after` of requests whose approval could still be used, in their order.

        Looks at every approved request, since rules say how long an approval may be used.
        """
        return await self._readers.read(lambda c: _redeemable(c, after, limit, now))


def require_original(connection: Connection) -> None:
    """Raises StorageError for a copy; else the database is at home where it is."""
    if is_copy(connection):
        raise StorageError(IS_COPY)
    if connection.dialect.name == "postgresql":
        settle(connection)


def is_copy(connection: Connection) -> bool:
    """Of a database whose tables are up to date."""
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql("PRAGMA user_version").scalar() == COPY_MARK
    home: str | None = connection.execute(_HOME).scalar()
    place, table = _here(connection)
    # A home without the table was written by a version that did not note it yet; `settle` adds
    # it at the first start.
    if home in (None, place, _home(place, table)):
        return False
    # One without events has nothing to forget.
    return connection.execute(_ANY_EVENT).first() is not None


def settle(connection: Connection) -> None:
    """Let the database be at home where it is."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA user_version = 0")
        return
    fresh = postgresql.insert(origin).values(name="home", value=_home(*_here(connection)))
    replaced = fresh.on_conflict_do_update(
        index_elements=["name"], set_={"value": fresh.excluded.value}
    )
    connection.execute(replaced)


def _here(connection: Connection) -> tuple[str, str]:
    """The server's identifier, which it got when it was set up, with the database's number; and
    the number of the table of events."""
    whole = connection.execute(_MAY_ASK).scalar()
    place, table = connection.execute(_HERE if whole else _HERE_NUMBER).one()
    return str(place), str(table)


def _home(place: str, table: str) -> str:
    return f"{place}/{table}"


def _redeemable(connection: Connection, after: str, limit: int, now: Millis) -> list[str]:
    found: list[str] = []
    while len(found) < limit and (rows := _approved(connection, after)):
        found += [request for request, snapshot in rows if _may_be_used(snapshot, now)]
        after = rows[-1][0]
    return found[:limit]


_PAGE = 500


def _approved(connection: Connection, after: str) -> Sequence[tuple[str, bytes]]:
    statement = (
        select(_request.id, _request.snapshot)
        .where(_request.status == Status.APPROVED.value, _request.id > after)
        .order_by(_request.id)
        .limit(_PAGE)
    )
    return [(request, bytes(body)) for request, body in connection.execute(statement)]


def _may_be_used(snapshot: bytes, now: Millis) -> bool:
    token = _decode(snapshot).token
    if token is None or token.redeemed_at is not None or token.revoked_at is not None:
        return False
    return now < token.exp
