"""Takes content away for good. The events that name it stay, and so does their chain.

What is left of a text is its commitment, which without the salt says nothing about it.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import (
    Connection,
    Dialect,
    bindparam,
    delete,
    exists,
    insert,
    literal_column,
    select,
    text,
    true,
    update,
)

from core.content import Content
from core.events import Actor
from core.request import OPEN
from core.system_events import ContentErased, SystemRecorded
from core.value import Millis, Value, encode
from storage import tables
from storage.history_tables import past, past_labels
from storage.holds import TURN, held
from storage.readers import Readers
from storage.rule_tables import rejections
from storage.streams import Streams
from storage.writer import Writer

SYSTEM = "system"
MOST_NAMED = 500
"""Requests in one event; a person who asked for more gets several."""

LOOKED_UP = 1_000
"""Requests whose idempotency keys are looked up in one pass over all keys there are."""

Once = Mapping[str, Sequence[tuple[str, str]]]
"""The idempotency keys of requests, each with its holder."""

Written = tuple[str, frozenset[str]]
"""A stream, and texts in events of one person there: ids of their content rows among them."""

_content, _request, _once = tables.content.c, tables.requests.c, tables.idempotency.c
_IS_OPEN = _request.status.in_([status.value for status in OPEN])
_THERE = (
    select(_content.request_id, _content.id, _IS_OPEN.label("is_open"))
    .join(tables.requests, _request.id == _content.request_id)
    .where(_content.body.is_not(None))
    .order_by(_content.request_id, _content.id)
)
_OF_REQUEST = _THERE.where(_content.request_id == bindparam("its_request"))
_OF_REQUESTER = _THERE.where(_request.requester == bindparam("its_person"))
_EMPTY = (
    update(tables.content)
    .where(_content.request_id == bindparam("its_request"), _content.id == bindparam("its_id"))
    .values(salt=None, body=None)
)
_FORGET_REJECTION = delete(rejections).where(rejections.c.request_id == bindparam("its_request"))
# What advice looks back on by what was in the content.
_FORGET_PAST = (
    update(past)
    .where(past.c.request_id == bindparam("its_request"))
    .values(party=None, digest=None, likeness=None)
)
_FORGET_LABELS = delete(past_labels).where(past_labels.c.request_id == bindparam("its_request"))
_card, _message = tables.deliveries.c, tables.messages.c
_SHOW_AGAIN = (
    update(tables.deliveries)
    .where(
        _card.request_id == bindparam("its_request"),
        _card.shown == _card.wanted,
        _card.dead_reason.is_(None),
        _card.lease_until.is_(None),
        exists()
        .where(
            _message.request_id == _card.request_id,
            _message.platform == _card.platform,
            _message.recipient == _card.recipient,
        )
        .correlate(tables.deliveries),
    )
    .values(shown=_card.wanted - 1, next_at=bindparam("now"))
)
# What is being sent was rendered with the content: its sender loses the lease, as one that is stuck
# does, and the card is rendered once more when that would have ended.
_SEND_AGAIN = (
    update(tables.deliveries)
    .where(_card.request_id == bindparam("its_request"), _card.lease_until.is_not(None))
    .values(lease_until=None, uncertain=true())
)
# The hash of a body is as good as its text to whoever can guess it. Without it the key still
# makes no second request: its replay is refused.
_FORGET_BODY = (
    update(tables.idempotency)
    .where(_once.holder == bindparam("its_holder"), _once.key == bindparam("its_key"))
    .values(body_hash=literal_column("''"))
)
_KEYS = select(_once.request_id, _once.holder, _once.key)


class Erasing(Value, frozen=True):
    """Who erases, when, and why: `reason` is a content row of the system's stream, `rule` the
    policy's rule whose retention is over, if that is why."""

    actor: Actor
    at: Millis
    reason: Content
    rule: str | None = None


class Erased(Value, frozen=True):
    """What was erased: content rows of these requests. `still_open` keep theirs, because
    somebody still has to decide on it, `held` because of a legal hold."""

    requests: tuple[str, ...]
    rows: int
    still_open: tuple[str, ...] = ()
    held: tuple[str, ...] = ()


