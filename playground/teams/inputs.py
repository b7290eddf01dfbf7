"""What a Teams client does with the inputs of a card when somebody presses a button.

Finds the button and the inputs that belong to it, refuses what the client refuses (required,
pattern, bounds) and merges the values into the action's data. Sends nothing.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from playground.store import Json


@dataclass(frozen=True, slots=True)
class Button:
    """One action of a card, the inputs it takes along, and the ids of all inputs there are."""

    action: Json
    inputs: tuple[Json, ...]
    known: frozenset[str] = frozenset()


class InputRefused(ValueError):
    """The client would not send: the text is what it shows."""


def find(cards: list[Json], asked: Mapping[str, Any]) -> Button | None:
    """Return the one button that has all the members asked for; None if none or several have."""
    every = [button for card in cards for button in _buttons(card, ())]
    known = frozenset(str(field["id"]) for button in every for field in button.inputs)
    found = [button for button in every if _matches(button.action, asked)]
    exact = [button for button in found if button.action == asked]
    if not exact and len(found) != 1:
        return None
    return replace((exact or found)[0], known=known)


def _matches(action: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    return all(name in action and action[name] == value for name, value in asked.items())


def _buttons(card: Json, outer: tuple[Json, ...]) -> Iterator[Button]:
    """Yield the actions of a card; one in a ShowCard takes the inputs around it along.

    https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/input-validation
    """
    parts = list(_parts([card.get("body"), card.get("actions"), card.get("selectAction")]))
    own = tuple(part for part in parts if str(part["type"]).startswith("Input."))
    for part in parts:
        if not str(part["type"]).startswith("Action."):
            continue
        if part["type"] == "Action.ShowCard":
            yield from _buttons(part["card"], (*outer, *own))
            continue
        yield Button(part, (*outer, *own))
        if isinstance(part.get("fallback"), dict):
            yield Button(part["fallback"], (*outer, *own))


def _parts(value: Any) -> Iterator[Json]:
    """Yield every typed object below, but nothing inside an action or a fallback."""
    if isinstance(value, list):
        for item in value:
            yield from _parts(item)
    elif isinstance(value, dict):
        if isinstance(value.get("type"), str):
            yield value
        if not str(value.get("type", "")).startswith("Action."):
            for name, inner in value.items():
                if name != "fallback":
                    yield from _parts(inner)


def filled(button: Button, given: Mapping[str, Any], people: Collection[str] = frozenset()) -> Any:
    """Return the action's data with the inputs' values, or raise InputRefused.

    Empty inputs are left out, and every value is a string, as clients send them. `people` are
    the object ids of everyone who can be found by a people picker.
    """
    data = button.action.get("data")
    if str(button.action.get("associatedInputs", "auto")).lower() == "none":
        return {} if data is None else data
    if unknown := sorted(set(given) - button.known):
        raise InputRefused(f"The card has no input {unknown[0]}")
    values = {str(field["id"]): _value(field, given) for field in button.inputs}
    for field in button.inputs:
        _check(field, values[str(field["id"])], people)
    set_values = {name: value for name, value in values.items() if value}
    if isinstance(data, str):
        return data
    return {**(data or {}), **set_values}


def _value(field: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    value = given.get(str(field["id"]), field.get("value", ""))
    if field["type"] == "Input.Toggle":
        on, off = str(field.get("valueOn", "true")), str(field.get("valueOff", "false"))
        return on if value is True or value == on else off
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _check(field: Mapping[str, Any], value: str, people: Collection[str]) -> None:
    label = str(field.get("label") or field["id"])
    wrong = str(field.get("errorMessage") or f"{label}: this value is not accepted")
    if field.get("isRequired") and _is_empty(field, value):
        raise InputRefused(str(field.get("errorMessage") or f"{label}: a value is required"))
    if not value:
        return
    if field["type"] == "Input.Text":
        _check_text(field, value, label, wrong)
    if field["type"] == "Input.Number":
        _check_number(field, value, wrong)
    if field["type"] == "Input.Date" and not _is_day(value):
        raise InputRefused(wrong)
    if field["type"] == "Input.ChoiceSet":
        _check_choice(field, value, label, people)


def _is_empty(field: Mapping[str, Any], value: str) -> bool:
    if field["type"] == "Input.Toggle":
        return value != str(field.get("valueOn", "true"))
    return not value


def _check_text(field: Mapping[str, Any], value: str, label: str, wrong: str) -> None:
    most = field.get("maxLength")
    if isinstance(most, int) and len(value) > most:
        raise InputRefused(f"{label}: at most {most} characters")
    pattern = field.get("regex")
    if isinstance(pattern, str) and not _fits(pattern, value):
        raise InputRefused(wrong)


def _fits(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        # Clients read patterns as JavaScript; what only they understand holds nobody up here.
        return True


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _check_choice(
    field: Mapping[str, Any], value: str, label: str, people: Collection[str]
) -> None:
    """Only what is offered can be chosen; a people picker offers everyone of the tenant.

    https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/people-picker
    """
    offered = {str(choice["value"]) for choice in field.get("choices") or []}
    query = field.get("choices.data") or {}
    if str(query.get("dataset", "")).startswith("graph.microsoft.com/users"):
        offered |= set(people)
    chosen = value.split(",") if field.get("isMultiSelect") else [value]
    if any(each not in offered for each in chosen):
        raise InputRefused(f"{label}: there is no such choice")


def _check_number(field: Mapping[str, Any], value: str, wrong: str) -> None:
    try:
        number = float(value)
    except ValueError:
        raise InputRefused(wrong) from None
    if number < field.get("min", number) or number > field.get("max", number):
        raise InputRefused(wrong)
