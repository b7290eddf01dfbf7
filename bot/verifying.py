"""Checks an export file, a large one in several processes at once."""

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from core.audit.export import CHECKPOINT
from core.audit.verifying import Fault, Part, Trust, join, read_part, verify

PART_BYTES = 48_000_000
"""A process of its own is worth its start for a part of this size."""

MOST_PARTS = 8
_MARK = b"\n" + CHECKPOINT
_BLOCK = 1 << 20


def verify_file(path: Path, trust: Trust, parts: int | None = None) -> Part:
    """Check a whole export. Raises core.audit.verifying.Fault for the first bad line, and OSError.

    `parts` is how many are read at once; unless given, as many as help.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        wanted = parts or min(size // PART_BYTES, _processors(), MOST_PARTS)
        if wanted > 1:
            whole = _at_once(path, size, wanted, trust)
            if whole is not None:
                return whole
        # Read as one, the first bad line is found where it stands.
        return verify(file, size, trust)


def _at_once(path: Path, size: int, wanted: int, trust: Trust) -> Part | None:
    """The file read in parts; None if anything is wrong with it, or it cannot be cut."""
    cuts = _cuts(path, size, wanted)
    spans = list(zip(cuts, [*cuts[1:], size], strict=True))
    if len(spans) == 1:
        return None
    with ProcessPoolExecutor(len(spans) - 1) as processes:
        others = [processes.submit(_read, path, *span, size, trust) for span in spans[1:]]
        first = _read(path, *spans[0], size, trust)
        read = [first, *(other.result() for other in others)]
    found = [part for part in read if part is not None]
    return join(found, trust) if len(found) == len(read) else None


def _read(path: Path, start: int, stop: int, size: int, trust: Trust) -> Part | None:
    with path.open("rb") as file:
        try:
            part = read_part(file, start, stop, size, trust)
        except Fault:
            return None
    if stop == size:
        part.chains.forget()  # what comes back from another process costs time
    return part


def _cuts(path: Path, size: int, wanted: int) -> list[int]:
    """Where parts begin: at 0, and at the first checkpoint behind each further share."""
    cuts = [0]
    with path.open("rb") as file:
        for number in range(1, wanted):
            cut = _checkpoint_from(file.fileno(), size * number // wanted)
            if cut is not None and cut > cuts[-1]:
                cuts.append(cut)
    return cuts


def _checkpoint_from(descriptor: int, at: int) -> int | None:
    """The first byte of a checkpoint's line from `at` on."""
    tail = b""
    while block := os.pread(descriptor, _BLOCK, at):
        found = (tail + block).find(_MARK)
        if found >= 0:
            return at - len(tail) + found + 1
        tail = block[-len(_MARK) :]
        at += len(block)
    return None


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
