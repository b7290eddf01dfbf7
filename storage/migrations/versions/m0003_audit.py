"""The order of all events, and checkpoints of them.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ONCE = ("positions", "checkpoints")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    _positions()
    _checkpoints()
    if op.get_bind().dialect.name == "postgresql":
        _arrivals()
        _number_what_is_there()
        op.execute(
            "INSERT INTO sequencer (name, position, xact, arrived) SELECT 'events', count(*), "
            "pg_current_xact_id()::text::bigint, coalesce(max(arrived), 0) FROM events"
        )
        _append_only_postgresql()
    else:
        _number_what_is_there()
        op.execute(
            "INSERT INTO sequencer (name, position, xact, arrived) "
            "SELECT 'events', count(*), 0, coalesce(max(rowid), 0) FROM events"
        )
        _append_only_sqlite()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)


def _positions() -> None:
    op.create_table(
        "positions",
        _big("position"),
        _text("stream"),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_positions"),
        sa.UniqueConstraint("stream", "seq", name="uq_positions_stream"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sequencer",
        _text("name"),
        _big("position"),
        _big("xact"),
        _big("arrived"),
        sa.PrimaryKeyConstraint("name", name="pk_sequencer"),
    )


def _checkpoints() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        _big("first"),
        _big("last"),
        _big("at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _text("signature"),
        sa.Column("leaves", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_checkpoints"),
    )


def _number_what_is_there() -> None:
    """Give positions to earlier events: by time, and within a stream never against its order."""
    op.execute(
        "INSERT INTO positions (position, stream, seq) "
        "SELECT row_number() OVER (ORDER BY since, stream, seq), stream, seq FROM ("
        "SELECT stream, seq, max(at) OVER (PARTITION BY stream ORDER BY seq) AS since FROM events"
        ") AS earlier"
    )


def _arrivals() -> None:
    # Locks the table until the end, so that no event comes in between unnumbered. Earlier
    # rows get this transaction's number.
    op.execute(
        "ALTER TABLE events ADD COLUMN arrived bigint GENERATED ALWAYS AS IDENTITY, "
        "ADD COLUMN xact bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint)"
    )
    op.execute("CREATE INDEX events_arrived ON events (xact, arrived)")


def _append_only_sqlite() -> None:
    for table in _ONCE:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
            )
    # INSERT OR REPLACE deletes without asking the triggers above:
    # https://www.sqlite.org/lang_conflict.html
    op.execute(
        "CREATE TRIGGER positions_no_replace BEFORE INSERT ON positions WHEN EXISTS "
        "(SELECT 1 FROM positions WHERE position = NEW.position "
        "OR (stream = NEW.stream AND seq = NEW.seq)) "
        "BEGIN SELECT RAISE(ABORT, 'positions are append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER checkpoints_no_replace BEFORE INSERT ON checkpoints WHEN EXISTS "
        "(SELECT 1 FROM checkpoints WHERE number = NEW.number) "
        "BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END"
    )


def _append_only_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% are append-only', TG_TABLE_NAME; END $$"
    )
    for table in _ONCE:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION is_append_only()"
        )
