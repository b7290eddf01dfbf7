"""What a batch of commands reads, in one SELECT for each kind of row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Dialect, Table, select

from core.request import RequestState
from core.rows import ApiKey, IdempotencyRow
from storage import tables
from storage.batch import Batch, Head
from storage.commands import Transact
from storage.delivery_rows import DELIVERY, delivery
from storage.rule_loading import RuleLoads
from storage.statements import ByKeys, Row, Texts
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
        self._deliveries = ByKeys(select(*DELIVERY), [tables.deliveries.c.request_id], dialect)
        self._idempotency = _whole(tables.idempotency, ("holder", "key"), dialect)
        self._seen = _whole(tables.seen, ("platform", "key"), dialect)
        self._keys = KeyLoads(dialect)
        self._days = _whole(tables.key_days, ("key_id", "day"), dialect)
        self.rules = RuleLoads(dialect)

    def load(self, connection: Connection, commands: Sequence[Transact]) -> Batch:
        """A batch as the database stands now."""
        # First, since a freeze that is under way is waited for there: all else is read after it.
        batch = Batch(rules=self.rules.load(connection, commands))
        wanted = _wanted(commands)
        for request_id, digest, snapshot in self._heads.fetch(connection, list(wanted.heads)):
            state = decode_state(snapshot)
            batch.heads[request_id] = Head(stored=state, state=state, hash=digest)
        for request_id, row_id, body in self._contents.fetch(connection, list(wanted.contents)):
            batch.contents.setdefault(request_id, {})[row_id] = body
        for row in self._deliveries.fetch(connection, list(wanted.deliveries)):
            batch.deliveries.setdefault(row[0], []).append(delivery(row, {}))
        for row in self._idempotency.fetch(connection, list(wanted.idempotency)):
            batch.idempotency[row[0], row[1]] = IdempotencyRow(*row)
        batch.keys = self._keys.fetch(connection, [digest for (digest,) in wanted.keys])
        self._load_days(connection, commands, batch)
        batch.seen.update(
            (row[0], row[1]) for row in self._seen.fetch(connection, list(wanted.seen))
        )
        return batch

    def _load_days(
        self, connection: Connection, commands: Sequence[Transact], batch: Batch
    ) -> None:
        """The counts of the days that commands ask for, of keys that have a quota."""
        wanted: dict[Texts, None] = {}
        for reads in (command.reads for command in commands):
            if reads.day is not None and reads.key_hash is not None:
                key = batch.keys.get(reads.key_hash)
                if key is not None and key.per_day is not None:
                    wanted[key.id, reads.day] = None
        for key_id, day, used in self._days.fetch(connection, list(wanted)):
            batch.days[key_id, day] = used


class KeyLoads:
    """Keys by the hash of a secret, compiled once. Hardly any is looked up by its older secret,
    so that is a second look for what the first one did not find."""

    def __init__(self, dialect: Dialect) -> None:
        self._newest = _whole(tables.api_keys, ("hash",), dialect)
        self._older = _whole(tables.api_keys, ("older_hash",), dialect)

    def fetch(self, connection: Connection, hashes: Sequence[str]) -> dict[str, ApiKey]:
        """What there is of them, by hash."""
        found: dict[str, ApiKey] = {}
        for row in self._newest.fetch(connection, [(each,) for each in hashes]):
            key = api_key(row)
            found[key.hash] = key
        rest = [(each,) for each in hashes if each not in found]
        for row in self._older.fetch(connection, rest):
            key = by_older(api_key(row))
            found[key.hash] = key
        return found


@dataclass(slots=True)
class _Wanted:
    """The keys to look up, each once and in the order of the commands."""

    heads: dict[Texts, None] = field(default_factory=dict)
    contents: dict[Texts, None] = field(default_factory=dict)
    deliveries: dict[Texts, None] = field(default_factory=dict)
    idempotency: dict[Texts, None] = field(default_factory=dict)
    keys: dict[Texts, None] = field(default_factory=dict)
    seen: dict[Texts, None] = field(default_factory=dict)


def _wanted(commands: Iterable[Transact]) -> _Wanted:
    wanted = _Wanted()
    for command in commands:
        reads, request_id = command.reads, command.request_id
        if request_id and storable(request_id):
            wanted.heads[request_id,] = None
            if reads.content:
                wanted.contents[request_id,] = None
            if reads.deliveries:
                wanted.deliveries[request_id,] = None
        if reads.follows is not None and storable(reads.follows):
            wanted.heads[reads.follows,] = None
        if reads.idempotency is not None:
            wanted.idempotency[reads.idempotency] = None
        if reads.key_hash is not None:
            wanted.keys[reads.key_hash,] = None
        if reads.seen is not None:
            wanted.seen[reads.seen] = None
    return wanted


def api_key(row: Row) -> ApiKey:
    """A key from its row, columns in the table's order."""
    key_id, name, scopes, digest, person, owner, requesters, *rest = row
    created_at, expires_at, revoked_at, rate, per_day, *secrets = rest
    rotated_at, older_hash, older_until, used_at, older_used_at = secrets
    return ApiKey(
        id=key_id,
        name=name,
        scopes=decode_names(scopes),
        hash=digest,
        person=person,
        owner=owner,
        requesters=decode_names(requesters),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
        rate=rate,
        per_day=per_day,
        rotated_at=rotated_at,
        older_hash=older_hash,
        older_until=older_until,
        used_at=used_at,
        older_used_at=older_used_at,
    )


def by_older(key: ApiKey) -> ApiKey:
    """The key as the secret before its newest one opens it."""
    ends = [end for end in (key.older_until, key.expires_at) if end is not None]
    return replace(key, hash=key.older_hash or "", expires_at=min(ends), by_older=True)


def _whole(table: Table, keys: Sequence[str], dialect: Dialect) -> ByKeys:
    return ByKeys(select(table), [table.c[name] for name in keys], dialect)
