"""A function's arguments as the parameters of an action, and back: JSON values, by name."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from countersign_client.errors import NotApproved
from countersign_client.request import Action

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Signature:
    """Of a function that may be run with what people approved.

    Every argument must have a name: people see names, and edit by them. Raises TypeError.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = getattr(function, "__name__", "the function")
        self._signature = inspect.signature(function)
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
        """What a call would be run with, defaults included. Raises TypeError as the call would,
        and for a value that JSON has no form of its own for."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            require_json(value, f"{self._name}({name}=...)")
        return dict(bound.arguments)

    def arguments(self, action: Action) -> dict[str, Any]:
        """The arguments that were approved. Raises NotApproved if the function has others now."""
        params = dict(action.params)
        try:
            self._signature.bind(**params)
        except TypeError as error:
            raise NotApproved(f"What was approved does not fit {self._name}: {error}.") from None
        return params


def require_json(value: Any, where: str) -> None:
    """Raises TypeError for what would not come back from JSON as it went."""
    if value is None or isinstance(value, str | bool | int | float):
        return
    if isinstance(value, list):
        for number, each in enumerate(value):
            require_json(each, f"{where}[{number}]")
    elif isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(name, str):
                raise TypeError(f"{where} has a name that is no text: {name!r}")
            require_json(each, f"{where}[{name!r}]")
    else:
        raise TypeError(
            f"{where} is a {type(value).__name__}, which is not a JSON value: people could not "
            "see it as it is. Pass text, numbers, true or false, lists and objects."
        )
