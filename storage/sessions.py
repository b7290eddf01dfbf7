"""`core.web.sessions.Sessions`: who is signed in, and the links that lead there."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, bindparam, delete, insert, select, update

from core.system_events import SystemRecorded
from core.value import Millis
from core.web.sessions import Session, SessionLedger, SignInLink
from storage import session_tables as tables
from storage.readers import Readers
from storage.streams import Streams
from storage.texts import storable
from storage.writer import Writer
from storage.writes import upsert

T = TypeVar("T")

DAY: Millis = 86_400_000
KEPT = 30 * DAY
"""How long what is over can still be told from what never was."""

_row, _link, _tried = tables.sessions.c, tables.sign_in_links.c, tables.sign_in_attempts.c
_SESSION = select(tables.sessions).where(_row.hash == bindparam("its_hash"))
_OF_PERSON = (
    select(tables.sessions)
    .where(_row.person == bindparam("its_person"), _row.ended_at.is_(None))
    .order_by(_row.started_at, _row.id)
)
_OPEN = (
    select(tables.sessions)
    .where(_row.ended_at.is_(None), _row.ends_at > bindparam("moment"))
    .order_by(_row.started_at, _row.id)
)
# Of two calls that come in together the later one must not be taken back by the earlier.
_TOUCH = (
    update(tables.sessions)
    .where(_row.hash == bindparam("its_hash"), _row.seen_at < bindparam("at"))
    .values(seen_at=bindparam("at"))
)
_OLD = delete(tables.sessions).where(_row.ends_at < bindparam("moment"))
_A_LINK = select(tables.sign_in_links).where(_link.hash == bindparam("its_hash"))
_LINKS_OF = select(tables.sign_in_links).where(_link.person == bindparam("its_person"))
_OLD_LINKS = delete(tables.sign_in_links).where(_link.expires_at < bindparam("moment"))
_ATTEMPTS = (
    select(_tried.at)
    .where(_tried.by == bindparam("its_by"), _tried.at > bindparam("since"))
    .order_by(_tried.at)
)
_OLD_ATTEMPTS = delete(tables.sign_in_attempts).where(_tried.at < bindparam("moment"))


class SqlSessions:
    """Sessions in the database. Signing in and out is recorded in the stream of its person."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._dialect = dialect
        self._streams = Streams(dialect)

    async def transact(self, fn: Callable[[SessionLedger], T]) -> T:
        """Call `fn` in a transaction; what it reads is locked, so of two who use one link the
        second sees what the first has done."""
        return await self._writer.run(
            lambda connection: fn(SqlSessionLedger(connection, self._dialect, self._streams))
        )

    async def by_hash(self, hash: str) -> Session | None:
        """The session with this SHA-256 (hex), ended and expired ones included."""
        rows = await self._readers.read(lambda c: c.execute(_SESSION, {"its_hash": hash}).all())
        return _session(rows[0]) if rows else None

    async def link_by_hash(self, hash: str) -> SignInLink | None:
        """The link with this SHA-256 (hex), used and expired ones included."""
        rows = await self._readers.read(lambda c: c.execute(_A_LINK, {"its_hash": hash}).all())
        return _sign_in_link(rows[0]) if rows else None

    async def touch(self, hash: str, at: Millis) -> None:
        """The session was used at this moment."""
        await self._writer.run(lambda c: c.execute(_TOUCH, {"its_hash": hash, "at": at}))

    async def of_person(self, person: str) -> Sequence[Session]:
        """A person's sessions that nobody ended, the oldest first."""
        given = {"its_person": person}
        rows = await self._readers.read(lambda c: c.execute(_OF_PERSON, given).all())
        return [_session(row) for row in rows]

    async def open(self, now: Millis) -> Sequence[Session]:
        """The sessions that nobody ended and that end after `now`, the oldest first."""
        rows = await self._readers.read(lambda c: c.execute(_OPEN, {"moment": now}).all())
        return [_session(row) for row in rows]


class SqlSessionLedger:
    """Sessions and links on the writer's connection."""

    def __init__(self, connection: Connection, dialect: Dialect, streams: Streams) -> None:
        self._connection = connection
        self._dialect = dialect
        self._streams = streams

    def link(self, hash: str) -> SignInLink | None:
        """The link with this SHA-256, used and expired ones included."""
        row = self._connection.execute(_A_LINK.with_for_update(), {"its_hash": hash}).first()
        return None if row is None else _sign_in_link(row)

    def keep_link(self, link: SignInLink) -> None:
        """A new link, or one that was used; forgets those that are long over."""
        self._put(tables.sign_in_links, _fields(link))
        self._connection.execute(_OLD_LINKS, {"moment": link.made_at - KEPT})

    def links_of(self, person: str) -> Sequence[SignInLink]:
        """Links made for this person, used and expired ones included."""
        rows = self._of_person(person, _LINKS_OF)
        return [_sign_in_link(row) for row in rows]

    def session(self, hash: str) -> Session | None:
        """The session with this SHA-256, ended and expired ones included."""
        row = self._connection.execute(_SESSION.with_for_update(), {"its_hash": hash}).first()
        return None if row is None else _session(row)

    def sessions_of(self, person: str) -> Sequence[Session]:
        """A person's sessions that nobody ended, the oldest first."""
        return [_session(row) for row in self._of_person(person, _OF_PERSON)]

    def keep(self, session: Session) -> None:
        """A new session, or one that was ended; forgets those that are long over."""
        self._put(tables.sessions, _fields(session))
        self._connection.execute(_OLD, {"moment": session.started_at - KEPT})

    def attempts(self, by: str, since: Millis) -> Sequence[Millis]:
        """When a link was asked for after `since`, the earliest first."""
        given = {"its_by": by, "since": since}
        return list(self._connection.execute(_ATTEMPTS, given).scalars())

    def attempted(self, by: str, at: Millis) -> None:
        """Count one attempt; those of earlier days are forgotten."""
        self._connection.execute(insert(tables.sign_in_attempts), {"by": by, "at": at})
        self._connection.execute(_OLD_ATTEMPTS, {"moment": at - DAY})

    def record(self, stream: str, recorded: SystemRecorded) -> None:
        """Append to a stream of the trail."""
        self._streams.append(self._connection, stream, recorded)

    def _of_person(self, person: str, statement: Any) -> Sequence[Any]:
        if not storable(person):
            return []
        given = {"its_person": person}
        return self._connection.execute(statement.with_for_update(), given).all()

    def _put(self, table: Any, row: dict[str, Any]) -> None:
        fresh = upsert(table, self._dialect).values(row)
        changed = {name: fresh.excluded[name] for name in row if name != "hash"}
        self._connection.execute(fresh.on_conflict_do_update(index_elements=["hash"], set_=changed))


def _fields(kept: Session | SignInLink) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in kept.__struct_fields__}


def _session(row: Any) -> Session:
    return Session(**row._mapping)


def _sign_in_link(row: Any) -> SignInLink:
    return SignInLink(**row._mapping)
