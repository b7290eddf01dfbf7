"""Small exports for tests: requests that people decide on in turn, under a few checkpoints."""

import hashlib
import io
from collections.abc import Iterable, Sequence

from core.audit.chain import GENESIS, chain
from core.audit.checkpoint import Checkpoint, Leaf, Signed, make
from core.audit.export import Export
from core.audit.verifying import Fault, Part, Trust, verify
from core.events import SYSTEM
from core.system_events import Frozen, SystemRecorded, Unfrozen
from core.tokens.signing import KeyRing, SigningKey
from tests.core.builders import DANA, FAYE, MARA, NOW
from tests.core.spec import submitted

RING = KeyRing(SigningKey(b"\x01" * 32))
OTHER_RING = KeyRing(SigningKey(b"\x02" * 32))
TRUST = Trust(RING.jwks())


def records() -> list[bytes]:
    """27 records: two requests and the system's stream, in turn."""
    approved = submitted().approves(MARA).approves(FAYE).approves(DANA).history
    rejected = submitted().approves(MARA).rejects(FAYE).history
    frozen = [SystemRecorded(event=e, actor=SYSTEM, at=NOW) for e in (Frozen(), Unfrozen()) * 3]
    streams = [
        [link.body for link in chain(name, 0, GENESIS, history)]
        for name, history in (
            ("01kb0000000000000000000001", approved),
            ("01kb0000000000000000000002", rejected),
            ("system", frozen),
        )
    ]
    longest = max(map(len, streams))
    return [stream[n] for n in range(longest) for stream in streams if n < len(stream)]


def counted(batch: Sequence[bytes], first: int) -> list[Leaf]:
    return [
        Leaf(position=n, hash=hashlib.sha256(body).hexdigest(), size=len(body))
        for n, body in enumerate(batch, first)
    ]


def signed_batches(
    batches: Iterable[Sequence[bytes]], ring: KeyRing = RING
) -> list[tuple[Signed, bytes, Sequence[bytes]]]:
    """A checkpoint for each batch, with the hashes it was made over."""
    before: Checkpoint | None = None
    made = []
    for batch in batches:
        leaves = counted(batch, 1 if before is None else before.last + 1)
        signed = make(before, leaves, NOW, ring)
        made.append((signed, b"".join(bytes.fromhex(leaf.hash) for leaf in leaves), batch))
        before = signed.checkpoint
    return made


def export(batches: Iterable[Sequence[bytes]], ring: KeyRing = RING, skip: int = 0) -> bytes:
    """An export of these batches of records, of which the first `skip` came before it."""
    made = signed_batches(batches, ring)
    writer = Export(made[skip - 1][0].checkpoint if skip else None)
    return b"".join(
        (writer.begin(), *(writer.part(*each) for each in made[skip:]), writer.finish(NOW, ring))
    )


def batches(size: int = 7) -> list[list[bytes]]:
    found = records()
    return [found[at : at + size] for at in range(0, len(found), size)]


def check(data: bytes, trust: Trust = TRUST) -> Part:
    return verify(io.BytesIO(data), len(data), trust)


def fault(data: bytes, trust: Trust = TRUST) -> Fault:
    """What is wrong with an export; fails if nothing is."""
    try:
        check(data, trust)
    except Fault as found:
        return found
    raise AssertionError("nothing was found")
