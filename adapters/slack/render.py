"""Card into Slack message: blocks and the notification text, within all of Slack's limits.

Pure. What one needs to decide stands first and is short, so that a phone shows it together
with the buttons: title, state, who asks, deadline, amount, risks, advice. The record, the
reasons and every long text follow whole below. Once the request is final, what helped to
decide it is gone, what was decided stays, and a menu only shows.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from adapters.slack import menu, parts
from adapters.slack.parts import Room
from adapters.slack.text import clean, escape, fitted, plain
from core.card import Card
from core.cards.words import amount
from core.request import OPEN
from core.value import Value

Json = dict[str, Any]
Blocks = list[Json]

# Slack answers msg_blocks_too_long at about 13,200 characters of JSON, which no page
# documents: https://github.com/slackapi/bolt-js/issues/2509
JSON_MAX: Final = 12_800
# https://docs.slack.dev/reference/methods/chat.update (4,000); a notification shows far less.
TEXT_MAX: Final = 300

# How much of each text from outside is shown; the first that fits as a whole is taken.
_ROOMS: Final = (3000, 700, 250, 80)
# What goes first when even the shortest texts do not fit together.
_LEAST_NEEDED: Final = (
    "countersign_points",
    "countersign_questions",
    "countersign_more_facts",
    "countersign_description",
    "countersign_whole_note",
    "countersign_remarks",
    "countersign_all_risks",
    "countersign_about",
    "countersign_advice",
    "countersign_stages",
    "countersign_note",
    "countersign_facts",
    "countersign_risks",
)


class Message(Value, frozen=True):
    """What is posted: `text` is what notifications and screen readers get."""

    text: str
    blocks: list[Any]


def message(card: Card, lead: str | None = None) -> Message:
    """The whole message; `lead` is a sentence above the card, for its reader alone."""
    return Message(text=text(card), blocks=blocks(card, lead))


def text(card: Card) -> str:
    """One line: what it is about, the amount, where it stands."""
    shown = [part for part in (card.title, amount(card), card.headline) if part]
    return escape(fitted(clean(" · ".join(shown)), TEXT_MAX))


def blocks(card: Card, lead: str | None = None) -> Blocks:
    """The card's blocks, saying so when something was cut to fit."""
    for limit in _ROOMS:
        made = _laid_out(card, lead, Room(limit))
        if size(made) <= JSON_MAX:
            return made
    for name in _LEAST_NEEDED:
        made = [b for b in made if b["block_id"] != name]
        if size(made) <= JSON_MAX:
            break
    return [*made[:-1], parts.footer(card, cut=True)]


def size(made: Blocks) -> int:
    """Characters of the blocks as JSON."""
    return len(json.dumps(made, ensure_ascii=False))


def _laid_out(card: Card, lead: str | None, room: Room) -> Blocks:
    made: list[Json | None] = []
    if lead:
        made.append(parts.section("lead", plain(room.fit(lead, 1000), parts.SECTION_CHARS)))
    made += [parts.title(card, room), parts.state(card, room)]
    made += [_given(card.reason, parts.reason, room), _given(card.note, parts.note, room)]
    made += [parts.facts(card, room), _given(card.description, parts.about, room)]
    deciding = card.status in OPEN
    if deciding:
        made.append(parts.first_risks(card.risks, room) if card.risks else None)
        made += [parts.advice(card, room), parts.why(card, room), menu.block(card)]
    made += [parts.stages(card, room), parts.more_facts(card, room)]
    made.append(_given(card.description, parts.description, room))
    made.append(_given(card.note, parts.whole_note, room))
    made.append(parts.all_risks(card.risks, room) if deciding else None)
    made.append(parts.remarks(card, room))
    made.append(parts.questions(card, room) if deciding else None)
    made.append(parts.points(card, room) if deciding else menu.block(card))
    made.append(parts.footer(card, room.was_cut))
    return [block for block in made if block is not None]


def _given(value: str | None, part: Callable[[str, Room], Json | None], room: Room) -> Json | None:
    return part(value, room) if value else None
