"""Which request a posted message is about."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table

from storage.tables import String, metadata

posted = Table(
    "posted",
    metadata,
    Column("platform", String, nullable=False),
    Column("key", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("posted_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("platform", "key"),
    sqlite_with_rowid=False,
)
"""One row a message that showed a card or told of a request, by the key of its reference: what
people answer to it is looked up here."""
