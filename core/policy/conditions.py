"""Conditions in CEL (Common Expression Language): compiled once, asked for each request.

A condition that cannot be answered raises; it must never be read as false. Absent fields
are left out of what CEL sees, not passed as null: `null == 5` would be an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from cel_expr_python import cel

from core.policy.condition_errors import (
    ConditionSyntaxError,
    asks_for_field,
    evaluation_problem,
    not_an_answer,
    read_errors,
)
from core.policy.condition_limits import nesting, too_large, too_much
from core.policy.policy import Condition, ConditionError, RequestFields

__all__ = ["FIELDS", "ConditionSyntaxError", "compile_condition"]

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "request.action.type": "text",
        "request.action.params": "map",
        "request.title": "text",
        "request.description": "text",
        "request.requester": "text",
        "request.requester_department": "text",
        "request.requester_roles": "list of text",
        "request.requester_groups": "list of text",
        "request.agent": "text",
        "request.amount": "number",
        "request.currency": "text",
        "request.risk_score": "whole number",
        "request.labels": "list of text",
    }
)
"""What a condition may name, with its kind. Any of them may be absent from a request."""

_AMOUNT = "request.amount"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A condition bound to its program. Evaluation shares nothing, so any thread may ask.

    `depth` is how deep its comprehensions stand in one another, 0 without any.
    """

    text: str
    program: Any
    names: tuple[str, ...]
    depth: int

    def holds(self, fields: RequestFields) -> bool:
        """The answer for a request. Raises ConditionError when there is none."""
        # Only what the text names: each value is converted for CEL, params with all they hold.
        data: dict[str, object] = {}
        for name in self.names:
            value = fields.get(name)
            if value is not None:
                data[name] = list(value) if isinstance(value, tuple) else value
        if self.depth and too_much(self.text, self.depth, data):
            raise ConditionError("it takes too many steps over so large a request")
        try:
            # By place, since to find arguments by name is a fifth of the time that it takes.
            answer = self.program.eval(None, data)
            told = answer.value()
            if isinstance(told, bool):  # that is so of CEL's bool alone
                return told
            kind = answer.type()
        # Whatever the library raises, the question was not answered.
        except Exception as error:
            raise ConditionError(evaluation_problem(str(error))) from error
        if kind == cel.Type.ERROR:
            raise ConditionError(evaluation_problem(str(told)))
        raise ConditionError(f"it gave {kind.name().lower()}, not true or false")


def compile_condition(text: str) -> Condition:
    """The condition that `text` says, type-checked. Raises ConditionSyntaxError.

    An amount is an integer or a double from request to request, so `text` must type-check
    with both: `amount / 2` would otherwise be cut to a whole number for some. Comparisons
    with literals of the other kind are allowed, since those compare exactly.
    """
    if (limit := too_large(text)) is not None:
        raise limit
    mistakes = next(filter(None, (_mistakes(text, env) for env in _checking())), None)
    if mistakes:
        raise _all(asks_for_field(text, FIELDS) or mistakes)
    program, errors = _compile(text, _running())
    if program is None:
        raise _all(read_errors(errors, text, FIELDS))
    kind = program.return_type()
    if kind != cel.Type.BOOL:
        raise _all(asks_for_field(text, FIELDS) or [not_an_answer(kind.name())])
    # CEL allows white space around the dots of a name.
    packed = "".join(text.split())
    names = tuple(name for name in FIELDS if name in packed)
    return _Compiled(text, program, names, nesting(text)[0])


def _mistakes(text: str, env: Any) -> list[ConditionSyntaxError]:
    program, errors = _compile(text, env)
    if program is None:
        found = read_errors(errors, text, FIELDS)
        return [mistake for mistake in found if not mistake.mixes_numbers]
    # With a dynamic amount `request.amount` alone would pass for an answer.
    kind = program.return_type()
    return [] if kind == cel.Type.BOOL else [not_an_answer(kind.name())]


def _compile(text: str, env: Any) -> tuple[Any, str]:
    try:
        return env.compile(text), ""
    except Exception as error:  # the library promises no class of its own
        return None, str(error)


def _all(mistakes: list[ConditionSyntaxError]) -> ConditionSyntaxError:
    first, *others = mistakes
    first.others = tuple(others)
    return first


@cache
def _checking() -> tuple[Any, ...]:
    return _environment(cel.Type.INT), _environment(cel.Type.DOUBLE)


@cache
def _running() -> Any:
    return _environment(cel.Type.DYN)


def _environment(amount: Any) -> Any:
    kinds = {
        "text": cel.Type.STRING,
        "whole number": cel.Type.INT,
        "list of text": cel.Type.List(cel.Type.STRING),
        "map": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
        "number": amount,
    }
    return cel.NewEnv(variables={name: kinds[kind] for name, kind in FIELDS.items()})
