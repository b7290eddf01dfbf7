"""What CEL says about a bad condition, put so that the author of the policy can mend it.

Only texts are read and made here; nothing is compiled or evaluated.
"""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from core.source import place_in

_ENTRY = re.compile(r"^(?:[A-Z_]+: )?ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_CODE = re.compile(r"^[A-Z_]+: |\s\[[A-Z_]+\]\s*$")
_UNKNOWN = re.compile(r"undeclared reference to '(.*?)' \(in container")
_OVERLOAD = re.compile(r"found no matching overload for '(.*?)' applied to '(.*)'$")
_EXPECTING = re.compile(r" expecting .*$")
_HAS = re.compile(r"\bhas\(\s*(request\.[A-Za-z_.]+)\s*\)")
_COMPARISONS = frozenset({"_>_", "_>=_", "_<_", "_<=_", "_==_", "_!=_", "@in"})
_MIXED = frozenset({"(int, double)", "(double, int)", "(int, list(double))", "(double, list(int))"})
_FUNCTIONS = (
    *("size", "contains", "startsWith", "endsWith", "matches", "has", "type", "dyn"),
    *("all", "exists", "exists_one", "filter", "map", "int", "double", "string", "bool"),
    *("timestamp", "duration", "getFullYear", "getMonth", "getDayOfWeek", "getHours"),
)
_SLIPS = {
    "token recognition error at: '=": "Use == to compare",
    "input 'and'": "Use && for and",
    "input 'or'": "Use || for or",
}
_KINDS = {"dyn": "a value of any kind", "int": "a whole number", "double": "a number"}
_ABSENT = "Leave it out: a request without a field that its condition needs is refused"
_KINDS_REMEDY = (
    "Use values of one kind: numbers without quotes, text in quotes; "
    "reckon with double(request.amount) and decimals such as 2.0"
)
_LONGEST = 200
_ALIKE = 0.7


class ConditionSyntaxError(Exception):
    """A condition cannot be used. `line` and `column` count from 1 inside the condition.

    `others` are the further mistakes of the same condition; `mixes_numbers` marks a whole
    number compared with a decimal one, which CEL compares exactly when it runs.
    """

    def __init__(
        self,
        message: str,
        line: int,
        column: int,
        remedy: str = "Write a CEL expression that is true or false",
        *,
        mixes_numbers: bool = False,
    ) -> None:
        super().__init__(f"{message} - {remedy}")
        self.message = message
        self.line = line
        self.column = column
        self.remedy = remedy
        self.mixes_numbers = mixes_numbers
        self.others: tuple[ConditionSyntaxError, ...] = ()


def read_errors(errors: str, text: str, known: Iterable[str]) -> list[ConditionSyntaxError]:
    """The mistakes that CEL's error text names, never none; `known` are the field names."""
    found = [
        _mistake(int(line), int(column), _CODE.sub("", said), text, known)
        for line, column, said in _ENTRY.findall(errors)
    ]
    # After a syntax error the parser only guesses, so the first one is all there is to say.
    if found and "Syntax error" in errors:
        return found[:1]
    return found or [_without_place(errors, text)]


def asks_for_field(text: str, known: Iterable[str]) -> list[ConditionSyntaxError]:
    """A mistake for each `has(request.amount)`: CEL reads it as the value, not the question."""
    fields = frozenset(known)
    return [
        ConditionSyntaxError(
            f"has() cannot ask whether '{match[1]}' is there",
            *place_in(text, match.start()),
            "Ask has() about keys of request.action.params only; a request without a field "
            "that its condition needs is refused",
        )
        for match in _HAS.finditer(text)
        if match[1] in fields
    ]


def not_an_answer(kind: str) -> ConditionSyntaxError:
    """The mistake of a condition whose result is of another type than BOOL."""
    return ConditionSyntaxError(
        f"the condition gives {_KINDS.get(kind.lower(), kind.lower())}, not true or false",
        1,
        1,
        "Compare it with something, for example with == true or > 0",
    )


def evaluation_problem(said: str) -> str:
    """What CEL said when it could not answer, in a few plain words without control characters."""
    said = _CODE.sub("", _CODE.sub("", said)).strip()
    if match := re.match(r'No value with name "(.*?)" found in Activation', said):
        return f"{match[1]} is missing"
    if match := re.match(r'Key not found in map : "?(.*?)"?$', said):
        said = f"the params have no key '{match[1]}'"
    elif match := re.match(r"No matching overloads found : (\S+?)(\(.*\))?$", said):
        on = f" to {match[2]}" if match[2] else " to values of this kind"
        said = f"'{_operator(match[1])}' cannot be applied{on}"
    elif match := re.match(r"Unexpected value type for '(.*?)'.*\(Expected (\w+)\)", said):
        said = f"{match[1]} is not of type {match[2].lower()}"
    elif said.startswith("Iteration budget exceeded"):
        said = "it takes too many steps"
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in said)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def _mistake(
    line: int, column: int, said: str, text: str, known: Iterable[str]
) -> ConditionSyntaxError:
    if match := _UNKNOWN.search(said):
        message, remedy = _unknown(match[1], _character(text, line, column) == "(", known)
        return ConditionSyntaxError(message, line, column, remedy)
    if match := _OVERLOAD.search(said):
        absent = "null_type" in match[2]
        return ConditionSyntaxError(
            f"'{_operator(match[1])}' cannot be applied to {match[2]}",
            line,
            column,
            _ABSENT if absent else _KINDS_REMEDY,
            mixes_numbers=match[1] in _COMPARISONS and match[2] in _MIXED,
        )
    if "input '<EOF>'" in said:
        ends = "the condition is empty" if not text.strip() else "the condition ends too early"
        return ConditionSyntaxError(ends, line, column, "Complete the expression")
    said = _EXPECTING.sub("", said.removeprefix("Syntax error: "))
    for slip, remedy in _SLIPS.items():
        if slip in said:
            return ConditionSyntaxError(f"cannot be understood: {said}", line, column, remedy)
    return ConditionSyntaxError(f"cannot be understood: {said}", line, column)


