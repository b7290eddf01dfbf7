"""Several processes that open a new SQLite file at once wait for each other."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage import engine
from storage.engine import open_engines


@pytest.fixture
def other(tmp_path: Path) -> sqlite3.Connection:
    """A connection that writes to a file which no connection of ours has opened yet."""
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE there (it INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_new_file_that_another_writes_to_is_waited_for(
    tmp_path: Path, other: sqlite3.Connection
) -> None:
    engines = open_engines(f"sqlite:///{tmp_path}/x.db")
    ends = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    ends.start()
    with engines.writer.connect() as connection:
        mode = connection.execute(text("PRAGMA journal_mode")).scalar()
    ends.join()
    engines.dispose()
    other.close()
    assert mode == "wal"


def test_but_not_for_ever(
    tmp_path: Path, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine._SQLITE_CONNECT, "timeout", 0.05)
    engines = open_engines(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(OperationalError, match="locked"), engines.writer.connect():
        pass
    engines.dispose()
    other.close()
