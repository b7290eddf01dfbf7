"""sessions, saved views.

Revision: 0012
"""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
