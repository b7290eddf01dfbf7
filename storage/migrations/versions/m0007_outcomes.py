"""Who decided what and when, for figures; what is there is counted too.

Revision: 0007
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT_ONCE = 500

Json = dict[str, Any]


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    outcomes = op.create_table(
        "outcomes",
        _text("person"),
        _text("request_id"),
        _number("revision"),
        _number("level"),
        _number("round"),
        _text("what"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("took", sa.BigInteger),
        sa.PrimaryKeyConstraint(
            "person", "request_id", "revision", "level", "round", name="pk_outcomes"
        ),
        sqlite_with_rowid=False,
    )
    assert outcomes is not None
    for rows in _parts():
        if rows:
            op.get_bind().execute(outcomes.insert(), rows)
    op.create_index("outcomes_at", "outcomes", ["person", "at", "what", "took"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _parts() -> Iterator[list[Json]]:
    """The rows of all requests, some requests at a time: what their states still tell."""
    some = sa.text(
        f"SELECT id, snapshot FROM requests WHERE id > :last ORDER BY id LIMIT {_AT_ONCE}"  # noqa: S608 - a number of ours
    )
    last = ""
    while found := op.get_bind().execute(some, {"last": last}).all():
        yield [row for _, snapshot in found for row in _rows(json.loads(bytes(snapshot)))]
        last = found[-1][0]


def _rows(state: Json) -> Iterator[Json]:
    """Fields that have their usual value are left out of a state."""
    request, revision = state.get("id", ""), state.get("revision", 0)
    for stage in state.get("stages", []):
        for vote in (v for v in stage.get("votes", []) if not v.get("carried")):
            yield {
                "person": vote["person"],
                "request_id": request,
                "revision": revision,
                "level": stage["plan"]["level"],
                "round": stage.get("round", 0),
                "what": vote["decision"],
                "at": vote["at"],
                "took": _since(vote["at"], stage.get("opened_at")),
            }
    if (ended := state.get("outcome")) is not None:
        alone = ended["status"] == "approved" and not ended.get("by")
        yield {
            "person": "",
            "request_id": request,
            "revision": 0,
            "level": 0,
            "round": 0,
            "what": "passed" if alone else ended["status"],
            "at": ended["at"],
            "took": _since(ended["at"], state.get("created_at")),
        }


def _since(at: int, before: int | None) -> int | None:
    return None if before is None else max(0, at - before)
