"""Tables beside the events: in which order they were committed, and what was signed of them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    event,
)

from storage.tables import String, events, metadata

positions = Table(
    "positions",
    metadata,
    Column("position", BigInteger, nullable=False, autoincrement=False),
    Column("stream", String, nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("position"),
    UniqueConstraint("stream", "seq"),
    sqlite_with_rowid=False,
)
"""The one order of all events, from 1 without gaps; a row is written once and never changed."""

sequencer = Table(
    "sequencer",
    metadata,
    Column("name", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("xact", BigInteger, nullable=False),
    Column("arrived", BigInteger, nullable=False),
    PrimaryKeyConstraint("name"),
)
"""One row, made by the migration: the newest position, and how far the events were looked at, in
the words of `ARRIVALS`. Whoever gives positions holds its lock; who finds it held leaves the work
to its holder."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("signature", String, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    PrimaryKeyConstraint("number"),
)
"""`body` is the checkpoint's exact canonical bytes, `leaves` the hashes it was made over, so
that a check can name the very event that was changed since."""

ARRIVALS = (
    "ALTER TABLE events ADD COLUMN arrived bigint GENERATED ALWAYS AS IDENTITY, "
    "ADD COLUMN xact bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint)",
    "CREATE INDEX events_arrived ON events (xact, arrived)",
)
"""Only in PostgreSQL: `arrived` counts rows as they are inserted, `xact` is the transaction that
did. They are no part of the table's metadata, since the writer leaves both to their defaults. On
SQLite there is one writer at a time, and the rowid says the same."""


@event.listens_for(events, "after_create")
def _add_arrivals(_table: Table, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "postgresql":
        for statement in ARRIVALS:
            connection.exec_driver_sql(statement)
