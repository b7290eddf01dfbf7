"""Checkpoints: from time to time the newest events are counted, hashed together and signed.

Each holds the hash of the checkpoint before it, so a list of them is a chain as well. Whoever
keeps one elsewhere can later tell whether the events up to it are still the same.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.audit.chain import GENESIS
from core.tokens.signing import KeyRing, from_base64url, public_key, to_base64url, verify
from core.value import Millis, Value, encode

FANOUT = 16
MOST_EVENTS = FANOUT**3
"""Events in one checkpoint: what an export or a check of one holds in memory."""

HASH_BYTES = 32


class Checkpoint(Value, frozen=True, forbid_unknown_fields=True):
    """What is signed about the events at the positions `first` to `last`.

    `root` is `merkle_root` of their hashes, `size` the sum of their records' bytes and a line
    end for each, `previous` the hash of checkpoint `number` - 1, `kid` the signing key's id.
    """

    number: int
    first: int
    last: int
    size: int
    root: str
    previous: str
    at: Millis
    kid: str

    @property
    def hash(self) -> str:
        """SHA-256 of its canonical JSON, hex: what the next one holds of it."""
        return hashlib.sha256(encode(self)).hexdigest()

    @property
    def count(self) -> int:
        return self.last - self.first + 1


class Signed(Value, frozen=True, forbid_unknown_fields=True):
    """A checkpoint as it is published: `signature` is base64url over `said(checkpoint)`."""

    checkpoint: Checkpoint
    signature: str


class Leaf(Value, frozen=True):
    """An event as a checkpoint counts it: its position, its record's hash (hex) and bytes."""

    position: int
    hash: str
    size: int


def merkle_root(leaves: bytes) -> str:
    """The root (hex) over records' hashes, 32 bytes each: at least one.

    A node is SHA-256 over the byte 1 and up to 16 hashes below it; the last of a level may
    have fewer. A record begins with a brace, so no record can be taken for a node.
    """
    if not leaves or len(leaves) % HASH_BYTES:
        raise ValueError("a root needs whole hashes, at least one")
    width = FANOUT * HASH_BYTES
    level = leaves
    while len(level) > HASH_BYTES:
        level = b"".join(
            hashlib.sha256(b"\x01" + level[at : at + width]).digest()
            for at in range(0, len(level), width)
        )
    return level.hex()


def make(before: Checkpoint | None, leaves: Sequence[Leaf], at: Millis, ring: KeyRing) -> Signed:
    """The checkpoint after `before` over the events that follow it, 1 to `MOST_EVENTS`."""
    first = 1 if before is None else before.last + 1
    positions = range(first, first + len(leaves))
    if not 0 < len(leaves) <= MOST_EVENTS or [each.position for each in leaves] != [*positions]:
        raise ValueError(f"these are not the events that follow position {first - 1}")
    checkpoint = Checkpoint(
        number=1 if before is None else before.number + 1,
        first=first,
        last=positions[-1],
        size=sum(each.size + 1 for each in leaves),
        root=merkle_root(b"".join(bytes.fromhex(each.hash) for each in leaves)),
        previous=GENESIS if before is None else before.hash,
        at=at,
        kid=ring.active.kid,
    )
    return Signed(checkpoint=checkpoint, signature=sign(ring, said(checkpoint)))


def said(checkpoint: Checkpoint) -> bytes:
    """What the signature of a checkpoint covers: it cannot be taken for anything else."""
    return encode({"checkpoint": checkpoint})


def sign(ring: KeyRing, data: bytes) -> str:
    """The active key's signature, base64url."""
    return to_base64url(ring.active.sign(data))


def signature_flaw(jwks: Mapping[str, Any], kid: str, data: bytes, signature: str) -> str | None:
    """What is wrong with a signature, None when its owner signed exactly this."""
    key = public_key(jwks, kid)
    if key is None:
        return f"is signed with the key {kid}, which is not among the keys given"
    try:
        given = from_base64url(signature)
    except ValueError:
        given = b""
    if not verify(key, data, given):
        return f"has a signature that the key {kid} did not make: it was forged or changed"
    return None


def read_signed(line: bytes) -> Signed:
    """A published checkpoint; ValueError unless these are exactly its canonical bytes."""
    try:
        signed = msgspec.json.decode(line, type=Signed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"is not a checkpoint: {error}") from error
    if encode(signed) != line:
        raise ValueError("is not canonical JSON")
    return signed
