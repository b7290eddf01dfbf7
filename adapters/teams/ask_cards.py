"""The request form as a card, and what was filled in. Pure.

What a form is about travels in its button's data; the core checks all of it again.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.teams.actions import APART, REVISE
from adapters.teams.buttons import execute
from adapters.teams.limits import MOST
from adapters.teams.render import size, wrapped
from adapters.teams.sections import notice
from adapters.teams.text import Element, fitted, label, line, own, paragraphs
from core.chat.ask_words import CHOOSE, HINTS, LABELS, LINES, REQUIRED
from core.chat.asking_port import LONGEST, About, AskForm, Entries, Kind, Part
from core.text import one_line

WISH: Final = "wish"
FORM: Final = "form"
_OF: Final = "wish:"
"""Before the name of each input: data and inputs come back in one object."""
_MOST_ID: Final = 200
_MOST_KIND: Final = 60
_TOO_LONG: Final = (
    "What stands in this request is too long for a form in Teams. Ask whoever runs the agent to "
    "revise it, or withdraw it and ask anew."
)


def concerns(data: Mapping[object, object]) -> bool:
    """Whether a button's data is of one of these forms, or asks for one."""
    return data.get("verb") in (WISH, REVISE)


def card(form: AskForm, id: str, *, problems: Sequence[str] = (), is_apart: bool = True) -> Element:
    """The form; `id` tells it from all others, `problems` are what was wrong with it before, of
    which the first is said where not all fit."""
    body = [
        *([notice(*problems, refused=True)] if problems else []),
        label(form.title, weight="Bolder", size="Large"),
        *([] if form.intro is None else paragraphs(form.intro, 1500, 12)),
        *(_input(part, form) for part in form.parts),
    ]
    made = wrapped(body, [_send(form, id, is_apart)], "request")
    if size(made) > MOST and len(problems) > 1:
        return card(form, id, problems=problems[:1], is_apart=is_apart)
    if size(made) > MOST:
        return wrapped([line(own(_TOO_LONG))], [], "request")
    return made


def _send(form: AskForm, id: str, is_apart: bool) -> Element:
    about = About(request="") if form.about is None else form.about
    data: Element = {"verb": WISH, FORM: id, "request": about.request, "revision": about.revision}
    data |= {APART: True} if is_apart else {}
    return execute(form.submit, data, style="positive", associated="auto")


def _input(part: Part, form: AskForm) -> Element:
    made: Element = {"id": f"{_OF}{part.value}", "label": LABELS[part]} | _element(part, form)
    if part in REQUIRED:
        made |= {"isRequired": True, "errorMessage": f"{LABELS[part]} is needed."}
    return made


def _element(part: Part, form: AskForm) -> Element:
    stands = getattr(form.entries, part.value)
    match part:
        case Part.KIND:
            return _choice(form)
        case Part.NEEDED_BY:
            return {"type": "Input.Date"} | ({"value": stands} if stands else {})
    made: Element = {
        "type": "Input.Text",
        "isMultiline": part in LINES,
        "maxLength": LONGEST[part],
        "value": stands[: LONGEST[part]],
    }
    hint = HINTS.get(part)
    return made if hint is None else {**made, "placeholder": hint}


def _choice(form: AskForm) -> Element:
    made: Element = {
        "type": "Input.ChoiceSet",
        "placeholder": CHOOSE,
        "choices": [_option(kind) for kind in form.kinds],
    }
    chosen = any(kind.type == form.entries.kind for kind in form.kinds)
    return {**made, "value": form.entries.kind} if chosen else made


def _option(kind: Kind) -> Element:
    return {"title": fitted(one_line(kind.label), _MOST_KIND), "value": kind.type}


# --- on the way back -------------------------------------------------------------------------


def about(data: Mapping[object, object]) -> About | None:
    """What the form starts from; None for a new request."""
    request, revision = _id(data.get("request")), data.get("revision")
    if not request:
        return None
    number = int(revision) if isinstance(revision, int | float) and 0 <= revision < 2**31 else 0
    return About(request=request, revision=number)


def form_id(data: Mapping[object, object]) -> str:
    """What tells the form from all others."""
    return _id(data.get(FORM))


def entries(data: Mapping[object, object]) -> Entries:
    """What stands in the form; clients leave out what is empty."""
    return Entries(**{part.value: _entered(data.get(f"{_OF}{part.value}"), part) for part in Part})


def _entered(value: Any, part: Part) -> str:
    if not isinstance(value, str):
        return ""
    # One character more than may stand there, so that what is too long is told and not cut.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return text[: LONGEST.get(part, _MOST_ID) + 1]


def _id(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MOST_ID or not value.isprintable():
        return ""
    return value
