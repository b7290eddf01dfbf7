"""Which request a message that was posted is about, so that answers to it find the request."""

from sqlalchemy import Connection, Dialect, bindparam, select

from core.rows import MessageRef
from core.value import Millis
from storage.posted_tables import posted
from storage.readers import Readers
from storage.statements import Statement
from storage.texts import storable
from storage.writes import upsert

_NAMES = ("platform", "key", "request_id", "posted_at")


class Posted:
    """The statements on `posted`, compiled once; functions of a connection."""

    def __init__(self, dialect: Dialect) -> None:
        fresh = upsert(posted, dialect).values({name: bindparam(name) for name in _NAMES})
        self._keep = Statement(
            fresh.on_conflict_do_nothing(index_elements=["platform", "key"]), _NAMES, dialect
        )
        self._find = Statement(
            select(posted.c.request_id).where(
                posted.c.platform == bindparam("its_platform"), posted.c.key == bindparam("its_key")
            ),
            ("its_platform", "its_key"),
            dialect,
        )

    def keep(self, connection: Connection, ref: MessageRef, request_id: str, at: Millis) -> None:
        """Remember what a message is about; one that cannot be answered has no key, and one
        that is about several requests has none to go to."""
        if ref.key and request_id:
            self._keep.affected(connection, ref.platform, ref.key, request_id, at)

    def request_of(self, connection: Connection, platform: str, key: str) -> str | None:
        """The request that this message is about."""
        rows = self._find.one(connection, platform, key)
        return rows[0][0] if rows else None


class SqlMessages:
    """`core.ports.Messages` in the database."""

    def __init__(self, readers: Readers, dialect: Dialect) -> None:
        self._readers = readers
        self._posted = Posted(dialect)

    async def request_of(self, platform: str, key: str) -> str | None:
        """The request that this message showed or told of; None for any other message."""
        if not storable(key):
            return None
        return await self._readers.read(lambda c: self._posted.request_of(c, platform, key))
