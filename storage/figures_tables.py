"""What figures are read from, kept beside the requests by a follower of the events."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Table

from storage.tables import String, metadata

figures = Table(
    "figures",
    metadata,
    Column("kind", String, nullable=False),
    Column("span", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("rule", String, nullable=False),
    Column("category", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sums", LargeBinary, nullable=False),
    PrimaryKeyConstraint("kind", "span", "day", "rule", "category", "name"),
    sqlite_with_rowid=False,
)
"""One row a sum, of `span` UTC days from `day` on (numbered from 1970-01-01): of requests by rule
and agent, rule, agent, or all, of stages, or of people (see `core.insight.figures_spans.Place`).
`sums` are many counts of 32 bits each, the first so many that are 0 left out: see
`core.insight.figures_places`."""

figures_open = Table(
    "figures_open",
    metadata,
    Column("request_id", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("category", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    PrimaryKeyConstraint("request_id"),
    sqlite_with_rowid=False,
)
"""One row an open request, as far as the events were followed: `stage` is the open one, "" where
none is, and `due_at` the deadline that it opened with."""

figures_asked = Table(
    "figures_asked",
    metadata,
    Column("person", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("category", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    PrimaryKeyConstraint("person", "request_id"),
    sqlite_with_rowid=False,
)
"""One row a person for whom an open request waits, since when it does, and what it is: so that
nothing need be joined to count a thousand queues."""
