"""What a person is asked for before an act counts, without any platform's markup.

`forms.form(...)` makes one; Slack shows it as a modal, Teams as a card or dialog.
"""

from enum import StrEnum

from core.card import Verb
from core.commands import Binding
from core.value import Value


class FieldKind(StrEnum):
    """What may be given: several lines of text, one line, or a person of the directory."""

    TEXT = "text"
    LINE = "line"
    PERSON = "person"


class Field(Value, frozen=True):
    """One thing to fill in. `value` is what stands there already; `name` names it in the act:
    "reason", "to", "text", or for an edit the policy's name of the field."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    value: str = ""
    hint: str | None = None
    limit: int = 2000


class Form(Value, frozen=True):
    """A form for one act on exactly what `binding` names. `intro` says what will happen."""

    verb: Verb
    title: str
    submit: str
    binding: Binding
    fields: tuple[Field, ...]
    intro: str | None = None
