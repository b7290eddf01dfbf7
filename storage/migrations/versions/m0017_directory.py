"""people who are kept in the database.

Revision: 0017
"""

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
