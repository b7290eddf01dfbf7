"""Where the stream of events to a SIEM stands, which content is to go when, and what is held."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table

from storage.tables import String, metadata, partial_index

event_streams = Table(
    "event_streams",
    metadata,
    Column("name", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("holder", String),
    Column("lease_until", BigInteger),
    Column("sent_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("reason", String),
    PrimaryKeyConstraint("name"),
)
"""One row, made by the migration: `siem`. All events up to `position` were sent, the last of them
at `sent_at`. Who streams is the `holder` of the lease; `reason` says why the last of so many
`attempts` in a row failed."""

erasures_due = Table(
    "erasures_due",
    metadata,
    Column("request_id", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("retention", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),
    PrimaryKeyConstraint("request_id"),
    sqlite_with_rowid=False,
)
"""One row for each request that is over and whose content is to be erased at `due_at`. `held` rows
wait until no hold keeps them any more; a row goes with its content."""

DUE = "NOT held"
partial_index("erasures_due_next", DUE, erasures_due.c.due_at, erasures_due.c.request_id)
Index("erasures_due_rule", erasures_due.c.rule, erasures_due.c.request_id)

holds = Table(
    "holds",
    metadata,
    Column("scope", String, nullable=False),
    Column("name", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    Column("reason", String, nullable=False),
    PrimaryKeyConstraint("scope", "name"),
    sqlite_with_rowid=False,
)
"""Legal holds: the content of a request (`scope` "request"), or of all that a rule routed ("rule"),
is not erased. `reason` is the id of a content row of the system's stream."""
