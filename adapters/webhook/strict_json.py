"""Reads JSON that everybody reads alike, and says where it is not.

RFC 8259 leaves open what duplicate names, huge numbers or lone surrogates mean; a digest
over such a value would not be about what people saw, so all of them are refused. It knows
nothing of requests: a body goes in, plain values come out, or every mistake with its path.
"""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

import msgspec

from adapters.webhook.mistakes import MAX_MISTAKES, Mistake, Mistaken
from core.content import MAX_SAFE_INTEGER

MAX_DEPTH = 32
"""Brackets that may stand inside one another."""

_SEND_STRING = "Send it as a string, or with at most 15 digits."


class Malformed(Exception):
    """The bytes are not JSON; the message says what is wrong and where."""


class _Suspicious(Exception):
    """Something that must be looked at closely, with its path."""


def parse(body: bytes) -> Any:
    """The value; raises Malformed for what is not JSON, Mistaken for what is not safe JSON."""
    text = _text(body)
    try:
        value = _read(text)
        if _names_and_texts([value], MAX_DEPTH) != _strings(text):
            raise _Suspicious  # what was written is not in the value: a name stands twice
    except (_Suspicious, msgspec.DecodeError, ValueError, RecursionError):
        return _looked_at_closely(text)
    return value


def _text(body: bytes) -> str:
    if not body:
        raise Malformed("The body is empty; a JSON object is expected.")
    if body.startswith(b"\xef\xbb\xbf"):
        raise Malformed("The body starts with a byte order mark, which JSON does not have.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not valid UTF-8 at byte {error.start + 1}.") from None


def _malformed(error: json.JSONDecodeError) -> Malformed:
    what = error.msg.removesuffix(" at")
    return Malformed(f"{what} at line {error.lineno}, column {error.colno}.")


# --- the fast way: any doubt stops it -----------------------------------------------------


def _names_and_texts(values: Iterable[Any], room: int) -> int:
    """How many strings there are in values that may be so many brackets deep."""
    found = 0
    for value in values:
        kind = type(value)
        if kind is str:
            found += 1
        elif kind is int:
            if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
                raise _Suspicious
        elif kind is dict or kind is list:
            if not room:
                raise _Suspicious
            if kind is dict:
                found += len(value)
                value = value.values()
            found += _names_and_texts(value, room - 1)
    return found


def _strings(text: str) -> int:
    """How many strings are written in a text that is JSON: two quotes for each, besides those
    that are escaped."""
    if "\\" in text:
        text = _ESCAPE.sub("", text)
    return text.count('"') // 2


def _float(literal: str) -> float | int:
    if not _is_exact(literal):
        raise _Suspicious
    return _number(literal)


def _number(literal: str) -> float | int:
    """5.0 is 5, as in JSON Schema and in the canonical form that digests are made of."""
    number = float(literal)
    return int(number) if number.is_integer() else number


_ESCAPE = re.compile(r"\\.")
_read = msgspec.json.Decoder(float_hook=_float).decode


def _is_exact(literal: str) -> bool:
    """Whether a double's shortest form has the very value that was written."""
    number = float(literal)
    if not -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER:
        return False
    if repr(number) == literal:
        return True
    try:
        return Decimal(repr(number)) == Decimal(literal)
    except InvalidOperation:
        return False


# --- the slow way: every mistake with its path ---------------------------------------------


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Constant(str):
    """NaN, Infinity or -Infinity, which Python reads and JSON does not have."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """An object's members as they were written, duplicates included."""


_slow = json.JSONDecoder(
    object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_Constant
)


def _looked_at_closely(text: str) -> Any:
    try:
        tree = _slow.decode(text)
    except RecursionError:
        raise Mistaken([_too_deep("")]) from None
    except json.JSONDecodeError as error:
        raise _malformed(error) from None
    mistakes = list(islice(_mistakes(tree), MAX_MISTAKES))
    if mistakes:
        raise Mistaken(mistakes)
    return _plain(tree)


def _plain(tree: Any) -> Any:
    """The tree as ordinary values; its depth has been bounded before."""
    match tree:
        case _Object():
            return {name: _plain(inner) for name, inner in tree}
        case list():
            return [_plain(inner) for inner in tree]
        case _Number():
            return int(tree) if _is_integer(tree) else _number(tree)
    return tree


def _is_integer(literal: str) -> bool:
    return literal.lstrip("-").isdigit()


def _mistakes(tree: Any) -> Iterator[Mistake]:
    pending: list[tuple[Any, str, int]] = [(tree, "", 0)]
    while pending:
        value, path, depth = pending.pop()
        if isinstance(value, _Constant):
            raise Malformed(f"{value} at {path or 'the top'} is not JSON. Send a number or null.")
        elif isinstance(value, _Number):
            yield from _number_mistakes(value, path)
        elif isinstance(value, str):
            yield from _string_mistakes(value, path)
        elif isinstance(value, list):
            if depth >= MAX_DEPTH:
                yield _too_deep(path)
                continue
            yield from _duplicates(value, path)
            inner = reversed(list(_members(value, path)))
            pending.extend((member, where, depth + 1) for member, where in inner)


def _members(value: list[Any], path: str) -> Iterable[tuple[Any, str]]:
    if isinstance(value, _Object):
        for name, inner in value:
            yield inner, f"{path}.{_printable(name)}" if path else _printable(name)
            if not _is_whole(name):
                yield name, path
    else:
        for position, inner in enumerate(value):
            yield inner, f"{path}[{position}]"


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")[:100]


def _duplicates(value: list[Any], path: str) -> Iterator[Mistake]:
    if not isinstance(value, _Object):
        return
    seen: set[str] = set()
    for name, _ in value:
        if name in seen:
            where = f"{path}.{_printable(name)}" if path else _printable(name)
            yield Mistake(where, "stands twice in the same object", "Send each name once.")
        seen.add(name)


def _number_mistakes(literal: str, path: str) -> Iterator[Mistake]:
    if _is_integer(literal):
        digits = literal.lstrip("-")
        if len(digits) > 16 or int(digits) > MAX_SAFE_INTEGER:
            yield Mistake(path, "is an integer beyond 2^53-1", "Send it as a string.")
    elif abs(float(literal)) > MAX_SAFE_INTEGER:
        yield Mistake(path, "is a number beyond 2^53-1", "Send it as a string.")
    elif not _is_exact(literal):
        yield Mistake(path, "is not a number that a double holds exactly", _SEND_STRING)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _string_mistakes(text: str, path: str) -> Iterator[Mistake]:
    if not _is_whole(text):
        yield Mistake(path, "holds half of a surrogate pair", "Send the whole character.")


def _too_deep(path: str) -> Mistake:
    return Mistake(path, f"is nested deeper than {MAX_DEPTH} levels", "Send a flatter value.")
