"""A function's arguments as the parameters of an action, and back: JSON values, by name."""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from countersign_client.errors import NotApproved
from countersign_client.request import Action

LARGEST: Final = 2**53 - 1
"""Whole numbers up to here are the same for every reader of JSON.
https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2.3"""

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Signature:
    """Of a function that may be run with what people approved.

    Every argument must have a name: people see names, and edit by them. Raises TypeError.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = getattr(function, "__name__", "the function")
        self._signature = inspect.signature(function)
        if next(iter(self._signature.parameters), "") in ("self", "cls"):
            raise TypeError(
                f"{self._name} is a method without its object, which people could not see: take it "
                "from the object, as in guards(...)(shop.order)"
            )
        for parameter in self._signature.parameters.values():
            if parameter.kind not in _NAMED:
                raise TypeError(
                    f"{self._name} takes {parameter.name} without a name or number of its own: "
                    "what is approved needs named arguments"
                )

    @property
    def names(self) -> frozenset[str]:
        """Of all arguments."""
        return frozenset(self._signature.parameters)

    def params(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """What a call would be run with, defaults included: a copy, which nobody else holds, so
        that it stays what was approved. Raises TypeError as the call would, and for a value that
        JSON has no form of its own for."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return {
            name: as_json(value, f"{self._name}({name}=...)")
            for name, value in bound.arguments.items()
        }

    def arguments(self, action: Action) -> dict[str, Any]:
        """The arguments that were approved. Raises NotApproved if the function has others now."""
        params = dict(action.params)
        try:
            self._signature.bind(**params)
        except TypeError as error:
            raise NotApproved(f"What was approved does not fit {self._name}: {error}.") from None
        return params


def as_json(value: Any, where: str) -> Any:
    """A copy of plain JSON values. Raises TypeError for what would not come back from JSON as it
    went; what only adds behaviour to a text or number, as an enumeration does, comes without."""
    if isinstance(value, list):
        return [as_json(each, f"{where}[{number}]") for number, each in enumerate(value)]
    if isinstance(value, dict):
        return {
            _name(name, where): as_json(each, f"{where}[{name!r}]") for name, each in value.items()
        }
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(found := int.__pos__(value)) > LARGEST:
            raise TypeError(f"{where} is larger than {LARGEST}, which JSON rounds: pass a text")
        return found
    if isinstance(value, float) and math.isfinite(value):
        return float.__pos__(value)
    if isinstance(value, str):
        return _text(value, where)
    raise TypeError(
        f"{where} is {'not finite' if isinstance(value, float) else f'a {type(value).__name__}'}, "
        "which is not a JSON value: people could not see it as it is. Pass text, numbers, true or "
        "false, lists and objects."
    )


def _name(name: Any, where: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{where} has a name that is no text: {name!r}")
    return _text(name, where)


def _text(text: str, where: str) -> str:
    found = str.__str__(text)
    try:
        found.encode()
    except UnicodeEncodeError:
        raise TypeError(f"{where} has half a character, which nobody could read") from None
    return found
