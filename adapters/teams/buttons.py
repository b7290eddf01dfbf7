"""The buttons of a card, from what the core allows: pure, no layout of the body.

What the core puts in its menu is in Teams' overflow menu; a card has at most four buttons
beside it. A menu's entry never opens a part of the card: that does not work in Teams
(https://github.com/microsoft/AdaptiveCards/issues/8652), so it asks for the form, the history
or the action, which then stands in place of the card.

Reject asks for its reason in a card of its own, so that an empty reason never blocks
Approve, which takes along the comment written above it. Every Action.Execute has an
Action.Submit to fall back on: clients that do not know the first one send a message instead
(https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards).
"""

from msgspec.structs import replace

from adapters.teams.actions import APART, FORM, HISTORY, PAGE, REVISE, SHOW, pack
from adapters.teams.inputs import COMMENT, MAX_REASON, REASON
from adapters.teams.limits import Limits
from adapters.teams.text import Element, fitted, line, run
from core.card import Button, Card, Verb
from core.chat.ask_words import AGAIN
from core.chat.forms import AT_ONCE, DECIDING, WORDS
from core.commands import Binding
from core.request import Status
from core.text import one_line

SEND = "Send rejection"
ASK = "Please say why: a rejection needs a reason."
MAY_COMMENT = "Comment with your approval (optional)"
MOST_BUTTONS = 4


def buttons(card: Card, limits: Limits, *, is_apart: bool = False) -> list[Element]:
    """The card's actions: its buttons, then its menu. What is decided about can be read beside
    the decision, wherever the core lists it."""
    beside = [b for b in card.more if b.verb is Verb.VIEW and decides(card)]
    made = [_button(card, b, limits, is_apart) for b in (*card.buttons, *beside)]
    shown = [each for each in made if each is not None]
    if card.revisable:
        # It is what everybody waits for once changes were asked for.
        awaited = card.status is Status.CHANGES_REQUESTED
        shown.insert(0, reviser(AGAIN, card.request, is_apart=is_apart, awaited=awaited))
    entries = [_pressed(card, button, is_apart) for button in card.more if button not in beside]
    menu = [*shown[MOST_BUTTONS:], *(each for each in entries if each is not None)]
    return [*shown[:MOST_BUTTONS], *map(_in_menu, menu)]


def comment(card: Card) -> list[Element]:
    """Where a comment can be written that goes with Approve."""
    if card.binding is None or all(b.verb is not Verb.APPROVE for b in card.buttons):
        return []
    return [
        {
            "type": "Input.Text",
            "id": COMMENT,
            "placeholder": MAY_COMMENT,
            "maxLength": MAX_REASON,
            "spacing": "Medium",
        }
    ]


def _button(card: Card, button: Button, limits: Limits, is_apart: bool) -> Element | None:
    if card.binding is not None and button.verb is Verb.REJECT:
        return _reject(card.binding, button, is_apart)
    if card.binding is not None and button.confirm is not None:
        return _confirmed(card, button, limits, is_apart)
    return _pressed(card, button, is_apart)


def _pressed(card: Card, button: Button, is_apart: bool) -> Element | None:
    """A button that goes to the service at once: to act, to get the form, or to be shown."""
    title = fitted(one_line(button.label), 60)
    if button.verb is Verb.VIEW:
        return pager(title, card, 1, is_apart=is_apart)
    if button.verb is Verb.HISTORY:
        return chronicle(title, card.request, 1, is_apart=is_apart)
    if card.binding is None and button.verb in DECIDING:
        return None
    data = pack(button.verb.value, card.request, card.binding) | _where(is_apart)
    if button.verb not in AT_ONCE:
        data |= {"verb": FORM, "act": button.verb.value}
    if button.verb is Verb.APPROVE:
        return execute(title, data, id=data["verb"], style="positive", associated="auto")
    return execute(title, data)


