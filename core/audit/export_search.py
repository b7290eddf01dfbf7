"""Where the events of a checkpoint first differ from what it signs, and in which way."""

import hashlib
from collections.abc import Sequence
from typing import BinaryIO

from core.audit.export import CHECKPOINT, END
from core.audit.export_lines import flaw

HEX = 64


def first_difference(source: BinaryIO, hashes: bytes, size: int) -> tuple[int, str]:
    """The index of the first line that is not as signed, from where `source` stands, and why.

    `hashes` are those of the records signed, as hex, and `size` the bytes of their lines. The
    index is -1, the checkpoint's own line, where each record is there and only `size` is wrong.
    """
    signed = [hashes[at : at + HEX].decode() for at in range(0, len(hashes), HEX)]
    lines = [source.readline(size + 1) for _ in signed]
    found = [hashlib.sha256(line.removesuffix(b"\n")).hexdigest() for line in lines]
    for index, line in enumerate(lines):
        if found[index] != signed[index] or not line.endswith(b"\n"):
            return index, _why(index, line, found, signed)
    return -1, "says another size than its events have"


def _why(index: int, line: bytes, found: Sequence[str], signed: Sequence[str]) -> str:
    if not line:
        return "is missing: the file ends here"
    if not line.endswith(b"\n"):
        return "is cut off, or far too long"
    if line.startswith((CHECKPOINT, END)):
        return "stands where an event should: the event was removed"
    here, wanted = found[index], signed[index]
    if here in signed[index:]:
        place = signed.index(here, index)
        if place < len(found) and found[place] == wanted:
            return f"was swapped with the line {place - index} further on"
        if wanted not in found[index:]:
            return "should not come yet: the event before it was removed"
        return "should not come yet: lines were moved"
    if here in signed[:index]:
        return "stands here a second time: it was inserted"
    if wanted in found[index + 1 :]:
        return "is not signed, and what is comes after it: it was inserted"
    why = flaw(line.removesuffix(b"\n"))
    told = "" if why == "its members are others" else f"; {why}"
    return f"was changed: its SHA-256 is not the one that was signed{told}"
