"""Keys with two secrets for a while, limits of their own, when they were used, and a day's count.

Revision: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    for name, kind in (
        ("rate", _TEXT),
        ("per_day", sa.Integer),
        ("rotated_at", sa.BigInteger),
        ("older_hash", _TEXT),
        ("older_until", sa.BigInteger),
        ("used_at", sa.BigInteger),
        ("older_used_at", sa.BigInteger),
    ):
        op.add_column("api_keys", sa.Column(name, kind))
    there = sa.text("older_hash IS NOT NULL")
    op.create_index(
        "api_keys_older",
        "api_keys",
        ["older_hash"],
        unique=True,
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_table(
        "key_days",
        sa.Column("key_id", _TEXT, nullable=False),
        sa.Column("day", _TEXT, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "day", name="pk_key_days"),
        sqlite_with_rowid=False,
    )
