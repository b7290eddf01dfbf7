"""incidents, proposals.

Revision: 0015
"""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
