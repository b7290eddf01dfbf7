"""The core's forms as Slack modals, and what was filled in on the way back.

Pure. What a form is about travels in its metadata; the core checks all of it again.
https://docs.slack.dev/reference/views (100 blocks, 24 characters of title)
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from adapters.slack import actions, modals
from adapters.slack.actions import Where
from adapters.slack.identity import text
from adapters.slack.parts import SECTION_CHARS, section
from adapters.slack.text import clean, plain
from core.card import Card, Verb
from core.cards.words import amount
from core.chat.form import Field, FieldKind, Form
from core.chat.forms import ONE_PERSON, OR_ADDRESS, PERSON_NEEDED
from core.chat.port import Answer, Click
from core.commands import Binding
from core.directory.people import Identity
from core.refusals import Reason
from core.value import Value

Json = dict[str, Any]

# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
INPUT_CHARS: Final = 3000
FIELDS: Final = 90

_BLOCK: Final = "countersign_field_"
_NUMBERED: Final = re.compile(rf"{_BLOCK}(\d{{1,3}})(?:_address)?")
# https://docs.slack.dev/reference/block-kit/block-elements/email-input-element
_ADDRESS: Final = "to_address"
_TEXTS: Final = frozenset({"reason", "text"})

_BLANK: Final = {
    Verb.REJECT: "Please say why: a rejection needs a reason.",
    Verb.REQUEST_CHANGES: "Please say what should change.",
    Verb.ASK: "Please write your question.",
    Verb.COMMENT: "Please write your comment.",
    Verb.BREAK_GLASS: "Please say why: break-glass needs a reason.",
}
"""What is told at an empty text that the act cannot do without."""

_SAID: Final = frozenset({Verb.EDIT, Verb.DELEGATE, Verb.ESCALATE, Verb.BREAK_GLASS})
"""After these the form says what came of it: it may differ from what one expects."""

_AT_TEXT: Final = frozenset({Reason.REASON_REQUIRED, Reason.TEXT_TOO_LONG})
_AT_PERSON: Final = frozenset(
    {
        Reason.UNKNOWN_PERSON,
        Reason.DELEGATION_CYCLE,
        Reason.DELEGATE_NOT_QUALIFIED,
        Reason.DELEGATE_BARRED,
        Reason.ALREADY_ASKED,
    }
)
_AT_EDIT: Final = frozenset(
    {
        Reason.INVALID_FIELD,
        Reason.REVISION_UNCHANGED,
        Reason.CONDITION_FAILED,
        Reason.NOBODY_TO_ASK,
    }
)
"""Refusals that another entry in this form can mend."""


class Entry(Value, frozen=True):
    """One input of a form that was sent: its block, its name in the act, what was entered."""

    block: str
    name: str
    text: str


class Filled(Value, frozen=True):
    """A form that was sent, by whoever Slack says sent it."""

    verb: Verb
    binding: Binding
    where: Where
    view: str
    hash: str
    entries: tuple[Entry, ...]

    @property
    def remark(self) -> Entry | None:
        """The reason, comment or question: the last such input, after what is edited."""
        names = {"reason"} if self._edits else _TEXTS
        return next((e for e in reversed(self.entries) if e.name in names), None)

    @property
    def person(self) -> Entry | None:
        """The address that was written, else who was chosen; `blank` refuses both together."""
        by_hand = self.address
        return by_hand if by_hand and by_hand.text.strip() else self.chosen

    @property
    def chosen(self) -> Entry | None:
        return next((e for e in self.entries if e.name == "to"), None)

    @property
    def address(self) -> Entry | None:
        return next((e for e in self.entries if e.name == _ADDRESS), None)

    @property
    def edited(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e != self.remark) if self._edits else ()

    @property
    def _edits(self) -> bool:
        return self.verb is Verb.EDIT

    def click(self, who: Identity) -> Click:
        """The act that the form asks for."""
        remark, person = self.remark, None if self._edits else self.person
        evidence = {"team": who.realm, "channel": self.where.channel, "ts": self.where.ts}
        return Click(
            identity=who,
            binding=self.binding,
            verb=self.verb,
            place=self.where.place,
            once=once(who, self.view, self.hash),
            reason=(remark.text.strip() or None) if remark else None,
            to=(person.text.strip() or None) if person else None,
            edits={e.name: e.text for e in self.edited},
            evidence=evidence | ({"view": self.view} if self.view else {}),
        )


def once(who: Identity, view: str, hash: str) -> str:
    """What tells a form, as it was shown, from all others; "" if nothing does. One that was
    refused is sent again as the same, since it had no effect."""
    return "|".join((who.realm, who.account, view, hash)) if view else ""


def about(card: Card) -> str:
    """What is decided about, in one line: title and amount."""
    return " · ".join(filter(None, (card.title, amount(card))))


def view(form: Form, about: str, where: Where) -> Json:
    """The modal; `about` says which request it is, as its card is out of sight."""
    blocks = [section("about", plain(about, 500))] if about else []
    if form.intro:
        blocks.append(section("intro", plain(form.intro, SECTION_CHARS)))
    for number, field in enumerate(form.fields[:FIELDS]):
        blocks += _person(number, field) if _is_person(field) else [_field(number, field)]
    return {
        "type": "modal",
        "callback_id": actions.FORM,
        "private_metadata": actions.write_form(form.verb, form.binding, where),
        "title": plain(form.title, 24),
        "submit": plain(form.submit, 24),
        "close": plain("Cancel", 24),
        "blocks": blocks,
    }


def _is_person(field: Field) -> bool:
    return field.kind is FieldKind.PERSON


def _field(number: int, field: Field) -> Json:
    if not _fits(field):
        return section(f"left_{number}", plain(_left_out(field), SECTION_CHARS))
    made = _input(str(number), field.label, _text(field), optional=not field.required)
    return made | ({"hint": plain(field.hint, 300)} if field.hint else {})


def _person(number: int, field: Field) -> list[Json]:
    """Somebody who is chosen, or named by address: not everybody in the directory is in Slack.

    Neither input can be required alone, so `blank` sees to it that one is given.
    """
    picker = _input(str(number), field.label, _people(field), optional=True)
    if field.hint:
        picker["hint"] = plain(field.hint, 300)
    element = {"type": "email_text_input", "action_id": _ADDRESS}
    return [picker, _input(f"{number}_address", OR_ADDRESS, element, optional=True)]


def _input(id: str, label: str, element: Json, *, optional: bool) -> Json:
    # https://docs.slack.dev/reference/block-kit/blocks/input-block
    return {
        "type": "input",
        "block_id": f"{_BLOCK}{id}",
        "label": plain(label, 150),
        "optional": optional,
        "element": element,
    }


def _fits(field: Field) -> bool:
    """Whether the value comes back as it stands when nobody touches it."""
    return len(field.value) <= min(field.limit, INPUT_CHARS) and not _hides(field.value)


def _hides(value: str) -> bool:
    """Whether it holds characters that a reader does not see, or that cannot be sent."""
    return clean(value) != value


def _left_out(field: Field) -> str:
    why = "holds hidden characters" if _hides(field.value) else "is too long"
    return f"{field.label} {why}, so it cannot be changed in Slack. It stays as it is."


def _text(field: Field) -> Json:
    made: Json = {
        "type": "plain_text_input",
        "action_id": field.name,
        "multiline": field.kind is FieldKind.TEXT or "\n" in field.value,
        "max_length": min(field.limit, INPUT_CHARS),
    }
    if field.required:
        made["min_length"] = 1
    return made | ({"initial_value": field.value} if field.value else {})


def _people(field: Field) -> Json:
    # https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#users_select
    made: Json = {
        "type": "users_select",
        "action_id": field.name,
        "placeholder": plain("Choose somebody", 150),
    }
    chosen = re.fullmatch(r"[UW][A-Z0-9]{2,20}", field.value)
    return made | ({"initial_user": field.value} if chosen else {})


def read(view: Json) -> Filled | None:
    """A form that was sent; None for one of another version."""
    found = actions.read_form(text(view, "private_metadata"))
    if found is None:
        return None
    verb, binding, where = found
    entries = tuple(entry for _, entry in sorted(_entries(view), key=lambda pair: pair[0]))
    id_, hash_ = text(view, "id"), text(view, "hash")
    return Filled(verb=verb, binding=binding, where=where, view=id_, hash=hash_, entries=entries)


def _entries(view: Json) -> Iterator[tuple[int, Entry]]:
    state = view.get("state")
    blocks = state.get("values") if isinstance(state, dict) else None
    for block, inputs in blocks.items() if isinstance(blocks, dict) else ():
        numbered = _NUMBERED.fullmatch(block)
        for name, given in inputs.items() if isinstance(inputs, dict) else ():
            if numbered:
                entered = text(given, "value") or text(given, "selected_user")
                yield int(numbered.group(1)), Entry(block=block, name=name, text=entered)


def blank(filled: Filled) -> Json | None:
    """The complaint about a text or a person that is missing; None when nothing is."""
    if filled.verb is Verb.DELEGATE:
        return _nobody(filled)
    remark, sentence = filled.remark, _BLANK.get(filled.verb)
    if sentence is None or (remark is not None and remark.text.strip()):
        return None
    return modals.replaced(sentence) if remark is None else _complaint(remark, sentence)


def _nobody(filled: Filled) -> Json | None:
    """The complaint about a choice of nobody, or of two."""
    person, chosen = filled.person, filled.chosen
    if person is None:
        return modals.replaced(PERSON_NEEDED)
    if not person.text.strip():
        return _complaint(person, PERSON_NEEDED)
    both = chosen is not None and chosen is not person and chosen.text
    return _complaint(person, ONE_PERSON) if both else None


def sent(filled: Filled, answer: Answer) -> Json:
    """What the form does after it was sent, as arguments of Bolt's `ack`."""
    # https://docs.slack.dev/surfaces/modals#response_actions
    if answer.refused is None:
        shown_elsewhere = bool(filled.where.response_url) or filled.verb not in _SAID
        return {"response_action": "clear"} if shown_elsewhere else modals.replaced(answer.text)
    place = _place_of(filled, answer.refused, answer.text)
    if place is None and answer.card is not None:
        # The form is about something that is so no longer: the present card takes its place.
        return modals.put(modals.card(answer.card, filled.where, lead=answer.text))
    if place is None:
        return modals.replaced(answer.text)
    return _complaint(place, _at(place, answer.refused, answer.text))


def _at(place: Entry, refused: Reason, sentence: str) -> str:
    """The sentence as it stands at its input, which says what it is about already."""
    if refused is not Reason.INVALID_FIELD:
        return sentence
    bare = sentence.removeprefix("edits.")
    named = f"{place.name}: "
    if not bare.startswith(named):
        return bare
    said = bare.removeprefix(named)
    return said[:1].upper() + said[1:]


def _place_of(filled: Filled, refused: Reason, sentence: str) -> Entry | None:
    """The input at which a refusal can be mended."""
    if refused in _AT_TEXT:
        return filled.remark
    if refused in _AT_PERSON:
        return filled.person
    if refused in _AT_EDIT:
        named = sentence.partition(":")[0].removeprefix("edits.")
        first = next(iter(filled.edited), None)
        return next((e for e in filled.entries if e.name == named), first)
    return None


def _complaint(entry: Entry, sentence: str) -> Json:
    """The form stays, with this sentence at the input."""
    return {"response_action": "errors", "errors": {entry.block: sentence}}
