"""What a button carries and how it is read back: verbs, the binding, a reason.

Everything read here came from a client and may be anything. What cannot be read is None;
who clicked is never taken from it (identity.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.commands import Binding
from core.request import Decision

REASON = "reason"
MAX_REASON = 2000
SHOW = "show"
PAGE = "page"
APART = "apart"
DECISIONS = {"approve": Decision.APPROVE, "reject": Decision.REJECT}
_MAX_ID = 128
_MAX_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed. `binding` is there for a decision.

    `part` and `revision` are what part of which whole action is to be shown. `apart`: it is
    shown in a message that is no delivery, so nobody edits it when the request changes.
    """

    request: str
    decision: Decision | None = None
    binding: Binding | None = None
    reason: str | None = None
    part: int | None = None
    revision: int | None = None
    apart: bool = False


def pack(verb: str, binding: Binding) -> dict[str, Any]:
    """The action data of a deciding button; the client adds the inputs' values to it."""
    return {
        "verb": verb,
        "request": binding.request,
        "revision": binding.revision,
        "commitment": binding.commitment,
        "level": binding.level,
        "round": binding.round,
    }


def invoked(value: object) -> Press | None:
    """The press in the value of an `adaptiveCard/action` invoke."""
    action = value.get("action") if isinstance(value, Mapping) else None
    if not isinstance(action, Mapping) or action.get("type") != "Action.Execute":
        return None
    data = action.get("data")
    if not isinstance(data, Mapping) or action.get("verb") != data.get("verb"):
        return None
    return submitted(data)


def submitted(data: object) -> Press | None:
    """The press in the value of a message, which is what Action.Submit sends."""
    if not isinstance(data, Mapping):
        return None
    verb, request = data.get("verb"), _text(data.get("request"))
    if request is None or not isinstance(verb, str):
        return None
    if verb == SHOW:
        return Press(request, apart=data.get(APART) is True)
    if verb == PAGE:
        return _page(request, data)
    binding = _binding(request, data)
    if verb not in DECISIONS or binding is None:
        return None
    return Press(request, DECISIONS[verb], binding, _reason(data.get(REASON)))


def _page(request: str, data: Mapping[object, object]) -> Press | None:
    part, revision = _number(data.get("part")), _number(data.get("revision"))
    if not part or not revision:
        return None
    return Press(request, part=part, revision=revision, apart=data.get(APART) is True)


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


def _reason(value: object) -> str | None:
    """A reason that says something; white space says nothing."""
    return value.strip() or None if isinstance(value, str) else None
