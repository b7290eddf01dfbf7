"""Whether an export is whole and unchanged, judged from its bytes and the public keys alone.

A file is read once, from the front; one checkpoint's events are in memory at a time, and one
entry a stream. A large file may be read in several parts at once (see `join`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from core.audit.chains import Chains
from core.audit.checkpoint import Checkpoint, merkle_root, signature_flaw
from core.audit.checkpoint import said as checkpoint_said
from core.audit.export import CHECKPOINT, END, LONGEST, End, Header, root_of
from core.audit.export import said as end_said
from core.audit.export_lines import flaw, read_checkpoint, read_end, read_header
from core.audit.export_search import first_difference

_CUT = "lines before it were removed, or moved"


class Fault(Exception):
    """The first line that is bad, counted from 1, and what is wrong with it."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(line, what)
        self.line = line
        self.what = what

    def __str__(self) -> str:
        return f"line {self.line} {self.what}"


@dataclass(frozen=True, slots=True)
class Trust:
    """What is known from elsewhere: a JSON Web Key Set, and hashes of checkpoints received
    earlier by their numbers."""

    jwks: Mapping[str, Any]
    received: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Part:
    """What was read: lines and events counted, and what the next part must fit to.

    `header` is there if it began with the first line, `end` if it ended with the last.
    """

    chains: Chains
    lines: int = 0
    events: int = 0
    header: Header | None = None
    first: Checkpoint | None = None
    last: Checkpoint | None = None
    hashes: list[bytes] = field(default_factory=list)
    end: End | None = None


def verify(source: BinaryIO, size: int, trust: Trust) -> Part:
    """Read a whole export of `size` bytes. Raises Fault."""
    part = read_part(source, 0, size, size, trust)
    _finish(part, trust)
    return part


def read_part(source: BinaryIO, start: int, stop: int, size: int, trust: Trust) -> Part:
    """Read the lines from byte `start`, 0 or where a checkpoint's line begins, to `stop`.

    Raises Fault, with lines counted from `start`.
    """
    part = Part(Chains(whole=False))
    source.seek(start)
    if start == 0:
        part.header = _header(_line(source, part))
        part.chains.whole = part.header.number == 1
    while source.tell() < stop:
        line = _line(source, part)
        if line.startswith(END):
            part.end = _end(line, part, trust)
            if source.tell() < size:
                if part.header is not None:
                    _finish(part, trust)  # or it is this line that does not belong here
                raise Fault(part.lines + 1, "stands after the last line: it was added")
            return part
        _checkpoint(source, line, part, trust)
    if source.tell() != stop:
        raise Fault(part.lines, f"ends beyond byte {stop}, where another part begins")
    if stop == size:
        raise Fault(part.lines + 1, "is missing: the file ends before its signed last line")
    return part


def join(parts: list[Part], trust: Trust) -> Part | None:
    """One part of several that follow one another, None if they do not fit together.

    Who gets None reads the file as one, which tells the line.
    """
    whole, *others = parts
    for part in others:
        if part.first is None or whole.last is None:
            return None
        if not _follows(part.first, whole.last) or not whole.chains.join(part.chains):
            return None
        whole.lines += part.lines
        whole.events += part.events
        whole.hashes += part.hashes
        whole.last, whole.end = part.last, part.end
    try:
        _finish(whole, trust)
    except Fault:
        return None
    return whole


def _line(source: BinaryIO, part: Part) -> bytes:
    """The next line that is not a record, without its end."""
    line = source.readline(LONGEST)
    part.lines += 1
    if not line:
        raise Fault(part.lines, "is missing: the file is empty")
    if not line.endswith(b"\n"):
        cut = len(line) < LONGEST
        raise Fault(part.lines, "is cut off" if cut else "is longer than any that belongs here")
    return line[:-1]


def _header(line: bytes) -> Header:
    try:
        return read_header(line)
    except ValueError as error:
        raise Fault(1, str(error)) from None


def _checkpoint(source: BinaryIO, line: bytes, part: Part, trust: Trust) -> None:
    """Read a checkpoint, whose line was just read, and its events."""
    if not line.startswith(CHECKPOINT):
        raise Fault(part.lines, _no_checkpoint(line))
    try:
        signed, hashes = read_checkpoint(line)
    except ValueError as error:
        raise Fault(part.lines, str(error)) from None
    checkpoint = signed.checkpoint
    wrong = signature_flaw(
        trust.jwks, checkpoint.kid, checkpoint_said(checkpoint), signed.signature
    )
    if wrong is None:
        wrong = _misplaced(checkpoint, part)
    received = trust.received.get(checkpoint.number, checkpoint.hash)
    if wrong is None and received != checkpoint.hash:
        wrong = f"is not the checkpoint {checkpoint.number} that was received earlier"
    if wrong is not None:
        raise Fault(part.lines, wrong)
    leaves = _leaves(checkpoint, hashes)
    if leaves is None:
        raise Fault(
            part.lines,
            f"lists hashes that are not those which checkpoint {checkpoint.number} signs",
        )
    part.first = part.first or checkpoint
    part.last = checkpoint
    part.hashes.append(bytes.fromhex(checkpoint.hash))
    _events(source, checkpoint, hashes, leaves, part)


