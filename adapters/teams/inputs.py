"""The inputs of our forms: how they are drawn, and how what was written in them is read.

A person is chosen with Teams' own people picker, which sends the Entra object id
(https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/people-picker),
or named by address, since not every conversation can search the whole organisation.
"""

from collections.abc import Mapping

from adapters.teams.text import Element, fitted
from core.chat.form import Field, FieldKind
from core.chat.forms import ONE_PERSON, OR_ADDRESS, PERSON_NEEDED
from core.text import one_line
from core.value import Value

REASON = "reason"
COMMENT = "comment"
"""What is written above Approve, and goes with it alone."""
TO = "to"
ADDRESS = "to_address"
MAX_REASON = 2000
EDIT = "edit:"
FIELDS = "fields"
"""Data beside the inputs: the names of the fields that can be edited, since clients leave
inputs out that were emptied."""
PEOPLE = "graph.microsoft.com/users"
NEEDED = "This is needed."
"""Our own words alone: unlike a label, clients read Markdown in it."""
_MOST_FIELDS = 50
_MOST_NAME = 128


class Filled(Value, frozen=True):
    """What somebody wrote and chose. `to` is an account id, `address` what was written instead."""

    reason: str | None = None
    comment: str | None = None
    to: str | None = None
    address: str | None = None
    edits: dict[str, str] = {}

    @property
    def person(self) -> str | None:
        """The account id or address, None without either."""
        return self.to or self.address

    def value(self, id: str, before: str) -> str:
        """What was written in an input, else what stood there before."""
        if id == REASON:
            return self.reason or before
        return self.edits.get(id.removeprefix(EDIT), before)


NOTHING = Filled()


def filled(data: Mapping[object, object]) -> Filled:
    """What was filled in, from a button's data."""
    account = _said(data.get(TO))
    return Filled(
        reason=_said(data.get(REASON)),
        comment=_said(data.get(COMMENT)),
        to=account.lower() if account else None,
        address=_said(data.get(ADDRESS)),
        edits=_edits(data),
    )


def _said(value: object) -> str | None:
    """A text that says something; white space says nothing."""
    return _lines(value).strip() or None if isinstance(value, str) else None


def _edits(data: Mapping[object, object]) -> dict[str, str]:
    names = data.get(FIELDS)
    if not isinstance(names, list) or len(names) > _MOST_FIELDS:
        return {}
    found = {}
    for name in names:
        value = data.get(f"{EDIT}{name}", "") if isinstance(name, str) else None
        if isinstance(value, str) and 0 < len(name) <= _MOST_NAME:
            found[name] = _lines(value)
    return found


def _lines(text: str) -> str:
    """Text with its line ends as they were given to the client, whatever that made of them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lacking(given: Filled) -> str | None:
    """What is wrong with the choice of a person, which no client checks."""
    if given.to and given.address:
        return ONE_PERSON
    return None if given.person else PERSON_NEEDED


def id_of(field: Field, *, editing: bool) -> str:
    """A text's input: one that is edited may have any name, also one of ours."""
    return f"{EDIT}{field.name}" if editing and field.name != REASON else REASON


def drawn(field: Field, id: str, given: Filled) -> list[Element]:
    """The inputs for a field, with what was filled in before."""
    if field.kind is FieldKind.PERSON:
        return person(field.label, given.address or "")
    return [text(field, id, given.value(id, field.value))]


def text(field: Field, id: str, value: str) -> Element:
    """One line, or several."""
    many = field.kind is FieldKind.TEXT or "\n" in value
    made: Element = {
        "type": "Input.Text",
        "id": id,
        "label": _label(field.label),
        "isMultiline": many,
        "maxLength": field.limit,
        "value": value,
    }
    if field.hint:
        made["placeholder"] = fitted(one_line(field.hint), 200)
    if field.required:
        made |= {"isRequired": True, "errorMessage": NEEDED}
    return made


def person(label: str, address: str = "") -> list[Element]:
    """Somebody of the organisation: chosen, or named by address.

    Who was chosen is not chosen again beforehand: it was wrong, and would stand beside an
    address that is written instead.
    """
    picker: Element = {
        "type": "Input.ChoiceSet",
        "id": TO,
        "label": _label(label),
        "choices": [],
        "choices.data": {"type": "Data.Query", "dataset": PEOPLE},
        "placeholder": "Search for a person",
    }
    by_hand: Element = {
        "type": "Input.Text",
        "id": ADDRESS,
        "label": OR_ADDRESS,
        "style": "Email",
        "maxLength": 254,
        "spacing": "Small",
        "value": address,
    }
    return [picker, by_hand]


def _label(words: str) -> str:
    return fitted(one_line(words), 80)
