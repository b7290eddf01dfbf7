"""Tables beside the requests: what the rules remember between them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)

from storage.tables import String, metadata, partial_index

standing_delegations = Table(
    "standing_delegations",
    metadata,
    Column("id", String, nullable=False),
    Column("giver", String, nullable=False),
    Column("taker", String, nullable=False),
    Column("ends", BigInteger),
    Column("turns_at", BigInteger),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id"),
)
"""Who acts for whom while they are away. `turns_at` is the next moment at which that begins
or ends and is not yet applied to what is open; NULL when no such moment is left."""

NOT_OVER = "turns_at IS NOT NULL OR ends IS NULL"
partial_index(
    "standing_delegations_turning",
    "turns_at IS NOT NULL",
    standing_delegations.c.turns_at,
    standing_delegations.c.id,
)
partial_index("standing_delegations_not_over", NOT_OVER, standing_delegations.c.id)

switches = Table(
    "switches",
    metadata,
    Column("name", String, nullable=False),
    Column("is_on", Boolean, nullable=False),
    PrimaryKeyConstraint("name"),
)
"""One row, made by the migration: `frozen`, while which nothing is approved."""

policies = Table(
    "policies",
    metadata,
    Column("version", String, nullable=False),
    Column("text", String, nullable=False),
    PrimaryKeyConstraint("version"),
)
"""Every policy text that was ever in force, once."""

policies_in_force = Table(
    "policies_in_force",
    metadata,
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("version", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", String, nullable=False),
    PrimaryKeyConstraint("number"),
)
"""Which version came into force when, numbered from 1; the last one is in force. Two writers
who change the policy at once want the same number, and only one of them gets it."""

Index("policies_in_force_version", policies_in_force.c.version, policies_in_force.c.number)

rejections = Table(
    "rejections",
    metadata,
    Column("agent_key", String, nullable=False),
    Column("action_digest", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("agent_key", "action_digest"),
    sqlite_with_rowid=False,
)
"""The newest rejection of each action that an agent asked for. The digest is unsalted: it goes
when the request's content is erased."""

Index("rejections_request", rejections.c.request_id)

stage_times = Table(
    "stage_times",
    metadata,
    Column("rule", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("mean", BigInteger, nullable=False),
    PrimaryKeyConstraint("rule", "stage"),
    sqlite_with_rowid=False,
)
"""How long people took to decide a stage: a moving mean in milliseconds, and of how many."""

stage_samples = Table(
    "stage_samples",
    metadata,
    Column("rule", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("took", BigInteger, nullable=False),
    PrimaryKeyConstraint("rule", "stage", "slot"),
    sqlite_with_rowid=False,
)
"""Some of the newest of these times: each takes the place of another one at random, which the
request's id chooses, so that nobody needs to know how many there are."""
