"""What alerts count, and the episodes of which people are told."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from storage.tables import String, metadata, partial_index

alert_open = Table(
    "alert_open",
    metadata,
    Column("request_id", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("request_id"),
    sqlite_with_rowid=False,
)
"""One row a request whose present stage has a deadline, as of its newest event that was followed:
`due_at` is the deadline with which the stage opened."""

Index("alert_open_due", alert_open.c.due_at, alert_open.c.request_id)

alert_counts = Table(
    "alert_counts",
    metadata,
    Column("hour", BigInteger, nullable=False, autoincrement=False),
    Column("what", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("hour", "what", "rule", "stage"),
    sqlite_with_rowid=False,
)
"""How often something happened within an hour, named by its first moment. `what` is "approved" or
"rejected", of stages and by people, "escalated", or "uncategorised": then `rule` is the type of
the action, and `stage` is "". Kept for a month."""

alert_marks = Table(
    "alert_marks",
    metadata,
    Column("name", String, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("lower_since", BigInteger),
    PrimaryKeyConstraint("name"),
    sqlite_with_rowid=False,
)
"""Counts of dead letters, as `core.alerting.rising` knows them (`dead:...`); until when a replica
looks for all, made by the migration (`look`, in `at`); and when each replica was there last
(`replica:...`)."""

alert_episodes = Table(
    "alert_episodes",
    metadata,
    Column("id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("replica", String, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("calm_since", BigInteger),
    Column("closed_at", BigInteger),
    Column("told", String, nullable=False),
    Column("facts", String, nullable=False),
    PrimaryKeyConstraint("id"),
)
"""One row an episode, as `core.alerting.episode` has it. Two replicas that find the same at once
want the same row of the index, and only one of them gets it: that one tells."""

OPEN = "closed_at IS NULL"
partial_index(
    "alert_episodes_open",
    OPEN,
    alert_episodes.c.kind,
    alert_episodes.c.subject,
    alert_episodes.c.replica,
    unique=True,
)
