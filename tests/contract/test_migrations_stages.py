"""Every migration, one after the other, with rows in every table; each only expands.

A server of the version before goes on while the new one migrates (docs/operate.md): so a
migration adds, and what it adds need not be known. One that cannot do without taking away says
so in a line `Contract:` of its docstring, with the version that no longer needs it.
"""

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Inspector,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
)

import storage.migrations.versions as versions
from storage.engine import Engines, open_engines
from storage.migrate import _config, _known, check
from storage.tables import metadata
from tests.contract.test_migrations import _in_the_metadata
from tests.contract.test_upgrade import fill
from tests.storage.purchase import rid

ROWS = 3
REWRITTEN = {("0002", "requests", "snapshot")}
"""(revision, table, column): what a migration brings into another form, with tests elsewhere."""

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engines]:
    """An empty database of each kind."""
    dsn = f"sqlite:///{tmp_path / 'staged.db'}"
    if request.param == "postgresql":
        dsn = request.getfixturevalue("empty_postgres")
    opened = open_engines(dsn)
    yield opened
    opened.dispose()


def migrate(engines: Engines, revision: str) -> None:
    """As `storage.migrate` does it: in one transaction of its own."""
    with engines.writer.begin() as connection:
        command.upgrade(_config(connection), revision)


@cache
def module(revision: str) -> ModuleType:
    folder = Path(str(versions.__file__)).parent
    [path] = folder.glob(f"m{revision}_*.py")
    return importlib.import_module(f"storage.migrations.versions.{path.stem}")


# --- rows ----------------------------------------------------------------------------------


def tables_of(connection: Connection) -> dict[str, Table]:
    found = MetaData()
    found.reflect(connection)
    return {name: table for name, table in found.tables.items() if name != "alembic_version"}


def value(column: Column[Any], number: int) -> object:
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, (Integer, BigInteger)):
        return number
    return b"{}" if isinstance(column.type, LargeBinary) else f"{column.name}-{number}"


def row(table: Table, number: int, names: frozenset[str] | None = None) -> dict[str, object]:
    """A value for each column that has no default of the database, or for those named."""
    return {
        column.name: value(column, number)
        for column in table.columns
        if column.computed is None and column.identity is None and column.server_default is None
        if names is None or column.name in names
    }


def put(connection: Connection, table: Table, numbers: range, names: Any = None) -> None:
    connection.execute(insert(table), [row(table, number, names) for number in numbers])


def put_first(connection: Connection) -> None:
    """What the first version wrote: requests with their events, texts, cards and messages."""
    for number in range(1, ROWS + 1):
        fill(connection, rid(number), [])
    for table in tables_of(connection).values():
        if connection.execute(select(func.count()).select_from(table)).scalar_one() == 0:
            put(connection, table, range(100, 100 + ROWS))


def everything(connection: Connection, columns: dict[str, frozenset[str]]) -> Rows:
    """All rows of these tables and columns."""
    found: Rows = {}
    for name, table in tables_of(connection).items():
        if name in columns:
            kept = [c for c in table.columns if c.name in columns[name]]
            found[name] = [dict(each._mapping) for each in connection.execute(select(*kept))]
    return found


# --- shape ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """What a version that does not know of a migration relies on."""

    columns: dict[str, dict[str, tuple[str, bool, bool]]]
    """By table and column: the type, whether NULL is taken, and whether there is a default."""

    bounds: dict[str, set[tuple[str, ...]]]
    """By table: the columns that together must be unique, and those of foreign keys."""

    @property
    def names(self) -> dict[str, frozenset[str]]:
        return {table: frozenset(columns) for table, columns in self.columns.items()}


def shape(connection: Connection) -> Shape:
    found = inspect(connection)
    columns: dict[str, dict[str, tuple[str, bool, bool]]] = {}
    bounds: dict[str, set[tuple[str, ...]]] = {}
    for table in found.get_table_names():
        columns[table] = {
            column["name"]: (
                str(column["type"]),
                bool(column["nullable"]),
                column.get("default") is not None or "identity" in column,
            )
            for column in found.get_columns(table)
        }
        bounds[table] = set(bounds_of(found, table))
    return Shape(columns, bounds)


def bounds_of(found: Inspector, table: str) -> Iterator[tuple[str, ...]]:
    for index in found.get_indexes(table):
        if index["unique"]:
            yield tuple(str(name) for name in index["column_names"])
    for unique in found.get_unique_constraints(table):
        yield tuple(unique["column_names"])
    yield tuple(found.get_pk_constraint(table)["constrained_columns"])
    for foreign in found.get_foreign_keys(table):
        yield ("->", *foreign["constrained_columns"])
    for each in found.get_check_constraints(table):
        yield ("check", str(each["sqltext"]))


