"""Statements compiled once for their database, so that a call costs only its parameters.

SQLAlchemy writes the SQL from the tables; rows go to the driver as tuples in a fixed order.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Executable, Insert, Select, and_, literal, or_
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

Texts = tuple[str, ...]

Row = Sequence[Any]
"""A row as the driver gave it: its values in the order of the statement's columns."""

MOST_KEYS = 256
"""Keys in one SELECT; databases bound the number of parameters."""

MOST_ROWS = 8
"""Rows in one INSERT."""

MOST_VALUES = 50
"""Values in one INSERT: psycopg reads the text of one with more each time anew."""


class Statement:
    """One statement with named parameters, taking rows as tuples in the order of `names`."""

    def __init__(self, statement: Executable, names: Sequence[str], dialect: Dialect) -> None:
        compiled = _compiled(statement, dialect, names)
        order = compiled.positiontup or []
        if set(order) != set(names):
            raise ValueError(f"parameters {order} are not {list(names)}")
        self.text = str(compiled)
        self._indexes = [list(names).index(name) for name in order]
        self._as_given = self._indexes == list(range(len(self._indexes)))

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Execute for all rows in one call; how many database rows were affected."""
        if not rows:
            return 0
        return self._run(connection, self._ordered(rows))

    def _run(self, connection: Connection, rows: list[tuple[Any, ...]]) -> int:
        return connection.exec_driver_sql(self.text, rows).rowcount

    def _ordered(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        if self._as_given:
            return list(rows)
        return [tuple(row[i] for i in self._indexes) for row in rows]

    def one(self, connection: Connection, *values: object) -> Sequence[Row]:
        """Execute for one row of values; the rows it returns, if it returns any."""
        given = tuple(values[i] for i in self._indexes)
        result = connection.exec_driver_sql(self.text, given)
        return result.all() if result.returns_rows else ()

    def affected(self, connection: Connection, *values: object) -> int:
        """Execute for one row of values; how many database rows were affected."""
        given = tuple(values[i] for i in self._indexes)
        return connection.exec_driver_sql(self.text, given).rowcount


class Insertion(Statement):
    """An INSERT of rows no two of which have the same key, in the order given.

    PostgreSQL takes some rows in one statement for less than what it costs to send and answer
    each of them; SQLite, which is in the process, gains nothing by it.
    """

    def __init__(self, statement: Insert, names: Sequence[str], dialect: Dialect) -> None:
        super().__init__(statement, names, dialect)
        self._some, self._text = 1, self.text
        if dialect.name == "postgresql":
            head, row, tail = _row_of(self.text)
            width = row.count("%s")
            # What stands behind the rows, in ON CONFLICT, would have to be the same for all.
            if width == len(names):
                self._some = min(MOST_ROWS, MOST_VALUES // width)
                self._text = head + ", ".join([row] * self._some) + tail

    def _run(self, connection: Connection, rows: list[tuple[Any, ...]]) -> int:
        some = self._some
        whole = len(rows) // some * some if some > 1 else 0
        together = [tuple(chain(*rows[at : at + some])) for at in range(0, whole, some)]
        affected = 0
        if together:
            affected += connection.exec_driver_sql(self._text, together).rowcount
        if whole < len(rows):
            affected += super()._run(connection, rows[whole:])
        return affected


def _row_of(text: str) -> tuple[str, str, str]:
    """An INSERT of one row: what stands before the row, the row in its brackets, and the rest."""
    begin = text.index("VALUES (") + len("VALUES ")
    depth, end = 0, begin
    while True:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
        if not depth:
            return text[:begin], text[begin:end], text[end:]


class ByKeys:
    """A SELECT of the rows with any of the given keys, in as few calls as possible.

    The number of keys is rounded up to a power of two by repeating one, so that the driver's
    cache of prepared statements meets the same few texts again.
    """

    def __init__(
        self, select: Select[Any], columns: Sequence[Column[Any]], dialect: Dialect
    ) -> None:
        self._select = select
        self._columns = columns
        self._dialect = dialect
        self._texts: dict[int, str] = {}

    def fetch(self, connection: Connection, keys: Sequence[tuple[Any, ...]]) -> list[Row]:
        """All rows with one of the keys, each key being a value for each column."""
        rows: list[Row] = []
        for start in range(0, len(keys), MOST_KEYS):
            part = keys[start : start + MOST_KEYS]
            size = 1 << (len(part) - 1).bit_length()
            padded = [*part, *[part[-1]] * (size - len(part))]
            values = tuple(value for key in padded for value in key)
            rows += connection.exec_driver_sql(self._text(size), values).all()
        return rows

    def _text(self, size: int) -> str:
        text = self._texts.get(size)
        if text is None:
            text = self._texts[size] = str(
                _compiled(self._select.where(self._among(size)), self._dialect)
            )
        return text

    def _among(self, size: int) -> ColumnElement[bool]:
        if len(self._columns) == 1:
            return self._columns[0].in_([""] * size)
        # (a, b) IN ((?, ?), ...) would say the same, but SQLite scans the whole table for it.
        return or_(*[and_(*map(_equal, self._columns)) for _ in range(size)])


def _equal(column: Column[Any]) -> ColumnElement[bool]:
    """The column is a parameter of its own type."""
    return column == literal("", column.type)


def _compiled(
    statement: Executable, dialect: Dialect, names: Sequence[str] | None = None
) -> SQLCompiler:
    compile_: Callable[..., Any] = statement.compile  # type: ignore[attr-defined]  # every Core statement has it
    compiled = compile_(
        dialect=dialect, column_keys=names, compile_kwargs={"render_postcompile": True}
    )
    assert isinstance(compiled, SQLCompiler)
    return compiled
