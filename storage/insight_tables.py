"""What is counted of requests and decisions for the findings, and what was proposed."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table

from storage.tables import String, metadata, partial_index

cases = Table(
    "insight_cases",
    metadata,
    Column("request_id", String, nullable=False),
    Column("action_type", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("request_id"),
    sqlite_with_rowid=False,
)
"""One row a request that ended: `body` is a `core.insight.cases.Case`, `currency` "" for none."""

Index(
    "insight_cases_kind",
    cases.c.action_type,
    cases.c.rule,
    cases.c.currency,
    cases.c.ended_at,
)
Index("insight_cases_ended", cases.c.ended_at)

ballots = Table(
    "insight_ballots",
    metadata,
    Column("request_id", String, nullable=False),
    Column("level", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("person", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("request_id", "level", "round", "person"),
    sqlite_with_rowid=False,
)
"""One row a decision, as it was cast last: `body` is a `core.insight.cases.Ballot`."""

Index("insight_ballots_stage", ballots.c.rule, ballots.c.stage, ballots.c.at)
Index("insight_ballots_at", ballots.c.at)

groups = Table(
    "insight_groups",
    metadata,
    Column("what", String, nullable=False),
    Column("first", String, nullable=False),
    Column("second", String, nullable=False),
    Column("third", String, nullable=False),
    Column("newest", BigInteger, nullable=False),
    PrimaryKeyConstraint("what", "first", "second", "third"),
    sqlite_with_rowid=False,
)
"""Which kinds there are ("kind": action type, rule, currency) and which stages ("stage": rule,
stage, ""), and when each was last seen; and which requests turned out wrong ("wrong": request, "",
""), with their ends."""

Index("insight_groups_newest", groups.c.what, groups.c.newest)

found = Table(
    "insight_found",
    metadata,
    Column("name", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("name"),
)
"""One row: what was found last."""

texts = Table(
    "insight_texts",
    metadata,
    Column("digest", String, nullable=False),
    Column("text", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("digest"),
)
"""Policies' texts that were proposed, by their SHA-256."""

proposals = Table(
    "insight_proposals",
    metadata,
    Column("request_id", String, nullable=False),
    Column("finding", String, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Column("by", String, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("request_id"),
)
"""One row a proposal that was made: its request and what became of it."""

Index("insight_proposals_finding", proposals.c.finding, proposals.c.made_at)
Index("insight_proposals_made", proposals.c.made_at)
partial_index("insight_proposals_open", "ended_at IS NULL", proposals.c.made_at)
