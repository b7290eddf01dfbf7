"""The ways in which a floor commits.

On SQLite all use the product's own connection settings (write-ahead log, synchronous=FULL).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Engine,
    Executable,
    bindparam,
    delete,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import create_async_engine

from bench.template import Row, Template, Write
from storage import tables

CONNECTIONS = 8
"""Of the floor that commits each command alone; with more it is slower on two cores."""

_requests = tables.requests.c
READ = select(_requests.version, _requests.snapshot).where(_requests.id == bindparam("its_id"))
"""What a decision must know."""


@dataclass(frozen=True, slots=True)
class Command:
    """A submission or a decision: for each of the template's writes the rows."""

    id: str
    decides: bool
    rows: list[list[Row]]


Commit = Callable[[Sequence[Command]], None]


def statement(write: Write) -> Executable:
    """The statement of a write; a changed request is guarded by the version that was read."""
    table = tables.metadata.tables[write.table]
    if write.act == "insert":
        return insert(table)
    keys = [table.c[n.removeprefix("its_")] for n in write.rows[0] if n.startswith("its_")]
    where = [key == bindparam(f"its_{key.name}") for key in keys]
    if write.act == "delete":
        return delete(table).where(*where)
    names = [name for name in write.rows[0] if not name.startswith("its_")]
    if table is tables.requests:
        where.append(table.c.version == bindparam("loaded"))
    return update(table).where(*where).values({name: bindparam(name) for name in names})


def core(engine: Engine, template: Template) -> Commit:
    """SQLAlchemy Core, each command in a savepoint."""
    connection = engine.connect()
    submit = [statement(write) for write in template.submit]
    decide = [statement(write) for write in template.decide]

    def commit(batch: Sequence[Command]) -> None:
        with connection.begin():
            for command in batch:
                connection.exec_driver_sql("SAVEPOINT s")
                if command.decides:
                    row = connection.execute(READ, {"its_id": command.id}).one()
                    _guard(template.decide, command, row.version)
                for each, rows in zip(
                    decide if command.decides else submit, command.rows, strict=True
                ):
                    connection.execute(each, rows)
                connection.exec_driver_sql("RELEASE s")

    return commit


def many(engine: Engine, template: Template) -> Commit:
    """SQLAlchemy Core, each table once for the whole batch; a failure would fail them all."""
    connection = engine.connect()
    submit = [statement(write) for write in template.submit]
    decide = [statement(write) for write in template.decide]
    read = select(_requests.id, _requests.version, _requests.snapshot)

    def commit(batch: Sequence[Command]) -> None:
        with connection.begin():
            deciding = [command for command in batch if command.decides]
            if deciding:
                wanted = read.where(_requests.id.in_([command.id for command in deciding]))
                versions = {row.id: row.version for row in connection.execute(wanted)}
                for command in deciding:
                    _guard(template.decide, command, versions[command.id])
            for statements, commands in (
                (submit, [command for command in batch if not command.decides]),
                (decide, deciding),
            ):
                for number, each in enumerate(statements):
                    rows = [row for command in commands for row in command.rows[number]]
                    if rows:
                        connection.execute(each, rows)

    return commit


class Each:
    """Asynchronous SQLAlchemy Core on PostgreSQL, each command in a transaction of its own."""

    def __init__(self, dsn: str, template: Template) -> None:
        url = make_url(dsn).set(drivername="postgresql+psycopg")
        self._engine = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0)
        self._decides = template.decide
        self._submit = [statement(write) for write in template.submit]
        self._decide = [statement(write) for write in template.decide]

    async def write(self, command: Command) -> None:
        """Return once it is committed."""
        async with self._engine.begin() as connection:
            if command.decides:
                row = (await connection.execute(READ, {"its_id": command.id})).one()
                _guard(self._decides, command, row.version)
            statements = self._decide if command.decides else self._submit
            for each, rows in zip(statements, command.rows, strict=True):
                await connection.execute(each, rows)


def raw(engine: Engine, template: Template) -> Commit:
    """Python's sqlite3 alone, each command in a savepoint; the connection that does it is
    the same."""
    driver: Any = engine.raw_connection().driver_connection
    submit = [_text(statement(write)) for write in template.submit]
    decide = [_text(statement(write)) for write in template.decide]
    read = _text(READ)

    def commit(batch: Sequence[Command]) -> None:
        driver.execute("BEGIN IMMEDIATE")
        for command in batch:
            driver.execute("SAVEPOINT s")
            if command.decides:
                row = driver.execute(read, {"its_id": command.id}).fetchone()
                _guard(template.decide, command, row[0])
            for text, rows in zip(decide if command.decides else submit, command.rows, strict=True):
                driver.executemany(text, rows)
            driver.execute("RELEASE s")
        driver.execute("COMMIT")

    return commit


def _guard(writes: tuple[Write, ...], command: Command, version: int) -> None:
    for write, rows in zip(writes, command.rows, strict=True):
        if write.table == "requests":
            rows[0]["loaded"] = version


def _text(made: Executable) -> str:
    compile_: Callable[..., Any] = made.compile  # type: ignore[attr-defined]  # every Core statement has it
    return str(compile_(dialect=sqlite.dialect(paramstyle="named")))


WRITERS: dict[str, Callable[[Engine, Template], Commit]] = {"core": core, "raw": raw, "many": many}
