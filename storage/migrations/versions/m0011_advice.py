"""What advice by a model looks back on, what it is to be asked about, and how often it was right.

What is there already is followed by the server, from the first event on, once a model is asked.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ENDED = "ended_at IS NOT NULL AND status <> 'passed'"


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    _past()
    op.create_table(
        "advice_due",
        _text("request_id"),
        _number("revision"),
        sa.Column("wanted_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger),
        _number("attempts"),
        sa.Column("lease_until", sa.BigInteger),
        sa.PrimaryKeyConstraint("request_id", name="pk_advice_due"),
        sqlite_with_rowid=False,
    )
    _partial("advice_due_next", "next_at IS NOT NULL", ["next_at", "request_id"], "advice_due")
    op.create_table(
        "advice_record",
        _text("source"),
        _text("recommendation"),
        _number("confidence"),
        _number("cases"),
        _number("agreed"),
        sa.PrimaryKeyConstraint("source", "recommendation", "confidence", name="pk_advice_record"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "advice_spent",
        sa.Column("day", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("cost", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_advice_spent"),
    )
    op.create_table(
        "following",
        _text("name"),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_following"),
    )
    op.execute("INSERT INTO following (name, position) VALUES ('past', 0)")


def _past() -> None:
    op.create_table(
        "past",
        _text("request_id"),
        _text("action_type"),
        sa.Column("requester", _TEXT),
        sa.Column("party", _TEXT),
        _text("currency"),
        sa.Column("amount", _TEXT),
        _text("status"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("reason", _TEXT),
        sa.Column("digest", _TEXT),
        sa.Column("likeness", _TEXT),
        sa.PrimaryKeyConstraint("request_id", name="pk_past"),
        sqlite_with_rowid=False,
    )
    tail = ["ended_at", "status", "request_id"]
    _partial("past_requester", _ENDED, ["requester", "action_type", *tail])
    _partial("past_action", _ENDED, ["action_type", *tail])
    _partial("past_party", f"{_ENDED} AND party IS NOT NULL", ["party", *tail])
    _partial(
        "past_amounts",
        "status = 'approved' AND amount IS NOT NULL",
        ["action_type", "currency", "ended_at", "amount", "status", "request_id"],
    )
    _partial(
        "past_rejected",
        "status = 'rejected' AND reason IS NOT NULL",
        ["requester", "action_type", "ended_at"],
    )
    _partial("past_digest", "digest IS NOT NULL", ["digest", "created_at"])
    _partial("past_likeness", "likeness IS NOT NULL", ["likeness", "created_at"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _partial(name: str, condition: str, columns: list[str], table: str = "past") -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
