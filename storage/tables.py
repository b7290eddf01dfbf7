"""The tables, as SQLAlchemy Core metadata; migrations make exactly these.

Times are milliseconds. JSON that only we read stands as its exact bytes or text, never as a
JSON column type, because PostgreSQL's would rewrite it. Rows of one request have no foreign
key to it: one function writes them all in the request's own transaction, and PostgreSQL
would run a query for each row to check what that function guarantees.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)

String = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that compares by its bytes in every database: lists page by id, whatever the locale."""

requests = Table(
    "requests",
    metadata,
    Column("id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("category", String, nullable=False),
    Column("requester", String),
    Column("agent", String, nullable=False),
    Column("agent_key", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("wake_at", BigInteger),
    Column("deadline", BigInteger),
    Column("head_hash", String, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),
    Column("previous", String),
    PrimaryKeyConstraint("id"),
)
"""One row a request: its state after its newest event, and what lists filter on. `previous` is
the request it follows."""


def partial_index(name: str, condition: str, *columns: Column[Any], unique: bool = False) -> Index:
    """An index of the rows that meet the condition."""
    where = text(condition)
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


partial_index("requests_due", "wake_at IS NOT NULL", requests.c.wake_at, requests.c.id)
# Somebody's queue is ordered and counted from this index, without reading a row of it.
partial_index(
    "requests_deadline",
    "deadline IS NOT NULL",
    requests.c.id,
    requests.c.deadline,
    requests.c.rule,
)
# A chain of attempts is a line: nothing is followed twice.
partial_index("requests_previous", "previous IS NOT NULL", requests.c.previous, unique=True)
Index("requests_status", requests.c.status, requests.c.id)
Index("requests_category", requests.c.category, requests.c.id)
Index("requests_requester", requests.c.requester, requests.c.id)
Index("requests_agent_key", requests.c.agent_key, requests.c.id)

request_people = Table(
    "request_people",
    metadata,
    Column("request_id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("kind", String, nullable=False),
    PrimaryKeyConstraint("request_id", "person", "kind"),
    sqlite_with_rowid=False,
)
"""Who has to do with a request, derived from its state; see `people.py` for the kinds."""

Index(
    "request_people_person",
    request_people.c.person,
    request_people.c.kind,
    request_people.c.request_id,
)

events = Table(
    "events",
    metadata,
    Column("stream", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", String, nullable=False),
    PrimaryKeyConstraint("stream", "seq"),
)
"""The audit trail: `body` is the record's exact canonical bytes, `hash` their SHA-256.

Triggers made by the migration refuse to change or remove a row."""

content = Table(
    "content",
    metadata,
    Column("request_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("salt", String),
    Column("body", LargeBinary),
    PrimaryKeyConstraint("request_id", "id"),
)
"""Free text and params beside the events. Erasing sets salt and body to NULL: with the salt
left, a short text could still be guessed from the commitment in its event."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("request_id", String, nullable=False),
    Column("platform", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("uncertain", Boolean, nullable=False),
    Column("dead_reason", String),
    Column("waiting_reason", String),
    PrimaryKeyConstraint("request_id", "platform", "recipient"),
    sqlite_with_rowid=False,
)
"""One row a card: the version wanted and shown. While leased, `next_at` is the lease's end,
so that one index finds what is new, what is to be retried and what was abandoned."""

DELIVERY_DUE = "wanted > shown AND dead_reason IS NULL"
partial_index("deliveries_due", DELIVERY_DUE, deliveries.c.next_at, deliveries.c.request_id)
partial_index("deliveries_dead", "dead_reason IS NOT NULL", deliveries.c.request_id)

messages = Table(
    "messages",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), nullable=False, autoincrement=True),
    Column("request_id", String, nullable=False),
    Column("platform", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("posted_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("id"),
    ForeignKeyConstraint(
        ["request_id", "platform", "recipient"],
        ["deliveries.request_id", "deliveries.platform", "deliveries.recipient"],
    ),
)
"""Every message that ever showed a card, as the platform named it."""

Index("messages_delivery", messages.c.request_id, messages.c.platform, messages.c.recipient)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String, nullable=False),
    Column("dedupe", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("platform", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("recipient_kind", String, nullable=False),
    Column("facts", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("dead_reason", String),
    Column("waiting_reason", String),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("dedupe"),
)
"""Notices and answers as ids and facts. `state`: pending, done or dead."""

NOTICE_DUE = "state = 'pending'"
partial_index("outbox_due", NOTICE_DUE, outbox.c.next_at, outbox.c.id)
partial_index("outbox_dead", "state = 'dead'", outbox.c.request_id)

idempotency = Table(
    "idempotency",
    metadata,
    Column("holder", String, nullable=False),
    Column("key", String, nullable=False),
    Column("body_hash", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("holder", "key"),
    sqlite_with_rowid=False,
)

seen = Table(
    "seen",
    metadata,
    Column("platform", String, nullable=False),
    Column("key", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("platform", "key"),
    sqlite_with_rowid=False,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("person", String),
    Column("owner", String),
    Column("requesters", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("rate", String),
    Column("per_day", Integer),
    Column("rotated_at", BigInteger),
    Column("older_hash", String),
    Column("older_until", BigInteger),
    Column("used_at", BigInteger),
    Column("older_used_at", BigInteger),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("hash"),
)
"""One row a key. `hash` is its newest secret's; `older_hash` that of the one before, which opens it
until `older_until` and is known for ever. `used_at` and `older_used_at` are when each was used."""

partial_index("api_keys_older", "older_hash IS NOT NULL", api_keys.c.older_hash, unique=True)

key_days = Table(
    "key_days",
    metadata,
    Column("key_id", String, nullable=False),
    Column("day", String, nullable=False),
    Column("used", Integer, nullable=False),
    PrimaryKeyConstraint("key_id", "day"),
    sqlite_with_rowid=False,
)
"""How many requests a key that has a quota made on a UTC day, as 2026-01-31."""

conversation_references = Table(
    "conversation_references",
    metadata,
    Column("platform", String, nullable=False),
    Column("realm", String, nullable=False),
    Column("account", String, nullable=False),
    Column("fields", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("platform", "realm", "account"),
)
