"""Small parts from which the Block Kit shapes in `elements` and `blocks` are put together.

Knows nothing of Block Kit itself. Complaints are worded and placed as Slack
words them: `must be less than 151 characters [json-pointer:/blocks/0/text/text]`.
"""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[object, str, list[str]], None]


def complain(problems: list[str], pointer: str, text: str) -> None:
    """Add one complaint about the value at that JSON pointer."""
    problems.append(f"{text} [json-pointer:{pointer or '/'}]")


def string(longest: int, shortest: int = 1) -> Check:
    """Accept a string of that many characters."""

    def check(value: object, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, str):
            complain(problems, pointer, "must provide a string")
        elif len(value) > longest:
            complain(problems, pointer, f"must be less than {longest + 1} characters")
        elif len(value) < shortest:
            complain(problems, pointer, f"must be more than {shortest - 1} characters")

    return check


def one_of(*values: str) -> Check:
    """Accept one of these strings."""

    def check(value: object, pointer: str, problems: list[str]) -> None:
        if value not in values:
            complain(problems, pointer, f"must be a valid enum value, one of {', '.join(values)}")

    return check


def flag(value: object, pointer: str, problems: list[str]) -> None:
    """Accept true or false."""
    if not isinstance(value, bool):
        complain(problems, pointer, "must provide a boolean")


def number(least: int, most: int) -> Check:
    """Accept a whole number in that range, both ends included."""

    def check(value: object, pointer: str, problems: list[str]) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            complain(problems, pointer, "must provide an integer")
        elif not least <= value <= most:
            complain(problems, pointer, f"must be between {least} and {most}")

    return check


def array(item: Check, most: int, least: int = 1) -> Check:
    """Accept a list of that many items, each of which `item` accepts."""

    def check(value: object, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, list):
            complain(problems, pointer, "must provide an array")
            return
        if len(value) > most:
            complain(problems, pointer, f"no more than {most} items allowed")
        if len(value) < least:
            complain(problems, pointer, f"must have at least {least} items")
        for position, one in enumerate(value):
            item(one, f"{pointer}/{position}", problems)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """Accept an object with all of the required members and no member beyond these."""
    members = {**required, **optional}

    def check(value: object, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            complain(problems, pointer, "must provide an object")
            return
        for name in required:
            if name not in value:
                complain(problems, pointer, f"missing required field: {name}")
        for name, member in value.items():
            if name not in members:
                complain(problems, pointer, f"invalid additional property: {name}")
            else:
                members[name](member, f"{pointer}/{name}", problems)

    return check


def by_type(shapes: Mapping[str, Check]) -> Check:
    """Accept an object that fits the shape its `type` names."""

    def check(value: object, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            complain(problems, pointer, "must provide an object")
            return
        kind = value.get("type")
        found = shapes.get(kind) if isinstance(kind, str) else None
        if found is None:
            complain(problems, f"{pointer}/type", f"unsupported type: {kind}")
        else:
            found(value, pointer, problems)

    return check


def both(*checks: Check) -> Check:
    """Accept what each of the checks accepts."""

    def check(value: object, pointer: str, problems: list[str]) -> None:
        for one in checks:
            one(value, pointer, problems)

    return check


def any_of_members(*names: str) -> Check:
    """Accept an object with at least one of these members (what is no object is not judged)."""

    def check(value: object, pointer: str, problems: list[str]) -> None:
        if isinstance(value, dict) and not any(name in value for name in names):
            complain(problems, pointer, f"must provide one of: {', '.join(names)}")

    return check


def findings(check: Check, value: Any, pointer: str) -> list[str]:
    """Return every complaint of that check about a value."""
    problems: list[str] = []
    check(value, pointer, problems)
    return problems
