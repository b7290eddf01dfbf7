"""Where chat apps are installed."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Table

from storage.tables import String, metadata

installations = Table(
    "installations",
    metadata,
    Column("platform", String, nullable=False),
    Column("id", String, nullable=False),
    Column("team", String, nullable=False),
    Column("enterprise", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("claimed_until", BigInteger),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("platform", "id"),
)
"""One row a workspace or organisation. `body` is sealed by the adapter, and empty once the
installation has ended; whoever exchanges the token says so with `claimed_until`."""
