"""`core.ports.Keys`: API keys, of which only hashes are stored.

Each has a stream of its own, `key:ID`, that says who made it and who took it back.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, bindparam, insert, select, update

from core.events import SYSTEM, Actor
from core.rows import ApiKey
from core.system_events import AnySystemEvent, KeyCreated, KeyRevoked, SystemRecorded
from core.value import Millis, encode
from storage import tables
from storage.loading import api_key
from storage.readers import Readers
from storage.statements import ByKeys
from storage.streams import Streams
from storage.together import Together
from storage.writer import Writer

_keys = tables.api_keys.c
_ALL = select(tables.api_keys).order_by(_keys.created_at, _keys.id)
_ADD = insert(tables.api_keys)
_REVOKE = (
    update(tables.api_keys)
    .where(_keys.id == bindparam("its_id"), _keys.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


class SqlKeys:
    """API keys in the database."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._streams = Streams(dialect)
        self._rows = ByKeys(select(tables.api_keys), [_keys.hash], dialect)
        self._by_hash = Together(readers, self._of_hashes)

    async def key_by_hash(self, hash: str) -> ApiKey | None:
        """The key with this SHA-256 (hex), revoked and expired ones included."""
        return await self._by_hash.one(hash)

    def _of_hashes(self, connection: Connection, hashes: Sequence[str]) -> dict[str, ApiKey]:
        found = self._rows.fetch(connection, [(each,) for each in hashes])
        return {key.hash: key for key in map(api_key, found)}

    async def add_key(self, key: ApiKey, by: Actor = SYSTEM) -> None:
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
        created = KeyCreated(
            key=key.id,
            name=key.name,
            scopes=key.scopes,
            person=key.person,
            owner=key.owner,
            requesters=key.requesters,
            expires_at=key.expires_at,
        )

        def add(connection: Connection) -> None:
            connection.execute(_ADD, row)
            self._record(connection, key.id, created, by, key.created_at)

        await self._writer.run(add)

    async def all_keys(self) -> Sequence[ApiKey]:
        """Every key ever made, oldest first."""
        rows = await self._readers.read(lambda c: c.execute(_ALL).all())
        return [api_key(row) for row in rows]

    async def revoke_key(self, id: str, at: Millis, by: Actor = SYSTEM) -> bool:
        """Revoke from `at` on; False if there is no such key or it was revoked before."""

        def revoke(connection: Connection) -> bool:
            revoked = connection.execute(_REVOKE, {"its_id": id, "at": at}).rowcount == 1
            if revoked:
                self._record(connection, id, KeyRevoked(key=id), by, at)
            return revoked

        return await self._writer.run(revoke)

    def _record(
        self, connection: Connection, id: str, event: AnySystemEvent, by: Actor, at: Millis
    ) -> None:
        recorded = SystemRecorded(event=event, actor=by, at=at)
        self._streams.append(connection, f"key:{id}", recorded)
