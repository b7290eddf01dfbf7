"""What a real submission and a real decision write, taken from the product's own database.

The floors write these rows again with fresh ids: as many, as large, into the same tables.
"""

import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from storage import tables
from storage.engine import open_engines

Row = dict[str, Any]
Tables = dict[str, list[Row]]

PASSED = ("positions", "sequencer", "checkpoints")
"""What the pass over the audit trail writes by itself, every two seconds and for no command."""

FOLLOWED = ("figures", "insight", "alert", "past", "following")
"""How the names of the tables begin that are counted in the background, from what was committed."""

_SKIPPED = ("api_keys", "alembic_version", *PASSED)
_ID = "\0"


@dataclass(frozen=True, slots=True)
class Write:
    """Rows of one table to insert, update or delete. Updates and deletes are by primary key;
    its values stand under the column's name after "its_"."""

    act: str
    table: str
    rows: tuple[Row, ...]
    marks: tuple[dict[str, str], ...]
    """For each row the columns that hold the request's id, with `_ID` in its place."""

    def fresh(self, id: str) -> list[Row]:
        """The rows for another request."""
        return [
            {**row, **{name: text.replace(_ID, id) for name, text in marks.items()}}
            for row, marks in zip(self.rows, self.marks, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Template:
    """All writes of one submission and of one decision, in the product's order of tables."""

    submit: tuple[Write, ...]
    decide: tuple[Write, ...]

    def save(self, path: Path) -> None:
        """Keep it for another process of this run."""
        path.write_bytes(pickle.dumps(self))


def load(path: Path) -> Template:
    """What `save` kept."""
    found = pickle.loads(path.read_bytes())
    assert isinstance(found, Template)
    return found


def stored(dsn: str) -> Tables:
    """Every row of every table but the keys' and those that no command writes."""
    engines = open_engines(dsn)
    try:
        with engines.reader.connect() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in _all()
            }
    finally:
        engines.dispose()


def template(before: Tables, submitted: Tables, decided: Tables, id: str) -> Template:
    """From the tables before a submission, after it, and after its decision.

    Another decision has gone before: the first one of all makes rows that later ones change.
    """
    return Template(submit=_writes(before, submitted, id), decide=_writes(submitted, decided, id))


def said(writes: tuple[Write, ...]) -> str:
    """How many rows a command writes, in words."""
    acts = {"insert": "", "update": " changed", "delete": " removed"}
    parts = [f"{len(w.rows)} {w.table}{acts[w.act]}" for w in writes]
    return f"{sum(len(w.rows) for w in writes)} rows ({', '.join(parts)})"


def _all() -> list[Table]:
    made = tables.metadata.tables.values()
    return [t for t in made if t.name not in _SKIPPED and not t.name.startswith(FOLLOWED)]


def _writes(before: Tables, after: Tables, id: str) -> tuple[Write, ...]:
    made = [
        _write(act, table.name, rows, id)
        for table in _all()
        for act, rows in _differences(table, before[table.name], after[table.name])
        if rows
    ]
    return tuple([_repeatable(write) for write in made])


def _repeatable(write: Write) -> Write:
    """A new row that has no request of its own is there the next time, and is changed then."""
    if write.act != "insert" or all(write.marks):
        return write
    keys = [c.name for c in tables.metadata.tables[write.table].primary_key.columns]
    rows = [{f"its_{k}" if k in keys else k: v for k, v in r.items()} for r in write.rows]
    return replace(write, act="update", rows=tuple(rows))


def _differences(table: Table, old: list[Row], new: list[Row]) -> list[tuple[str, list[Row]]]:
    keys = [column.name for column in table.primary_key.columns]
    before = {tuple(row[key] for key in keys): row for row in old}
    after = {tuple(row[key] for key in keys): row for row in new}
    changed = [
        {f"its_{key}": row[key] for key in keys}
        | {name: value for name, value in row.items() if value != before[at][name]}
        for at, row in after.items()
        if at in before and row != before[at]
    ]
    gone = [{f"its_{key}": before[at][key] for key in keys} for at in before if at not in after]
    return [
        ("delete", gone),
        ("update", changed),
        ("insert", [row for at, row in after.items() if at not in before]),
    ]


def _write(act: str, table: str, rows: list[Row], id: str) -> Write:
    return Write(act, table, tuple(rows), tuple(_marks(table, row, id) for row in rows))


def _marks(table: str, row: Row, id: str) -> dict[str, str]:
    """Keys only: what lies inside bodies keeps its size, and is not the floor's work."""
    marks = {k: v.replace(id, _ID) for k, v in row.items() if isinstance(v, str) and id in v}
    return marks | ({"key": _ID} if table == "idempotency" else {})
