"""The chain: each event's record holds the hash of the one before it in its stream.

A record is canonical JSON; its hash is SHA-256 over exactly those bytes. Whoever holds
the records can check the chain without anything else.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from core.events import AnyEvent, Recorded
from core.system_events import AnySystemEvent, SystemRecorded
from core.value import Value, encode

GENESIS = "0" * 64
"""What stands before a stream's first record."""


class Record(Value, frozen=True):
    """One link: position `seq` (from 1) of `stream`, the event, and the previous hash."""

    stream: str
    seq: int
    at: int
    actor: Any
    event: Any
    previous: str


class Link(Value, frozen=True):
    """A record ready to be stored: its canonical bytes and their hash (hex)."""

    seq: int
    type: str
    at: int
    body: bytes
    hash: str


def chain(
    stream: str, seq: int, previous: str, events: Iterable[Recorded | SystemRecorded]
) -> list[Link]:
    """The links for events that follow position `seq`, whose hash is `previous`."""
    links: list[Link] = []
    for recorded in events:
        seq += 1
        body = encode(
            Record(
                stream=stream,
                seq=seq,
                at=recorded.at,
                actor=recorded.actor,
                event=recorded.event,
                previous=previous,
            )
        )
        previous = hashlib.sha256(body).hexdigest()
        links.append(
            Link(seq=seq, type=event_type(recorded.event), at=recorded.at, body=body, hash=previous)
        )
    return links


def event_type(event: AnyEvent | AnySystemEvent) -> str:
    """The event's public name."""
    return str(event.__struct_config__.tag)


def broken_at(stream: str, records: Iterable[tuple[bytes, str]]) -> int | None:
    """The position of the first record that does not fit the chain, None when all do."""
    previous = GENESIS
    for seq, (body, stored) in enumerate(records, start=1):
        record = msgspec.json.decode(body)
        fits = (
            record["previous"] == previous
            and record["seq"] == seq
            and record["stream"] == stream
            and hashlib.sha256(body).hexdigest() == stored
        )
        if not fits:
            return seq
        previous = stored
    return None
