"""Sums by day that figures are read from, and what is open.

What is there already is followed by the server, from the first event on.

Revision: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    names = ("rule", "category", "name")
    op.create_table(
        "figures",
        _text("kind"),
        sa.Column("span", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        *map(_text, names),
        sa.Column("sums", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("kind", "span", "day", *names, name="pk_figures"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figures_open",
        *map(_text, ("request_id", "rule", "category", "agent", "stage")),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("request_id", name="pk_figures_open"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figures_asked",
        *map(_text, ("person", "request_id", "rule", "category", "agent", "stage")),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("person", "request_id", name="pk_figures_asked"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO following (name, position) VALUES ('figures', 0)")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)
