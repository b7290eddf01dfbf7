"""aggregates for the dashboard.

Revision: 0013
"""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
