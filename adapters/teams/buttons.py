"""The buttons of a card, from what the core allows: pure, no layout of the body.

Reject asks for its reason in a card of its own, so that an empty reason never blocks
Approve. Every Action.Execute has an Action.Submit to fall back on: clients that do not know
the first one send a message instead
(https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards).
"""

from msgspec.structs import replace

from adapters.teams.actions import APART, MAX_REASON, PAGE, REASON, SHOW, pack
from adapters.teams.limits import Limits
from adapters.teams.text import Element, line, run
from core.card import Button, Card, Verb
from core.commands import Binding

SEND = "Send rejection"
ASK = "Please say why: a rejection needs a reason."


def buttons(card: Card, limits: Limits, whole: list[Element] | None) -> list[Element]:
    """The card's actions; none once nothing can be decided.

    `whole` is the whole action as far as it has room in the card, else it is opened in parts.
    """
    return [made for button in card.buttons if (made := _button(card, button, limits, whole))]


def _button(
    card: Card, button: Button, limits: Limits, whole: list[Element] | None
) -> Element | None:
    if button.verb is Verb.VIEW and whole is None:
        return pager(button.label, card, 1)
    if button.verb is Verb.VIEW:
        return _opens("view", button.label, whole or [], [])
    if card.binding is None:
        return None
    if button.verb is Verb.REJECT:
        return _reject(card.binding, button)
    return _approve(card.binding, button, limits)


def _approve(binding: Binding, button: Button, limits: Limits) -> Element:
    if button.confirm is None:
        return _execute(Verb.APPROVE, button.label, binding, style="positive")
    confirm = button.confirm
    question = line(run(confirm.title, limits.title, weight="Bolder"))
    body = [question, line(run(confirm.text, limits.question), spacing="Small")]
    yes = _execute(Verb.APPROVE, confirm.yes, binding, style="positive")
    return _opens("confirm", button.label, body, [yes], style="positive")


def _reject(binding: Binding, button: Button) -> Element:
    reason = {
        "type": "Input.Text",
        "id": REASON,
        "label": "Why?",
        "isRequired": True,
        "errorMessage": ASK,
        "isMultiline": True,
        "maxLength": MAX_REASON,
        "placeholder": "The requester and the agent will read this",
    }
    send = _execute(Verb.REJECT, SEND, binding, style="destructive", inputs="auto")
    return _opens("ask", button.label, [reason], [send], style="destructive")


def _opens(
    id: str, title: str, body: list[Element], actions: list[Element], style: str = "default"
) -> Element:
    inner: Element = {"type": "AdaptiveCard", "body": body}
    if actions:
        inner["actions"] = actions
    return {"type": "Action.ShowCard", "id": id, "title": title, "style": style, "card": inner}


def _execute(
    verb: Verb, title: str, binding: Binding, *, style: str, inputs: str = "none"
) -> Element:
    data = pack(verb.value, binding)
    submit = {"type": "Action.Submit", "title": title, "data": data, "associatedInputs": inputs}
    return {
        "type": "Action.Execute",
        "id": verb.value,
        "title": title,
        "verb": verb.value,
        "data": data,
        "style": style,
        "associatedInputs": inputs,
        "fallback": submit,
    }


def decides(card: Card) -> bool:
    """Whether its reader is offered a decision."""
    return card.binding is not None and any(b.verb is not Verb.VIEW for b in card.buttons)


def apart(card: Card) -> Card:
    """The card for a message that nobody edits: what could go out of date is not on it."""
    shown = tuple(button for button in card.buttons if button.verb is Verb.VIEW)
    return replace(card, buttons=shown, binding=None)


def opener(title: str, request: str, *, apart: bool) -> Element:
    """A button that shows a request's present card; it decides nothing."""
    return _shows(title, {"verb": SHOW, "request": request, **_where(apart)})


def pager(title: str, card: Card, part: int) -> Element:
    """A button that shows a part of the whole action; it decides nothing."""
    about = {"request": card.request, "revision": card.revision, "part": part}
    return _shows(title, {"verb": PAGE, **about, **_where(card.binding is None)})


def _where(apart: bool) -> Element:
    """Where the answer is shown, as the press tells it; it may only take buttons away."""
    return {APART: True} if apart else {}


def _shows(title: str, data: Element) -> Element:
    submit = {"type": "Action.Submit", "title": title, "data": data, "associatedInputs": "none"}
    return {
        "type": "Action.Execute",
        "title": title,
        "verb": data["verb"],
        "data": data,
        "associatedInputs": "none",
        "fallback": submit,
    }
