"""incidents, proposals.

Revision: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    _counted()
    _made()
    op.execute("INSERT INTO following (name, position) VALUES ('insight', 0)")


def _counted() -> None:
    op.create_table(
        "insight_cases",
        *map(_text, ("request_id", "action_type", "rule", "currency")),
        _moment("ended_at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_insight_cases"),
        sqlite_with_rowid=False,
    )
    kind = ["action_type", "rule", "currency", "ended_at"]
    op.create_index("insight_cases_kind", "insight_cases", kind)
    op.create_index("insight_cases_ended", "insight_cases", ["ended_at"])
    op.create_table(
        "insight_ballots",
        _text("request_id"),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        *map(_text, ("person", "rule", "stage")),
        _moment("at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint(
            "request_id", "level", "round", "person", name="pk_insight_ballots"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("insight_ballots_stage", "insight_ballots", ["rule", "stage", "at"])
    op.create_index("insight_ballots_at", "insight_ballots", ["at"])
    op.create_table(
        "insight_groups",
        *map(_text, ("what", "first", "second", "third")),
        _moment("newest"),
        sa.PrimaryKeyConstraint("what", "first", "second", "third", name="pk_insight_groups"),
        sqlite_with_rowid=False,
    )
    op.create_index("insight_groups_newest", "insight_groups", ["what", "newest"])


def _made() -> None:
    op.create_table(
        "insight_found",
        _text("name"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_insight_found"),
    )
    op.create_table(
        "insight_texts",
        *map(_text, ("digest", "text")),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_insight_texts"),
    )
    op.create_table(
        "insight_proposals",
        *map(_text, ("request_id", "finding", "before", "after", "by")),
        _moment("made_at"),
        _text("status"),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("request_id", name="pk_insight_proposals"),
    )
    op.create_index("insight_proposals_finding", "insight_proposals", ["finding", "made_at"])
    op.create_index("insight_proposals_made", "insight_proposals", ["made_at"])
    where = sa.text("ended_at IS NULL")
    op.create_index(
        "insight_proposals_open",
        "insight_proposals",
        ["made_at"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _moment(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)
