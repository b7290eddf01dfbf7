"""What changed since the revision before, who changed it and why, and which attempt this is."""

import re
from collections.abc import Iterable
from typing import Any

from core.cards.names import agent_name
from core.cards.texts import ERASED, Contents, shown, text_of
from core.content import Revision, read_revision
from core.directory.people import Directory
from core.request import RequestState, Status
from core.service.drafting import value_of
from core.text import cut, grouped, one_line, visible

MOST = 5
"""Changes listed of an agent's revision; the whole action shows all of it."""

LONGEST = 120

_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
# What the agent says of itself may change with each try and is no part of the action.
_SHOWN_FIELDS = ("title", "description", "amount", "currency", "risk_score", "labels")

Change = tuple[str, Any, Any]
"""A field's name, what it was and what it is."""


def note(state: RequestState, contents: Contents, directory: Directory) -> str | None:
    """A few sentences for the card; None for a first revision of a first attempt."""
    parts = [
        _wanted(state, contents, directory),
        _sent_back(state, contents, directory),
        _revision(state, contents, directory),
        _attempt(state),
    ]
    return " ".join(part for part in parts if part) or None


def _wanted(state: RequestState, contents: Contents, directory: Directory) -> str | None:
    """What the revision that is waited for should take up."""
    if state.status is not Status.CHANGES_REQUESTED or state.feedback is None:
        return None
    wish = text_of(state.feedback.reason, contents)
    if wish is None:
        return None
    return ended(f"{directory.name(state.feedback.by)} asks: “{wish}”")


def _sent_back(state: RequestState, contents: Contents, directory: Directory) -> str | None:
    """That a rejection led back to an earlier stage, which is asked again."""
    if not state.is_open or state.sent_back is None or state.current is None:
        return None
    wish = text_of(state.sent_back.reason, contents)
    why = "" if wish is None else f": “{wish}”"
    return f"Sent back by {directory.name(state.sent_back.by)}{why}; {which_round(state)}."


def which_round(state: RequestState) -> str:
    """The round of the stage that a request was sent back to: "round 2 of 3"."""
    assert state.sent_back is not None, "only what was sent back has rounds"
    assert state.route is not None, "every submitted request has a route"
    again = state.stages[state.sent_back.to - 1]
    return f"round {again.round} of {state.route.max_rounds}"


def ended(text: str) -> str:
    """A sentence with its full stop, unless what it quotes last brought one along."""
    return text if text.endswith((".”", "!”", "?”", "…”", ".")) else f"{text}."


def _revision(state: RequestState, contents: Contents, directory: Directory) -> str | None:
    if state.revision < 2:
        return None
    before, after = contents.get(f"{state.id}.r{state.revision - 1}"), contents.get(state.content)
    known = None
    if before is not None and after is not None:
        known = read_revision(before), read_revision(after)
    if state.edited_by is not None:
        changes = _edited(state, known)
        return ended(
            f"Revision {state.revision}: {directory.name(state.edited_by)} changed {changes}"
        )
    by = agent_name(state) if state.revised_by is None else directory.name(state.revised_by)
    text = f"Revision {state.revision} by {by}"
    feedback = state.feedback
    if feedback is not None and feedback.at <= (state.revised_at or 0):
        wish = text_of(feedback.reason, contents) or ERASED
        text += f", after {directory.name(feedback.by)} asked: “{wish}”"
    found = [] if known is None else list(differences(*known))
    if found:
        left = len(found) - MOST
        text = f"{ended(text)} It changed {_listed(found[:MOST])}"
        text += f" and {left} more" if left > 0 else ""
    return ended(text)


def _edited(state: RequestState, known: tuple[Revision, Revision] | None) -> str:
    if known is None:
        return f"{', '.join(map(_name, state.edited))} {ERASED}"
    old, new = known
    return _listed((n, value_of(state, old, n), value_of(state, new, n)) for n in state.edited)


def differences(old: Revision, new: Revision) -> Iterable[Change]:
    """The fields and params in which two revisions differ, the amount once."""
    if old.action.type != new.action.type:
        yield "action type", old.action.type, new.action.type
    for name in _SHOWN_FIELDS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield name, before, after
    before, after = old.action.params, new.action.params
    for name in dict.fromkeys((*before, *after)):
        if name == "amount" and old.amount != new.amount:
            continue
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _listed(changes: Iterable[Change]) -> str:
    return ", ".join(
        f"{_name(name)} from {_value(name, old)} to {_value(name, new)}"
        for name, old, new in changes
    )


def _name(name: str) -> str:
    return cut(visible(one_line(name)).replace("_", " "), 60)


def _value(name: str, value: Any) -> str:
    if value is None or value in ((), {}):
        return "nothing"
    text = shown(list(value) if isinstance(value, tuple) else value)
    if name == "amount" and _DECIMAL.fullmatch(text):
        return grouped(text)
    found = cut(visible(one_line(text)), LONGEST)
    return f"“{found}”" if isinstance(value, str) else found


def _attempt(state: RequestState) -> str | None:
    if state.attempt < 2:
        return None
    most = "" if state.route is None else f" of {state.route.max_attempts}"
    text = f"Attempt {state.attempt}{most}"
    if state.previous is not None:
        text += f", after request {visible(one_line(state.previous))}"
    return f"{text}."
