"""Finds what a filter asks for (RFC 7644 section 3.4.2.2) without making a resource of everybody.

What is compared with one of the usual attributes narrows the search first, by plain values; the
filter itself then decides. Any filter works so, the usual ones fast.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar
from unicodedata import normalize

from scim2_models import Resource, ScimFilter
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

from adapters.scim.view import Entry
from core.directory.kept import KeptGroup

T = TypeVar("T")
R = TypeVar("R", bound=Resource[Any])

AT_ONCE: Final = 5
"""Resources that are made between two looks at other calls."""

Values = Callable[[T], Iterable[str | None]]


def _mails(entry: Entry) -> list[str]:
    return [entry.person.email, *(mail.value for mail in entry.person.scim.emails)]


OF_USER: Final[dict[str, Values[Entry]]] = {
    "id": lambda e: [e.person.id],
    "username": lambda e: [e.person.user_name],
    "externalid": lambda e: [e.person.scim.external_id],
    "emails.value": _mails,
    "emails": _mails,
}
OF_GROUP: Final[dict[str, Values[KeptGroup]]] = {
    "id": lambda g: [g.id],
    "displayname": lambda g: [g.name],
    "externalid": lambda g: [g.external_id],
}


async def matching(
    items: Iterable[T],
    asked: ScimFilter[R] | None,
    values: dict[str, Values[T]],
    make: Callable[[T], R],
) -> Sequence[T]:
    """The items for which the filter holds."""
    if asked is None:
        return list(items)
    narrowed = [item for item in items if _may(asked.ast, item, values)]
    found: list[T] = []
    for n, item in enumerate(narrowed):
        if n % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        if asked.match(make(item)):
            found.append(item)
    return found


def _may(node: FilterNode, item: T, values: dict[str, Values[T]]) -> bool:
    """Whether the filter could hold: true wherever plain values do not say that it cannot."""
    if isinstance(node, LogicalExpr):
        terms = (_may(term, item, values) for term in node.terms)
        return all(terms) if node.op is LogicalOperator.and_ else any(terms)
    if not isinstance(node, Comparison) or node.op is not CompareOperator.eq:
        return True
    of = values.get(_attribute(node))
    if of is None or not isinstance(node.value, str):
        return True
    wanted = _folded(node.value)
    return any(value is not None and _folded(value) == wanted for value in of(item))


def _folded(text: str) -> str:
    """As broadly as any attribute is compared."""
    return normalize("NFC", normalize("NFC", text).lower())


def _attribute(node: Comparison) -> str:
    path = node.attr_path
    sub = f".{path.sub_attr}" if path.sub_attr else ""
    return f"{path.attr}{sub}".lower()
