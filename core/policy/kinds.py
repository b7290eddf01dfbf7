"""Which actions the policy's rules name: what people choose from when they ask by a form.

The expression library gives no syntax tree, so the conditions are read as tokens, and only a
plain comparison counts: `request.action.type == "x"`, the same the other way round, and
`request.action.type in ["x", "y"]`. What is not recognised is only missing from the list.
"""

import re
from collections.abc import Iterator, Sequence

from core.policy.policy import Policy
from core.route import Category
from core.value import Value

MOST = 90
"""Kinds in one list: every platform shows as many."""

_TOKEN = re.compile(
    r'(?P<text>[rR]?(?:"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'))'
    r"|//[^\n]*|\s+|(?P<word>[A-Za-z_]\w*)|(?P<sign>==|!=|<=|>=|&&|\|\||.)"
)
_PLAIN = re.compile(r"[rR]?(?P<quote>\"{3}|'{3}|\"|')(?P<type>[a-z0-9_.-]{1,100})(?P=quote)")
_TYPE = ("request", ".", "action", ".", "type")
_NAME = "\0type"
"""Stands for the five tokens of `request.action.type`."""

_BEFORE = frozenset({"", "(", "&&", "||", "!", "?", ":", ","})
_AFTER = frozenset({"", ")", "&&", "||", "?", ":", ","})


class NamedKind(Value, frozen=True):
    """An action's type that a rule names, with where in the params that rule takes the amount
    from (None: from the usual place)."""

    type: str
    amount_from: str | None = None


def named(policy: Policy) -> tuple[NamedKind, ...]:
    """The types that the rules name, in the policy's order; not those that only a rule names
    which prohibits them."""
    found: dict[str, NamedKind] = {}
    for rule in policy.rules:
        if rule.category is Category.PROHIBITED or rule.when is None:
            continue
        for type_ in compared(rule.when.text):
            found.setdefault(type_, NamedKind(type=type_, amount_from=rule.amount_from))
    return tuple(found.values())[:MOST]


def compared(condition: str) -> Iterator[str]:
    """The texts with which a condition compares the action's type."""
    tokens = ["", *_collapsed(_tokens(condition)), "", "", ""]
    for at, token in enumerate(tokens):
        if token != _NAME:
            continue
        if tokens[at + 1] == "==" and _stands_alone(tokens, at, at + 2):
            yield from _type(tokens[at + 2])
        if tokens[at - 1] == "==" and _stands_alone(tokens, at - 2, at):
            yield from _type(tokens[at - 2])
        if tokens[at + 1] == "in" and tokens[at - 1] in _BEFORE:
            yield from _listed(tokens, at + 2)


def _tokens(condition: str) -> Iterator[str]:
    for match in _TOKEN.finditer(condition):
        if match.lastgroup is not None:
            yield match.group()


def _collapsed(tokens: Iterator[str]) -> Iterator[str]:
    """The tokens with `request.action.type` as one."""
    seen: list[str] = []
    for token in tokens:
        seen.append(token)
        own = tuple(seen[-5:]) == _TYPE and seen[-6:-5] != ["."]
        if own:
            del seen[-5:]
            seen.append(_NAME)
    yield from seen


def _stands_alone(tokens: Sequence[str], first: int, last: int) -> bool:
    """Whether the comparison of these tokens is no part of a larger calculation."""
    return first > 0 and tokens[first - 1] in _BEFORE and tokens[last + 1] in _AFTER


def _listed(tokens: Sequence[str], at: int) -> Iterator[str]:
    """The texts of a list that begins here; none of one that holds anything else."""
    if tokens[at] != "[" or "]" not in tokens[at:]:
        return
    items = tokens[at + 1 : tokens.index("]", at)]
    if all(item == "," or _PLAIN.fullmatch(item) for item in items):
        for item in items:
            yield from _type(item)


def _type(token: str) -> Iterator[str]:
    match = _PLAIN.fullmatch(token)
    if match is not None:
        yield match["type"]
