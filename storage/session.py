"""The writer's one connection, and what is known about it when it breaks."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from storage.errors import Unavailable

Backend = tuple[int, datetime]
"""A PostgreSQL server process: its pid, which may be used again, and when it started."""

_WHO = text(
    "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()",
)
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid = :pid AND backend_start = :started"
)


class CommitBroke(Exception):
    """COMMIT was sent and no answer came: it may have happened."""


class Session:
    """One connection, opened when needed and replaced when it broke."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._backend: Backend | None = None
        self._lost: Backend | None = None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction; CommitBroke if its end is unknown, Unavailable if it cannot begin."""
        try:
            connection = self._opened()
            transaction = connection.begin()
        except DBAPIError as error:
            self.close()
            raise Unavailable(f"The database cannot be written now: {error.orig}") from error
        try:
            yield connection
        except BaseException as error:
            try:
                transaction.rollback()
            except SQLAlchemyError:
                self.close()
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                self.close()
            raise
        try:
            transaction.commit()
        except DBAPIError as error:
            self._lost = self._backend
            self._abandon(connection)
            raise CommitBroke(str(error.orig).partition("\n")[0]) from error

    def lost_has_ended(self, connection: Connection) -> bool:
        """Whether the server has done with the connection that broke, which is told to end.

        Only then does a look at the tables say for certain whether its commit happened.
        """
        if self._lost is None:
            return True
        pid, started = self._lost
        if connection.execute(_END, {"pid": pid, "started": started}).first() is not None:
            return False
        self._lost = None
        return True

    def _opened(self) -> Connection:
        if self._connection is None:
            connection = self._engine.connect()
            if self._engine.dialect.name == "postgresql":
                row = connection.execute(_WHO).one_or_none()
                self._backend = None if row is None else (row.pid, row.backend_start)
                connection.rollback()
            self._connection = connection
        return self._connection

    def _abandon(self, connection: Connection) -> None:
        """Let the connection go without another word to the server on it."""
        self._connection = None
        with suppress(SQLAlchemyError):
            connection.invalidate()
        with suppress(SQLAlchemyError):
            connection.close()
