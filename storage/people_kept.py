"""`core.directory.kept.KeptPeople`: people and groups beside the directory file."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace
from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    bindparam,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from core.directory.kept import NOBODY, Kept, KeptGroup, KeptPerson, Newer, PeopleLedger
from core.system_events import SystemRecorded
from core.value import encode
from storage import account_tables
from storage import people_tables as tables
from storage.accounts import SqlLedger
from storage.engine import open_engines
from storage.errors import StorageError
from storage.readers import Readers
from storage.streams import Streams
from storage.texts import storable
from storage.writer import Writer
from storage.writes import upsert

T = TypeVar("T")

_decode_person = msgspec.json.Decoder(KeptPerson).decode
_decode_group = msgspec.json.Decoder(KeptGroup).decode

_person, _group = tables.kept_people.c, tables.kept_groups.c
_member, _change = tables.kept_members.c, tables.directory_changes.c
_THERE = text(tables.THERE)
_IT: BindParameter[Any] = bindparam("it")
_PEOPLE = select(_person.body)
_BY_ID = _PEOPLE.where(_person.id == _IT)
_BY_EMAIL = _PEOPLE.where(_person.email == _IT, _THERE)
_BY_USER_NAME = _PEOPLE.where(_person.user_name == _IT, _THERE)
_LED_BY = _PEOPLE.where(_person.manager == _IT, _THERE).order_by(_person.email)
_EVERYONE = _PEOPLE.where(_THERE).order_by(_person.email)
_MEMBERS = (
    _PEOPLE.join_from(tables.kept_members, tables.kept_people, _member.person_id == _person.id)
    .where(_member.group_name == _IT)
    .order_by(_person.email)
)
_GROUPS = select(_group.body)
_GROUP_BY_ID = _GROUPS.where(_group.id == _IT)
_GROUP_NAMED = _GROUPS.where(_group.folded == _IT, _THERE)
_NOT_IN = delete(tables.kept_members).where(_member.person_id == _IT)
_NUMBER = select(_change.number, _change.settled)
# Takes the row's lock on PostgreSQL; SQLite's writer has the whole database by then.
_LOCK = update(tables.directory_changes).values(number=_change.number).returning(_change.number)
_COUNT = update(tables.directory_changes).values(number=_IT)
_SETTLED = (
    update(tables.directory_changes).where(_change.settled < _IT).values(settled=bindparam("to"))
)
# As for a freeze (see `storage.rule_loading`): it waits for the transactions that have read the
# directory's number and judge by that directory; who reads it later sees the new one.
_WAIT_FOR_READERS = text("LOCK TABLE switches IN EXCLUSIVE MODE")
_LOCK_ACCOUNTS = update(account_tables.account_changes).values(
    number=account_tables.account_changes.c.number
)


class SqlKeptPeople:
    """Everybody who is kept. Changes stand in the streams of the people."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._dialect = dialect
        self._streams = Streams(dialect)
        self._locks = dialect.name == "postgresql"

    async def transact(self, fn: Callable[[PeopleLedger], T]) -> T:
        """Call `fn` in a transaction that no other change of the directory overlaps."""

        def run(connection: Connection) -> T:
            if self._locks:
                connection.execute(_WAIT_FOR_READERS)
            number = int(connection.execute(_LOCK).scalar_one()) + 1
            connection.execute(_LOCK_ACCOUNTS)
            return fn(SqlPeopleLedger(connection, self._dialect, self._streams, number))

        return await self._writer.run(run)

    async def newer(self, than: int) -> Newer:
        """What changed since that number; of 0 everything."""
        return await self._readers.read(lambda c: newer(c, than))

    async def settle(self, number: int) -> None:
        """What is open was brought in line with the changes up to this one."""
        await self._writer.run(lambda c: c.execute(_SETTLED, {"it": number, "to": number}))


def newer(connection: Connection, than: int) -> Newer:
    """The rows that changed after this number, and the number now."""
    # The number before the rows: what comes in between is read once more, never missed.
    number, settled = connection.execute(_NUMBER).one()
    if number == than:
        return Newer(number=number, settled=settled)
    people = connection.execute(_PEOPLE.where(_person.number > than).order_by(_person.email))
    groups = connection.execute(_GROUPS.where(_group.number > than).order_by(_group.folded))
    return Newer(
        number=number,
        settled=settled,
        people=[_decode_person(body) for body in people.scalars()],
        groups=[_decode_group(body) for body in groups.scalars()],
    )


