"""Bringing a database's tables up to date, and saying whether they are.

Safe to run from several processes at once: the first does it, the others wait and find it
done. Alembic stays out of everything else, and out of a process that finds nothing to do: it
and what it brings along would lie in a server's memory, 10 MB, until the server ends.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from storage.engine import Engines, open_engines
from storage.errors import StorageError, Unavailable
from storage.origin import IS_COPY, is_copy, require_original

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_405_622_183_119_204
"""Any number of our own: the advisory lock that lets one process migrate at a time."""


def upgrade(dsn: str, *, copies: bool = False) -> None:
    """Bring the tables up to date in one transaction; StorageError if it changed nothing.

    One that was restored or copied is refused unless `copies`: see `storage.origin`.
    """
    engines = open_engines(dsn)
    try:
        with engines.writer.begin() as connection:
            if not engines.is_sqlite:
                _take_turns(connection)
            if (present := _present(connection)) != _newest():
                _refuse_newer(present)
                _migrate(connection)
            if not copies:
                require_original(connection)
    except DBAPIError as error:
        raise StorageError(f"The database cannot be upgraded: {_told(engines, error)}") from error
    finally:
        engines.dispose()


def _take_turns(connection: Connection) -> None:
    """Wait for another process that migrates, however long it takes: rows may be worked on
    between two statements, and the bounds of a server's writer are not meant for that."""
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    usual = connection.execute(text("SHOW lock_timeout")).scalar_one()
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text("SELECT set_config('lock_timeout', :usual, true)"), {"usual": usual})


def check(dsn: str) -> str | None:
    """None when the tables are up to date, else one sentence with the remedy."""
    engines = open_engines(dsn)
    try:
        return _check(engines)
    except DBAPIError as error:
        raise Unavailable(f"The database cannot be read: {_told(engines, error)}") from error
    finally:
        engines.dispose()


def _told(engines: Engines, error: DBAPIError) -> str:
    """What the driver said, and what to do about it; never the password of the URL."""
    url, said = engines.writer.url, str(error.orig).strip().rstrip(".")
    if engines.is_sqlite:
        return (
            f"{said}. See that {Path(url.database or '').absolute()} is an SQLite database, that "
            "this user may read and write it and its folder, and that no other program holds it."
        )
    return (
        f"{said}. See that PostgreSQL runs at {url.host or 'the local socket'}"
        f"{'' if url.port is None else f', port {url.port}'}, and that the user, the password "
        f"and the database {url.database or ''} in the database URL are right."
    )


def _check(engines: Engines) -> str | None:
    with engines.reader.connect() as connection:
        present = _present(connection)
        if present == _newest():
            return IS_COPY if is_copy(connection) else None
    if present is None:
        return "The database has no tables yet. Run: countersign db upgrade."
    try:
        _refuse_newer(present)
    except StorageError as error:
        return str(error)
    return f"The tables are at {present}, not {_newest()}. Run: countersign db upgrade."


def _refuse_newer(present: str | None) -> None:
    if present is not None and present not in _known():
        raise StorageError(
            f"The tables are at {present}, which this version does not know: a newer Countersign "
            "has used this database. Install that version."
        )


def _present(connection: Connection) -> str | None:
    """The revision the tables are at, where Alembic keeps it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _known() -> list[str]:
    """All revisions, oldest first, by the names of their files: m0001_first.py is 0001."""
    return sorted(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("m[0-9]*_*.py"))


def _newest() -> str:
    return _known()[-1]


def _migrate(connection: Connection) -> None:
    from alembic import command

    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
