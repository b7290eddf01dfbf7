"""`core.ports.Keys`: API keys, of which only hashes are stored.

Each has a stream of its own, `key:ID`, that says who made it, what became of it, and when and
for what it was used.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Dialect, insert, select

from core.events import SYSTEM, Actor
from core.rows import ApiKey, KeyUse
from core.system_events import (
    AnySystemEvent,
    KeyCreated,
    KeyLimited,
    KeyRevoked,
    KeyRotated,
    KeyUsed,
    SystemRecorded,
)
from core.value import Millis, encode
from storage import key_writes as writes
from storage import tables
from storage.loading import KeyLoads, api_key
from storage.readers import Readers
from storage.streams import Streams
from storage.together import Together
from storage.writer import Writer

_keys = tables.api_keys.c
_ALL = select(tables.api_keys).order_by(_keys.created_at, _keys.id)
_ADD = insert(tables.api_keys)
_DAYS = select(tables.key_days.c.key_id, tables.key_days.c.used)


class SqlKeys:
    """API keys in the database."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._streams = Streams(dialect)
        self._rows = KeyLoads(dialect)
        self._by_hash = Together(readers, self._of_hashes)

    async def key_by_hash(self, hash: str) -> ApiKey | None:
        """The key with this SHA-256 (hex), revoked and expired ones included; or the one whose
        secret before the newest has it, as that secret opens it."""
        return await self._by_hash.one(hash)

    def _of_hashes(self, connection: Connection, hashes: Sequence[str]) -> dict[str, ApiKey]:
        return self._rows.fetch(connection, hashes)

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
            "rate": key.rate,
            "per_day": key.per_day,
        }
        created = KeyCreated(
            key=key.id,
            name=key.name,
            scopes=key.scopes,
            person=key.person,
            owner=key.owner,
            requesters=key.requesters,
            expires_at=key.expires_at,
            rate=key.rate,
            per_day=key.per_day,
        )

        def add(connection: Connection) -> None:
            connection.execute(_ADD, row)
            self._record(connection, key.id, created, by, key.created_at)

        await self._writer.run(add)

    async def all_keys(self) -> Sequence[ApiKey]:
        """Every key ever made, oldest first."""
        rows = await self._readers.read(lambda c: c.execute(_ALL).all())
        return [api_key(row) for row in rows]

    async def used_on(self, day: str) -> dict[str, int]:
        """How many requests each key that has a quota made on this UTC day, by id."""
        counts = _DAYS.where(tables.key_days.c.day == day)
        rows = await self._readers.read(lambda c: c.execute(counts).all())
        return {row.key_id: row.used for row in rows}

    async def revoke_key(self, id: str, at: Millis, by: Actor = SYSTEM) -> bool:
        """Revoke from `at` on, with all its secrets; False if there is no such key or it was
        revoked before."""
        values = {"its_id": id, "at": at}
        return await self._change(id, writes.REVOKE, values, KeyRevoked(key=id), by, at)

    async def rotate_key(
        self,
        id: str,
        hash: str,
        at: Millis,
        until: Millis,
        expires_at: Millis | None,
        by: Actor = SYSTEM,
    ) -> bool:
        """Give a key that is valid at `at` the secret with this hash. The one that was the newest
        opens it `until` then, one before that not any more. `expires_at`, unless None, becomes
        the key's own end. False if there is no such key."""
        values = {"its_id": id, "at": at, "new": hash, "until": until, "ends": expires_at}

        def rotate(connection: Connection) -> bool:
            rotated = connection.execute(writes.ROTATE, values).rowcount == 1
            if rotated:
                end = connection.execute(writes.END, {"its_id": id}).scalar_one()
                event = KeyRotated(key=id, older_until=until, expires_at=end)
                self._record(connection, id, event, by, at)
            return rotated

        return await self._writer.run(rotate)

    async def limit_key(
        self, id: str, rate: str | None, per_day: int | None, at: Millis, by: Actor = SYSTEM
    ) -> bool:
        """Set both limits, as `ApiKey` has them; False if there is no such key that was not
        revoked."""
        values = {"its_id": id, "its_rate": rate, "most": per_day}
        event = KeyLimited(key=id, rate=rate, per_day=per_day)
        return await self._change(id, writes.LIMIT, values, event, by, at)

    async def record_uses(self, uses: Sequence[KeyUse], day: str) -> None:
        """Record intervals in which keys were used, and forget counts of days before `day`."""
        rows = writes.used_rows(uses)
        events = [(f"key:{use.used.key}", _recorded(use.used)) for use in uses]

        def record(connection: Connection) -> None:
            # Before the events, as whoever changes a key does: nobody waits in a circle.
            if rows:
                connection.execute(writes.USED, rows)
            self._streams.append_all(connection, events)
            connection.execute(writes.FORGET_DAYS, {"oldest": day})

        await self._writer.run(record)

    async def _change(
        self,
        id: str,
        statement: writes.Change,
        values: Mapping[str, object],
        event: AnySystemEvent,
        by: Actor,
        at: Millis,
    ) -> bool:
        def change(connection: Connection) -> bool:
            changed = connection.execute(statement, values).rowcount == 1
            if changed:
                self._record(connection, id, event, by, at)
            return changed

        return await self._writer.run(change)

    def _record(
        self, connection: Connection, id: str, event: AnySystemEvent, by: Actor, at: Millis
    ) -> None:
        recorded = SystemRecorded(event=event, actor=by, at=at)
        self._streams.append(connection, f"key:{id}", recorded)


def _recorded(used: KeyUsed) -> SystemRecorded:
    return SystemRecorded(event=used, actor=Actor(via="api", agent=used.key), at=used.until)
