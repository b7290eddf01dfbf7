"""What can be done on the page of a request: each act with its form, and what was filled in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from adapters.web.inbox.desk import lines
from adapters.web.visit import Visit
from core.card import Button, Card, Verb
from core.chat.form import Field, Form
from core.chat.forms import PERSON_NEEDED
from core.commands import Binding
from core.refusals import Reason
from core.value import Value

EDIT: Final = "edit."
"""Before the name of a field that changes the request."""
TO: Final = "to"

MENDED: Final = frozenset(
    {
        Reason.REASON_REQUIRED,
        Reason.TEXT_TOO_LONG,
        Reason.INVALID_FIELD,
        Reason.UNKNOWN_PERSON,
        Reason.DELEGATION_CYCLE,
        Reason.DELEGATION_TOO_DEEP,
        Reason.DELEGATE_NOT_QUALIFIED,
        Reason.DELEGATE_BARRED,
        Reason.ALREADY_ASKED,
        Reason.EDIT_WITHOUT_APPROVAL,
    }
)
"""What can be mended in the form; everything else is a matter of how things stand."""

_PERSON: Final = MENDED - {
    Reason.REASON_REQUIRED,
    Reason.TEXT_TOO_LONG,
    Reason.INVALID_FIELD,
    Reason.EDIT_WITHOUT_APPROVAL,
}

FIRST: Final = (Verb.APPROVE, Verb.REJECT, Verb.REQUEST_CHANGES, Verb.EDIT, Verb.DELEGATE)
TALK: Final = (Verb.COMMENT, Verb.ASK)
ONLY_SHOW: Final = (Verb.VIEW, Verb.HISTORY)
POSTED: Final = frozenset(verb.value for verb in Verb if verb not in ONLY_SHOW)


class Input(Value, frozen=True):
    """A field of a form. `kind` is "text", "line" or "person"; `wrong` says what to mend."""

    name: str
    id: str
    label: str
    kind: str
    required: bool
    value: str
    hint: str
    limit: int
    wrong: str = ""


class Act(Value, frozen=True):
    """One act. `hint` is what to know before; without `inputs` its button stands alone. `open`
    shows the form from the start."""

    verb: str
    label: str
    submit: str
    hint: str = ""
    inputs: tuple[Input, ...] = ()
    open: bool = False


class Filled(Value, frozen=True):
    """A form as it came back, which did not count: `wrong` says why. `bound` is what it was
    about."""

    verb: str
    values: dict[str, str] = {}
    wrong: str = ""
    reason: Reason | None = None
    bound: Binding | None = None

    def on(self, card: Card) -> "Filled":
        """What of it may stand in the form of this card. A form gives every field back, also what
        nobody wrote: of another revision none of that may go into this one unnoticed."""
        if self.bound == card.binding:
            return self
        written = {n: value for n, value in self.values.items() if not n.startswith(EDIT)}
        return replace(self, values=written)


def acts(card: Card, forms: Sequence[Form], chosen: str, filled: Filled | None) -> list[Act]:
    """All acts of a card; that which was chosen is open."""
    asked = {form.verb: form for form in forms}
    filled = None if filled is None else filled.on(card)
    buttons = [b for b in (*card.buttons, *card.more) if b.verb not in ONLY_SHOW]
    return [
        _act(button, asked.get(button.verb), button.verb == chosen, filled) for button in buttons
    ]


def group(found: Iterable[Act], verbs: Sequence[Verb]) -> list[Act]:
    """Those of these verbs, in their order."""
    known = {act.verb: act for act in found}
    return [known[verb] for verb in verbs if verb in known]


def _act(button: Button, form: Form | None, is_open: bool, filled: Filled | None) -> Act:
    verb = button.verb.value
    if form is None:
        hint = "" if button.confirm is None else button.confirm.text
        return Act(verb=verb, label=button.label, submit=button.label, hint=hint)
    mine = filled if filled is not None and filled.verb == verb else None
    at = _wrong_field(form, mine)
    return Act(
        verb=verb,
        label=button.label,
        submit=form.submit,
        hint=form.intro or "",
        inputs=tuple(_input(form.verb, field, mine, at) for field in form.fields),
        open=is_open,
    )


def _input(verb: Verb, field: Field, filled: Filled | None, wrong: str) -> Input:
    name = field.name if field.name in ("reason", TO) else f"{EDIT}{field.name}"
    value = field.value if filled is None else filled.values.get(name, field.value)
    return Input(
        name=name,
        id=f"{verb.value}-{field.name}",
        label=field.label,
        kind=field.kind.value,
        required=field.required,
        value=value,
        hint=field.hint or "",
        limit=field.limit,
        wrong=filled.wrong if filled is not None and wrong == name else "",
    )


def _wrong_field(form: Form, filled: Filled | None) -> str:
    """The field by which a mistake is said; "" for none."""
    if filled is None or filled.reason not in MENDED:
        return ""
    if filled.reason in _PERSON and form.verb is Verb.DELEGATE:
        return TO
    if form.verb is Verb.EDIT and filled.reason is not Reason.TEXT_TOO_LONG:
        first = form.fields[0]
        return first.name if first.name == "reason" else f"{EDIT}{first.name}"
    return "reason"


# --- on the way back ------------------------------------------------------------------------


def values(visit: Visit) -> dict[str, str]:
    """What stands in the form, by the names of its inputs."""
    kept = ("reason", TO)
    names = [name for name in visit.form if name in kept or name.startswith(EDIT)]
    return {name: lines(visit.one(name)) for name in names}


def edits(given: Mapping[str, str]) -> dict[str, str]:
    """The changed fields by the policy's names."""
    return {n.removeprefix(EDIT): value for n, value in given.items() if n.startswith(EDIT)}


def unfilled(verb: Verb, given: Mapping[str, str]) -> Filled | None:
    """What is wrong with a form before it is handed on; None for nothing."""
    if verb is Verb.DELEGATE and not given.get(TO, "").strip():
        return Filled(
            verb=verb.value,
            values=dict(given),
            wrong=PERSON_NEEDED,
            reason=Reason.UNKNOWN_PERSON,
        )
    return None
