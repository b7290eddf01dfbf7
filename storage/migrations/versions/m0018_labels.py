"""How requests with the same label ended; who follows the events begins anew.

Revision: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    op.create_table(
        "past_labels",
        sa.Column("label", _TEXT, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("request_id", _TEXT, nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("label", "ended_at", "request_id", name="pk_past_labels"),
        sqlite_with_rowid=False,
    )
    op.create_index("past_labels_request", "past_labels", ["request_id"])
    # What was followed before is followed once more, and each end still counted once.
    op.execute("UPDATE following SET position = 0 WHERE name = 'past'")
