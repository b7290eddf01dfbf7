"""An online backup of an SQLite database: one file, of one moment, while servers go on.

PostgreSQL has its own tools for that.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from core.value import Millis
from storage.engine import BUSY_SECONDS
from storage.errors import StorageError, Unavailable
from storage.origin import COPY_MARK

WITH_PG_DUMP = (
    "PostgreSQL makes its own backups: pg_dump --format=custom --file=FILE DATABASE_URL. "
    "docs/operate.md says how they are restored."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class BackedUp:
    """What is in a backup: how many events, the newest of which happened at `ends_at`."""

    events: int
    ends_at: Millis | None
    bytes: int


def backup(dsn: str, file: Path) -> BackedUp:
    """Copy an SQLite database into a new file. Raises StorageError, and then there is no file.

    The copy is read once through before it gets its name, and is marked: no server takes it for
    the database itself (see `storage.origin`). Only its own user can read it.
    """
    source = _source(dsn)
    if file.exists():
        raise StorageError(f"{file} is there already. Name a file that is not.")
    draft = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        raise StorageError(
            f"{draft} is there: a backup is under way or was cut off. If none is, remove it and "
            "try again."
        ) from error
    except OSError as error:
        raise StorageError(f"{draft} cannot be made: {error.strerror}.") from error
    try:
        made = _copied(source, draft)
        _keep(draft, file)
    except sqlite3.Error as error:
        raise Unavailable(f"The backup was not made: {error}.") from error
    except OSError as error:
        raise StorageError(f"The backup was not made: {error.strerror}.") from error
    finally:
        for left in (draft, *(Path(f"{draft}{end}") for end in ("-journal", "-wal", "-shm"))):
            left.unlink(missing_ok=True)
    return made


def _source(dsn: str) -> Path:
    url = make_url(dsn)
    if url.get_backend_name() != "sqlite":
        raise StorageError(WITH_PG_DUMP)
    path = Path(url.database or "")
    if not path.is_file():
        raise StorageError(
            f"There is no database at {path}. Set COUNTERSIGN_DATABASE_URL as the server has it, "
            "or run this in the server's working directory."
        )
    return path


def _copied(source: Path, draft: Path) -> BackedUp:
    with (
        closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as live,
        closing(sqlite3.connect(draft, isolation_level=None)) as copy,
    ):
        # All pages in one step: it holds one read transaction, which no writer waits for. In
        # several steps it would begin anew whenever another process writes:
        # https://www.sqlite.org/backup.html
        live.backup(copy, pages=-1)
        # One file: what would wait in a log beside it would be lost with the log.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute(f"PRAGMA user_version = {COPY_MARK}")
        found = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise StorageError(
                f"The database is damaged, so that no backup was made: {found[0]}. Keep every "
                "earlier backup, and see https://www.sqlite.org/recovery.html."
            )
        [(events, ends_at)] = copy.execute("SELECT count(*), max(at) FROM events")
    return BackedUp(events=events, ends_at=ends_at, bytes=draft.stat().st_size)


def _keep(draft: Path, file: Path) -> None:
    """Give it its name once it is on disk."""
    _sync(draft)
    draft.replace(file)
    if os.name != "nt":  # a folder cannot be opened there
        _sync(file.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
