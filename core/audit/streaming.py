"""The stream of events for a SIEM: each event of the trail as one line, in the order of positions.

A line holds the record as it was stored. It is ASCII without control characters, so that nothing
that anybody wrote can begin a line of its own, whatever reads it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

from core.ports import Outcome
from core.value import Millis, Value

FORMAT: Final = "countersign-event"
VERSION: Final = 1

_NOT_PLAIN: Final = re.compile(r"[^\x20-\x7e]")
_NOT_PLAIN_BYTE: Final = re.compile(rb"[^\x20-\x7e]")
_read = msgspec.json.Decoder()


class Streamed(Value, frozen=True):
    """An event of the trail: its `record` as stored, the record's SHA-256 (hex), and the content
    rows that it names, as far as they are asked for and not erased."""

    position: int
    type: str
    at: Millis
    record: bytes
    hash: str
    content: dict[str, bytes] = {}


class Standing(Value, frozen=True):
    """How far a stream is: everything up to `position` was sent, the last of it at `sent_at`;
    `newest` is the newest position there is. `waits_since` is when the first event happened that
    was not sent. `attempts` failed in a row, the last for a `reason`."""

    position: int
    newest: int
    waits_since: Millis | None = None
    sent_at: Millis | None = None
    attempts: int = 0
    reason: str | None = None

    @property
    def behind(self) -> int:
        """Events that are still to be sent."""
        return max(0, self.newest - self.position)


class Sink(Protocol):
    """Where the stream goes."""

    async def start(self) -> None:
        """Called in the event loop, once."""
        ...

    async def send(self, events: tuple[Streamed, ...]) -> Outcome:
        """Send all of these in order; delivered only once all have arrived, as far as that can be
        known there."""
        ...

    async def stop(self) -> None: ...


def line(event: Streamed) -> bytes:
    """The event as one JSON object in printable ASCII, without a line end.

    `record` is the record's own bytes but for escapes: its canonical JSON (RFC 8785) has the
    SHA-256 that stands beside it.
    """
    content = b""
    if event.content:
        members = (
            b'"%b":%b' % (name.encode(), body) for name, body in sorted(event.content.items())
        )
        content = b'"content":{%b},' % b",".join(members)
    text = b'{%b"format":"%b","hash":"%b","position":%d,"record":%b,"version":%d}' % (
        content,
        FORMAT.encode(),
        event.hash.encode(),
        event.position,
        event.record,
        VERSION,
    )
    return plain(text)


def shortened(event: Streamed) -> bytes:
    """The same without record and content, for where a line may not be so long: `cut` says it."""
    return b'{"cut":true,"format":"%b","hash":"%b","position":%d,"version":%d}' % (
        FORMAT.encode(),
        event.hash.encode(),
        event.position,
        VERSION,
    )


def plain(text: bytes) -> bytes:
    """JSON in printable ASCII: all of it is but in strings, where every character has an escape."""
    if _NOT_PLAIN_BYTE.search(text) is None:
        return text
    return _NOT_PLAIN.sub(_escaped, text.decode("utf-8", "replace")).encode()


def named(record: bytes) -> tuple[str, tuple[str, ...]]:
    """The stream of a record, and the ids of the content rows that its event may name."""
    found: Mapping[str, Any] = _read.decode(record)
    event = found["event"]
    return found["stream"], tuple(v for n, v in event.items() if n in NAMES and isinstance(v, str))


NAMES: Final = frozenset({"content", "comment", "reason", "detail"})
"""The fields of events that name content rows. Not `callback`: an address may be a secret."""


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
