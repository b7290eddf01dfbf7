"""Modals that only show: the whole action, the history, a sentence in a form's place.

Pure. https://docs.slack.dev/reference/views (100 blocks, 24 characters of title, 250 kB)
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from adapters.slack import actions, render
from adapters.slack.actions import Where
from adapters.slack.parts import SECTION_CHARS, section
from adapters.slack.text import clean, escape, plain
from core.card import Card

Json = dict[str, Any]

VIEW_BYTES: Final = 240_000
"""Below Slack's 250 kB, which leaves room for the view's own members."""
ACTION_BLOCKS: Final = 90
_FENCE: Final = "```"
_NEWLINE: Final = "\n"
_CODE_CHARS: Final = SECTION_CHARS - len(_FENCE + _NEWLINE) * 2
_ESCAPED: Final = {"&": len("&amp;"), "<": len("&lt;"), ">": len("&gt;")}


def replaced(text: str) -> Json:
    """A sentence takes the form's place."""
    return put(sentence(text))


def put(view: Json) -> Json:
    """A view takes the form's place."""
    return {"response_action": "update", "view": view}


def sentence(text: str) -> Json:
    """One sentence; closing it closes what lies below, which is out of date by then."""
    return {
        "type": "modal",
        "clear_on_close": True,
        "title": plain("Countersign", 24),
        "close": plain("Close", 24),
        "blocks": [section("sentence", plain(text, SECTION_CHARS))],
    }


def card(shown: Card, where: Where, lead: str = "") -> Json:
    """A request's card; closing it after something was done closes what lies below, which is
    out of date by then."""
    return {
        "type": "modal",
        "private_metadata": actions.write_where(where),
        "clear_on_close": bool(lead),
        "title": plain("Request", 24),
        "close": plain("Close", 24),
        "blocks": render.blocks(shown, lead or None),
    }


def history(request: str, text: str) -> Json:
    """What happened, oldest first; when Slack cannot show it all, the newest of it."""
    room, blocks, shown = VIEW_BYTES, list[Json](), 0
    parts = list(_parts(clean(text), SECTION_CHARS))
    for number, part in reversed(list(enumerate(parts))):
        block = section(f"history_{number}", plain(part, SECTION_CHARS))
        room -= _bytes(block) + len(", ")
        if shown == ACTION_BLOCKS or room < 0:
            break
        blocks.insert(0, block)
        shown += 1
    if left := sum(part.count(_NEWLINE) or 1 for part in parts[: len(parts) - shown]):
        note = (
            f"Slack shows no more than this: {left:,} earlier lines are left out. "
            f"GET /v1/requests/{request}/events gives them all."
        )
        blocks.insert(0, section("history_note", plain(note, SECTION_CHARS)))
    return {
        "type": "modal",
        "title": plain("History", 24),
        "close": plain("Close", 24),
        "blocks": blocks or [section("history_none", plain("Nothing yet.", SECTION_CHARS))],
    }


def whole_action(card: Card) -> Json:
    """The whole action, which begins with its title and description, or as much of it as Slack
    shows, saying what is left."""
    blocks = list[Json]()
    shown = as_code(card.whole_action)
    room, left = VIEW_BYTES - _bytes(blocks), len(shown)
    for number, part in enumerate(_parts(shown, _CODE_CHARS)):
        block = section(f"full_{number}", _code(part))
        room -= _bytes(block) + len(", ")
        if number == ACTION_BLOCKS or room < 0:
            break
        blocks.append(block)
        left -= len(part)
    if left:
        note = (
            f"Slack shows no more than this: {left:,} of {len(shown):,} characters "
            f"are left out. GET /v1/requests/{card.request} gives them all."
        )
        blocks.append(section("full_note", plain(note, SECTION_CHARS)))
    return {
        "type": "modal",
        "title": plain("Full action", 24),
        "close": plain("Close", 24),
        "blocks": blocks or [section("full_none", plain("There is nothing.", SECTION_CHARS))],
    }


def as_code(text: str) -> str:
    """JSON text as it may stand in a code block: a backtick, which JSON allows only inside a
    string, as its escape."""
    return clean(text).replace("`", "\\u0060")


def _code(part: str) -> Json:
    text = f"{_FENCE}\n{escape(part.removesuffix(_NEWLINE))}\n{_FENCE}"
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _parts(text: str, most: int) -> Iterator[str]:
    """The text in pieces that fit a block each, broken at line ends where there are any."""
    start = 0
    while start < len(text):
        end = _end(text, start, most)
        yield text[start:end]
        start = end


def _end(text: str, start: int, most: int) -> int:
    """Where the piece that begins at `start` ends."""
    room, after_line = most, 0
    for at in range(start, len(text)):
        room -= _ESCAPED.get(text[at], 1)
        if room < 0:
            return after_line or at
        if text[at] == _NEWLINE:
            after_line = at + 1
    return len(text)


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
