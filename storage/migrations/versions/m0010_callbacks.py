"""What agents are told at addresses of their own, and the secrets that it is signed with.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    op.create_table(
        "callbacks",
        _text("request_id"),
        _number("sequence"),
        _text("id"),
        _text("type"),
        _text("key_id"),
        _text("host"),
        _text("status"),
        _number("revision"),
        sa.Column("at", sa.BigInteger, nullable=False),
        _text("state"),
        _number("attempts"),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("first_at", sa.BigInteger),
        sa.Column("reason", _TEXT),
        sa.PrimaryKeyConstraint("request_id", "sequence", name="pk_callbacks"),
        sqlite_with_rowid=False,
    )
    _partial("callbacks_due", "state = 'pending'", ["next_at", "request_id", "sequence", "host"])
    _partial("callbacks_dead", "state = 'dead'", ["request_id", "sequence"])
    op.create_table(
        "callback_secrets",
        _text("key_id"),
        _text("id"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("key_id", "id", name="pk_callback_secrets"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _partial(name: str, condition: str, columns: list[str]) -> None:
    where = sa.text(condition)
    op.create_index(name, "callbacks", columns, sqlite_where=where, postgresql_where=where)
