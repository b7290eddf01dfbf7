"""The request form as a Slack modal, what was filled in, and what the modal becomes then.

Pure. What a form is about travels in its metadata, which Slack keeps and signs; the core
checks all of it again. https://docs.slack.dev/reference/views
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from adapters.slack import actions, menu, modals, render
from adapters.slack.actions import Where
from adapters.slack.identity import text
from adapters.slack.parts import SECTION_CHARS, section
from adapters.slack.text import clean, plain
from core.chat.ask_words import ANEW, CHOOSE, HINTS, LABELS, LINES, REQUIRED
from core.chat.asking_port import LONGEST, About, Asked, AskForm, Entries, Kind, Part
from core.value import Value

Json = dict[str, Any]

FORM: Final = "countersign_ask"
SENT: Final = "countersign_asked"
_BLOCK: Final = "countersign_ask_"

# https://docs.slack.dev/reference/block-kit/composition-objects/option-object
OPTION_CHARS: Final = 75
PLACEHOLDER_CHARS: Final = 150
HINT_CHARS: Final = 300

_Id = Annotated[str, msgspec.Meta(max_length=200)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_about = msgspec.json.Decoder(tuple[Literal[1], _Id, _Number])


class Filled(Value, frozen=True):
    """A form that was sent: its id, what it is about and what stands in it."""

    id: str
    about: About | None
    entries: Entries


def view(form: AskForm) -> Json:
    """The modal."""
    blocks = [] if form.intro is None else [section("intro", plain(form.intro, SECTION_CHARS))]
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": _metadata(form.about),
        "title": plain(form.title, 24),
        "submit": plain(form.submit, 24),
        "close": plain("Cancel", 24),
        "blocks": blocks + [_input(part, form) for part in form.parts],
    }


def _metadata(about: About | None) -> str:
    parts = [1, "", 0] if about is None else [1, about.request, about.revision]
    return msgspec.json.encode(parts).decode()


def _input(part: Part, form: AskForm) -> Json:
    # https://docs.slack.dev/reference/block-kit/blocks/input-block
    made: Json = {
        "type": "input",
        "block_id": f"{_BLOCK}{part.value}",
        "label": plain(LABELS[part], PLACEHOLDER_CHARS),
        "optional": part not in REQUIRED,
        "element": _ELEMENTS.get(part, _written)(part, form) | {"action_id": part.value},
    }
    hint = HINTS.get(part)
    return made if hint is None else made | {"hint": plain(hint, HINT_CHARS)}


def _written(part: Part, form: AskForm) -> Json:
    most = LONGEST[part]
    made: Json = {"type": "plain_text_input", "multiline": part in LINES, "max_length": most}
    stands = getattr(form.entries, part.value)
    return made | ({"initial_value": stands[:most]} if stands else {})


def _choice(_part: Part, form: AskForm) -> Json:
    # https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element (100)
    made: Json = {
        "type": "static_select",
        "placeholder": plain(CHOOSE, PLACEHOLDER_CHARS),
        "options": [_option(kind) for kind in form.kinds],
    }
    chosen = next((kind for kind in form.kinds if kind.type == form.entries.kind), None)
    return made if chosen is None else made | {"initial_option": _option(chosen)}


def _option(kind: Kind) -> Json:
    return {"text": plain(kind.label, OPTION_CHARS), "value": kind.type}


def _link(_part: Part, form: AskForm) -> Json:
    # https://docs.slack.dev/reference/block-kit/block-elements/url-input-element
    stands = form.entries.link
    return {"type": "url_text_input"} | ({"initial_value": stands} if stands else {})


def _day(_part: Part, _form: AskForm) -> Json:
    return {"type": "datepicker", "placeholder": plain("Choose a day", PLACEHOLDER_CHARS)}


_ELEMENTS: Final[Mapping[Part, Callable[[Part, AskForm], Json]]] = {
    Part.KIND: _choice,
    Part.LINK: _link,
    Part.NEEDED_BY: _day,
}


# --- on the way back -------------------------------------------------------------------------


def read(given: Json) -> Filled | None:
    """A form that was sent; None for one of another version."""
    try:
        _, request, revision = _about.decode(text(given, "private_metadata"))
    except msgspec.MsgspecError:
        return None
    about = About(request=request, revision=revision) if request else None
    values = {part.value: _entered(given, part) for part in Part}
    return Filled(id=text(given, "id"), about=about, entries=Entries(**values))


def _entered(given: Json, part: Part) -> str:
    place = ("state", "values", f"{_BLOCK}{part.value}", part.value)
    members = (("value",), ("selected_option", "value"), ("selected_date",))
    return next((found for m in members if (found := text(given, *place, *m))), "")


def answer(asked: Asked, given: Json) -> Json:
    """What the modal does after it was sent, as arguments of Bolt's `ack`."""
    # https://docs.slack.dev/surfaces/modals#response_actions
    if asked.refused is not None:
        inputs = _inputs(given)
        if asked.at is None or f"{_BLOCK}{asked.at}" not in inputs:
            return modals.replaced(asked.text)
        wrong = {asked.at: asked.text} | asked.besides
        told = {f"{_BLOCK}{part}": clean(said) for part, said in wrong.items()}
        here = {block: said for block, said in told.items() if block in inputs}
        return {"response_action": "errors", "errors": here}
    if asked.card is None:
        return modals.replaced(asked.text)
    return {"response_action": "update", "view": _sent(asked)}


def _inputs(given: Json) -> set[str]:
    blocks = given.get("blocks")
    found = blocks if isinstance(blocks, list) else []
    return {text(block, "block_id") for block in found if text(block, "type") == "input"}


def _sent(asked: Asked) -> Json:
    """The request in the form's place, as its requester sees it."""
    assert asked.card is not None, "only what was made is shown"
    blocks = render.blocks(asked.card, lead=asked.text)
    if asked.again is not None:
        button = menu.revise(asked.again.request, ANEW)
        blocks.insert(1, {"type": "actions", "block_id": f"{_BLOCK}again", "elements": [button]})
    return {
        "type": "modal",
        "callback_id": SENT,
        "private_metadata": actions.write_where(Where()),
        # What lies below is out of date by then.
        "clear_on_close": True,
        "title": plain("Your request", 24),
        "close": plain("Close", 24),
        "blocks": blocks,
    }
