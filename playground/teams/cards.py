"""Judges an Adaptive Card as Teams would have to show it.

A problem means that clients drop or break the card (the connector answers 400 then, so that a
test sees it); a warning means that it shows, but not everywhere or not as meant. Rules come from
card_elements.py; nothing here changes or draws a card.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.teams import card_elements as known

# "Teams is also limited to version 1.5":
# https://learn.microsoft.com/en-us/microsoft-copilot-studio/guidance/adaptive-cards-overview
NEWEST_VERSION = (1, 5)
# https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
SOFT_LIMIT_BYTES = 28 * 1024
# maxActions in Microsoft's host configuration for Teams:
# https://github.com/microsoft/AdaptiveCards/blob/main/samples/HostConfig/microsoft-teams-light.json
MOST_ACTIONS = 6
# https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/user-specific-views
MOST_USER_IDS = 60
# https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/people-picker
PEOPLE = ("graph.microsoft.com/users", "graph.microsoft.com/users?scope=currentContext")
_DEEPEST = 40
_VERSION = re.compile(r"^1\.([0-9]{1,2})$")


@dataclass(slots=True)
class Report:
    """What is wrong with one card; `size` is its UTF-8 length in bytes."""

    size: int
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check(card: object) -> Report:
    """Return the report on a decoded card; any JSON value may be given."""
    report = Report(size=len(json.dumps(card, ensure_ascii=False).encode("utf-8", "replace")))
    if report.size > SOFT_LIMIT_BYTES:
        report.warnings.append(
            f"card: {report.size} bytes, over the {SOFT_LIMIT_BYTES} of webhooks and older clients"
        )
    _Judge(report).card(card, "card", nested=False)
    return report


class _Judge:
    """One walk over one card; every complaint carries the path of what it is about."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._ids: dict[str, str] = {}
        self._version = (1, 0)
        self._kinds: dict[str, Callable[[Any, str, int], None]] = {
            "list": self._list,
            "fallback": self._fallback,
            "action": self._action,
            "actions": self._actions,
            "elements": self._elements,
            "columns": lambda value, path, depth: self._parts(
                value, path, depth, "Column", known.COLUMN
            ),
            "rows": lambda value, path, depth: self._parts(
                value, path, depth, "TableRow", known.ROW
            ),
            "cells": lambda value, path, depth: self._parts(
                value, path, depth, "TableCell", known.CELL
            ),
            "inlines": self._inlines,
            "facts": lambda value, path, _: self._pairs(value, path),
            "choices": lambda value, path, _: self._pairs(value, path),
            "query": lambda value, path, _: self._query(value, path),
            "card": lambda value, path, depth: self.card(value, path, nested=True, depth=depth),
        }

    def _bad(self, path: str, what: str) -> None:
        self._report.problems.append(f"{path}: {what}")

    def _odd(self, path: str, what: str) -> None:
        self._report.warnings.append(f"{path}: {what}")

    def card(self, card: object, path: str, *, nested: bool, depth: int = 0) -> None:
        if not isinstance(card, Mapping) or card.get("type") != "AdaptiveCard":
            self._bad(path, 'expected an object with "type": "AdaptiveCard"')
            return
        shape = known.CARD
        if nested:
            # A card inside Action.ShowCard takes the version of the card around it.
            shape = known.Shape("1.0", {"type": "text"}, {**shape.optional, "version": "text"})
        else:
            self._read_version(card.get("version"), path)
        self._properties(card, shape, {}, path, depth)
        if "refresh" in card:
            self._refresh(card["refresh"], f"{path}.refresh", depth)

    def _read_version(self, version: object, path: str) -> None:
        found = _VERSION.match(version) if isinstance(version, str) else None
        if found is None:
            self._bad(f"{path}.version", 'expected "1.0" to "1.5"')
            return
        self._version = (1, int(found[1]))
        if self._version > NEWEST_VERSION:
            self._bad(f"{path}.version", f"{version} is newer than Teams shows; the newest is 1.5")

    def _refresh(self, refresh: object, path: str, depth: int) -> None:
        if not isinstance(refresh, Mapping):
            return
        self._needs("1.4", path)
        action = refresh.get("action")
        if not isinstance(action, Mapping) or action.get("type") != "Action.Execute":
            self._bad(f"{path}.action", "expected an Action.Execute")
        else:
            self._action(action, f"{path}.action", depth + 1)
        users = refresh.get("userIds")
        if users is None:
            self._odd(
                path, "without userIds every member of a small conversation asks for a refresh"
            )
        elif not isinstance(users, list) or not all(isinstance(user, str) for user in users):
            self._bad(f"{path}.userIds", "expected a list of strings")
        else:
            self._user_ids(users, f"{path}.userIds")

    def _user_ids(self, users: list[str], path: str) -> None:
        if len(users) > MOST_USER_IDS:
            self._bad(path, f"{len(users)} user ids, Teams takes {MOST_USER_IDS}")
        for user in users:
            if not user.startswith(("29:", "8:")):
                self._odd(path, f"{user[:40]} is no Teams user MRI")

    def _needs(self, since: str, path: str) -> None:
        if self._version < tuple(int(part) for part in since.split(".")):
            declared = ".".join(str(part) for part in self._version)
            self._bad(path, f"needs version {since}, the card says {declared}")

    def _properties(
        self,
        value: Mapping[str, Any],
        shape: known.Shape,
        common: known.Kinds,
        path: str,
        depth: int,
    ) -> None:
        if depth > _DEEPEST:
            self._bad(path, "nested too deep")
            return
        for name in shape.required:
            if name not in value:
                self._bad(path, f"{name} is missing")
        kinds = {**common, **shape.optional, **shape.required}
        for name, content in value.items():
            if name not in kinds:
                self._odd(f"{path}.{name}", "unknown property, ignored by clients")
            else:
                self._value(content, kinds[name], f"{path}.{name}", depth)

    def _value(self, value: Any, kind: str, path: str, depth: int) -> None:
        if kind in known.ENUMS:
            if not isinstance(value, str) or value.lower() not in known.ENUMS[kind]:
                self._bad(path, f"expected one of {', '.join(sorted(known.ENUMS[kind]))}")
        elif kind in self._kinds:
            self._kinds[kind](value, path, depth + 1)
        elif kind != "any" and not _PLAIN[kind](value):
            self._bad(path, f"expected {_SAID[kind]}")

    def _list(self, value: Any, path: str, _depth: int = 0) -> None:
        if not isinstance(value, list):
            self._bad(path, "expected a list")

    def _each(self, value: Any, path: str) -> Iterator[tuple[Any, str]]:
        self._list(value, path)
        if isinstance(value, list):
            yield from ((item, f"{path}[{number}]") for number, item in enumerate(value))

    def _elements(self, value: Any, path: str, depth: int) -> None:
        for element, where in self._each(value, path):
            self._typed(element, known.ELEMENTS, known.ON_EVERY_ELEMENT, where, depth)

    def _actions(self, value: Any, path: str, depth: int) -> None:
        shown = 0
        for action, where in self._each(value, path):
            self._action(action, where, depth)
            in_menu = isinstance(action, Mapping) and _is_secondary(action)
            shown += not in_menu
            if in_menu and action.get("type") == "Action.ShowCard":
                # https://github.com/microsoft/AdaptiveCards/issues/8652
                self._odd(where, "a card in the overflow menu does not open in Teams")
        if shown > MOST_ACTIONS:
            self._odd(path, f"{shown} actions, Teams shows {MOST_ACTIONS}")

    def _action(self, value: Any, path: str, depth: int) -> None:
        self._typed(value, known.ACTIONS, known.ON_EVERY_ACTION, path, depth)

    def _typed(
        self, value: Any, shapes: dict[str, known.Shape], common: known.Kinds, path: str, depth: int
    ) -> None:
        if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
            self._bad(path, 'expected an object with a "type"')
            return
        shape = shapes.get(value["type"])
        if shape is None:
            # What a client does not know is replaced by its fallback, if it has one.
            if "fallback" in value:
                self._fallback(value["fallback"], f"{path}.fallback", depth + 1)
            else:
                self._bad(path, f"unknown type {value['type'][:60]}")
            return
        if "fallback" not in value:
            self._needs(shape.since, path)
        self._unique(value, path)
        self._properties(value, shape, common, path, depth)

    def _unique(self, value: Mapping[str, Any], path: str) -> None:
        name = value.get("id")
        if not isinstance(name, str) or path.endswith(".fallback"):
            return
        if name in self._ids:
            self._bad(path, f"id {name[:60]} is already that of {self._ids[name]}")
        self._ids.setdefault(name, path)

    def _parts(self, value: Any, path: str, depth: int, name: str, shape: known.Shape) -> None:
        for part, where in self._each(value, path):
            if not isinstance(part, Mapping) or part.get("type", name) != name:
                self._bad(where, f"expected a {name}")
                continue
            self._unique(part, where)
            self._properties(part, shape, known.ON_EVERY_ELEMENT, where, depth)

    def _inlines(self, value: Any, path: str, depth: int) -> None:
        for inline, where in self._each(value, path):
            if isinstance(inline, Mapping) and inline.get("type") == "TextRun":
                self._properties(inline, known.TEXT_RUN, {"type": "text"}, where, depth)
            elif not isinstance(inline, str):
                self._bad(where, "expected a text or a TextRun")

    def _pairs(self, value: Any, path: str) -> None:
        """Check facts and choices: a list of {title, value}, both strings."""
        for pair, where in self._each(value, path):
            texts = pair if isinstance(pair, Mapping) else {}
            if not all(isinstance(texts.get(name), str) for name in ("title", "value")):
                self._bad(where, "expected a title and a value, both strings")

    def _query(self, value: Any, path: str) -> None:
        """Check where a choice's possibilities are searched for.

        https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/people-picker
        """
        query = value if isinstance(value, Mapping) else {}
        if query.get("type") != "Data.Query" or not isinstance(query.get("dataset"), str):
            self._bad(path, "expected a Data.Query with a dataset")
        elif query["dataset"] not in PEOPLE:
            self._odd(path, f"{query['dataset'][:60]} is no search that Teams does by itself")

    def _fallback(self, value: Any, path: str, depth: int) -> None:
        if value == "drop":
            return
        is_action = isinstance(value, Mapping) and str(value.get("type", "")).startswith("Action.")
        shapes = known.ACTIONS if is_action else known.ELEMENTS
        common = known.ON_EVERY_ACTION if is_action else known.ON_EVERY_ELEMENT
        self._typed(value, shapes, common, path, depth)


def _is_secondary(action: Mapping[str, Any]) -> bool:
    """Whether an action is in the overflow menu."""
    return str(action.get("mode", "")).lower() == "secondary"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_PLAIN: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "number": _is_number,
    "object": lambda value: isinstance(value, Mapping),
    "data": lambda value: isinstance(value, str | Mapping),
    "url": lambda value: (
        isinstance(value, str) and value.startswith(("https://", "http://", "mailto:", "tel:"))
    ),
}
_SAID = {
    "text": "a string",
    "bool": "true or false",
    "number": "a number",
    "object": "an object",
    "data": "a string or an object",
    "url": "an absolute address",
}
