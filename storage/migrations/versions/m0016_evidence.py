"""Where streams of events stand, which content is to go when, and what is held.

What is there already is followed by the server, from the first event on.

Revision: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    op.create_table(
        "event_streams",
        _text("name"),
        _moment("position"),
        sa.Column("holder", _TEXT),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", _TEXT),
        sa.PrimaryKeyConstraint("name", name="pk_event_streams"),
    )
    op.execute("INSERT INTO event_streams (name, position, attempts) VALUES ('siem', 0, 0)")
    op.create_table(
        "erasures_due",
        *map(_text, ("request_id", "rule")),
        *map(_moment, ("retention", "due_at")),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_erasures_due"),
        sqlite_with_rowid=False,
    )
    where = sa.text("NOT held")
    op.create_index(
        "erasures_due_next",
        "erasures_due",
        ["due_at", "request_id"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index("erasures_due_rule", "erasures_due", ["rule", "request_id"])
    op.create_table(
        "holds",
        *map(_text, ("scope", "name")),
        _moment("at"),
        *map(_text, ("by", "reason")),
        sa.PrimaryKeyConstraint("scope", "name", name="pk_holds"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO following (name, position) VALUES ('erasures', 0)")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _moment(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)
