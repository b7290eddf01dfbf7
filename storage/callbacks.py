"""`core.callbacks.Callbacks`: what agents are told at addresses of their own.

The callbacks of a request go one after the other: only its first that waits is ever leased. Those
behind it are put off until it is due again, and are due at once when it has ended.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Select,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    union_all,
    update,
)

from core.callbacks import GIVEN_UP, Again, callback_content, next_try
from core.content import read_text
from core.events import Actor
from core.ports import Dead, Delivered, Outcome
from core.rows import CallbackRow, QueuedCallback
from core.system_events import CallbacksReplayed, SystemRecorded
from core.value import Millis
from storage import tables
from storage.callback_tables import CALLBACK_DEAD, CALLBACK_DUE, callbacks
from storage.readers import Readers
from storage.statements import ByKeys, Row, Statement, Texts
from storage.streams import Streams
from storage.texts import storable
from storage.writer import Writer

_row = callbacks.c
FIELDS = (
    _row.request_id,
    _row.sequence,
    _row.id,
    _row.type,
    _row.key_id,
    _row.host,
    _row.status,
    _row.revision,
    _row.at,
    _row.state,
    _row.attempts,
    _row.next_at,
    _row.first_at,
    _row.lease_until,
    _row.reason,
)
"""The columns that `callback` reads, in its order."""

_DUE, _DEAD = text(CALLBACK_DUE), text(CALLBACK_DEAD)
_ORDER = (_row.request_id, _row.sequence)
_UNDELIVERED = union_all(select(*FIELDS).where(_DUE), select(*FIELDS).where(_DEAD))
_AGAIN = {
    "state": literal_column("'pending'"),
    "attempts": literal_column("0"),
    "next_at": bindparam("moment"),
    "first_at": null(),
    "lease_until": null(),
    "reason": null(),
}


def callback(row: Row) -> QueuedCallback:
    """A callback from the columns of `FIELDS`."""
    state, attempts, next_at, first_at, lease, reason = row[9:]
    return QueuedCallback(
        row=CallbackRow(*row[:9]),
        state=state,
        attempts=attempts,
        next_at=next_at,
        first_at=first_at,
        lease=lease,
        reason=reason,
    )


class SqlCallbacks:
    """Callbacks in the database. `jitter` gives numbers from 0 to 1."""

    def __init__(
        self, writer: Writer, readers: Readers, dialect: Dialect, jitter: Callable[[], float]
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._jitter = jitter
        self._streams = Streams(dialect)
        content, keys = tables.content.c, tables.api_keys.c
        waiting = select(_row.request_id, _row.sequence, _row.next_at).where(_DUE)
        self._waiting = ByKeys(waiting, [_row.request_id], dialect)
        self._addresses = ByKeys(
            select(content.request_id, content.body).where(content.body.is_not(None)),
            [content.request_id, content.id],
            dialect,
        )
        revoked = select(keys.id).where(keys.revoked_at.is_not(None))
        self._revoked = ByKeys(revoked, [keys.id], dialect)
        self._lease, self._put_off = _lease(dialect), _put_off(dialect)
        self._done, self._ended = _done(dialect), _ended(dialect)
        self._later, self._next = _later(dialect), _next(dialect)

    async def claim(
        self, now: Millis, lease_until: Millis, busy: Mapping[str, int], per_host: int, limit: int
    ) -> Sequence[QueuedCallback]:
        """Lease what is due: the first that waits of each request, and of a host no more than
        makes `per_host` with those that are `busy` already."""

        def run(connection: Connection) -> list[QueuedCallback]:
            taken, found = Counter(busy), list[QueuedCallback]()
            more = True
            while more and (left := limit - len(found)) > 0:
                full = [host for host, count in taken.items() if count >= per_host]
                due = connection.execute(_due(now, full, left)).all()
                new = self._first_of_each(connection, [callback(row) for row in due], lease_until)
                fit = [each for each in new if _fits(each, taken, per_host)]
                self._lease.run(connection, [(*_key(each), lease_until, now) for each in fit])
                found += fit
                more = len(due) == left
            return self._with_addresses(connection, found, now, lease_until)

        return await self._writer.run(run)

    async def settle(self, done: QueuedCallback, outcome: Outcome, now: Millis) -> None:
        """Record how a claimed one ended, if its lease is still held; then the next one of its
        request is due. That it was delivered counts in any case."""
        jitter = self._jitter()
        await self._writer.run(lambda c: self._settle(c, done, outcome, now, jitter))

    async def next_due(self, without: Collection[str] = ()) -> Millis | None:
        """When there may be something to claim, beside what goes to these hosts."""
        soonest = select(func.min(_row.next_at)).where(_DUE)
        if without:
            soonest = soonest.where(_row.host.not_in(list(without)))
        return await self._readers.read(lambda c: c.execute(soonest).scalar())

    async def of_request(self, request: str) -> Sequence[QueuedCallback]:
        """All of a request, in order."""
        if not storable(request):
            return ()
        own = select(*FIELDS).where(_row.request_id == request).order_by(_row.sequence)
        rows = await self._readers.read(lambda c: c.execute(own).all())
        return [callback(row) for row in rows]

    async def undelivered(self) -> Sequence[QueuedCallback]:
        """All that wait or were given up, the oldest requests first."""
        rows = await self._readers.read(lambda c: c.execute(_UNDELIVERED).all())
        return sorted(map(callback, rows), key=_key)

    async def replay(self, what: Again, now: Millis, by: Actor) -> int:
        """Make due again what was given up, and of a named request its newest callback too; how
        many there are. It is recorded in the streams of the keys that asked."""
        if what.request is not None and not storable(what.request):
            return 0
        return await self._writer.run(lambda c: self._replay(c, what, now, by))

    def _first_of_each(
        self, connection: Connection, due: Sequence[QueuedCallback], lease: Millis
    ) -> list[QueuedCallback]:
        """Those before which no other of their request waits. The rest is put off: at least
        until the lease of whoever sends that one now has ended, unless it ends before."""
        requests: list[Texts] = [(each,) for each in {d.row.request for d in due}]
        first: dict[str, tuple[int, Millis]] = {}
        for request, sequence, next_at in self._waiting.fetch(connection, requests):
            first[request] = min(first.get(request, (sequence, next_at)), (sequence, next_at))
        behind = [each for each in due if first[each.row.request][0] < each.row.sequence]
        self._put_off.run(
            connection,
            [(*_key(each), max(first[each.row.request][1], lease)) for each in behind],
        )
        return [each for each in due if first[each.row.request][0] == each.row.sequence]

    def _with_addresses(
        self, connection: Connection, found: Sequence[QueuedCallback], now: Millis, lease: Millis
    ) -> list[QueuedCallback]:
        keys: list[Texts] = [(f.row.request, callback_content(f.row.request)) for f in found]
        urls = dict(map(tuple, self._addresses.fetch(connection, keys)))
        agents: list[Texts] = [(each,) for each in {f.row.key for f in found}]
        revoked = {row[0] for row in self._revoked.fetch(connection, agents)}
        return [
            QueuedCallback(
                row=each.row,
                attempts=each.attempts,
                next_at=lease,
                first_at=now if each.first_at is None else each.first_at,
                lease=lease,
                url=read_text(urls[each.row.request]) if each.row.request in urls else None,
                revoked=each.row.key in revoked,
            )
            for each in found
        ]

    def _settle(
        self,
        connection: Connection,
        done: QueuedCallback,
        outcome: Outcome,
        now: Millis,
        jitter: float,
    ) -> None:
        key, attempts = _key(done), done.attempts + 1
        if isinstance(outcome, Delivered):
            self._done.affected(connection, *key)
        elif isinstance(outcome, Dead):
            self._ended.affected(connection, *key, done.lease, outcome.reason)
        else:
            first = now if done.first_at is None else done.first_at
            again = next_try(attempts, first, now, outcome.after, jitter)
            if again is not None:
                self._later.affected(connection, *key, done.lease, again, outcome.reason)
                return
            self._ended.affected(connection, *key, done.lease, f"{GIVEN_UP}: {outcome.reason}")
        self._next.affected(connection, done.row.request, now)

    def _replay(self, connection: Connection, what: Again, now: Millis, by: Actor) -> int:
        old = select(_row.key_id, _row.sequence, _row.request_id).where(_row.at >= what.since)
        given_up = old.where(_DEAD)
        if what.request is None:
            found = connection.execute(given_up).all()
            brought = 0
        else:
            mine = _row.request_id == what.request
            newest = select(func.max(_row.sequence)).where(mine).scalar_subquery()
            told = old.where(mine, _row.sequence == newest, text("state = 'done'"))
            found = connection.execute(union_all(given_up.where(mine), told)).all()
            soon = update(callbacks).where(_DUE, mine, _row.lease_until.is_(None))
            brought = connection.execute(soon.values(next_at=now)).rowcount
        again = update(callbacks).where(
            _row.request_id == bindparam("its_request"), _row.sequence == bindparam("its_place")
        )
        values = [
            {"its_request": r, "its_place": s, "moment": now}
            for _, s, r in sorted(found, key=_place)
        ]
        if values:
            connection.execute(again.values(_AGAIN), values)
        for key, count in sorted(Counter(row[0] for row in found).items()):
            event = CallbacksReplayed(key=key, count=count, request=what.request)
            recorded = SystemRecorded(event=event, actor=by, at=now)
            self._streams.append(connection, f"key:{key}", recorded)
        return len(found) + brought


def _key(queued: QueuedCallback) -> tuple[str, int]:
    return queued.row.request, queued.row.sequence


def _place(row: Row) -> tuple[str, int]:
    return row[2], row[1]


def _fits(each: QueuedCallback, taken: Counter[str], per_host: int) -> bool:
    """Whether its host has room, which it then takes up."""
    taken[each.row.host] += 1
    return taken[each.row.host] <= per_host


def _due(now: Millis, full: Sequence[str], limit: int) -> Select[Any]:
    due = select(*FIELDS).where(_DUE, _row.next_at <= now)
    if full:
        due = due.where(_row.host.not_in(full))
    due = due.order_by(_row.next_at, *_ORDER).limit(limit)
    return due.with_for_update(skip_locked=True)


_IS_IT = (_row.request_id == bindparam("its_request"), _row.sequence == bindparam("its_place"))
_KEY = ("its_request", "its_place")
_LEASE = bindparam("lease", type_=_row.lease_until.type)
_HELD = (_DUE, _row.lease_until == _LEASE)


def _lease(dialect: Dialect) -> Statement:
    statement = (
        update(callbacks)
        .where(*_IS_IT)
        .values(
            lease_until=bindparam("lease"),
            next_at=bindparam("lease"),
            first_at=func.coalesce(_row.first_at, bindparam("moment", type_=_row.at.type)),
        )
    )
    return Statement(statement, (*_KEY, "lease", "moment"), dialect)


def _put_off(dialect: Dialect) -> Statement:
    statement = update(callbacks).where(*_IS_IT).values(next_at=bindparam("until"))
    return Statement(statement, (*_KEY, "until"), dialect)


def _done(dialect: Dialect) -> Statement:
    ended = {"state": literal_column("'done'"), "lease_until": null(), "reason": null()}
    return Statement(update(callbacks).where(*_IS_IT).values(ended), _KEY, dialect)


def _ended(dialect: Dialect) -> Statement:
    statement = (
        update(callbacks)
        .where(*_IS_IT, *_HELD)
        .values(
            state=literal_column("'dead'"),
            attempts=_row.attempts + literal_column("1"),
            lease_until=null(),
            reason=bindparam("reason"),
        )
    )
    return Statement(statement, (*_KEY, "lease", "reason"), dialect)


def _later(dialect: Dialect) -> Statement:
    statement = (
        update(callbacks)
        .where(*_IS_IT, *_HELD)
        .values(
            attempts=_row.attempts + literal_column("1"),
            next_at=bindparam("next"),
            lease_until=null(),
            reason=bindparam("reason"),
        )
    )
    return Statement(statement, (*_KEY, "lease", "next", "reason"), dialect)


def _next(dialect: Dialect) -> Statement:
    """(request, moment): the first of it that waits is due."""
    first = select(func.min(_row.sequence)).where(_DUE, _row.request_id == bindparam("its_request"))
    statement = (
        update(callbacks)
        .where(
            _row.request_id == bindparam("its_request"),
            _row.sequence == first.scalar_subquery(),
            or_(_row.lease_until.is_(None), _row.lease_until <= bindparam("moment")),
        )
        .values(next_at=bindparam("moment"))
    )
    return Statement(statement, ("its_request", "moment"), dialect)
