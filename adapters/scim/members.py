"""Who is put into a group, and taken out, by the operations of one PATCH, taken together.

The library looks at every member for each operation, which with thousands of both keeps all other
calls waiting for minutes. A provider sends the same few forms; whatever is said otherwise is left
to the library, and then there may be few.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from adapters.scim.errors import Turned


class Bound(NamedTuple):
    """How many operations of one PATCH are looked at, how many characters their paths have in all,
    each being a filter that is read and tried on each value, and how many values one has."""

    operations: int
    characters: int
    values: int


USUAL: Final = Bound(100, 10_000, 1000)
"""Of the operations beside those that are taken together."""

UNUSUAL: Final = Bound(5, 500, 100)
"""The same where one of them looks for members in a way of its own."""

_ONE: Final = re.compile(r'members\[\s*value\s+eq\s+"([!#-\[\]-~]{1,64})"\s*\]', re.IGNORECASE)
"""One member in a path, as Entra and Okta write it: `members[value eq "ID"]`."""

Ids = tuple[str, ...]

_KEYS: Final = frozenset({"op", "path", "value"})
_PATHS: Final = frozenset({"members", "urn:ietf:params:scim:schemas:core:2.0:group:members"})


def operations_of(payload: Any) -> Any:
    """What stands as the operations of a PATCH; None for nothing. Raises Turned for two of them."""
    if not isinstance(payload, dict):
        return None
    found = [value for key, value in payload.items() if key.lower() == "operations"]
    if len(found) > 1:
        raise Turned(400, "The body has Operations twice.", "invalidSyntax")
    return found[0] if found else None


def with_operations(payload: Any, operations: Any) -> Any:
    """The PATCH with these operations instead."""
    return {k: operations if k.lower() == "operations" else v for k, v in payload.items()}


def taken_together(operations: Any, present: Iterable[str]) -> tuple[Ids, list[Any]] | None:
    """The ids of the members afterwards, and the operations that concern something else.

    None where one concerns members in another form; then all are for the library.
    """
    if not isinstance(operations, list):
        return None
    members, rest = dict.fromkeys(present), list[Any]()
    for each in operations:
        if not _is_on_members(each):
            rest.append(each)
        elif not _apply(each, members):
            return None
    return tuple(members), rest


def require_few(operations: Any, most: Bound) -> None:
    """Raises Turned for more than are looked at, or for paths that take long to read."""
    listed: Sequence[Any] = operations if isinstance(operations, list) else ()
    if len(listed) > most.operations:
        said = f"Send at most {most.operations} operations of this kind at once."
        raise Turned(400, said, "tooMany")
    length = sum(
        len(text)
        for each in listed
        if isinstance(each, dict)
        for key, text in each.items()
        if key.lower() != "value" and isinstance(text, str)
    )
    counts = (
        len(value)
        for each in listed
        if isinstance(each, dict)
        for key, value in each.items()
        if key.lower() == "value" and isinstance(value, list)
    )
    if any(count > most.values for count in counts):
        raise Turned(400, f"Send at most {most.values} values in an operation.", "tooMany")
    if length > most.characters:
        said = f"The paths have more than {most.characters} characters in all. Send less at once."
        raise Turned(400, said, "tooMany")


def _is_on_members(operation: Any) -> bool:
    """Whether it could be about members; the library takes keys in any spelling."""
    if not isinstance(operation, dict):
        return False
    if not operation.keys() <= _KEYS:
        return True
    path, value = operation.get("path"), operation.get("value")
    if isinstance(path, str) and path:
        return "members" in path.lower()
    return isinstance(value, dict) and any("members" in str(key).lower() for key in value)


def _apply(operation: dict[str, Any], members: dict[str, None]) -> bool:
    """Apply an operation of a usual form; false for any other."""
    kind, path = str(operation.get("op")).lower(), operation.get("path")
    if not isinstance(path, str) or not operation.keys() <= _KEYS:
        return False
    one = _ONE.fullmatch(path)
    if one is not None and kind == "remove" and operation.get("value") is None:
        members.pop(one[1], None)
        return True
    named = _named(operation.get("value"))
    if path.lower() not in _PATHS or kind not in ("add", "replace", "remove") or named is None:
        return False
    if kind == "remove":
        for id_ in named:
            members.pop(id_, None)
        return bool(named)
    if kind == "replace":
        members.clear()
    members.update(dict.fromkeys(named))
    return True


def _named(value: Any) -> list[str] | None:
    """The ids of a list of members, or of one; None for anything else."""
    items = value if isinstance(value, list) else [value]
    ids: list[Any] = [each.get("value") if isinstance(each, dict) else None for each in items]
    is_good = all(isinstance(i, str) and i.isascii() and i.isprintable() and i for i in ids)
    return ids if is_good else None
