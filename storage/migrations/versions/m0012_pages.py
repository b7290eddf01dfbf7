"""Who is signed in in a browser, the one-time links that lead there, and views that people saved.

Revision: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    _sessions()
    _links()
    _attempts()
    _saved_views()
    _queue_by_rule()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _sessions() -> None:
    op.create_table(
        "sessions",
        _text("hash"),
        _text("id"),
        _text("person"),
        _text("realm"),
        _moment("started_at"),
        _moment("seen_at"),
        _moment("ends_at"),
        _moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_sessions"),
    )
    op.create_index("sessions_person", "sessions", ["person"])
    op.create_index("sessions_ends_at", "sessions", ["ends_at"])


def _links() -> None:
    op.create_table(
        "sign_in_links",
        _text("hash"),
        _text("person"),
        _text("made_by"),
        _moment("made_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_sign_in_links"),
    )
    op.create_index("sign_in_links_person", "sign_in_links", ["person"])
    op.create_index("sign_in_links_expires_at", "sign_in_links", ["expires_at"])


def _attempts() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", number, nullable=False, autoincrement=True),
        _text("by"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempts"),
    )
    op.create_index("sign_in_attempts_by", "sign_in_attempts", ["by", "at"])
    op.create_index("sign_in_attempts_at", "sign_in_attempts", ["at"])


def _saved_views() -> None:
    op.create_table(
        "saved_views",
        _text("person"),
        _text("name"),
        _text("query"),
        _moment("at"),
        sa.PrimaryKeyConstraint("person", "name", name="pk_saved_views"),
        sqlite_with_rowid=False,
    )


def _queue_by_rule() -> None:
    """The index of open requests with the rule beside the deadline. What it could answer before it
    answers still, for older servers too."""
    where = sa.text("deadline IS NOT NULL")
    op.drop_index("requests_deadline", "requests")
    op.create_index(
        "requests_deadline",
        "requests",
        ["id", "deadline", "rule"],
        sqlite_where=where,
        postgresql_where=where,
    )
