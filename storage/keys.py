"""`core.ports.Keys`: API keys, of which only hashes are stored."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select, update

from core.ports import ApiKey
from core.value import Millis, encode
from storage import tables
from storage.loading import api_key
from storage.readers import Readers
from storage.writer import Writer

_keys = tables.api_keys.c
_BY_HASH = select(tables.api_keys).where(_keys.hash == bindparam("its_hash"))
_ALL = select(tables.api_keys).order_by(_keys.created_at, _keys.id)
_ADD = insert(tables.api_keys)
_REVOKE = (
    update(tables.api_keys)
    .where(_keys.id == bindparam("its_id"), _keys.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


class SqlKeys:
    """API keys in the database."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def key_by_hash(self, hash: str) -> ApiKey | None:
        """The key with this SHA-256 (hex), revoked and expired ones included."""
        row = await self._readers.read(lambda c: c.execute(_BY_HASH, {"its_hash": hash}).first())
        return None if row is None else api_key(row)

    async def add_key(self, key: ApiKey) -> None:
        """Store a new key; StorageError if its id or hash is there already."""
        row = {
            "id": key.id,
            "name": key.name,
            "scopes": encode(key.scopes).decode(),
            "hash": key.hash,
            "person": key.person,
            "owner": key.owner,
            "requesters": encode(key.requesters).decode(),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "revoked_at": key.revoked_at,
        }
        await self._writer.run(lambda c: c.execute(_ADD, row).rowcount)

    async def all_keys(self) -> Sequence[ApiKey]:
        """Every key ever made, oldest first."""
        rows = await self._readers.read(lambda c: c.execute(_ALL).all())
        return [api_key(row) for row in rows]

    async def revoke_key(self, id: str, at: Millis) -> bool:
        """Revoke from `at` on; False if there is no such key or it was revoked before."""
        values = {"its_id": id, "at": at}
        return await self._writer.run(lambda c: c.execute(_REVOKE, values).rowcount == 1)
