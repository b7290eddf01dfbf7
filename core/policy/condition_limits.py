"""Bounds what a condition may cost: its length, its loops, and what these walk over.

CEL always ends, and stops loops after 10,000 steps. But each step may search or copy the
longest text of a request: measured, one short condition over a request of 256 KB took ten
seconds or five gigabytes. So loops see only requests that are small enough for them.
"""

import re
from collections.abc import Iterable, Mapping

from core.policy.condition_errors import ConditionSyntaxError
from core.source import place_in

LONGEST = 2_000
"""Characters of a condition."""

DEEPEST = 2
"""Loops (all, exists, exists_one, filter, map) that may stand inside one another."""

MOST_WORK = 25_000_000
"""Steps of a loop times the longest text or list of the request: a tenth of a second."""

_STEPS = 10_000

# Texts come first: what stands in them is neither a loop nor a bracket.
_TOKENS = re.compile(
    r'(?:[rR][bB]?|[bB][rR])(?:"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"[^"\n]*"|\'[^\'\n]*\')'
    r'|"""(?:\\[\s\S]|[^\\])*?"""|\'\'\'(?:\\[\s\S]|[^\\])*?\'\'\''
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    r"|//[^\n]*|(?P<loop>\.\s*(?:all|exists|exists_one|filter|map)\s*\()|[()]",
)


def too_large(text: str) -> ConditionSyntaxError | None:
    """The mistake of a condition that is too long or loops too deeply."""
    if len(text) > LONGEST:
        message = f"the condition has {len(text)} characters, more than {LONGEST}"
        return ConditionSyntaxError(message, 1, 1, "Split it into several rules")
    depth, place = nesting(text)
    if depth > DEEPEST:
        message = f"more than {DEEPEST} loops stand inside one another"
        remedy = "Split it, or loop less deeply"
        return ConditionSyntaxError(message, *place_in(text, place), remedy)
    return None


def nesting(text: str) -> tuple[int, int]:
    """How deep loops stand inside one another, and where the deepest one begins (from 0)."""
    open_brackets: list[bool] = []
    deepest, place = 0, 0
    for token in _TOKENS.finditer(text):
        if token["loop"] is not None:
            open_brackets.append(True)
            if sum(open_brackets) > deepest:
                deepest, place = sum(open_brackets), token.start()
        elif token[0] == "(":
            open_brackets.append(False)
        elif token[0] == ")" and open_brackets:
            open_brackets.pop()
    return deepest, place


def too_much(text: str, depth: int, data: Mapping[str, object]) -> bool:
    """Whether loops of this depth over this request could cost too much."""
    items, characters = _longest(data.values())
    # A condition may also loop over a list that it writes itself.
    steps = max(items, len(text) // 2)
    for _ in range(1, depth):
        steps *= max(items, len(text) // 2)
    return min(steps, _STEPS) * (characters + items) > MOST_WORK


def _longest(values: Iterable[object]) -> tuple[int, int]:
    """The items of the longest list or mapping, and the characters of the longest text."""
    items, characters = 0, 0
    pending = list(values)
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            characters = max(characters, len(value))
        elif isinstance(value, Mapping):
            items = max(items, len(value))
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            items = max(items, len(value))
            pending += value
    return items, characters