def _confirmed(card: Card, button: Button, limits: Limits, is_apart: bool) -> Element:
    confirm = button.confirm
    assert confirm is not None, "a question is asked only where there is one"
    question = line(run(confirm.title, limits.title, weight="Bolder"))
    body = [question, line(run(confirm.text, limits.question), spacing="Small")]
    yes = _pressed(card, replace(button, label=confirm.yes, confirm=None), is_apart)
    assert yes is not None, "a decision has its binding here"
    return _opens("confirm", button.label, body, [yes], style="positive")


def _reject(binding: Binding, button: Button, is_apart: bool) -> Element:
    reason = {
        "type": "Input.Text",
        "id": REASON,
        "label": WORDS[Verb.REJECT].reason,
        "isRequired": True,
        "errorMessage": ASK,
        "isMultiline": True,
        "maxLength": MAX_REASON,
    }
    data = pack(Verb.REJECT.value, binding.request, binding) | _where(is_apart)
    send = execute(SEND, data, id=Verb.REJECT.value, style="destructive", associated="auto")
    return _opens("ask", button.label, [reason], [send], style="destructive")


def _opens(
    id: str, title: str, body: list[Element], actions: list[Element], style: str = "default"
) -> Element:
    inner: Element = {"type": "AdaptiveCard", "body": body}
    if actions:
        inner["actions"] = actions
    return {"type": "Action.ShowCard", "id": id, "title": title, "style": style, "card": inner}


def execute(
    title: str,
    data: Element,
    *,
    id: str | None = None,
    style: str = "default",
    associated: str = "none",
) -> Element:
    """A button that sends `data`; `associated` "auto" sends the inputs with it."""
    submit = {"type": "Action.Submit", "title": title, "data": data, "associatedInputs": associated}
    made: Element = {
        "type": "Action.Execute",
        "title": title,
        "verb": data["verb"],
        "data": data,
        "associatedInputs": associated,
        "fallback": submit,
    }
    if id is not None:
        made["id"] = id
    return made if style == "default" else {**made, "style": style}


def _in_menu(action: Element) -> Element:
    """The same in the overflow menu.

    https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format#adaptive-cards-overflow-menu
    """
    made = {**action, "mode": "secondary"}
    if "fallback" in made:
        made["fallback"] = {**made["fallback"], "mode": "secondary"}
    return made


def decides(card: Card) -> bool:
    """Whether its reader is offered a decision."""
    return card.binding is not None and any(b.verb in DECIDING for b in card.buttons)


def apart(card: Card) -> Card:
    """The card for a message that nobody edits: no decision is on it, since what is decided
    about could be another thing by then. All else is about the request as it then is."""
    return replace(
        card,
        buttons=tuple(b for b in card.buttons if b.verb not in DECIDING),
        more=tuple(b for b in card.more if b.verb not in DECIDING),
    )


def opener(title: str, request: str, *, apart: bool) -> Element:
    """A button that shows a request's present card; it decides nothing."""
    return execute(title, {"verb": SHOW, "request": request, **_where(apart)})


def reviser(title: str, request: str, *, is_apart: bool, awaited: bool = False) -> Element:
    """A button that asks for the form in which a requester changes a request, or takes it up."""
    data = {"verb": REVISE, "request": request, **_where(is_apart)}
    return execute(title, data, style="positive" if awaited else "default")


def pager(title: str, card: Card, part: int, *, is_apart: bool) -> Element:
    """A button that shows a part of the whole action; it decides nothing."""
    about = {"request": card.request, "revision": card.revision, "part": part}
    return execute(title, {"verb": PAGE, **about, **_where(is_apart)})


def chronicle(title: str, request: str, part: int, *, is_apart: bool) -> Element:
    """A button that shows a part of the request's history; it decides nothing."""
    return execute(title, {"verb": HISTORY, "request": request, "part": part, **_where(is_apart)})


def _where(is_apart: bool) -> Element:
    """Where the answer is shown, as the press tells it; it may only take buttons away."""
    return {APART: True} if is_apart else {}
