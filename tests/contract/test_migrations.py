"""Migrations: what they make is what the tables say, on both databases."""

import asyncio
import socket
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from storage.engine import open_engines
from storage.errors import StorageError
from storage.migrate import check, upgrade
from storage.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database without tables, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('empty') / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


def inspected(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    engines = open_engines(dsn)
    with engines.reader.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(sql))]
    engines.dispose()
    return rows


def create_all(dsn: str) -> None:
    engines = open_engines(dsn)
    with engines.writer.begin() as connection:
        metadata.create_all(connection)
    engines.dispose()


def test_alembic_finds_no_difference_between_tables_and_migrations(dsn: str) -> None:
    engines = open_engines(dsn)

    def compare(connection: Connection) -> list[object]:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_object": _in_the_metadata,
        }
        return list(
            compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        )

    with engines.reader.connect() as connection:
        differences = compare(connection)
    engines.dispose()
    assert differences == []


def _in_the_metadata(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """What the sequencer added to the events: see storage.audit_tables.ARRIVALS."""
    return (kind, name) not in {
        ("column", "arrived"),
        ("column", "xact"),
        ("index", "events_arrived"),
    }


SQLITE_SCHEMA = """
SELECT type, name, sql FROM sqlite_master
WHERE type IN ('table', 'index') AND name != 'alembic_version'
  AND tbl_name != 'alembic_version' ORDER BY type, name
"""
POSTGRES_COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name != 'alembic_version' ORDER BY 1, 2
"""
POSTGRES_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename != 'alembic_version' ORDER BY 1
"""
POSTGRES_CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid
WHERE t.relname != 'alembic_version' AND c.connamespace = 'public'::regnamespace ORDER BY 1
"""


def test_sqlite_gets_the_same_text_from_tables_and_migrations(
    sqlite_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = f"sqlite:///{tmp_path_factory.mktemp('made') / 'made.db'}"
    create_all(made)
    migrated = _in_one_line(inspected(sqlite_dsn, SQLITE_SCHEMA))
    assert len(migrated) > 20
    assert migrated == _in_one_line(inspected(made, SQLITE_SCHEMA))


def _in_one_line(schema: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """SQLite writes a column that was added behind the last one, on the same line."""
    return [(kind, name, sql and " ".join(sql.split())) for kind, name, sql in schema]


@pytest.mark.parametrize("sql", [POSTGRES_COLUMNS, POSTGRES_INDEXES, POSTGRES_CONSTRAINTS])
def test_postgresql_gets_the_same_schema_from_tables_and_migrations(
    postgres_dsn: str, empty_postgres: str, sql: str
) -> None:
    create_all(empty_postgres)
    migrated = inspected(postgres_dsn, sql)
    assert len(migrated) > 10
    assert migrated == inspected(empty_postgres, sql)


def test_an_empty_database_is_upgraded_once_and_then_is_up_to_date(empty: str) -> None:
    assert check(empty) == "The database has no tables yet. Run: countersign db upgrade."
    upgrade(empty)
    assert check(empty) is None
    upgrade(empty)
    assert check(empty) is None


async def test_processes_that_upgrade_at_once_wait_for_each_other(empty: str) -> None:
    await asyncio.gather(*[asyncio.to_thread(upgrade, empty) for _ in range(4)])
    assert check(empty) is None


def test_a_database_of_a_newer_version_is_refused_and_left_alone(empty: str) -> None:
    upgrade(empty)
    engines = open_engines(empty)
    with engines.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engines.dispose()
    with pytest.raises(StorageError, match="newer Countersign"):
        upgrade(empty)
    found = check(empty)
    assert found is not None
    assert "9999" in found
    assert inspected(empty, "SELECT version_num FROM alembic_version") == [("9999",)]


@pytest.mark.parametrize("run", [upgrade, check])
def test_a_server_that_does_not_answer_is_named_with_what_to_do_but_no_password(
    run: Callable[[str], object],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens, so that nobody answers
        port = taken.getsockname()[1]
        with pytest.raises(StorageError) as failed:
            run(f"postgresql://ann:pa55word@127.0.0.1:{port}/approvals")
    said = str(failed.value)
    assert said.endswith(
        f". See that PostgreSQL runs at 127.0.0.1, port {port}, and that the user, the password "
        "and the database approvals in the database URL are right."
    )
    assert "pa55word" not in said


def test_a_failed_upgrade_leaves_nothing_behind(empty: str) -> None:
    engines = open_engines(empty)
    with engines.writer.begin() as connection:
        connection.execute(text("CREATE TABLE seen (something TEXT)"))
    engines.dispose()
    with pytest.raises(StorageError, match="seen"):
        upgrade(empty)
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if not empty.startswith("sqlite"):
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert inspected(empty, tables) == [("seen",)]


def test_sqlite_refuses_to_replace_an_event(sqlite_dsn: str) -> None:
    connection = sqlite3.connect(sqlite_dsn.removeprefix("sqlite:///"))
    row = ("s", 1, "submitted", 0, b"{}", "0")
    connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", row)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.close()


def test_postgresql_refuses_to_empty_the_events(postgres_dsn: str) -> None:
    with (
        psycopg.connect(postgres_dsn) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
    ):
        connection.execute("TRUNCATE events")