def taken_away(old: Shape, new: Shape) -> list[str]:
    """What a version that knows `old` would stumble over in `new`."""
    found: list[str] = []
    for table, columns in old.columns.items():
        if table not in new.columns:
            found.append(f"the table {table} is gone")
            continue
        found += [f"{table}.{name} is gone" for name in columns.keys() - new.columns[table].keys()]
        for name, (kind, nullable, default) in new.columns[table].items():
            before = columns.get(name)
            if before is None and not nullable and not default:
                found.append(f"{table}.{name} is new and must be given")
            elif before is not None and before[0] != kind:
                found.append(f"{table}.{name} was {before[0]} and is {kind}")
            elif before is not None and (before[1] and not nullable):
                found.append(f"{table}.{name} takes NULL no more")
            elif before is not None and before[2] and not default:
                found.append(f"{table}.{name} has no default any more")
        for bound in new.bounds[table] - old.bounds[table]:
            if set(bound) - {"->"} <= columns.keys() or bound[0] == "check":
                found.append(f"{table} has a new bound on {', '.join(bound)}")
    return sorted(found)


# --- tests ---------------------------------------------------------------------------------


def test_every_migration_keeps_what_is_there_and_only_adds(engines: Engines) -> None:
    first, *later = _known()
    migrate(engines, first)
    with engines.writer.begin() as connection:
        put_first(connection)
    shapes = []
    for number, revision in enumerate(later):
        with engines.writer.begin() as connection:
            before = shape(connection)
            kept = everything(connection, before.names)
            assert all(kept.values()), "a table was left empty"
        migrate(engines, revision)
        with engines.writer.begin() as connection:
            after = shape(connection)
            assert contracts(revision) or taken_away(before, after) == [], revision
            now = everything(connection, before.names)
            assert lost(kept, now, revision) == [], revision
            for name in tables_of(connection).keys() - before.columns.keys():
                table = tables_of(connection)[name]
                put(connection, table, range(1000 + 10 * number, 1000 + 10 * number + ROWS))
        shapes.append(before)
    assert check(str(engines.writer.url.render_as_string(hide_password=False))) is None
    with engines.writer.begin() as connection:
        assert differences(connection) == []
        earlier_versions_go_on(connection, shapes)


def contracts(revision: str) -> bool:
    return re.search(r"^Contract: \S", module(revision).__doc__ or "", re.MULTILINE) is not None


def lost(before: Rows, after: Rows, revision: str) -> list[tuple[str, dict[str, Any]]]:
    """The rows that are not there any more as they were, but for what the revision rewrites."""
    hidden = {(table, column) for at, table, column in REWRITTEN if at == revision}

    def shown(rows: Rows) -> list[tuple[str, dict[str, Any]]]:
        return [
            (table, {c: v for c, v in each.items() if (table, c) not in hidden})
            for table, found in rows.items()
            for each in found
        ]

    there = shown(after)
    return [each for each in shown(before) if each not in there]


def differences(connection: Connection) -> list[Any]:
    options: dict[str, Any] = {"include_object": _in_the_metadata}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


def earlier_versions_go_on(connection: Connection, shapes: list[Shape]) -> None:
    """Each writes the columns that it knows, of the tables that it knows, and reads them."""
    tables = tables_of(connection)
    for number, known in enumerate(shapes):
        for name, columns in known.names.items():
            if name in tables and name != "alembic_version":
                numbers = range(5000 + 10 * number, 5000 + 10 * number + ROWS)
                put(connection, tables[name], numbers, columns)
                connection.execute(select(*(tables[name].c[c] for c in sorted(columns)))).all()


def test_the_judge_sees_what_takes_away() -> None:
    old = Shape({"t": {"a": ("TEXT", True, False), "b": ("TEXT", False, True)}}, {"t": {("a",)}})
    new = Shape(
        {"t": {"a": ("TEXT", False, False), "c": ("INTEGER", False, False)}},
        {"t": {("a",), ("a", "b"), ("a", "c"), ("->", "a")}},
    )
    assert taken_away(old, new) == [
        "t has a new bound on ->, a",
        "t has a new bound on a, b",
        "t.a takes NULL no more",
        "t.b is gone",
        "t.c is new and must be given",
    ]
    assert taken_away(old, Shape({}, {})) == ["the table t is gone"]
    assert taken_away(old, old) == []


@pytest.mark.parametrize("revision", _known())
def test_every_migration_says_what_it_is_and_never_goes_back(revision: str) -> None:
    """The way back is the backup: what a downgrade would do to the events is not for a script."""
    found = module(revision)
    assert found.revision == revision
    assert f"Revision: {revision}" in str(found.__doc__)
    assert not hasattr(found, "downgrade")
