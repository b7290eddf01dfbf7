"""Who decided what and when, and how requests ended: what figures are counted from."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from storage.tables import String, metadata

outcomes = Table(
    "outcomes",
    metadata,
    Column("person", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("what", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("took", BigInteger),
    PrimaryKeyConstraint("person", "request_id", "revision", "level", "round"),
    sqlite_with_rowid=False,
)
"""One row a vote, `what` being the newest decision of the person there, and one row a request
that has ended, with `person` "" and the numbers 0. `took` is how many milliseconds it took from
being asked, or from the request's making; NULL where that is not known."""

Index("outcomes_at", outcomes.c.person, outcomes.c.at, outcomes.c.what, outcomes.c.took)
