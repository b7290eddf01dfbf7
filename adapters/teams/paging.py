"""A long text in parts that fit a card each: nothing is left out, nothing is cut in two.

Pure. The text's lines stay lines; one that is longer than a part goes on in the next one.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

LINE_COSTS = 140
"""Bytes of the element around one line, and a little more (`whole.laid_out`)."""
_LEAST = 600
"""A line is begun at the end of a part only where this many bytes of it have room."""
_MARK = re.compile(r"⟦U\+[0-9A-F]{4,6}⟧")
_LONGEST_MARK = len("⟦U+10FFFF⟧")
_JOINER = "\u200d"
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_MOST_STEPS = 64


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a text. `continued`: the first one began in the part before."""

    lines: tuple[str, ...]
    continued: bool = False


def parts(lines: list[str], room: int) -> Iterator[Part]:
    """The lines in parts of at most `room` bytes as JSON; there is always one."""
    taken: list[str] = []
    left, continued = room, False
    for whole in lines:
        rest = whole
        while (needed := cost(rest)) > left:
            if needed > room and left >= _LEAST:
                end = _end(rest, left - LINE_COSTS)
                yield Part((*taken, rest[:end]), continued)
                rest, continued = rest[end:], True
            else:
                yield Part(tuple(taken), continued)
                continued = False
            taken, left = [], room
        taken.append(rest)
        left -= needed
    yield Part(tuple(taken), continued)


def cost(line: str) -> int:
    """Bytes that a line takes on a card."""
    return LINE_COSTS + _size(line)


def _size(text: str) -> int:
    return len(msgspec.json.encode(text)) - len('""')


def _end(text: str, room: int) -> int:
    """Where a piece of at most `room` bytes ends."""
    end = min(len(text), room)
    while (size := _size(text[:end])) > room:
        end = end * room // size
    return _before(text, end)


def _before(text: str, end: int) -> int:
    """The last place, up to `end`, that is inside no mark and no composed character."""
    mark = text.rfind("⟦", max(0, end - _LONGEST_MARK), end)
    found = _MARK.match(text, mark) if mark > 0 else None
    if found is not None and found.end() > end:
        return mark
    # Bounded: a text may be nothing but marks that combine, and must be shown all the same.
    for at in range(end, max(0, end - _MOST_STEPS), -1):
        if not _joined(text, at):
            return at
    return end


def _joined(text: str, at: int) -> bool:
    """Whether the character at a place belongs to the one before it."""
    if at >= len(text):
        return False
    after = text[at]
    combines = unicodedata.category(after).startswith("M") or after == _JOINER
    return combines or text[at - 1] == _JOINER or _SKIN.match(after) is not None
