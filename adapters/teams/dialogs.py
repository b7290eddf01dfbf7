"""Dialogs: what takes longer than a click opens above the conversation, and survives that its
card is edited meanwhile. Pure.

A dialog knows no Action.Execute and is asked for with Action.Submit, so cards are made as for
clients without dialogs and changed here: https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/task-modules/task-modules-bots
"""

from collections.abc import Callable, Mapping
from typing import Any

from adapters.teams.actions import FORM, HISTORY, PAGE, REFRESH, REVISE, SHOW
from adapters.teams.render import CONTENT_TYPE
from adapters.teams.text import Element, fitted
from core.text import one_line

FETCH = "task/fetch"
SUBMIT = "task/submit"
_OPENING = frozenset({FORM, PAGE, HISTORY, REVISE})
_INSIDE = {"AdaptiveCard": "body", "Container": "items", "ColumnSet": "columns", "Column": "items"}
"""Where the elements stand that others hold."""
_HOLDING = _INSIDE.keys() | {"ActionSet"}
"""All other elements hold no button."""
_MOST_TITLE = 60

_Change = Callable[[Element], Element | None]


def opening(card: Element) -> Element:
    """The card with every button that asks for a form or only shows something opening a dialog."""
    return _each_action(card, _opens)


def inside(card: Element) -> Element:
    """The card as it stands in a dialog, where nothing leads back: the card is still there."""
    return _each_action(card, _submits)


def shown(title: str, card: Element, *, large: bool = False) -> dict[str, Any]:
    """The answer that opens a dialog, or puts another card in the one that is open."""
    size = {"height": "large" if large else "medium", "width": "medium"}
    attached = {"contentType": CONTENT_TYPE, "content": inside(card)}
    value = {"title": fitted(one_line(title), _MOST_TITLE), **size, "card": attached}
    return {"task": {"type": "continue", "value": value}}


def ended(text: str) -> dict[str, Any]:
    """The answer that leaves only a sentence in the dialog."""
    return {"task": {"type": "message", "value": fitted(text, 1000)}}


def asked(value: object) -> object:
    """The data of the button in the value of a dialog's invoke."""
    return value.get("data") if isinstance(value, Mapping) else None


def _each_action(card: Element, change: _Change) -> Element:
    made = dict(card)
    inside = _INSIDE.get(card["type"])
    if inside is not None:
        made[inside] = [
            _each_action(each, change) if each["type"] in _HOLDING else each
            for each in card[inside]
        ]
    if "actions" in card:
        made["actions"] = [found for action in card["actions"] if (found := change(action))]
    return made


def _opens(action: Element) -> Element | None:
    if action["type"] == "Action.ShowCard":
        return {**action, "card": opening(action["card"])}
    if action["type"] != "Action.Execute" or action["verb"] not in _OPENING:
        return action
    made = _submit(action)
    return {**made, "data": {**made["data"], "msteams": {"type": FETCH}}}


def _submits(action: Element) -> Element | None:
    if action["type"] == "Action.ShowCard":
        return {**action, "card": inside(action["card"])}
    if action["type"] != "Action.Execute":
        return action
    return None if action["verb"] in (SHOW, REFRESH) else _submit(action)


def _submit(action: Element) -> Element:
    """An Action.Execute as the Action.Submit that it may fall back on."""
    return {name: value for name, value in action.items() if name not in ("verb", "fallback")} | {
        "type": "Action.Submit"
    }
