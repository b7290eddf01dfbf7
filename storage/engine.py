"""Engines from a DSN: one for the writer and one for readers, with the database's settings.

Knows SQLite and PostgreSQL, and nothing of what is stored in them.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import StorageError

READERS = 4
OLDEST_SQLITE = (3, 35, 0)
"""UPDATE ... RETURNING came with it: https://www.sqlite.org/releaselog/3_35_0.html"""


@dataclass(frozen=True, slots=True)
class Engines:
    """`writer` has one connection, `reader` a few; both to the same database."""

    writer: Engine
    reader: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.writer.dialect.name == "sqlite"

    def dispose(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


def open_engines(dsn: str) -> Engines:
    """Engines for `sqlite:///path` or `postgresql://...`; raises StorageError on anything else.

    Connects to nothing yet.
    """
    url = _url(dsn)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgresql(url)


def _url(dsn: str) -> URL:
    try:
        url = make_url(dsn)
    except ArgumentError as error:
        # The text itself may hold a password and is not repeated.
        raise StorageError(
            "The database URL cannot be read. Use sqlite:///path or postgresql://user@host/name."
        ) from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StorageError(
            f"The database URL begins with {url.drivername}://, which is not supported. "
            "Use sqlite:///path or postgresql://user@host/name."
        )
    return url


def _sqlite(url: URL) -> Engines:
    if not url.database or url.database == ":memory:":
        raise StorageError(
            "An SQLite database needs a file, since the writer and the readers open it "
            "separately. Use sqlite:///path."
        )
    folder = Path(url.database).absolute().parent
    if not folder.is_dir():
        raise StorageError(f"The folder {folder} of the SQLite database does not exist. Create it.")
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StorageError(
            f"Python's SQLite is {sqlite3.sqlite_version}; 3.35 or newer is needed. "
            "Use a newer Python, or PostgreSQL."
        )
    url = url.set(drivername="sqlite+pysqlite")
    writer = create_engine(url, pool_size=1, connect_args=_SQLITE_CONNECT, **_ALWAYS)
    reader = create_engine(url, pool_size=READERS, connect_args=_SQLITE_CONNECT, **_ALWAYS)
    for engine in (writer, reader):
        event.listen(engine, "connect", _prepare_sqlite)
    event.listen(reader, "connect", _only_reads)
    # IMMEDIATE takes the write lock at once. A deferred transaction that has read and then
    # writes fails at once with SQLITE_BUSY if another process wrote in between, without the
    # busy timeout being tried: https://www.sqlite.org/rescode.html#busy_snapshot
    event.listen(writer, "begin", _begin_immediate)
    event.listen(reader, "begin", _begin_deferred)
    return Engines(writer, reader)


BUSY_SECONDS = 10
SILENT_SECONDS = 8
"""Between two statements of one transaction, on PostgreSQL: milliseconds, where all is well."""
MOST_TRIES = 20
_ALWAYS: dict[str, Any] = {
    "max_overflow": 0,
    "hide_parameters": True,  # errors and logs must not repeat what people wrote
}
_SQLITE_CONNECT = {"check_same_thread": False, "timeout": BUSY_SECONDS}


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Python's driver would begin transactions by itself, and not before a SELECT:
    # https://docs.python.org/3.11/library/sqlite3.html#transaction-control
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in (
        "synchronous = FULL",  # a commit that was answered survives a power cut
        "foreign_keys = ON",  # off by default, and a setting of each connection
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and the writer not wait for each other; the file stays so.

    While a new file is written to, SQLite refuses this at once, without the busy timeout: its
    lock is waited for with BEGIN. https://www.sqlite.org/c3ref/busy_handler.html
    """
    for tries_left in reversed(range(MOST_TRIES)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not tries_left:
                raise
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _only_reads(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")
    # A quarter of the default: each of several fills its own, and the system has the file too.
    connection.execute("PRAGMA cache_size = -500")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _postgresql(url: URL) -> Engines:
    url = url.set(drivername="postgresql+psycopg")
    connect: dict[str, Any] = {
        # After a network cut the kernel alone would wait for minutes.
        "connect_timeout": 5,
        "tcp_user_timeout": 15_000,
        "application_name": "countersign",
    }
    # Rows are given by position, as for SQLite; psycopg takes names otherwise.
    options = _ALWAYS | {"paramstyle": "format"}
    try:
        writer = create_engine(url, pool_size=1, connect_args=connect, **options)
        reader = create_engine(
            url,
            pool_size=READERS,
            connect_args=connect,
            # Several statements of one read must see one moment.
            isolation_level="REPEATABLE READ",
            **options,
        ).execution_options(postgresql_readonly=True)
    except ModuleNotFoundError as error:
        raise StorageError(
            "PostgreSQL needs the psycopg package. Install it: pip install 'psycopg[binary]'."
        ) from error
    event.listen(writer, "connect", _prepare_postgresql)
    return Engines(writer, reader)


PREPARED = 400
"""Statements kept prepared: all that the writer has, of which psycopg would forget most again."""


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.prepared_max = PREPARED
    _bound_waits(connection)


def _bound_waits(connection: Any) -> None:
    """A lock held by a writer that is gone must not hold up this one for ever.

    One that is frozen, or cut off from the network, says nothing to the server and keeps its
    locks: before those who wait give up, the server ends its transaction. Should it go on
    after all, it finds its connection gone, and decides again by what is true then.
    https://www.postgresql.org/docs/current/runtime-config-client.html
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{SILENT_SECONDS}s'")
    connection.commit()
