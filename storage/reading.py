"""Requests as read: state, content rows and deliveries, put together from the tables."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Dialect, bindparam, select

from core.audit.chain import Link
from core.request import RequestState
from core.rows import Delivery, MessageRef, QueuedCallback, Snapshot
from storage import tables
from storage.callback_tables import callbacks
from storage.callbacks import FIELDS as CALLBACK
from storage.callbacks import callback
from storage.delivery_rows import DELIVERY, Card, delivery
from storage.loading import decode_state
from storage.statements import ByKeys, Row, Statement, Texts

decode_ref = msgspec.json.Decoder(MessageRef).decode


class Reading:
    """The SELECTs that make snapshots, compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        requests, content, messages = tables.requests.c, tables.content.c, tables.messages.c
        self._states = ByKeys(select(requests.id, requests.snapshot), [requests.id], dialect)
        self._contents = ByKeys(
            select(content.request_id, content.id, content.body).where(content.body.is_not(None)),
            [content.request_id],
            dialect,
        )
        self._deliveries = ByKeys(select(*DELIVERY), [tables.deliveries.c.request_id], dialect)
        self._callbacks = ByKeys(select(*CALLBACK), [callbacks.c.request_id], dialect)
        self._messages = ByKeys(
            select(
                messages.id,
                messages.request_id,
                messages.platform,
                messages.recipient,
                messages.ref,
            ),
            [messages.request_id],
            dialect,
        )
        events = tables.events.c
        self._links = Statement(
            select(events.seq, events.type, events.at, events.body, events.hash)
            .where(events.stream == bindparam("its_stream"))
            .order_by(events.seq),
            ("its_stream",),
            dialect,
        )

    def states(self, connection: Connection, ids: Sequence[str]) -> dict[str, RequestState]:
        """The states of those that exist among these requests, by id."""
        rows = self._states.fetch(connection, [(each,) for each in ids])
        return {key: decode_state(body) for key, body in rows}

    def snapshots(
        self, connection: Connection, ids: Sequence[str], *, cards: bool = True
    ) -> list[Snapshot]:
        """The requests that exist among these, in the order given; if asked, without deliveries."""
        states = self.states(connection, ids)
        found: list[Texts] = [(each,) for each in ids if each in states]
        contents = self._texts(connection, found)
        deliveries = self._cards(connection, found) if cards else {}
        called = [each for each in found if cards and states[each[0]].callback is not None]
        told = self._told(connection, called) if called else {}
        return [
            Snapshot(
                state=states[each],
                contents=contents.get(each, {}),
                deliveries=tuple(deliveries.get(each, ())),
                callbacks=tuple(told.get(each, ())),
            )
            for (each,) in found
        ]

    def _texts(self, connection: Connection, ids: Sequence[Texts]) -> dict[str, dict[str, bytes]]:
        """By request and row id, what has not been erased."""
        contents: dict[str, dict[str, bytes]] = {}
        for request_id, row_id, body in self._contents.fetch(connection, ids):
            contents.setdefault(request_id, {})[row_id] = body
        return contents

    def links(self, connection: Connection, stream: str) -> list[Link]:
        """A stream's records in order."""
        return [
            Link(seq=seq, type=type_, at=at, body=body, hash=digest)
            for seq, type_, at, body, digest in self._links.one(connection, stream)
        ]

    def refs(self, connection: Connection, ids: Sequence[Texts]) -> dict[Card, list[MessageRef]]:
        """The messages posted for these requests, newest last."""
        refs: dict[Card, list[MessageRef]] = {}
        for _, request_id, platform, recipient, ref in sorted(
            self._messages.fetch(connection, ids), key=_first
        ):
            refs.setdefault((request_id, platform, recipient), []).append(decode_ref(ref))
        return refs

    def _cards(self, connection: Connection, ids: Sequence[Texts]) -> dict[str, list[Delivery]]:
        rows = self._deliveries.fetch(connection, ids)
        refs = self.refs(connection, ids) if rows else {}
        cards: dict[str, list[Delivery]] = {}
        for row in sorted(rows, key=_key):
            cards.setdefault(row[0], []).append(delivery(row, refs))
        return cards

    def _told(
        self, connection: Connection, ids: Sequence[Texts]
    ) -> dict[str, list[QueuedCallback]]:
        """By request, in order."""
        told: dict[str, list[QueuedCallback]] = {}
        for row in sorted(self._callbacks.fetch(connection, ids), key=_place):
            told.setdefault(row[0], []).append(callback(row))
        return told


def _place(row: Row) -> tuple[str, int]:
    return row[0], row[1]


def _first(row: Row) -> int:
    first: int = row[0]
    return first


def _key(row: Row) -> Card:
    return row[0], row[1], row[2]
