"""`core.callbacks.CallbackSecrets`: what callbacks are signed with, sealed."""

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, delete, insert, or_, select, update

from core.callbacks import SealedSecret, SecretAdded
from core.events import Actor
from core.system_events import CallbackSecretMade, SystemRecorded
from core.value import Millis
from storage import tables
from storage.callback_tables import callback_secrets
from storage.readers import Readers
from storage.statements import Row
from storage.streams import Streams
from storage.writer import Writer

_row = callback_secrets.c
_keys = tables.api_keys.c
_ALL = select(callback_secrets).order_by(_row.created_at.desc(), _row.id.desc())


class SqlCallbackSecrets:
    """Secrets in the database."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._streams = Streams(dialect)

    async def secrets(self, key: str, now: Millis) -> Sequence[SealedSecret]:
        """Those of an API key that sign now, the newest first."""
        own = _ALL.where(_row.key_id == key, or_(_row.ends_at.is_(None), _row.ends_at > now))
        rows = await self._readers.read(lambda c: c.execute(own).all())
        return [_secret(row) for row in rows]

    async def all_secrets(self) -> Sequence[SealedSecret]:
        """Those of all keys, ended ones too."""
        rows = await self._readers.read(lambda c: c.execute(_ALL).all())
        return [_secret(row) for row in rows]

    async def add_secret(
        self, secret: SealedSecret, overlap: Millis | None, by: Actor
    ) -> SecretAdded:
        """Keep a new one; the one before it ends after the overlap, and any older one at once.
        With None there may be none before it."""
        return await self._writer.run(lambda c: self._add(c, secret, overlap, by))

    async def reseal(self, old: SealedSecret, sealed: bytes) -> None:
        """Put the same secret under another seal in its place, if it is as it was read."""
        its = (_row.key_id == old.key, _row.id == old.id, _row.sealed == old.sealed)
        statement = update(callback_secrets).where(*its).values(sealed=sealed)
        await self._writer.run(lambda c: c.execute(statement))

    def _add(
        self, connection: Connection, secret: SealedSecret, overlap: Millis | None, by: Actor
    ) -> SecretAdded:
        # The key's row is locked, so that of two who add at once one sees the other's.
        valid = select(_keys.id).where(_keys.id == secret.key, _keys.revoked_at.is_(None))
        if connection.execute(valid.with_for_update()).first() is None:
            return "no_key"
        now, own = secret.created_at, _row.key_id == secret.key
        newest = connection.execute(select(_row.id).where(own, _row.ends_at.is_(None))).scalar()
        if newest is not None and overlap is None:
            return "has_one"
        until = None if newest is None or overlap is None else now + overlap
        connection.execute(delete(callback_secrets).where(own, _row.ends_at.is_not(None)))
        connection.execute(update(callback_secrets).where(own).values(ends_at=until))
        connection.execute(
            insert(callback_secrets).values(
                key_id=secret.key, id=secret.id, sealed=secret.sealed, created_at=now
            )
        )
        made = CallbackSecretMade(key=secret.key, secret=secret.id, before=newest, until=until)
        recorded = SystemRecorded(event=made, actor=by, at=now)
        self._streams.append(connection, f"key:{secret.key}", recorded)
        return "made" if newest is None else "exchanged"


def _secret(row: Row) -> SealedSecret:
    key, id_, sealed, created_at, ends_at = row
    return SealedSecret(
        key=key, id=id_, sealed=bytes(sealed), created_at=created_at, ends_at=ends_at
    )
