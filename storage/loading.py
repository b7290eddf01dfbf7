"""What a batch of commands reads, in one SELECT for each kind of row."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Dialect, Row, Table, select

from core.ports import ApiKey, IdempotencyRow
from core.request import RequestState
from storage import tables
from storage.batch import Batch, Head
from storage.commands import Transact
from storage.statements import ByKeys, Texts
from storage.texts import storable

decode_state = msgspec.json.Decoder(RequestState).decode
decode_names = msgspec.json.Decoder(tuple[str, ...]).decode


class Loads:
    """The SELECTs of a batch, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        requests, content = tables.requests.c, tables.content.c
        self._heads = ByKeys(
            select(requests.id, requests.head_hash, requests.snapshot), [requests.id], dialect
        )
        self._contents = ByKeys(
            select(content.request_id, content.id, content.body).where(content.body.is_not(None)),
            [content.request_id],
            dialect,
        )
        self._idempotency = _whole(tables.idempotency, ("holder", "key"), dialect)
        self._seen = _whole(tables.seen, ("platform", "key"), dialect)
        self._keys = _whole(tables.api_keys, ("hash",), dialect)

    def load(self, connection: Connection, commands: Iterable[Transact]) -> Batch:
        """A batch as the database stands now."""
        heads: dict[Texts, None] = {}
        contents: dict[Texts, None] = {}
        idempotency: dict[Texts, None] = {}
        keys: dict[Texts, None] = {}
        seen: dict[Texts, None] = {}
        for command in commands:
            reads, id = command.reads, command.request_id
            if id and storable(id):
                heads[id,] = None
                if reads.content:
                    contents[id,] = None
            if reads.idempotency is not None:
                idempotency[reads.idempotency] = None
            if reads.key_hash is not None:
                keys[reads.key_hash,] = None
            if reads.seen is not None:
                seen[reads.seen] = None
        batch = Batch()
        for id, hash, snapshot in self._heads.fetch(connection, list(heads)):
            state = decode_state(snapshot)
            batch.heads[id] = Head(stored=state, state=state, hash=hash)
        for request_id, id, body in self._contents.fetch(connection, list(contents)):
            batch.contents.setdefault(request_id, {})[id] = body
        for row in self._idempotency.fetch(connection, list(idempotency)):
            batch.idempotency[row[0], row[1]] = IdempotencyRow(*row)
        for row in self._keys.fetch(connection, list(keys)):
            key = api_key(row)
            batch.keys[key.hash] = key
        batch.seen.update((row[0], row[1]) for row in self._seen.fetch(connection, list(seen)))
        return batch


def api_key(row: Row[Any]) -> ApiKey:
    """A key from its row, columns in the table's order."""
    id, name, scopes, hash, person, owner, requesters, created_at, expires_at, revoked_at = row
    return ApiKey(
        id=id,
        name=name,
        scopes=decode_names(scopes),
        hash=hash,
        person=person,
        owner=owner,
        requesters=decode_names(requesters),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


def _whole(table: Table, keys: Sequence[str], dialect: Dialect) -> ByKeys:
    return ByKeys(select(table), [table.c[name] for name in keys], dialect)
