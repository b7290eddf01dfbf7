"""A reader of what Teams shows, written from Microsoft's pages alone: what a person would see,
and what clients would make of a text besides letters.

Where the pages leave room it takes the reading that gives the sender more power. An address
that is shown as it is written, and made a link to itself, is not held against a text.
https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features
https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PRIVATE = 0xF0000
# Everywhere, whatever the element: clients put in mentions and moments by themselves.
_REPLACED = {
    "mention": re.compile(r"<\s*/?\s*at\b[^>]*>?", re.IGNORECASE),
    "date": re.compile(r"\{\{\s*(?:DATE|TIME)\s*\(", re.IGNORECASE),
    "field": re.compile(r"\{\{"),
}
_INLINE = {
    "image": re.compile(r"!\[[^\]]*\]\([^)]*\)"),
    "link": re.compile(r"\[[^\]]*\]\s*[(\[][^)\]]*[)\]]|\[[^\]]+\]:|<\w[\w+.-]*:[^>\s]*>"),
    "code": re.compile(r"(`+)[^`]+\1"),
    "bold": re.compile(r"(\*\*|__)(?=\S).*?\S\1"),
    "italic": re.compile(
        r"(?<![*\w])\*(?=[^\s*])[^*\n]*[^\s*]\*|(?<![_\w])_(?=[^\s_])[^_\n]*[^\s_]_"
    ),
    "struck": re.compile(r"~~?(?=\S)[^~\n]*\S~~?"),
    "tag": re.compile(r"<[a-z/!?][^>]*>?", re.IGNORECASE),
    "entity": re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]\w*);", re.IGNORECASE),
}
_LINES = {
    "list": re.compile(r"^\s*(?:[-+*]|\d{1,9}[.)])(?:\s|$)", re.MULTILINE),
    "heading": re.compile(r"^\s*#{1,6}(?:\s|$)", re.MULTILINE),
    "quote": re.compile(r"^\s*>", re.MULTILINE),
    "rule": re.compile(r"^\s*(?:[-*_=]\s*){3,}$", re.MULTILINE),
    "table": re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE),
    "code": re.compile(r"^(?:\s*(?:```|~~~)|    \S|\t)", re.MULTILINE),
}


@dataclass(frozen=True)
class Reading:
    """What is seen, as letters, and each effect as (kind, what it is about)."""

    seen: str
    effects: tuple[tuple[str, str], ...]


def plain(text: str) -> Reading:
    """A text without markup: a text run, a button, a label, a message of plain text."""
    return Reading(text, tuple(_found(_REPLACED, text)))


def read(text: str) -> Reading:
    """Markdown, as in a TextBlock or a message."""
    marked = _ESCAPED.sub(lambda m: chr(_PRIVATE + ord(m[1])), text)
    effects = [*_found(_REPLACED, marked), *_found(_INLINE, marked), *_found(_LINES, marked)]
    # An entity that only stands for its sign is how a sign is written.
    effects = [e for e in effects if e not in (("entity", "&amp;"), ("entity", "&lt;"))]
    seen = html.unescape(marked)
    return Reading(
        re.sub("[\U000f0000-\U000f007f]", lambda m: chr(ord(m[0]) - _PRIVATE), seen), tuple(effects)
    )


def _found(rules: dict[str, re.Pattern[str]], text: str) -> Iterator[tuple[str, str]]:
    for kind, rule in rules.items():
        yield from ((kind, match.group()) for match in rule.finditer(text))


# Which members are texts, and in which of them clients read Markdown. A toggle's title, an error
# and what can be chosen where all choices stand are drawn as TextBlocks
# (https://github.com/microsoft/AdaptiveCards/blob/main/source/nodejs/adaptivecards/src/card-elements.ts).
_MARKED = {("TextBlock", "text"), ("Input.Toggle", "title")}
_ERRORS = "errorMessage"
_TEXTS = frozenset({"text", "title", "label", "placeholder", "fallbackText", "altText", "tooltip"})


def readings(part: object) -> Iterator[Reading]:
    """Every text anywhere in a card; what stands in an input or is only sent back is none."""
    if isinstance(part, list):
        for item in part:
            yield from readings(item)
    if not isinstance(part, dict):
        return
    kind = part.get("type")
    for name, value in part.items():
        if isinstance(value, str) and (name in _TEXTS or name == _ERRORS):
            marked = (kind, name) in _MARKED or name == _ERRORS
            yield read(value) if marked else plain(value)
        elif name == "facts" or (name == "choices" and part.get("style") == "expanded"):
            yield from (read(pair["title"]) for pair in value)
            yield from (read(pair["value"]) for pair in value if name == "facts")
        elif name != "data":
            yield from readings(value)


def values(part: object) -> Iterator[str]:
    """What stands in the inputs of a card."""
    if isinstance(part, list):
        for item in part:
            yield from values(item)
    elif isinstance(part, dict):
        if str(part.get("type", "")).startswith("Input.") and isinstance(part.get("value"), str):
            yield part["value"]
        for name, item in part.items():
            if name != "data":
                yield from values(item)
