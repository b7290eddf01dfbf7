"""Card -> Adaptive Card 1.5, the newest version that Teams shows from bots.

Pure: the same card always gives the same JSON. What one needs to decide stands first and is
short, so that a phone shows it together with the buttons; the record, the reasons and every
long text follow whole below. Decides nothing; sizes and escaping stand in limits.py and text.py.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.teams import details, sections
from adapters.teams.actions import REFRESH
from adapters.teams.buttons import buttons, comment
from adapters.teams.limits import MOST, SIZES, Limits
from adapters.teams.text import Element, fitted
from core.card import Card
from core.text import one_line

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
MOST_VIEWERS = 60
"""Teams gives no more people a view of their own."""
_encode = msgspec.json.Encoder().encode
_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def render(
    card: Card,
    *,
    said: Element | None = None,
    hint: Element | None = None,
    smaller: int = 0,
    is_apart: bool = False,
    viewers: Sequence[str] = (),
) -> Element:
    """The card as large as it fits; `smaller` starts that many sizes below the largest.

    `said` is a sentence for this reader, shown on top (`sections.notice`), `hint` one that
    stands above the buttons. `is_apart`: in a message that nobody edits (`buttons.apart`).
    `viewers` are the Teams user ids of those whose clients ask for a view of their own.
    """
    made: Element = {}
    for limits in SIZES[smaller:]:
        made = _laid_out(card, limits, said, hint, is_apart)
        if viewers and card.binding is not None:
            made["refresh"] = _refresh(card, viewers)
        if size(made) <= MOST:
            return made
    # The smallest has room for all but, perhaps, some of those who get a view of their own.
    while size(made) > MOST and "refresh" in made:
        fewer = made["refresh"]["userIds"][:-5]
        made.pop("refresh")
        if fewer:
            made["refresh"] = _refresh(card, fewer)
    return made


def encoded(body: Element) -> bytes:
    """A card, or an answer with one in it, as JSON."""
    return _encode(body)


def size(card: Element) -> int:
    """Bytes of its JSON in UTF-8."""
    return len(encoded(card))


def summary(card: Card) -> str:
    """The line that a notification shows, plain text."""
    return fitted(one_line(f"{card.title}: {card.headline}"), 200)


def _laid_out(
    card: Card, limits: Limits, said: Element | None, hint: Element | None, is_apart: bool
) -> Element:
    actions = buttons(card, limits, is_apart=is_apart)
    body = [
        *([said] if said else []),
        *sections.head(card, limits),
        *sections.deadline(card),
        *sections.reason(card, limits),
        *sections.note(card, limits),
        *sections.facts(card, limits),
        *sections.about(card, limits),
        *sections.risks(card, limits),
        *sections.advice(card, limits),
        *sections.why(card, limits),
        *([hint] if hint else []),
        *comment(card),
        *([{"type": "ActionSet", "spacing": "Medium", "actions": actions}] if actions else []),
        *details.stages(card, limits),
        *details.facts(card, limits),
        *details.description(card, limits),
        *details.note(card, limits),
        *details.risks(card, limits),
        *details.remarks(card, limits),
        *details.questions(card, limits),
        *details.points(card, limits),
        *details.footer(card),
    ]
    return wrapped(body, [], f"status {card.request}")


def _refresh(card: Card, viewers: Sequence[str]) -> Element:
    """What makes a client ask for its own person's view, by itself and as often as it likes.

    https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/user-specific-views
    """
    data = {"verb": REFRESH, "request": card.request}
    action = {"type": "Action.Execute", "title": "Refresh", "verb": REFRESH, "data": data}
    return {"action": action, "userIds": list(viewers[:MOST_VIEWERS])}


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
