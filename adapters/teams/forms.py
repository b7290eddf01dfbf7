"""A form of the core as a card: what will happen, what to fill in, a way back. Pure.

It stands in place of the request's card for the one person who asked for it, until it is sent
or the card is edited.
"""

from adapters.teams import inputs
from adapters.teams.actions import APART, pack
from adapters.teams.buttons import execute, opener
from adapters.teams.inputs import NOTHING, Filled
from adapters.teams.pages import BACK
from adapters.teams.render import size, wrapped
from adapters.teams.sections import box, notice
from adapters.teams.text import Element, fitted, line, own, paragraphs, run
from core.card import Card, Verb
from core.cards.words import amount
from core.chat.form import Field, Form
from core.text import one_line

_STYLES = {
    Verb.REJECT: "destructive",
    Verb.CANCEL: "destructive",
    Verb.BREAK_GLASS: "destructive",
    Verb.EDIT: "positive",
}
_ROOM = 16_000
"""Bytes for the inputs, which leaves enough for what stands around them."""


def card(
    form: Form,
    *,
    about: Card | None = None,
    apart: bool = False,
    given: Filled = NOTHING,
    problem: str | None = None,
) -> Element:
    """The form, with what was written in it before and what was wrong with that; `about` is
    the request's card, which the form stands in place of."""
    fields, left_out = _with_room(form, given)
    body = [
        *([notice(_named(problem, form), refused=True)] if problem else []),
        *([_request(about)] if about else []),
        line(run(form.title, 200, weight="Bolder", size="Large")),
        *_intro(form),
        *(each for field in fields for each in _drawn(form, field, given)),
        *_without_room(left_out),
    ]
    request = form.binding.request
    actions = [_send(form, fields, apart), opener(BACK, request, apart=apart)]
    return wrapped(body, actions, f"status {request}")


def _request(about: Card) -> Element:
    """What is decided about: the card that says so is not in sight."""
    worth = amount(about)
    more = [own(" · "), run(worth, 80)] if worth else []
    return line(run(about.title, 200, weight="Bolder"), *more)


def _named(problem: str, form: Form) -> str:
    """The sentence with a field's label in place of the name that the API has for it."""
    said = problem.removeprefix("edits.")
    name, colon, rest = said.partition(": ")
    label = next((field.label for field in form.fields if field.name == name), None)
    return f"{label}{colon}{rest}" if label and colon else said


def _intro(form: Form) -> list[Element]:
    if not form.intro:
        return []
    said = paragraphs(form.intro, 1500, 12)
    return [box("attention", said)] if form.verb is Verb.BREAK_GLASS else said


def _drawn(form: Form, field: Field, given: Filled) -> list[Element]:
    return inputs.drawn(field, _id(form, field), given)


def _id(form: Form, field: Field) -> str:
    return inputs.id_of(field, editing=form.verb is Verb.EDIT)


def _send(form: Form, fields: list[Field], apart: bool) -> Element:
    data = pack(form.verb.value, form.binding.request, form.binding)
    if form.verb is Verb.EDIT:
        data[inputs.FIELDS] = [f.name for f in fields if _id(form, f) != inputs.REASON]
    if apart:
        data[APART] = True
    style = _STYLES.get(form.verb, "default")
    title = fitted(one_line(form.submit), 60)
    return execute(title, data, style=style, associated="auto")


def _with_room(form: Form, given: Filled) -> tuple[list[Field], list[Field]]:
    """The fields that can be shown whole, and those that cannot: a value that was cut would be
    sent back cut."""
    shown: list[Field] = []
    left_out: list[Field] = []
    room = _ROOM
    for field in form.fields:
        needed = sum(size(each) for each in _drawn(form, field, given))
        fits = needed <= room and len(field.value) <= field.limit
        room -= needed if fits else 0
        (shown if fits else left_out).append(field)
    return shown, left_out


def _without_room(fields: list[Field]) -> list[Element]:
    if not fields:
        return []
    names = ", ".join(field.label for field in fields)
    return [line(run(f"Too long to edit here, and left as they are: {names}", 500))]
