"""The buttons of a card, from what the core allows: pure, no layout of the body.

Reject asks for its reason in a card of its own, so that an empty reason never blocks
Approve. Every Action.Execute has an Action.Submit to fall back on: clients that do not know
the first one send a message instead
(https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards).
"""

from adapters.teams.actions import MAX_REASON, REASON, pack
from adapters.teams.limits import Limits
from adapters.teams.text import Element, line, paragraphs, run
from core.card import Button, Card, Verb
from core.commands import Binding

SEND = "Send rejection"
ASK = "Please say why: a rejection needs a reason."


def buttons(card: Card, limits: Limits) -> list[Element]:
    """The card's actions; none once nothing can be decided."""
    return [made for button in card.buttons if (made := _button(card, button, limits))]


def _button(card: Card, button: Button, limits: Limits) -> Element | None:
    if button.verb is Verb.VIEW:
        return _view(card, button, limits)
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


def _view(card: Card, button: Button, limits: Limits) -> Element:
    lines = paragraphs(
        card.whole_action, limits.action, limits.action_lines, fontType="Monospace", size="Small"
    )
    short = f"Revision {card.revision}, digest {card.digest[:16]}…"
    digest = line(run(short, 120, isSubtle=True))
    return _opens("view", button.label, [*lines, digest], [])


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


def opener(title: str, request: str) -> Element:
    """A button that shows a request's present card; it decides nothing."""
    data = {"verb": "show", "request": request}
    submit = {"type": "Action.Submit", "title": title, "data": data}
    return {
        "type": "Action.Execute",
        "title": title,
        "verb": "show",
        "data": data,
        "fallback": submit,
    }
