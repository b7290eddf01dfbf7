"""Tables of who is signed in in a browser, and of the one-time links that lead there."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from storage.tables import String, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String, nullable=False),
    Column("id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("realm", String, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("hash"),
)
"""Sessions by the SHA-256 of their secret, for some days after their end."""

Index("sessions_person", sessions.c.person)
Index("sessions_ends_at", sessions.c.ends_at)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("hash", String, nullable=False),
    Column("person", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    PrimaryKeyConstraint("hash"),
)
"""One-time links by their SHA-256."""

Index("sign_in_links_person", sign_in_links.c.person)
Index("sign_in_links_expires_at", sign_in_links.c.expires_at)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), nullable=False, autoincrement=True),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id"),
)
"""Who asked for a link, and for whom: hashes of accounts and addresses, for a day."""

Index("sign_in_attempts_by", sign_in_attempts.c.by, sign_in_attempts.c.at)
Index("sign_in_attempts_at", sign_in_attempts.c.at)
