"""What can be done with a card: its buttons, the menu beside them, and the list of all.

Pure. A menu holds five entries at most; a longer one ends in an entry that opens the list
as a modal. A select menu would hold more, but Slack's clients keep showing what was chosen:
https://github.com/slackapi/bolt-js/issues/2766
"""

from collections.abc import Sequence
from typing import Any, Final

from adapters.slack import actions
from adapters.slack.actions import MORE, Where
from adapters.slack.parts import section
from adapters.slack.text import plain
from core.card import Button, Card, Confirm, Verb
from core.chat.ask_words import AGAIN
from core.chat.forms import AT_ONCE, DECIDING, SHOWING
from core.commands import Binding
from core.request import OPEN, Status

Json = dict[str, Any]

BUTTON_CHARS: Final = 75
# https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element
OPTIONS: Final = 5
# https://docs.slack.dev/reference/block-kit/blocks/actions-block (25)
BUTTONS: Final = 20
MORE_LABEL: Final = "More…"

_STYLES: Final = {
    Verb.APPROVE: "primary",
    Verb.REJECT: "danger",
    Verb.BREAK_GLASS: "danger",
}


def block(card: Card) -> Json | None:
    """The row of buttons with the menu; on a finished request only what shows something."""
    is_open = card.status in OPEN
    more = [b for b in card.more if is_open or b.verb in SHOWING]
    shown = [*card.buttons, *(b for b in more if _stands_apart(b))] if is_open else []
    elements = _buttons(shown, card)
    if card.revisable:
        # It is what everybody waits for once changes were asked for.
        awaited = card.status is Status.CHANGES_REQUESTED
        elements.insert(0, revise(card.request, AGAIN, primary=awaited))
    verbs = {b.verb for b in shown}
    menu = _menu([b for b in more if b.verb not in verbs], card)
    elements += [menu] if menu else []
    return _row("actions", elements) if elements else None


def revise(request: str, label: str, *, primary: bool = False) -> Json:
    """A button that opens the form in which a requester changes a request or takes it up."""
    made: Json = {
        "type": "button",
        "action_id": actions.REVISE,
        "value": actions.write(request),
        "text": plain(label, BUTTON_CHARS),
    }
    return made | ({"style": "primary"} if primary else {})


def _stands_apart(button: Button) -> bool:
    """What one wants to see before one decides; and what asks a question of its own, since
    a menu would ask it for all its entries."""
    asks = button.confirm is not None and button.verb in AT_ONCE
    return asks or button.verb is Verb.VIEW


def choices(card: Card, where: Where) -> Json:
    """The list of all that the menu of a card offers, as a modal."""
    elements = _buttons(card.more, card)
    said = card.title if elements else "There is nothing more to do here now."
    blocks = [section("about", plain(said, 500))]
    if elements:
        blocks.append(_row("choices", elements))
    return {
        "type": "modal",
        "callback_id": actions.CHOICES,
        "private_metadata": actions.write_where(where),
        "title": plain("What to do", 24),
        "close": plain("Close", 24),
        "blocks": blocks,
    }


def _row(name: str, elements: list[Json]) -> Json:
    return {"type": "actions", "block_id": f"countersign_{name}", "elements": elements}


def _buttons(buttons: Sequence[Button], card: Card) -> list[Json]:
    """Each act once: Slack refuses a row in which an action id stands twice."""
    once = list({b.verb: b for b in buttons}.values())[:BUTTONS]
    return [made for b in once if (made := _button(b, card)) is not None]


def _button(button: Button, card: Card) -> Json | None:
    target = _target(button.verb, card)
    if target is None:
        return None
    made: Json = {
        "type": "button",
        "text": plain(button.label, BUTTON_CHARS),
        "action_id": actions.of(button.verb),
        "value": actions.write(target),
    }
    if button.verb in _STYLES:
        made["style"] = _STYLES[button.verb]
    if button.confirm is not None:
        made["confirm"] = _confirm(button.confirm)
    return made


def _menu(buttons: Sequence[Button], card: Card) -> Json | None:
    options = [_option(b.verb.value, b.label, t) for b in buttons if (t := _target(b.verb, card))]
    if len(options) > OPTIONS:
        options = [*options[: OPTIONS - 1], _option(MORE, MORE_LABEL, card.request)]
    if not options:
        return None
    return {"type": "overflow", "action_id": actions.MENU, "options": options}


def _option(name: str, label: str, target: str | Binding) -> Json:
    return {"text": plain(label, BUTTON_CHARS), "value": actions.write_option(name, target)}


def _target(verb: Verb, card: Card) -> str | Binding | None:
    """What the act is about; None for a decision when there is nothing to decide."""
    if verb in SHOWING:
        return card.request
    if card.binding is not None or verb in DECIDING:
        return card.binding
    return Binding(request=card.request, revision=card.revision, commitment="", level=0, round=0)


def _confirm(confirm: Confirm) -> Json:
    # https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
    return {
        "title": plain(confirm.title, 100),
        "text": plain(confirm.text, 300),
        "confirm": plain(confirm.yes, 30),
        "deny": plain(confirm.no, 30),
    }