def _events(
    source: BinaryIO, checkpoint: Checkpoint, hashes: bytes, leaves: bytes, part: Part
) -> None:
    start = source.tell()
    records = source.read(checkpoint.size).split(b"\n")
    records.pop()
    changed = None
    if b"".join([hashlib.sha256(record).digest() for record in records]) != leaves:
        source.seek(start)
        changed = first_difference(source, hashes, checkpoint.size)
        records = records[: max(0, changed[0])]
    # A chain that is broken further up comes first, though its records are signed.
    broken = part.chains.follow(records, hashes)
    if wrong := broken or changed:
        raise Fault(part.lines + 1 + wrong[0], wrong[1])
    part.lines += checkpoint.count
    part.events += checkpoint.count


def _leaves(checkpoint: Checkpoint, hashes: bytes) -> bytes | None:
    """The hashes as bytes, None unless the checkpoint was made over them."""
    if checkpoint.count < 1 or len(hashes) != 64 * checkpoint.count or hashes.lower() != hashes:
        return None
    try:
        leaves = bytes.fromhex(hashes.decode())
    except ValueError:
        return None
    return leaves if merkle_root(leaves) == checkpoint.root else None


def _misplaced(checkpoint: Checkpoint, part: Part) -> str | None:
    """What is wrong with a signed checkpoint's place. Raises Fault where the header is wrong."""
    if part.last is not None:
        if _follows(checkpoint, part.last):
            return None
        return f"is checkpoint {checkpoint.number} after {part.last.number}: {_CUT}"
    if part.header is None:
        return None  # the part before this one says whether it fits
    said = (part.header.number, part.header.first, part.header.previous)
    is_ = (checkpoint.number, checkpoint.first, checkpoint.previous)
    if said == is_:
        return None
    if any(a == b for a, b in zip(said, is_, strict=True)):
        raise Fault(1, f"does not say where checkpoint {checkpoint.number} begins: it was changed")
    return f"is checkpoint {checkpoint.number}, where {part.header.number} should stand: {_CUT}"


def _follows(checkpoint: Checkpoint, before: Checkpoint) -> bool:
    return (checkpoint.number, checkpoint.first, checkpoint.previous) == (
        before.number + 1,
        before.last + 1,
        before.hash,
    )


def _no_checkpoint(line: bytes) -> str:
    if line.startswith(b'{"actor":'):
        return "is an event that belongs to no checkpoint: it was added, or its checkpoint removed"
    return f"is neither a checkpoint nor the last line: {flaw(line)}"


def _end(line: bytes, part: Part, trust: Trust) -> End:
    try:
        ended = read_end(line)
    except ValueError as error:
        raise Fault(part.lines, str(error)) from None
    wrong = signature_flaw(trust.jwks, ended.end.kid, end_said(ended.end), ended.signature)
    if wrong is not None:
        raise Fault(part.lines, wrong)
    return ended.end


def _finish(part: Part, trust: Trust) -> None:
    """Compare the last line with all before it. Raises Fault."""
    header, end, last = part.header, part.end, part.last
    assert header is not None, "only a whole file is finished"
    assert end is not None, "only a whole file is finished"
    if end.checkpoints == 0 and (end.last, end.head) != (header.first - 1, header.previous):
        raise Fault(1, "does not say what the last line says: it was changed")
    there = (part.events, len(part.hashes), root_of(part.hashes))
    if there != (end.events, end.checkpoints, end.root):
        raise Fault(
            part.lines,
            f"counts {end.events} events in {end.checkpoints} checkpoints, and {part.events} in "
            f"{len(part.hashes)} stand before it: {_CUT}",
        )
    if last is not None and (end.last, end.head) != (last.last, last.hash):
        raise Fault(part.lines, f"does not belong to checkpoint {last.number} before it")
    beyond = [n for n in trust.received if not header.number <= n < header.number + end.checkpoints]
    if beyond:
        raise Fault(
            part.lines,
            f"ends an export without checkpoint {min(beyond)}, which was received earlier: "
            "it is older, begins later, or was cut",
        )
