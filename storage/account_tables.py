"""Tables of chat accounts: whose each is, and the codes that prove it."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from storage.tables import String, metadata, partial_index

accounts = Table(
    "accounts",
    metadata,
    Column("id", String, nullable=False),
    Column("platform", String, nullable=False),
    Column("realm", String, nullable=False),
    Column("account", String, nullable=False),
    Column("person", String, nullable=False),
    Column("how", String, nullable=False),
    Column("bound_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", String),
    PrimaryKeyConstraint("id"),
)
"""Every binding of an account to a person that ever was."""

HOLDS = "ended_at IS NULL"
_row = accounts.c
# An account is one person's, and a person has one in each workspace or tenant.
partial_index("accounts_account", HOLDS, _row.platform, _row.realm, _row.account, unique=True)
partial_index("accounts_person", HOLDS, _row.person, _row.platform, _row.realm, unique=True)
partial_index("accounts_ended", "ended_at IS NOT NULL", _row.platform, _row.realm, _row.account)

account_changes = Table(
    "account_changes",
    metadata,
    Column("name", String, nullable=False),
    Column("number", BigInteger, nullable=False),
    PrimaryKeyConstraint("name"),
)
"""One row, made by the migration: counts the changes of `accounts`. Whoever changes any holds its
lock, so that of two who redeem one code the second sees what the first has done."""

link_codes = Table(
    "link_codes",
    metadata,
    Column("hash", String, nullable=False),
    Column("name", String, nullable=False),
    Column("person", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("platform", String),
    Column("realm", String),
    Column("account", String),
    Column("tries", Integer, nullable=False),
    Column("used_at", BigInteger),
    PrimaryKeyConstraint("hash"),
)
"""One-time codes by their SHA-256. With an account, only that one may use it."""

Index("link_codes_name", link_codes.c.name)
Index("link_codes_expires_at", link_codes.c.expires_at)

link_attempts = Table(
    "link_attempts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), nullable=False, autoincrement=True),
    Column("what", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id"),
)
"""Who asked for a code, and who gave a wrong one: hashes of accounts and addresses, for a day."""

Index("link_attempts_by", link_attempts.c.what, link_attempts.c.by, link_attempts.c.at)
Index("link_attempts_at", link_attempts.c.at)
