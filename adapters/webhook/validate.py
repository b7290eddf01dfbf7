"""Makes typed values of parsed JSON and queries, or says everything that is wrong with them.

The good case is one call of msgspec. Only when that fails is the value gone through field
by field, so that a caller learns all mistakes at once. Messages never repeat the input.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from adapters.webhook.mistakes import MAX_MISTAKES, Mistake, Mistaken
from adapters.webhook.schema import Strict

S = TypeVar("S", bound=Strict)
_DIGITS = re.compile(r"-?(0|[1-9][0-9]{0,14})")


def body_of(value: Any, wanted: type[S]) -> S:
    """A JSON body as `wanted`; raises Mistaken with every mistake."""
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        raise _all_of(_struct_mistakes(value, wanted, "")) from None


def query_of(pairs: Iterable[tuple[str, str]], wanted: type[S]) -> S:
    """Query parameters as `wanted`; a parameter given twice is a mistake."""
    given: dict[str, str] = {}
    twice: list[Mistake] = []
    for name, value in pairs:
        if name in given:
            twice.append(Mistake(_short(name), "is given twice", "Give each parameter once."))
        given[name] = value
    if twice:
        raise Mistaken(twice[:MAX_MISTAKES])
    # A query says numbers as text; msgspec's lax mode would also read "null" as nothing.
    numbers = _numbers(wanted)
    typed = {
        name: int(value) if name in numbers and _DIGITS.fullmatch(value) else value
        for name, value in given.items()
    }
    try:
        return msgspec.convert(typed, wanted)
    except msgspec.ValidationError:
        raise _all_of(_struct_mistakes(typed, wanted, "", is_query=True)) from None


def _all_of(mistakes: Iterator[Mistake]) -> Mistaken:
    return Mistaken(list(islice(mistakes, MAX_MISTAKES)))


@cache
def _numbers(wanted: type) -> frozenset[str]:
    """The query's parameters that are whole numbers."""
    return frozenset(
        field.encode_name
        for field in _fields(wanted)
        if any(isinstance(inner, inspect.IntType) for inner in _alternatives(field.type))
    )


def _struct_mistakes(
    value: Any, wanted: type, path: str, *, is_query: bool = False
) -> Iterator[Mistake]:
    if not isinstance(value, Mapping):
        remedy = f"Send an object with {_listed(_names(wanted))}."
        yield Mistake(path, f"is {_kind(value)} where an object is expected", remedy)
        return
    fields = {field.encode_name: field for field in _fields(wanted)}
    for name in value:
        if name not in fields:
            yield Mistake(_join(path, name), "is not a known field", _nearest(name, fields))
    for name, field in fields.items():
        where = _join(path, name)
        if name not in value:
            if field.required:
                yield Mistake(where, "is missing", _remedy(field.type) or "Send it.")
        else:
            yield from _field_mistakes(value[name], field, wanted, where, is_query=is_query)


def _field_mistakes(
    value: Any, field: inspect.Field, owner: type, path: str, *, is_query: bool
) -> Iterator[Mistake]:
    nested = _struct_in(field.type)
    if nested is not None:
        if value is None and _may_be_null(field.type):
            return
        yield from _struct_mistakes(value, nested, path, is_query=is_query)
        return
    try:
        msgspec.convert(value, _annotation(owner, field.name))
    except msgspec.ValidationError as error:
        where, problem = _said(str(error), path, None if is_query else value)
        yield Mistake(where, problem, _remedy(field.type))


@cache
def _fields(wanted: type) -> Sequence[inspect.Field]:
    info = inspect.type_info(wanted)
    assert isinstance(info, inspect.StructType), "only structs are read field by field"
    return info.fields


def _names(wanted: type) -> list[str]:
    return [field.encode_name for field in _fields(wanted)]


def _annotation(owner: type, name: str) -> Any:
    return next(f.type for f in msgspec.structs.fields(owner) if f.name == name)


def _alternatives(type_: inspect.Type) -> Iterator[inspect.Type]:
    """The types a field may have, annotations included, looking through unions."""
    yield type_
    if isinstance(type_, inspect.Metadata):
        yield from _alternatives(type_.type)
    elif isinstance(type_, inspect.UnionType):
        for inner in type_.types:
            yield from _alternatives(inner)


def _may_be_null(type_: inspect.Type) -> bool:
    return any(isinstance(inner, inspect.NoneType) for inner in _alternatives(type_))


def _struct_in(type_: inspect.Type) -> type | None:
    found = (t.cls for t in _alternatives(type_) if isinstance(t, inspect.StructType))
    return next(found, None)


def _remedy(type_: inspect.Type) -> str:
    """The sentence that the schema gives for the field."""
    for inner in _alternatives(type_):
        if isinstance(inner, inspect.Metadata) and inner.extra and "remedy" in inner.extra:
            return str(inner.extra["remedy"])
    nested = _struct_in(type_)
    return "" if nested is None else f"Send an object with {_listed(_names(nested))}."


_AT = re.compile(r" - at `\$?(?P<path>[^`]*)`$")
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"length >= 1$"), "is empty"),
    (re.compile(r"^Expected `str` of length <= (\d+)$"), r"is longer than \1 characters"),
    (re.compile(r"^Expected `array` of length <= (\d+)$"), r"has more than \1 items"),
    (re.compile(r"matching regex"), "does not have the right form"),
    (re.compile(r"^Expected `\w+` >= (\S+)$"), r"is less than \1"),
    (re.compile(r"^Expected `\w+` <= (\S+)$"), r"is more than \1"),
    (re.compile(r"^Invalid enum value"), "is not one of the possible values"),
    (re.compile(r"out of range"), "is too large"),
)


def _said(message: str, path: str, value: Any) -> tuple[str, str]:
    """The place inside the field and the problem in plain words."""
    found = _AT.search(message)
    inside = found["path"] if found and "..." not in found["path"] else ""
    plain = _AT.sub("", message)
    for pattern, words in _WORDS:
        match = pattern.search(plain)
        if match is not None:
            return path + inside, match.expand(words)
    if inside or value is None:
        return path + inside, "does not have the right form"
    return path, f"is {_kind(value)}, which is not possible here"


_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "of an unknown kind")


def _join(path: str, name: Any) -> str:
    return f"{path}.{_short(str(name))}" if path else _short(str(name))


def _short(name: str) -> str:
    return name if len(name) <= 100 else f"{name[:100]}…"


def _nearest(name: Any, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(str(name)[:100], known, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"Known are {_listed(known)}." if known else "Leave it out."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "no fields"
