"""The evidence as one file: canonical JSON lines that can be checked without anything else.

The first line says what it is. Then each checkpoint, with the hashes it was made over, stands
before its events, whose lines are the records exactly as they were stored. The last line is
signed and counts all that stands before it, so that nothing can be cut off unnoticed.
"""

from collections.abc import Iterable, Sequence

from core.audit.chain import GENESIS
from core.audit.checkpoint import HASH_BYTES, MOST_EVENTS, Checkpoint, Signed, merkle_root, sign
from core.tokens.signing import KeyRing
from core.value import Millis, Value, encode

FORMAT = "countersign-audit"
VERSION = 1
CHECKPOINT = b'{"checkpoint":'
"""How a checkpoint's line begins; a record begins with its actor."""

LEAVES = b',"leaves":"'
SIGNATURE = b'","signature":"'
END = b'{"end":'
LONGEST = MOST_EVENTS * HASH_BYTES * 2 + 2048
"""Bytes of a line that is not a record."""


class Header(Value, frozen=True, forbid_unknown_fields=True):
    """The first line. `number` and `first` are those of the first checkpoint that would be
    here, `previous` is the hash of the one before it."""

    format: str
    version: int
    number: int
    first: int
    previous: str


class End(Value, frozen=True, forbid_unknown_fields=True):
    """What the last line says of all before it: how many events and checkpoints, the last
    position, the hash of the last checkpoint, and `merkle_root` over all checkpoints' hashes."""

    events: int
    checkpoints: int
    last: int
    head: str
    root: str
    at: Millis
    kid: str


class Ended(Value, frozen=True, forbid_unknown_fields=True):
    """The last line: `signature` is base64url over the canonical JSON of `{"end": ...}`."""

    end: End
    signature: str


class Export:
    """Writes one export, piece by piece. It keeps a hash for each checkpoint and no event."""

    def __init__(self, before: Checkpoint | None) -> None:
        """`before` is the checkpoint after which this one begins, None for all there is."""
        self._head = GENESIS if before is None else before.hash
        self._last = 0 if before is None else before.last
        self._number = 0 if before is None else before.number
        self._events = 0
        self._hashes: list[bytes] = []

    def begin(self) -> bytes:
        """The first line, with its line end."""
        header = Header(
            format=FORMAT,
            version=VERSION,
            number=self._number + 1,
            first=self._last + 1,
            previous=self._head,
        )
        return encode(header) + b"\n"

    def part(self, signed: Signed, leaves: bytes, records: Iterable[bytes]) -> bytes:
        """The lines of the next checkpoint and its events.

        `leaves` are the 32-byte hashes it was made over, `records` what is stored now: when
        they differ, the export shows it and a check names the line.
        """
        checkpoint = signed.checkpoint
        if (checkpoint.number, checkpoint.previous) != (self._number + 1, self._head):
            raise ValueError(f"checkpoint {checkpoint.number} does not follow {self._number}")
        self._number, self._head, self._last = checkpoint.number, checkpoint.hash, checkpoint.last
        self._events += checkpoint.count
        self._hashes.append(bytes.fromhex(checkpoint.hash))
        return b"\n".join((checkpoint_line(signed, leaves), *records, b""))

    def finish(self, at: Millis, ring: KeyRing) -> bytes:
        """The signed last line, with its line end."""
        end = End(
            events=self._events,
            checkpoints=len(self._hashes),
            last=self._last,
            head=self._head,
            root=root_of(self._hashes),
            at=at,
            kid=ring.active.kid,
        )
        return encode(Ended(end=end, signature=sign(ring, said(end)))) + b"\n"


def checkpoint_line(signed: Signed, leaves: bytes) -> bytes:
    """A checkpoint with the hashes it was made over, without a line end."""
    body, signature = encode(signed.checkpoint), signed.signature.encode()
    return b"".join((CHECKPOINT, body, LEAVES, leaves.hex().encode(), SIGNATURE, signature, b'"}'))


def said(end: End) -> bytes:
    """What the signature of the last line covers: it cannot be taken for anything else."""
    return encode({"end": end})


def root_of(checkpoints: Sequence[bytes]) -> str:
    """`merkle_root` over the checkpoints' hashes, 32 bytes each; of none, `GENESIS`."""
    return merkle_root(b"".join(checkpoints)) if checkpoints else GENESIS