class SqlErasure:
    """Erasure in SQLite or PostgreSQL."""

    def __init__(self, writer: Writer, readers: Readers, dialect: Dialect) -> None:
        self._writer = writer
        self._readers = readers
        self._streams = Streams(dialect)
        self._by_them = text(_BY_SQLITE if dialect.name == "sqlite" else _BY_POSTGRESQL)

    async def request(self, id: str, erasing: Erasing) -> Erased:
        """Erase all content of one request."""

        once = await self.once([id])

        def run(connection: Connection) -> Erased:
            connection.execute(TURN)
            rows = connection.execute(_OF_REQUEST, {"its_request": id}).all()
            found = [(r, i, o) for r, i, o in rows]
            return self._erase(connection, found, erasing, None, {id}, once)

        return await self._writer.run(run)

    async def once(self, ids: Iterable[str]) -> Once:
        """The idempotency keys of these requests, () for those without. No index names them, so
        this goes through all, away from the writer, which would hold up every click meanwhile."""
        return await self._readers.read(lambda c: _once_of(c, sorted(ids)))

    def over(
        self, connection: Connection, ids: Sequence[str], erasing: Erasing, once: Once
    ) -> Erased:
        """Erase all content of these requests, whose time is over, in the caller's transaction;
        `once` holds theirs."""
        rows = [
            (row[0], row[1], row[2])
            for each in ids
            for row in connection.execute(_OF_REQUEST, {"its_request": each})
        ]
        return self._erase(connection, rows, erasing, None, ids, once)

    async def person(self, email: str, erasing: Erasing) -> Erased:
        """Erase all content of the requests made for a person, and what they wrote in others.

        Looks through all events, since people also act where nobody asked them.
        """
        written = await self._readers.read(lambda c: self._written(c, email))
        known = {"its_person": email}
        made = await self._readers.read(lambda c: c.execute(_OF_REQUESTER, known).all())
        once = await self.once({row[0] for row in made})

        def run(connection: Connection) -> Erased:
            connection.execute(TURN)
            theirs = connection.execute(_OF_REQUESTER, known).all()
            # What was made just now is open, and keeps its content.
            found = {(r, i): o for r, i, o in theirs if r in once}
            whole = {request for request, _ in found}
            for stream, names in written:
                there = connection.execute(_OF_REQUEST, {"its_request": stream})
                found |= {(r, i): o for r, i, o in there if i in names}
            rows = [(request, row, is_open) for (request, row), is_open in sorted(found.items())]
            return self._erase(connection, rows, erasing, email, whole, once)

        return await self._writer.run(run)

    def _erase(
        self,
        connection: Connection,
        rows: Sequence[tuple[str, str, bool]],
        erasing: Erasing,
        person: str | None,
        whole: Iterable[str],
        once: Once,
    ) -> Erased:
        """Erase the rows of requests that are over; of those `whole` also what was kept to
        recognise their bodies by, under the keys of `once`."""
        named = list(dict.fromkeys(request for request, _, _ in rows))
        kept = held(connection, named)
        going = [(r, row) for r, row, is_open in rows if not is_open and r not in kept]
        requests = tuple(dict.fromkeys(request for request, _ in going))
        still_open = tuple(dict.fromkeys(request for request, _, is_open in rows if is_open))
        if going:
            # Before all else, so that of two writers the one who is behind starts anew.
            self._record(connection, going, erasing, person)
            values = [{"its_request": request, "its_id": row} for request, row in going]
            connection.execute(_EMPTY, values)
            # What a person wrote in another's request may be what it was looked up by.
            connection.execute(_FORGET_PAST, [{"its_request": each} for each in requests])
            connection.execute(_FORGET_LABELS, [{"its_request": each} for each in requests])
            # Cards that were posted show it, until they are rendered once more.
            shown = {"now": erasing.at}
            connection.execute(_SHOW_AGAIN, [shown | {"its_request": each} for each in requests])
            connection.execute(_SEND_AGAIN, [{"its_request": each} for each in requests])
        gone = [{"its_request": r} for r in whole if r not in still_open and r not in kept]
        if gone:
            connection.execute(_FORGET_REJECTION, gone)
            keys = [key for each in gone for key in once.get(each["its_request"], ())]
            if keys:
                connection.execute(_FORGET_BODY, [{"its_holder": h, "its_key": k} for h, k in keys])
        return Erased(
            requests=requests,
            rows=len(going),
            still_open=still_open,
            held=tuple(request for request in named if request in kept),
        )

    def _record(
        self,
        connection: Connection,
        going: Sequence[tuple[str, str]],
        erasing: Erasing,
        person: str | None,
    ) -> None:
        reason = erasing.reason
        requests = list(dict.fromkeys(request for request, _ in going))
        for start in range(0, len(requests), MOST_NAMED):
            named = dict.fromkeys(requests[start : start + MOST_NAMED])
            event = ContentErased(
                requests=tuple(named),
                rows=sum(request in named for request, _ in going),
                person=person,
                reason=reason.id,
                reason_commitment=reason.commitment,
                rule=erasing.rule,
            )
            recorded = SystemRecorded(event=event, actor=erasing.actor, at=erasing.at)
            self._streams.append(connection, SYSTEM, recorded)
        row = {"request_id": SYSTEM, "id": reason.id, "salt": reason.salt, "body": reason.body}
        connection.execute(insert(tables.content), row)

    def _written(self, connection: Connection, email: str) -> list[Written]:
        """What a person's events name, by stream."""
        found: dict[str, set[str]] = {}
        given = {"their_name": b'"person":' + encode(email)}
        rows = connection.execution_options(yield_per=500).execute(self._by_them, given)
        for stream, body in rows:
            record = msgspec.json.decode(body)
            if record["actor"].get("person") == email:
                names = (each for each in record["event"].values() if isinstance(each, str))
                found.setdefault(stream, set()).update(names)
        return [(stream, frozenset(names)) for stream, names in found.items()]


def _once_of(connection: Connection, ids: Sequence[str]) -> Once:
    found: dict[str, list[tuple[str, str]]] = {each: [] for each in ids}
    for start in range(0, len(ids), LOOKED_UP):
        some = ids[start : start + LOOKED_UP]
        for request, holder, key in connection.execute(_KEYS.where(_once.request_id.in_(some))):
            found[request].append((holder, key))
    return found


_BY_SQLITE = "SELECT stream, body FROM events WHERE instr(body, :their_name) > 0"
_BY_POSTGRESQL = "SELECT stream, body FROM events WHERE position(:their_name in body) > 0"
