"""`core.directory.accounts.Accounts`: bindings of chat accounts, and the codes for them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, bindparam, delete, insert, select, text, update

from core.directory.accounts import Account, Attempt, How, Ledger, LinkCode
from core.directory.people import Identity
from core.system_events import SystemRecorded
from core.value import Millis
from storage import account_tables as tables
from storage.readers import Readers
from storage.streams import Streams
from storage.texts import storable
from storage.writer import Writer
from storage.writes import upsert

T = TypeVar("T")

DAY: Millis = 86_400_000
CODES_KEPT = 30 * DAY

_row, _code, _tried = tables.accounts.c, tables.link_codes.c, tables.link_attempts.c
_HOLDS = text(tables.HOLDS)
_IS_IT = (
    _row.platform == bindparam("its_platform"),
    _row.realm == bindparam("its_realm"),
    _row.account == bindparam("its_account"),
)
_ALL = select(tables.accounts).where(_HOLDS).order_by(_row.bound_at, _row.id)
_HOLDER = select(tables.accounts).where(*_IS_IT, _HOLDS)
_ENDED = select(tables.accounts).where(*_IS_IT, _row.ended_at.is_not(None)).order_by(_row.ended_at)
_OF_PERSON = _ALL.where(_row.person == bindparam("its_person"))
_CODES = select(tables.link_codes).where(_code.name == bindparam("its_name"))
_CODES_OF = select(tables.link_codes).where(_code.person == bindparam("its_person"))
_OLD_CODES = delete(tables.link_codes).where(_code.expires_at < bindparam("moment"))
_ATTEMPTS = (
    select(_tried.at)
    .where(
        _tried.what == bindparam("its_what"),
        _tried.by == bindparam("its_by"),
        _tried.at > bindparam("since"),
    )
    .order_by(_tried.at)
)
_OLD_ATTEMPTS = delete(tables.link_attempts).where(_tried.at < bindparam("moment"))
_NUMBER = select(tables.account_changes.c.number)
# Takes the row's lock on PostgreSQL; SQLite's writer has the whole database by then.
_LOCK = update(tables.account_changes).values(number=tables.account_changes.c.number)
_COUNT = update(tables.account_changes).values(number=tables.account_changes.c.number + 1)


class SqlAccounts:
    """Bindings in the database. Each is recorded in the stream of its person."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._dialect = dialect
        self._streams = Streams(dialect)

    async def transact(self, fn: Callable[[Ledger], T]) -> T:
        """Call `fn` in a transaction that no other change of accounts overlaps."""

        def run(connection: Connection) -> T:
            connection.execute(_LOCK)
            return fn(SqlLedger(connection, self._dialect, self._streams))

        return await self._writer.run(run)

    async def all(self) -> Sequence[Account]:
        """Every binding that holds, the oldest first."""
        rows = await self._readers.read(lambda c: c.execute(_ALL).all())
        return [_account(row) for row in rows]

    async def number(self) -> int:
        """How many changes there were."""
        return int(await self._readers.read(lambda c: c.execute(_NUMBER).scalar_one()))


class SqlLedger:
    """Accounts and codes on the writer's connection."""

    def __init__(self, connection: Connection, dialect: Dialect, streams: Streams) -> None:
        self._connection = connection
        self._dialect = dialect
        self._streams = streams

    def holder(self, identity: Identity) -> Account | None:
        """The binding of an account that holds now."""
        found = self._of(identity, _HOLDER)
        return found[0] if found else None

    def accounts_of(self, person: str) -> Sequence[Account]:
        """A person's bindings that hold now, the oldest first."""
        if not storable(person):
            return []
        rows = self._connection.execute(_OF_PERSON, {"its_person": person})
        return [_account(row) for row in rows]

    def ended(self, identity: Identity) -> Sequence[Account]:
        """The bindings of an account that were ended."""
        return self._of(identity, _ENDED)

    def codes(self, name: str) -> Sequence[LinkCode]:
        """Codes with this name, used and expired ones included."""
        if not storable(name):
            return []
        return [_link_code(row) for row in self._connection.execute(_CODES, {"its_name": name})]

    def codes_of(self, person: str) -> Sequence[LinkCode]:
        """Codes made for this person, used and expired ones included."""
        if not storable(person):
            return []
        rows = self._connection.execute(_CODES_OF, {"its_person": person})
        return [_link_code(row) for row in rows]

    def attempts(self, what: Attempt, by: str, since: Millis) -> Sequence[Millis]:
        """When somebody attempted it after `since`, the earliest first."""
        given = {"its_what": what.value, "its_by": by, "since": since}
        return list(self._connection.execute(_ATTEMPTS, given).scalars())

    def keep(self, account: Account) -> None:
        """A new binding, or one that was ended."""
        self._put(tables.accounts, "id", _account_row(account))
        self._connection.execute(_COUNT)

    def keep_code(self, code: LinkCode) -> None:
        """A new code, or one that was tried or used; forgets codes that are long over."""
        self._put(tables.link_codes, "hash", _code_row(code))
        self._connection.execute(_OLD_CODES, {"moment": code.made_at - CODES_KEPT})

    def attempted(self, what: Attempt, by: str, at: Millis) -> None:
        """Count one attempt; those of earlier days are forgotten."""
        row = {"what": what.value, "by": by, "at": at}
        self._connection.execute(insert(tables.link_attempts), row)
        self._connection.execute(_OLD_ATTEMPTS, {"moment": at - DAY})

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        """Append to a stream of the trail."""
        self._streams.append(self._connection, stream, recorded)

    def _of(self, identity: Identity, statement: Any) -> list[Account]:
        parts = (identity.platform, identity.realm, identity.account)
        if not all(map(storable, parts)):
            return []
        given = dict(zip(("its_platform", "its_realm", "its_account"), parts, strict=True))
        return [_account(row) for row in self._connection.execute(statement, given)]

    def _put(self, table: Any, key: str, row: dict[str, Any]) -> None:
        fresh = upsert(table, self._dialect).values(row)
        changed = {name: fresh.excluded[name] for name in row if name != key}
        self._connection.execute(fresh.on_conflict_do_update(index_elements=[key], set_=changed))


def _account(row: Any) -> Account:
    return Account(
        id=row.id,
        identity=Identity(platform=row.platform, realm=row.realm, account=row.account),
        person=row.person,
        how=How(row.how),
        bound_at=row.bound_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )


def _account_row(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "platform": account.identity.platform,
        "realm": account.identity.realm,
        "account": account.identity.account,
        "person": account.person,
        "how": account.how.value,
        "bound_at": account.bound_at,
        "ended_at": account.ended_at,
        "ended_by": account.ended_by,
    }


def _link_code(row: Any) -> LinkCode:
    identity = None
    if row.platform is not None:
        identity = Identity(platform=row.platform, realm=row.realm, account=row.account)
    return LinkCode(
        hash=row.hash,
        name=row.name,
        person=row.person,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        identity=identity,
        tries=row.tries,
        used_at=row.used_at,
    )


def _code_row(code: LinkCode) -> dict[str, Any]:
    pinned = code.identity
    return {
        "hash": code.hash,
        "name": code.name,
        "person": code.person,
        "made_by": code.made_by,
        "made_at": code.made_at,
        "expires_at": code.expires_at,
        "platform": None if pinned is None else pinned.platform,
        "realm": None if pinned is None else pinned.realm,
        "account": None if pinned is None else pinned.account,
        "tries": code.tries,
        "used_at": code.used_at,
    }
