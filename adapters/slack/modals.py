"""The forms: a reason for a rejection, the whole action, and a sentence in a form's place.

Pure. https://docs.slack.dev/reference/views (100 blocks, 24 characters of title, 250 kB)
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from adapters.slack import actions
from adapters.slack.actions import Form
from adapters.slack.parts import SECTION_CHARS, section
from adapters.slack.text import clean, escape, plain
from core.card import Card
from core.chat import Answer
from core.refusals import Reason

Json = dict[str, Any]

VIEW_BYTES: Final = 240_000
"""Below Slack's 250 kB, which leaves room for the view's own members."""
ACTION_BLOCKS: Final = 90
_FENCE: Final = "```"
_NEWLINE: Final = "\n"
_ESCAPED: Final = {"&": len("&amp;"), "<": len("&lt;"), ">": len("&gt;")}

NO_REASON: Final = "Please say why: a rejection needs a reason."


def reject(form: Form, title: str) -> Json:
    """The form that asks for the reason; what it is about travels in its metadata."""
    return {
        "type": "modal",
        "callback_id": actions.REJECT_FORM,
        "private_metadata": actions.write_form(form),
        "title": plain("Reject request", 24),
        "submit": plain("Reject", 24),
        "close": plain("Cancel", 24),
        "blocks": [section("about", plain(title, 500)), _reason_input()],
    }


def _reason_input() -> Json:
    # https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
    return {
        "type": "input",
        "block_id": actions.REASON_BLOCK,
        "label": plain("Reason", 75),
        "hint": plain("The requester and the agent will read it.", 150),
        "element": {
            "type": "plain_text_input",
            "action_id": actions.REASON_INPUT,
            "multiline": True,
            "min_length": 1,
            "max_length": actions.REASON_MAX,
        },
    }


def submitted(answer: Answer) -> Json:
    """What the form does after it was sent, as arguments of Bolt's `ack`."""
    # https://docs.slack.dev/surfaces/modals#response_actions
    if answer.refused is None:
        return {"response_action": "clear"}
    if answer.refused in {Reason.REASON_REQUIRED, Reason.TEXT_TOO_LONG}:
        return complaint(answer.text)
    return replaced(answer.text)


def complaint(text: str) -> Json:
    """The form stays, with this sentence at its input."""
    return {"response_action": "errors", "errors": {actions.REASON_BLOCK: text}}


def replaced(text: str) -> Json:
    """A sentence takes the form's place."""
    return {"response_action": "update", "view": sentence(text)}


def sentence(text: str) -> Json:
    return {
        "type": "modal",
        "title": plain("Countersign", 24),
        "close": plain("Close", 24),
        "blocks": [section("sentence", plain(text, SECTION_CHARS))],
    }


def whole_action(card: Card) -> Json:
    """Title, description and the whole action, or as much as Slack shows, saying what is left."""
    blocks = [section("full_title", plain(card.title, SECTION_CHARS))]
    if card.description:
        blocks.append(section("full_description", plain(card.description, SECTION_CHARS)))
    shown = as_code(card.whole_action)
    room, left = VIEW_BYTES - _bytes(blocks), len(shown)
    for number, part in enumerate(_parts(shown)):
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
        "blocks": blocks,
    }


def as_code(text: str) -> str:
    """JSON text as it may stand in a code block: a backtick, which JSON allows only inside a
    string, as its escape."""
    return clean(text).replace("`", "\\u0060")


def _code(part: str) -> Json:
    text = f"{_FENCE}\n{escape(part.removesuffix(_NEWLINE))}\n{_FENCE}"
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _parts(text: str) -> Iterator[str]:
    """The text in pieces that fit a block each, broken at line ends where there are any."""
    start = 0
    while start < len(text):
        end = _end(text, start)
        yield text[start:end]
        start = end


def _end(text: str, start: int) -> int:
    """Where the piece that begins at `start` ends."""
    room, after_line = SECTION_CHARS - len(_FENCE + _NEWLINE) * 2, 0
    for at in range(start, len(text)):
        room -= _ESCAPED.get(text[at], 1)
        if room < 0:
            return after_line or at
        if text[at] == _NEWLINE:
            after_line = at + 1
    return len(text)


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
