"""What agents are told at addresses of their own, and the secrets that it is signed with."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Table

from storage.tables import String, metadata, partial_index

callbacks = Table(
    "callbacks",
    metadata,
    Column("request_id", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("key_id", String, nullable=False),
    Column("host", String, nullable=False),
    Column("status", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("first_at", BigInteger),
    Column("reason", String),
    PrimaryKeyConstraint("request_id", "sequence"),
    sqlite_with_rowid=False,
)
"""One row a change that an agent is told of, as facts; the address is content. `state`: pending,
done or dead. While leased, `next_at` is the lease's end; behind an earlier one that still waits,
it is when that one is due."""

CALLBACK_DUE = "state = 'pending'"
CALLBACK_DEAD = "state = 'dead'"
partial_index(
    "callbacks_due",
    CALLBACK_DUE,
    callbacks.c.next_at,
    callbacks.c.request_id,
    callbacks.c.sequence,
    callbacks.c.host,
)
partial_index("callbacks_dead", CALLBACK_DEAD, callbacks.c.request_id, callbacks.c.sequence)

callback_secrets = Table(
    "callback_secrets",
    metadata,
    Column("key_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger),
    PrimaryKeyConstraint("key_id", "id"),
)
"""Secrets of API keys, sealed: they sign until `ends_at`."""
