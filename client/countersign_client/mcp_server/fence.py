"""What people wrote, told to a model so that it stays data: fenced, short, nothing hidden in it.

A mark that is made up for each answer ends the text, so the text cannot end itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, Final

from countersign_client.mcp_server.shapes import Quote
from countersign_client.request import Json

LONGEST: Final = 2000
"""Characters of one text; the rest can be read in Countersign."""
MOST: Final = 10
"""Texts of one request, the newest."""

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of characters that steer or cannot be seen.
https://www.unicode.org/reports/tr44/#General_Category_Values"""
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Of other categories, and not to be seen either: fillers, and selectors that can carry text."""


def quotes(raw: Json, mark: str) -> list[Quote]:
    """What people wrote on a request, each text once, oldest first."""
    found = dict.fromkeys((by, text) for by, text in _written(raw) if text)
    return [Quote(by=visible(by), text=fenced(text, mark)) for by, text in [*found][-MOST:]]


def fenced(text: str, mark: str) -> str:
    """A text between marks."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]} [cut]"
    return f"<untrusted-{mark}>{visible(cut)}</untrusted-{mark}>"


def visible(text: str) -> str:
    """With every character that steers or hides written out, except the end of a line."""
    return "".join(f"⟦U+{ord(c):04X}⟧" if _hides(c) else c for c in text)


def _hides(character: str) -> bool:
    if character == "\n":
        return False
    return unicodedata.category(character) in _HIDDEN or _BLANK.match(character) is not None


def _written(raw: Json) -> Iterator[tuple[str, str]]:
    for stage in raw.get("stages") or ():
        for vote in stage.get("votes") or ():
            yield str(vote.get("person")), str(vote.get("comment") or "")
    for comment in raw.get("comments") or ():
        if comment.get("person") is not None:  # what has no person the agent wrote itself
            yield str(comment["person"]), str(comment.get("text") or "")
    for said in (raw.get("feedback"), raw.get("decision")):
        if said:
            yield _people(said.get("by")), str(said.get("reason") or "")


def _people(by: Any) -> str:
    names: Iterable[Any] = [by] if isinstance(by, str) else by or ()
    return ", ".join(map(str, names)) or "the policy"
