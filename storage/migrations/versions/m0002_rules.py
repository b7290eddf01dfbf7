"""What the complete rules remember: chains of requests, absences, policies, refusals, a freeze.

Revision: 0002
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    _chains()
    _absences()
    _freeze()
    _policies()
    _memory()
    _requests_before()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _partial(
    name: str, table: str, columns: list[str], condition: str, *, unique: bool = False
) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _chains() -> None:
    op.add_column("requests", _text("previous", nullable=True))
    _partial("requests_previous", "requests", ["previous"], "previous IS NOT NULL", unique=True)


def _absences() -> None:
    table = "standing_delegations"
    op.create_table(
        table,
        _text("id"),
        _text("giver"),
        _text("taker"),
        _moment("ends", nullable=True),
        _moment("turns_at", nullable=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_standing_delegations"),
    )
    _partial(f"{table}_turning", table, ["turns_at", "id"], "turns_at IS NOT NULL")
    _partial(f"{table}_not_over", table, ["id"], "turns_at IS NOT NULL OR ends IS NULL")


def _freeze() -> None:
    switches = op.create_table(
        "switches",
        _text("name"),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
    op.bulk_insert(switches, [{"name": "frozen", "is_on": False}])


def _policies() -> None:
    op.create_table(
        "policies",
        _text("version"),
        _text("text"),
        sa.PrimaryKeyConstraint("version", name="pk_policies"),
    )
    table = "policies_in_force"
    op.create_table(
        table,
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        _text("version"),
        _moment("at"),
        _text("by"),
        sa.PrimaryKeyConstraint("number", name="pk_policies_in_force"),
    )
    op.create_index("policies_in_force_version", table, ["version", "number"])


def _memory() -> None:
    op.create_table(
        "rejections",
        _text("agent_key"),
        _text("action_digest"),
        _text("request_id"),
        _moment("at"),
        sa.PrimaryKeyConstraint("agent_key", "action_digest", name="pk_rejections"),
        sqlite_with_rowid=False,
    )
    op.create_index("rejections_request", "rejections", ["request_id"])
    op.create_table(
        "stage_times",
        _text("rule"),
        _text("stage"),
        sa.Column("count", sa.Integer, nullable=False),
        _moment("mean"),
        sa.PrimaryKeyConstraint("rule", "stage", name="pk_stage_times"),
        sqlite_with_rowid=False,
    )


# --- what stood there before -------------------------------------------------------------

_requests = sa.table("requests", sa.column("id"), sa.column("snapshot"))
_people = sa.table(
    "request_people", sa.column("request_id"), sa.column("person"), sa.column("kind")
)
_FLAT, _SUBMITTER = b'"escalate_to":[{', b'"submitter":'
_PAGE = 500


def _requests_before() -> None:
    """Bring the snapshots into the present form, and list whom nobody looked for until now."""
    connection = op.get_bind()
    for id_, snapshot in _snapshots(connection):
        if _SUBMITTER in snapshot:
            _list_submitter(connection, id_, snapshot)
        if _FLAT in snapshot:
            _level_of_escalation(connection, id_, snapshot)


def _list_submitter(connection: sa.Connection, id_: str, snapshot: bytes) -> None:
    """The person of the submitting key may see the request, so lists find it by them."""
    submitter = msgspec.json.decode(snapshot).get("submitter")
    if submitter is not None:
        row = {"request_id": id_, "person": submitter, "kind": "submitter"}
        connection.execute(sa.insert(_people).values(row))


def _level_of_escalation(connection: sa.Connection, id_: str, snapshot: bytes) -> None:
    """A plan's `escalate_to` was one level, a list of entries; it is a list of levels now."""
    state = msgspec.json.decode(snapshot)
    plans = [*state["route"].get("stages", ()), *(s["plan"] for s in state.get("stages", ()))]
    for plan in plans:
        if plan.get("escalate_to"):
            plan["escalate_to"] = [plan["escalate_to"]]
    connection.execute(
        sa.update(_requests)
        .where(_requests.c.id == id_)
        .values(snapshot=msgspec.json.encode(state, order="sorted"))
    )


def _snapshots(connection: sa.Connection) -> Iterator[tuple[str, bytes]]:
    """All of them, without holding all of them at once."""
    last = ""
    while True:
        page: list[Any] = list(
            connection.execute(
                sa.select(_requests.c.id, _requests.c.snapshot)
                .where(_requests.c.id > last)
                .order_by(_requests.c.id)
                .limit(_PAGE)
            )
        )
        if not page:
            return
        last = page[-1][0]
        yield from ((id_, bytes(body)) for id_, body in page)
