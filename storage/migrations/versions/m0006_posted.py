"""Which request a message is about, also for those that were posted before.

Revision: 0006
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql, sqlite

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Compared by bytes in every database, whatever its locale.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add to what is there; runs in the caller's transaction."""
    posted = op.create_table(
        "posted",
        _text("platform"),
        _text("key"),
        _text("request_id"),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("platform", "key", name="pk_posted"),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    keep = dialect.insert(posted).on_conflict_do_nothing()
    for page in _pages(connection):
        connection.execute(keep, [_row(message) for message in page])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


# --- what was posted before --------------------------------------------------------------

_messages = sa.table(
    "messages",
    sa.column("id"),
    sa.column("request_id"),
    sa.column("platform"),
    sa.column("ref"),
    sa.column("posted_at"),
)
_PAGE = 500


def _row(message: Any) -> dict[str, Any]:
    """A message in Slack: only there a reference named what answers name."""
    fields = msgspec.json.decode(message.ref)["fields"]
    return {
        "platform": message.platform,
        "key": f"{fields['channel']}:{fields['ts']}",
        "request_id": message.request_id,
        "posted_at": message.posted_at,
    }


def _pages(connection: sa.Connection) -> Iterator[list[Any]]:
    """All of them, without holding all of them at once."""
    last = -1
    while True:
        page: list[Any] = list(
            connection.execute(
                sa.select(_messages)
                .where(_messages.c.id > last, _messages.c.platform == "slack")
                .order_by(_messages.c.id)
                .limit(_PAGE)
            )
        )
        if not page:
            return
        last = page[-1].id
        yield page
