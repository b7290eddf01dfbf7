"""What a button carries and how it is read back: the act, the binding, what was filled in.

Everything read here came from a client and may be anything. What cannot be read is None;
who clicked is never taken from it (identity.py).
"""

from collections.abc import Mapping
from typing import Any

from adapters.teams.inputs import NOTHING, Filled, filled
from core.card import Verb
from core.chat.forms import DECIDING, SHOWING
from core.commands import Binding
from core.value import Value

SHOW = "show"
REFRESH = "refresh"
REVISE = "revise"
PAGE = "page"
FORM = "form"
HISTORY = Verb.HISTORY.value
APART = "apart"
_ACTS = {verb.value: verb for verb in Verb if verb not in SHOWING}
_MAX_ID = 128
_MAX_NUMBER = 10**9


class Press(Value, frozen=True):
    """A button that was pressed. `verb` is an act or None where something is only shown; an
    act has its `binding`, and with `opens` its form is asked for before it counts.

    `refresh`: the client asks by itself for what this person is to see. `part` is what part of
    the whole action (of `revision`), or with `history` of the history, is to be shown. `apart`:
    it is shown in a message that is no delivery, so nobody edits it when the request changes.
    """

    request: str
    verb: Verb | None = None
    binding: Binding | None = None
    opens: bool = False
    given: Filled = NOTHING
    refresh: bool = False
    part: int | None = None
    revision: int | None = None
    history: bool = False
    apart: bool = False


def pack(verb: str, request: str, binding: Binding | None) -> dict[str, Any]:
    """The action data of a button; the client adds the inputs' values to it."""
    if binding is None:
        return {"verb": verb, "request": request}
    return {
        "verb": verb,
        "request": binding.request,
        "revision": binding.revision,
        "commitment": binding.commitment,
        "level": binding.level,
        "round": binding.round,
    }


def executed(value: object) -> Mapping[object, object] | None:
    """The data in the value of an `adaptiveCard/action` invoke."""
    action = value.get("action") if isinstance(value, Mapping) else None
    if not isinstance(action, Mapping) or action.get("type") != "Action.Execute":
        return None
    data = action.get("data")
    if not isinstance(data, Mapping) or action.get("verb") != data.get("verb"):
        return None
    return data


def submitted(data: object) -> Press | None:
    """The press in the data of a button, which is all that Action.Submit sends."""
    if not isinstance(data, Mapping):
        return None
    verb, request = data.get("verb"), _text(data.get("request"))
    if request is None or not isinstance(verb, str):
        return None
    is_apart = data.get(APART) is True
    if verb in (SHOW, REFRESH):
        return Press(request, refresh=verb == REFRESH, apart=is_apart)
    if verb in (PAGE, HISTORY):
        return _part(request, data, is_apart)
    opens = verb == FORM
    act = data.get("act") if opens else verb
    return _act(request, _ACTS.get(act) if isinstance(act, str) else None, data, opens, is_apart)


def _act(
    request: str,
    verb: Verb | None,
    data: Mapping[object, object],
    opens: bool,
    is_apart: bool,
) -> Press | None:
    if verb is None:
        return None
    binding = _binding(request, data)
    if binding is None and verb not in DECIDING:
        binding = Binding(request=request, revision=0, commitment="", level=0, round=0)
    if binding is None:
        return None
    given = NOTHING if opens else filled(data)
    return Press(request, verb, binding, opens, given, apart=is_apart)


def _part(request: str, data: Mapping[object, object], is_apart: bool) -> Press | None:
    part, revision = _number(data.get("part")), _number(data.get("revision"))
    history = data.get("verb") == HISTORY
    if not part or not (history or revision):
        return None
    return Press(request, part=part, revision=revision, history=history, apart=is_apart)


def _binding(request: str, data: Mapping[object, object]) -> Binding | None:
    commitment = _text(data.get("commitment"))
    numbers = [_number(data.get(name)) for name in ("revision", "level", "round")]
    if commitment is None or None in numbers:
        return None
    revision, level, turn = (number for number in numbers if number is not None)
    return Binding(
        request=request, revision=revision, commitment=commitment, level=level, round=turn
    )


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value.isprintable():
        return None
    return value if 0 < len(value) <= _MAX_ID else None


def _number(value: object) -> int | None:
    """A whole number; some clients write 1 as 1.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= _MAX_NUMBER and value == int(value) else None
