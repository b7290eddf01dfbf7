"""The first tables, and the database's own refusal to change an event.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make everything; runs in the caller's transaction."""
    _requests()
    _audit()
    _deliveries()
    _outbox()
    _guards()
    _access()
    if op.get_bind().dialect.name == "postgresql":
        _append_only_postgresql()
    else:
        _append_only_sqlite()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _partial(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _requests() -> None:
    op.create_table(
        "requests",
        _text("id"),
        _number("version"),
        _text("status"),
        _text("category"),
        _text("requester", nullable=True),
        _text("agent"),
        _text("agent_key"),
        _text("rule"),
        _moment("created_at"),
        _moment("wake_at", nullable=True),
        _moment("deadline", nullable=True),
        _text("head_hash"),
        sa.Column("snapshot", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    _partial("requests_due", "requests", ["wake_at", "id"], "wake_at IS NOT NULL")
    _partial("requests_deadline", "requests", ["id", "deadline"], "deadline IS NOT NULL")
    for column in ("status", "category", "requester", "agent_key"):
        op.create_index(f"requests_{column}", "requests", [column, "id"])
    op.create_table(
        "request_people",
        _text("request_id"),
        _text("person"),
        _text("kind"),
        sa.PrimaryKeyConstraint("request_id", "person", "kind", name="pk_request_people"),
        sqlite_with_rowid=False,
    )
    op.create_index("request_people_person", "request_people", ["person", "kind", "request_id"])


def _audit() -> None:
    op.create_table(
        "events",
        _text("stream"),
        _number("seq"),
        _text("type"),
        _moment("at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _text("hash"),
        sa.PrimaryKeyConstraint("stream", "seq", name="pk_events"),
    )
    op.create_table(
        "content",
        _text("request_id"),
        _text("id"),
        _text("salt", nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("request_id", "id", name="pk_content"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _text("request_id"),
        _text("platform"),
        _text("recipient"),
        _text("kind"),
        _number("wanted"),
        _number("shown"),
        _number("attempts"),
        _moment("next_at"),
        _moment("lease_until", nullable=True),
        sa.Column("uncertain", sa.Boolean, nullable=False),
        _text("dead_reason", nullable=True),
        _text("waiting_reason", nullable=True),
        sa.PrimaryKeyConstraint("request_id", "platform", "recipient", name="pk_deliveries"),
        sqlite_with_rowid=False,
    )
    due = "wanted > shown AND dead_reason IS NULL"
    _partial("deliveries_due", "deliveries", ["next_at", "request_id"], due)
    _partial("deliveries_dead", "deliveries", ["request_id"], "dead_reason IS NOT NULL")
    id_type = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "messages",
        sa.Column("id", id_type, nullable=False, autoincrement=True),
        _text("request_id"),
        _text("platform"),
        _text("recipient"),
        _text("ref"),
        _moment("posted_at"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.ForeignKeyConstraint(
            ["request_id", "platform", "recipient"],
            ["deliveries.request_id", "deliveries.platform", "deliveries.recipient"],
            name="fk_messages_deliveries",
        ),
    )
    op.create_index("messages_delivery", "messages", ["request_id", "platform", "recipient"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        _text("id"),
        _text("dedupe"),
        _text("kind"),
        _text("request_id"),
        _text("platform"),
        _text("recipient"),
        _text("recipient_kind"),
        _text("facts"),
        _text("state"),
        _number("attempts"),
        _moment("next_at"),
        _moment("lease_until", nullable=True),
        _text("dead_reason", nullable=True),
        _text("waiting_reason", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("dedupe", name="uq_outbox_dedupe"),
    )
    _partial("outbox_due", "outbox", ["next_at", "id"], "state = 'pending'")
    _partial("outbox_dead", "outbox", ["request_id"], "state = 'dead'")


def _guards() -> None:
    op.create_table(
        "idempotency",
        _text("holder"),
        _text("key"),
        _text("body_hash"),
        _text("request_id"),
        _number("status"),
        _moment("at"),
        sa.PrimaryKeyConstraint("holder", "key", name="pk_idempotency"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seen",
        _text("platform"),
        _text("key"),
        _moment("at"),
        sa.PrimaryKeyConstraint("platform", "key", name="pk_seen"),
        sqlite_with_rowid=False,
    )


def _access() -> None:
    op.create_table(
        "api_keys",
        _text("id"),
        _text("name"),
        _text("scopes"),
        _text("hash"),
        _text("person", nullable=True),
        _text("owner", nullable=True),
        _text("requesters"),
        _moment("created_at"),
        _moment("expires_at", nullable=True),
        _moment("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("hash", name="uq_api_keys_hash"),
    )
    op.create_table(
        "conversation_references",
        _text("platform"),
        _text("realm"),
        _text("account"),
        _text("fields"),
        _moment("at"),
        sa.PrimaryKeyConstraint("platform", "realm", "account", name="pk_conversation_references"),
    )


def _append_only_sqlite() -> None:
    op.execute(
        "CREATE TRIGGER events_no_update BEFORE UPDATE ON events "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER events_no_delete BEFORE DELETE ON events "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
    )
    # INSERT OR REPLACE deletes without asking the trigger above:
    # https://www.sqlite.org/lang_conflict.html
    op.execute(
        "CREATE TRIGGER events_no_replace BEFORE INSERT ON events "
        "WHEN EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND seq = NEW.seq) "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
    )


def _append_only_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only()"
    )
