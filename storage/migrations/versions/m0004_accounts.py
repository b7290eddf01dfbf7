"""Chat accounts that were bound to people, and the codes that lead to it.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    _accounts()
    _codes()
    _attempts()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _partial(name: str, columns: list[str], condition: str, *, unique: bool) -> None:
    where = sa.text(condition)
    op.create_index(
        name, "accounts", columns, unique=unique, sqlite_where=where, postgresql_where=where
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        _text("id"),
        _text("platform"),
        _text("realm"),
        _text("account"),
        _text("person"),
        _text("how"),
        _moment("bound_at"),
        _moment("ended_at", nullable=True),
        _text("ended_by", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    account = ["platform", "realm", "account"]
    _partial("accounts_account", account, "ended_at IS NULL", unique=True)
    _partial("accounts_person", ["person", "platform", "realm"], "ended_at IS NULL", unique=True)
    _partial("accounts_ended", account, "ended_at IS NOT NULL", unique=False)
    changes = op.create_table(
        "account_changes",
        _text("name"),
        _moment("number"),
        sa.PrimaryKeyConstraint("name", name="pk_account_changes"),
    )
    op.bulk_insert(changes, [{"name": "accounts", "number": 0}])


def _codes() -> None:
    op.create_table(
        "link_codes",
        _text("hash"),
        _text("name"),
        _text("person"),
        _text("made_by"),
        _moment("made_at"),
        _moment("expires_at"),
        _text("platform", nullable=True),
        _text("realm", nullable=True),
        _text("account", nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("hash", name="pk_link_codes"),
    )
    op.create_index("link_codes_name", "link_codes", ["name"])
    op.create_index("link_codes_expires_at", "link_codes", ["expires_at"])


def _attempts() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "link_attempts",
        sa.Column("id", number, nullable=False, autoincrement=True),
        _text("what"),
        _text("by"),
        _moment("at"),
        sa.PrimaryKeyConstraint("id", name="pk_link_attempts"),
    )
    op.create_index("link_attempts_by", "link_attempts", ["what", "by", "at"])
    op.create_index("link_attempts_at", "link_attempts", ["at"])
