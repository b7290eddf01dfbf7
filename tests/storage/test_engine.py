"""Which DSNs are taken, and the settings connections get."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from storage.engine import open_engines
from storage.errors import StorageError


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("", "cannot be read"),
        ("not a url", "cannot be read"),
        ("mysql://root@localhost/db", "begins with mysql://"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////no/such/folder/x.db", "The folder /no/such/folder of the SQLite database"),
    ],
)
def test_a_dsn_that_cannot_be_used_is_refused_with_the_remedy(dsn: str, says: str) -> None:
    with pytest.raises(StorageError, match=says):
        open_engines(dsn)


def test_no_password_is_repeated() -> None:
    for dsn in ("mysql://root:pa55word@localhost/db", "postgresql//u:pa55word@h:port/x"):
        with pytest.raises(StorageError) as refused:
            open_engines(dsn)
        assert "pa55word" not in str(refused.value)


def test_postgresql_is_reached_through_psycopg() -> None:
    engines = open_engines("postgresql://user@127.0.0.1/name")
    assert (engines.writer.dialect.name, engines.writer.dialect.driver) == ("postgresql", "psycopg")
    assert engines.is_sqlite is False
    engines.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 10_000),
    ],
)
def test_every_sqlite_connection_has_the_settings(
    tmp_path: Path, pragma: str, value: object
) -> None:
    engines = open_engines(f"sqlite:///{tmp_path / 'x.db'}")
    found: list[Any] = []
    for engine in (engines.writer, engines.reader):
        with engine.connect() as connection:
            found.append(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar())
    engines.dispose()
    assert found == [value, value]


def test_readers_cannot_write(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path / 'x.db'}")
    with engines.reader.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql("CREATE TABLE t (x)")
    engines.dispose()


def test_the_writer_has_the_write_lock_from_its_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    engines = open_engines(f"sqlite:///{path}")
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with engines.writer.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    engines.dispose()
