"""What is asked of a person before an act counts: one form for each act that needs more.

Pure. Whether the act would count at all is judged before the form is made; nothing that the
form holds is believed afterwards.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from core.card import Verb, Viewer
from core.cards.headlines import place
from core.cards.names import together
from core.cards.stages import waiting_names
from core.cards.texts import Contents, label, revision_of, shown
from core.chat.form import Field, FieldKind, Form
from core.commands import Binding
from core.content import Revision
from core.directory.people import Directory
from core.request import RequestState
from core.rules.standins import chains
from core.service.approvals import MAX_TEXT
from core.service.drafting import value_of
from core.submission import plain
from core.text import cut, has_hidden, visible
from core.value import Value

SHORT = 150
"""Up to here a value is edited on one line."""

OR_ADDRESS = "Or their e-mail address"
"""Beside the choice of a person: not everybody can be chosen on every platform."""
PERSON_NEEDED = "Choose a person, or write their e-mail address."
ONE_PERSON = "Give the person once: chosen from the list, or by address."

_TEXTS = frozenset({"description"})


class Words(Value, frozen=True):
    """A form's words. `reason` labels the field for what somebody writes."""

    title: str
    submit: str
    reason: str
    required: bool = False


WORDS: Mapping[Verb, Words] = {
    Verb.REJECT: Words("Reject", "Reject", "Why? Everyone concerned will read it.", True),
    Verb.REQUEST_CHANGES: Words(
        "Request changes", "Send back", "What should be changed? The agent will read it.", True
    ),
    Verb.EDIT: Words("Edit and approve", "Change and approve", "Comment"),
    Verb.DELEGATE: Words("Delegate", "Delegate", "Reason"),
    Verb.ASK: Words("Ask a question", "Ask", "Your question", True),
    Verb.COMMENT: Words("Comment", "Send", "Your comment", True),
    Verb.ESCALATE: Words("Escalate", "Escalate", "Reason"),
    Verb.CANCEL: Words("Withdraw the request", "Withdraw", "Reason"),
    Verb.BREAK_GLASS: Words("Break glass", "Approve alone", "Why is there no time to wait?", True),
}
"""The acts that have a form; of these only those whose reason is required cannot do without."""

SHOWING = frozenset({Verb.VIEW, Verb.HISTORY})
"""These only show something, to whoever may see the request."""
AT_ONCE = frozenset(Verb) - SHOWING - WORDS.keys()
"""These need nothing but the click."""
DECIDING = frozenset({Verb.APPROVE, Verb.REJECT, Verb.REQUEST_CHANGES, Verb.EDIT, Verb.BREAK_GLASS})
"""These are about exactly what was shown; the others about the request as it stands."""


def has_form(verb: Verb) -> bool:
    """Whether an act asks for more than the click."""
    return verb in WORDS


def form(
    state: RequestState,
    contents: Contents,
    verb: Verb,
    viewer: Viewer,
    directory: Directory,
    binding: Binding,
) -> Form:
    """The form for an act on what `binding` names; only for acts that have one."""
    words = WORDS[verb]
    fields: list[Field] = []
    if verb is Verb.EDIT:
        fields += _values(state, contents)
    if verb is Verb.DELEGATE:
        fields.append(Field(name="to", label="Who should act for you?", kind=FieldKind.PERSON))
    label_ = words.reason
    if verb is Verb.REQUEST_CHANGES and state.by_person and state.requester is not None:
        label_ = f"What should be changed? {directory.name(state.requester)} will read it."
    fields.append(Field(name="reason", label=label_, required=words.required))
    return Form(
        verb=verb,
        title=words.title,
        submit=words.submit,
        binding=binding,
        fields=tuple(fields),
        intro=_intro(state, verb, viewer, directory),
    )


def written_value(state: RequestState, revision: Revision, name: str) -> str:
    """A value as it stands in its field; "" where there is none. A number is written as it may
    be written back: digits, with a point before any fraction."""
    present = value_of(state, revision, name)
    if isinstance(present, int | float) and not isinstance(present, bool):
        return plain(Decimal(repr(present)))
    return "" if present is None else shown(present)


def _values(state: RequestState, contents: Contents) -> Iterable[Field]:
    """One field for each value that may be changed; lists, objects and what is too long stay."""
    revision = revision_of(state, contents)
    for name in () if state.route is None else state.route.editable:
        text = written_value(state, revision, name)
        is_one = not isinstance(value_of(state, revision, name), dict | list)
        if not is_one or len(text) > MAX_TEXT:
            continue
        long = name in _TEXTS or len(text) > SHORT or "\n" in text or "\r" in text
        yield Field(
            name=name,
            label=label(name),
            kind=FieldKind.TEXT if long else FieldKind.LINE,
            required=False,
            value=text,
            hint=_hidden(text),
        )


def _hidden(text: str) -> str | None:
    """The value stands in the field as it is, so what a reader would not see is said beside."""
    if not has_hidden(text):
        return None
    return cut(f"Holds hidden characters: {visible(text)}", SHORT)


def _intro(state: RequestState, verb: Verb, viewer: Viewer, directory: Directory) -> str | None:
    stage = state.current
    match verb:
        case Verb.REQUEST_CHANGES:
            who = "the agent"
            if state.by_person and state.requester is not None:
                who = directory.name(state.requester)
            return f"The request waits until {who} sends a new revision."
        case Verb.EDIT:
            return (
                "What you change makes a new revision, which the policy routes again from the "
                "start. Your approval counts if it then asks you."
            )
        case Verb.DELEGATE if stage is not None and viewer.person is not None:
            givers = [chain[-1] for chain in chains(state, stage, viewer.person)]
            others = (directory.name(giver) for giver in dict.fromkeys(givers))
            whose = together(["you", *others])
            return f"They act for {whose} on this request only. You may still decide it."
        case Verb.ESCALATE if stage is not None:
            waiting = ", ".join(waiting_names(state, directory)) or "nobody"
            return f"{place(state, stage)} waits for {waiting}. The next level is asked as well."
        case Verb.CANCEL:
            return "It cannot be approved any more. To ask again takes a new request."
        case Verb.BREAK_GLASS:
            return (
                "EMERGENCY ONLY. You approve this alone, past everyone who was to decide. "
                "They, the requester and those whom the policy names are told at once, "
                "with your name and reason."
            )
        case _:
            return None
