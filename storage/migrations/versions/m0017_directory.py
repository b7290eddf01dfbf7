"""People and groups who are kept in the database: from an identity provider, or from a table.

Revision: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    _people()
    _groups()
    changes = op.create_table(
        "directory_changes",
        _text("name"),
        _number("number"),
        _number("settled"),
        sa.PrimaryKeyConstraint("name", name="pk_directory_changes"),
    )
    op.bulk_insert(changes, [{"name": "people", "number": 0, "settled": 0}])


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _people() -> None:
    op.create_table(
        "kept_people",
        _text("id"),
        _text("email"),
        _text("user_name", nullable=True),
        _text("manager", nullable=True),
        _number("number"),
        _number("deleted_at", nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kept_people"),
    )
    there = sa.text("deleted_at IS NULL")
    for name, column, unique in (
        ("kept_people_email", "email", True),
        ("kept_people_user_name", "user_name", True),
        ("kept_people_manager", "manager", False),
    ):
        op.create_index(
            name,
            "kept_people",
            [column],
            unique=unique,
            sqlite_where=there,
            postgresql_where=there,
        )
    op.create_index("kept_people_number", "kept_people", ["number"])


def _groups() -> None:
    op.create_table(
        "kept_groups",
        _text("id"),
        _text("folded"),
        _number("number"),
        _number("deleted_at", nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kept_groups"),
    )
    there = sa.text("deleted_at IS NULL")
    op.create_index(
        "kept_groups_folded",
        "kept_groups",
        ["folded"],
        unique=True,
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_index("kept_groups_number", "kept_groups", ["number"])
    op.create_table(
        "kept_members",
        _text("group_name"),
        _text("person_id"),
        sa.PrimaryKeyConstraint("group_name", "person_id", name="pk_kept_members"),
        sqlite_with_rowid=False,
    )
    op.create_index("kept_members_person", "kept_members", ["person_id"])
