"""Content whose time is over: found by following the events, and erased a bounded part at a time.

Each request that ends under a rule with a `retention` gets a row that says when; whatever is
written about it afterwards is found as well and goes at once, or at the same time.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Dialect, bindparam, delete, false, select, text, true, update

from core.content import Content
from core.events import SYSTEM as BY_ITSELF
from core.request import RequestState
from core.value import Millis
from storage.audit_tables import positions
from storage.erasure import Erasing, Once, SqlErasure
from storage.evidence_tables import DUE, erasures_due
from storage.history_tables import following
from storage.holds import TURN, held
from storage.loading import decode_state
from storage.readers import Readers
from storage.statements import ByKeys, Statement, Texts
from storage.tables import events, requests
from storage.writer import Writer
from storage.writes import upsert

PAGE: Final = 1000
"""Events looked at in one read."""

_ENDS_OR_ADDS: Final = (
    *("finished", "commented", "execution_reported", "incident_reported", "token_revoked"),
    "rationale_recorded",
)
"""Events that end a request, or add content to one that may be over."""

_due = erasures_due.c
_place, _event = positions.c, events.c
_NEXT = (
    select(_due.request_id, _due.rule, _due.retention)
    .where(text(DUE), _due.due_at <= bindparam("now"))
    .order_by(_due.due_at, _due.request_id)
)
_MOVE = text("UPDATE following SET position = :until WHERE name = 'erasures'")
_IS_IT = _due.request_id == bindparam("its_request")
_HOLD = update(erasures_due).where(_IS_IT).values(held=true())
_DROP = delete(erasures_due).where(_IS_IT)
_STANDS = select(following.c.position).where(following.c.name == "erasures")

Reason = Callable[[str, Millis], Content]
"""The content row that says why, for a rule and how long it keeps content."""


class Swept(NamedTuple):
    """What a pass did: requests that lost content, and those found to be held."""

    erased: int
    held: int
    more: bool


class Page(NamedTuple):
    after: int
    until: int
    rows: Sequence[tuple[Any, ...]]


class SqlRetention:
    """Retention in SQLite or PostgreSQL."""

    def __init__(
        self, writer: Writer, readers: Readers, erasure: SqlErasure, dialect: Dialect
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._erasure = erasure
        self._states = ByKeys(select(requests.c.id, requests.c.snapshot), [requests.c.id], dialect)
        self._keep = _keep(dialect)

    async def follow(self, most: int = PAGE) -> bool:
        """Look at the next events that have a position; whether there may be more."""
        page = await self._readers.read(lambda c: self._page(c, most))
        if page.until == page.after:
            return False
        await self._writer.run(lambda c: self._write(c, page))
        return True

    async def sweep(self, now: Millis, limit: int, reason: Reason) -> Swept:
        """Erase what is due and not held, of so many requests at most."""
        due = await self._readers.read(lambda c: [row[0] for row in _next(c, now, limit)])
        if not due:
            return Swept(0, 0, more=False)
        once = await self._erasure.once(due)
        return await self._writer.run(lambda c: self._sweep(c, now, limit, reason, once))

    def _page(self, connection: Connection, most: int) -> Page:
        after: int = connection.execute(_STANDS).scalar_one()
        until = connection.execute(
            select(_place.position)
            .where(_place.position > after)
            .order_by(_place.position)
            .limit(1)
            .offset(most - 1)
        ).scalar()
        if until is None:
            newest = connection.execute(
                select(_place.position).order_by(_place.position.desc()).limit(1)
            ).scalar()
            until = max(after, newest or 0)
        streams = connection.execute(
            select(_place.stream)
            .distinct()
            .join(events, (_event.stream == _place.stream) & (_event.seq == _place.seq))
            .where(_place.position.between(after + 1, until), _event.type.in_(_ENDS_OR_ADDS))
        ).scalars()
        keys: list[Texts] = sorted((stream,) for stream in streams)
        states = (decode_state(row[1]) for row in self._states.fetch(connection, keys))
        return Page(after, until, [row for state in states if (row := _row(state)) is not None])

    def _write(self, connection: Connection, page: Page) -> None:
        if connection.execute(TURN).scalar_one() == page.after:  # else another did it
            self._keep.run(connection, sorted(page.rows))
            connection.execute(_MOVE, {"until": page.until})

    def _sweep(
        self, connection: Connection, now: Millis, limit: int, reason: Reason, once: Once
    ) -> Swept:
        connection.execute(TURN)
        all_ = _next(connection, now, limit)
        found = [each for each in all_ if each[0] in once]  # another server may have been quicker
        kept = held(connection, [request for request, _, _ in found])
        for request in sorted(kept):
            connection.execute(_HOLD, {"its_request": request})
        erased = 0
        for rule, retention, ids in _by_rule(each for each in found if each[0] not in kept):
            erasing = Erasing(actor=BY_ITSELF, at=now, reason=reason(rule, retention), rule=rule)
            erased += len(self._erasure.over(connection, ids, erasing, once).requests)
            connection.execute(_DROP, [{"its_request": each} for each in ids])
        return Swept(erased, len(kept), more=len(all_) == limit)


def _next(connection: Connection, now: Millis, limit: int) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(_NEXT.limit(limit), {"now": now})]


def _by_rule(
    found: Iterator[tuple[Any, ...]],
) -> Iterator[tuple[str, Millis, list[str]]]:
    def kind(each: tuple[Any, ...]) -> tuple[str, Millis]:
        return each[1], each[2]

    for (rule, retention), rows in groupby(sorted(found, key=kind), key=kind):
        yield rule, retention, [row[0] for row in rows]


def _row(state: RequestState) -> tuple[Any, ...] | None:
    """When its content is to go, None for never or not yet."""
    route, outcome = state.route, state.outcome
    if outcome is None or route is None or route.retention is None:
        return None
    return state.id, route.rule, route.retention, outcome.at + route.retention


def _keep(dialect: Dialect) -> Statement:
    """What is held stays so; who sweeps looks again."""
    names = ("request_id", "rule", "retention", "due_at")
    fresh = upsert(erasures_due, dialect).values(
        {name: bindparam(name) for name in names} | {"held": false()}
    )
    return Statement(fresh.on_conflict_do_nothing(index_elements=["request_id"]), names, dialect)