def peek(dsn: str) -> Kept:
    """Whoever is kept in a database that is only looked at: nobody where it cannot be read, or its
    tables are older. One of SQLite must be there, or it is made."""
    try:
        engines = open_engines(dsn)
    except StorageError:
        return NOBODY
    try:
        with engines.reader.connect() as connection:
            return NOBODY.with_newer(newer(connection, 0))
    except DBAPIError:
        return NOBODY
    finally:
        engines.dispose()


class SqlPeopleLedger:
    """What is kept, on the writer's connection; `number` is this change's."""

    def __init__(
        self, connection: Connection, dialect: Dialect, streams: Streams, number: int
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._streams = streams
        self._number = number
        self._counted = False
        self._accounts = SqlLedger(connection, dialect, streams)

    @property
    def accounts(self) -> SqlLedger:
        """The chat accounts, in the same transaction."""
        return self._accounts

    def person(self, id: str) -> KeptPerson | None:
        """By id; also who was deleted."""
        return self._one(_BY_ID, id)

    def by_email(self, email: str) -> KeptPerson | None:
        """Who has this address now."""
        return self._one(_BY_EMAIL, email)

    def by_user_name(self, name: str) -> KeptPerson | None:
        """Whom SCIM calls so now, without regard to case."""
        return self._one(_BY_USER_NAME, name.lower())

    def everyone(self) -> Sequence[KeptPerson]:
        """All who were not deleted, in the order of their addresses."""
        return [_decode_person(body) for body in self._connection.execute(_EVERYONE).scalars()]

    def led_by(self, email: str) -> Sequence[KeptPerson]:
        """Those whose manager has this address."""
        return self._all(_LED_BY, email)

    def members(self, group: str) -> Sequence[KeptPerson]:
        """Who belongs to the group of this name."""
        return self._all(_MEMBERS, group)

    def group(self, id: str) -> KeptGroup | None:
        """By id; also one that was deleted."""
        return self._one_group(_GROUP_BY_ID, id)

    def group_named(self, name: str) -> KeptGroup | None:
        """The group of this name now, without regard to case."""
        return self._one_group(_GROUP_NAMED, name.casefold())

    def put(self, person: KeptPerson) -> KeptPerson:
        """Write a person, new or changed; gives it with the number of this change."""
        kept = replace(person, number=self._number)
        gone = kept.deleted_at is not None
        row = {
            "id": kept.id,
            "email": kept.email,
            "user_name": kept.user_name.lower(),
            "manager": kept.manager,
            "number": kept.number,
            "deleted_at": kept.deleted_at,
            "body": encode(kept),
        }
        self._put(tables.kept_people, row)
        self._connection.execute(_NOT_IN, {"it": kept.id})
        if kept.groups and not gone:
            rows = [{"group_name": g, "person_id": kept.id} for g in dict.fromkeys(kept.groups)]
            self._connection.execute(insert(tables.kept_members), rows)
        return kept

    def put_group(self, group: KeptGroup) -> KeptGroup:
        """Write a group, new or changed; gives it with the number of this change."""
        kept = replace(group, number=self._number)
        row = {
            "id": kept.id,
            "folded": kept.name.casefold(),
            "number": kept.number,
            "deleted_at": kept.deleted_at,
            "body": encode(kept),
        }
        self._put(tables.kept_groups, row)
        return kept

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        """Append to a stream of the trail."""
        self._streams.append(self._connection, stream, recorded)

    def _put(self, table: Any, row: dict[str, Any]) -> None:
        fresh = upsert(table, self._dialect).values(row)
        if not self._counted:
            self._connection.execute(_COUNT, {"it": self._number})
            self._counted = True
        changed = {name: fresh.excluded[name] for name in row if name != "id"}
        self._connection.execute(fresh.on_conflict_do_update(index_elements=["id"], set_=changed))

    def _one(self, statement: Any, it: str) -> KeptPerson | None:
        found = self._all(statement, it)
        return found[0] if found else None

    def _all(self, statement: Any, it: str) -> list[KeptPerson]:
        if not storable(it):
            return []
        bodies = self._connection.execute(statement, {"it": it}).scalars()
        return [_decode_person(body) for body in bodies]

    def _one_group(self, statement: Any, it: str) -> KeptGroup | None:
        if not storable(it):
            return None
        body = self._connection.execute(statement, {"it": it}).scalar_one_or_none()
        return None if body is None else _decode_group(body)
