"""The table of the parts of their queue that people gave a name."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table

from storage.tables import String, metadata

saved_views = Table(
    "saved_views",
    metadata,
    Column("person", String, nullable=False),
    Column("name", String, nullable=False),
    Column("query", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("person", "name"),
    sqlite_with_rowid=False,
)
"""One row a view; `query` is the filter as the page's address says it."""
