"""What an A2A agent answered, read as a draft or a validation: JSON from outside, checked here."""

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from countersign_client.asking import Ask, Validation
from countersign_client.errors import CountersignError
from countersign_client.request import Action, Json

EXACT: Final = 2**53
"""Numbers travel as doubles: whole ones from here on may be others than were meant."""

_NAMES: Final = {f.name for f in fields(Ask)} - {"previous", "validation"} | {"previous_request_id"}


class AgentProblem(CountersignError):
    """The agent gave no draft or validation. `kind` is "unreachable", "timeout", "failed" (it says
    so itself), "elsewhere" (its card names another server) or "answer" (not as it must be)."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


def one_object(found: Sequence[Any]) -> Json:
    """The one object among the data parts, whole numbers as such: in the message all are doubles.

    Raises AgentProblem.
    """
    objects = [data for data in found if isinstance(data, dict)]
    if len(objects) != 1:
        raise _not_so(f"it has {len(objects)} data parts with an object, and should have one")
    whole: Json = _whole(objects[0])
    return whole


def ask_of(found: Json) -> Ask:
    """A draft: the body of POST /v1/requests. Raises AgentProblem."""
    found = dict(found)
    if unknown := sorted(found.keys() - _NAMES):
        raise _not_so(f"it has the unknown member {unknown[0]!r}")
    action = found.pop("action", None)
    if not isinstance(action, dict) or not isinstance(action.get("type"), str):
        raise _not_so("action must be an object with a type")
    params = action.get("params", {})
    if not isinstance(params, dict) or not isinstance(found.get("title"), str):
        raise _not_so("action.params must be an object, and title a text")
    if not isinstance(found.get("context", {}), dict) or not _texts(found.get("labels", [])):
        raise _not_so("context must be an object, and labels a list of texts")
    previous = found.pop("previous_request_id", None)
    return Ask(action=Action(action["type"], params), previous=previous, **found)


def validation_of(found: Json) -> Validation:
    """`{"score", "issues"}`, both optional. Raises AgentProblem."""
    score, issues = found.get("score"), found.get("issues", [])
    if isinstance(score, bool) or not isinstance(score, int | float | None) or not _texts(issues):
        raise _not_so("score must be a number, and issues a list of texts")
    return Validation(score, issues)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise _not_so("it has a number that is none")
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= EXACT:
            raise _not_so("it has a whole number that is not exact: send it as a text")
        return int(value)
    return value


def _texts(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(each, str) for each in found)


def _not_so(why: str) -> AgentProblem:
    return AgentProblem("answer", f"The agent's answer is not as it must be: {why}.")
