"""What alerts count, and the episodes of which people are told; times that stages took.

Nothing is followed until a policy wants alerts: the position is -1 until then.

Revision: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    op.create_table(
        "alert_open",
        _text("request_id"),
        _text("rule"),
        _text("stage"),
        _moment("due_at"),
        sa.PrimaryKeyConstraint("request_id", name="pk_alert_open"),
        sqlite_with_rowid=False,
    )
    op.create_index("alert_open_due", "alert_open", ["due_at", "request_id"])
    op.create_table(
        "alert_counts",
        sa.Column("hour", sa.BigInteger, nullable=False, autoincrement=False),
        _text("what"),
        _text("rule"),
        _text("stage"),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("hour", "what", "rule", "stage", name="pk_alert_counts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alert_marks",
        _text("name"),
        _moment("count"),
        _moment("at"),
        _moment("lower_since", nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_alert_marks"),
        sqlite_with_rowid=False,
    )
    _episodes()
    op.create_table(
        "stage_samples",
        _text("rule"),
        _text("stage"),
        sa.Column("slot", sa.Integer, nullable=False),
        _moment("took"),
        sa.PrimaryKeyConstraint("rule", "stage", "slot", name="pk_stage_samples"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO alert_marks (name, count, at) VALUES ('look', 0, 0)")
    op.execute("INSERT INTO following (name, position) VALUES ('alerts', -1)")


def _episodes() -> None:
    op.create_table(
        "alert_episodes",
        _text("id"),
        _text("kind"),
        _text("subject"),
        _text("replica"),
        _moment("opened_at"),
        _moment("calm_since", nullable=True),
        _moment("closed_at", nullable=True),
        _text("told"),
        _text("facts"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_episodes"),
    )
    where = sa.text("closed_at IS NULL")
    op.create_index(
        "alert_episodes_open",
        "alert_episodes",
        ["kind", "subject", "replica"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)
