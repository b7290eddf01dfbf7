"""`core.ports.References`: where a platform can reach an account."""

import msgspec
from sqlalchemy import Dialect, bindparam, delete, select

from core.directory.people import Identity
from core.value import Millis, encode
from storage import tables
from storage.readers import Readers
from storage.statements import Statement
from storage.writer import Writer
from storage.writes import upsert

_columns = tables.conversation_references.c
_decode = msgspec.json.Decoder(dict[str, str]).decode
_KEY = ("its_platform", "its_realm", "its_account")
_IS_IT = [
    column == bindparam(name)
    for column, name in zip(
        (_columns.platform, _columns.realm, _columns.account), _KEY, strict=True
    )
]


class SqlReferences:
    """Conversation references in the database."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._find = Statement(select(_columns.fields).where(*_IS_IT), _KEY, dialect)
        self._forget = Statement(
            delete(tables.conversation_references).where(*_IS_IT), _KEY, dialect
        )
        self._keep = _keep(dialect)

    async def reference(self, identity: Identity) -> dict[str, str] | None:
        """What the platform told last about reaching this account, None if nothing."""
        rows = await self._readers.read(lambda c: self._find.one(c, *_key(identity)))
        return _decode(rows[0][0]) if rows else None

    async def keep_reference(
        self, identity: Identity, fields: dict[str, str] | None, at: Millis
    ) -> None:
        """Keep what is known since `at`, or with None forget it. The same again writes nothing."""
        key = _key(identity)
        if fields is None:
            await self._writer.run(lambda c: self._forget.affected(c, *key))
            return
        body = encode(fields).decode()
        await self._writer.run(lambda c: self._keep.affected(c, *key, body, at))


def _key(identity: Identity) -> tuple[str, str, str]:
    return identity.platform, identity.realm, identity.account


def _keep(dialect: Dialect) -> Statement:
    names = ("platform", "realm", "account", "fields", "at")
    fresh = upsert(tables.conversation_references, dialect).values(
        {name: bindparam(name) for name in names}
    )
    statement = fresh.on_conflict_do_update(
        index_elements=["platform", "realm", "account"],
        set_={"fields": fresh.excluded.fields, "at": fresh.excluded.at},
        where=_columns.fields != fresh.excluded.fields,
    )
    return Statement(statement, names, dialect)
