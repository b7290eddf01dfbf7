"""Card -> Adaptive Card 1.5, the newest version that Teams shows from bots.

Pure: the same card always gives the same JSON. Says nothing the card does not say, and
decides nothing; sizes and escaping stand in limits.py and text.py.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.teams import sections, whole
from adapters.teams.buttons import buttons
from adapters.teams.limits import MOST, SIZES, Limits
from adapters.teams.text import Element, fitted
from core.card import Card
from core.text import one_line

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def render(
    card: Card,
    *,
    said: Element | None = None,
    hint: Element | None = None,
    smaller: int = 0,
    is_apart: bool = False,
) -> Element:
    """The card as large as it fits; `smaller` starts that many sizes below the largest.

    `said` is a sentence for this reader, shown on top (`sections.notice`), `hint` one that
    stands above the buttons. `is_apart`: in a message that nobody edits (`buttons.apart`).
    """
    made: Element = {}
    for limits in SIZES[smaller:]:
        made = _laid_out(card, limits, said, hint, is_apart)
        if size(made) <= MOST:
            break
    return made


def size(card: Element) -> int:
    """Bytes of its JSON in UTF-8."""
    return len(msgspec.json.encode(card))


def summary(card: Card) -> str:
    """The line that a notification shows, plain text."""
    return fitted(one_line(f"{card.title}: {card.headline}"), 200)


def _laid_out(
    card: Card, limits: Limits, said: Element | None, hint: Element | None, is_apart: bool
) -> Element:
    action = whole.inside(card, limits.action_bytes)
    body = [
        *([said] if said else []),
        *sections.head(card, limits),
        *sections.note(card, limits),
        *sections.facts(card, limits),
        *(whole.longer(card) if action is None else []),
        *sections.deadline(card),
        *sections.reason(card, limits),
        *sections.risks(card, limits),
        *sections.description(card, limits),
        *sections.stages(card, limits),
        *sections.remarks(card, limits),
        *sections.rationale(card, limits),
        *sections.why(card, limits),
        *sections.footer(card),
        *([hint] if hint else []),
    ]
    actions = buttons(card, limits, action, is_apart=is_apart)
    return wrapped(body, actions, f"status {card.request}")


def wrapped(body: Sequence[Element], actions: Sequence[Element], otherwise: str) -> Element:
    """A whole card; `otherwise` is the command that helps a client which cannot show it."""
    made: dict[str, Any] = {
        "$schema": _SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": f"This client cannot show the card. Write to me: {otherwise}",
        "msteams": {"width": "Full"},
        "body": list(body),
    }
    if actions:
        made["actions"] = list(actions)
    return made