def _without_place(errors: str, text: str) -> ConditionSyntaxError:
    if "recursion limit" in errors:
        remedy = "Split it into several rules or remove brackets"
        return ConditionSyntaxError("the condition is nested too deeply", 1, 1, remedy)
    if any("\ud800" <= c <= "\udfff" for c in text):
        remedy = "Write the whole character"
        return ConditionSyntaxError("the condition holds half a character", 1, 1, remedy)
    said = evaluation_problem(errors)
    return ConditionSyntaxError(f"cannot be understood: {said}", 1, 1)


def _unknown(name: str, called: bool, known: Iterable[str]) -> tuple[str, str]:
    if called:
        near = get_close_matches(name, _FUNCTIONS, 1, _ALIKE)
        hint = f"Did you mean '{near[0]}'?" if near else "Use one of CEL's own functions"
        return f"'{name}' is not a known function", hint
    message = f"'{name}' is not a known field"
    if name == "request":
        return message, "Name one of its fields, for example request.amount"
    fields = sorted(known)
    if near_field := _nearest(name, fields):
        return message, f"Did you mean '{near_field}'?"
    parameter = "" if "." in name else f"request.action.params.{name} for a parameter, or "
    return message, f"Use {parameter}one of {', '.join(fields)}"


def _nearest(name: str, fields: Iterable[str]) -> str | None:
    """The field meant by a dotted name, by its whole tail or its last word alone."""
    by_tail: dict[str, str] = {}
    for field in fields:
        tail = field.removeprefix("request.")
        by_tail[tail] = field
        by_tail.setdefault(tail.rpartition(".")[2], field)
    words = name.split(".")
    if len(words) > 1 and get_close_matches(words[0], ["request"], 1, _ALIKE):
        words = words[1:]
    best, meant = _ALIKE, None
    for end in range(1, len(words) + 1):
        for tail, field in by_tail.items():
            alike = SequenceMatcher(None, ".".join(words[:end]), tail).ratio()
            if alike > best:
                rest = words[end:] if field.endswith(".params") else []
                best, meant = alike, ".".join([field, *rest])
    return meant


def _operator(name: str) -> str:
    return name.strip("_@") or name


def _character(text: str, line: int, column: int) -> str:
    lines = text.split("\n")
    inside = line <= len(lines) and column <= len(lines[line - 1])
    return lines[line - 1][column - 1] if inside else ""
