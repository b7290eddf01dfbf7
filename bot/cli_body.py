"""What a command sends, from a file of JSON or YAML and from flags, as it was written.

A number stays the characters that somebody wrote: what is read here is never a double. JSON
without flags goes to the server byte by byte, which says itself what is wrong with it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import msgspec
import typer

from bot.cli_client import read_file
from bot.failures import Failure
from core.source import Kind, Mistake, Mistakes, Node

YAML_NAMES = (".yaml", ".yml")

# RFC 8259, section 6.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

# What some version of YAML calls a number and JSON does not: 010 is eight in YAML 1.1
# (https://yaml.org/type/int.html) and ten in 1.2, 1_000 a thousand and a text.
_UNCLEAR = re.compile(
    r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?0[oxb][0-9a-f_]+|[-+]?\.inf|\.nan",
    re.IGNORECASE,
)
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}

Body = dict[str, Any]
"""A JSON object; numbers are `msgspec.Raw`, so that they are written as they were read."""


def read_body(name: str) -> bytes:
    """A file's JSON, or its YAML as JSON; `-` is standard input. Raises Failure."""
    raw = read_file(name)
    return msgspec.json.encode(_from_yaml(name, raw)) if _is_yaml(name, raw) else raw


def merged(name: str | None, given: Mapping[str, Any], action: Mapping[str, Any]) -> bytes:
    """The body of a file with what flags say in its place. Raises Failure.

    `given` are members of the body; `action` has `type` and `params` if they were given, of
    which each param takes the place of the file's one of the same name.
    """
    body = {} if name is None else _object(name)
    body |= dict(given)
    if action:
        there = _inner(name, body, "action")
        params = {**_inner(name, there, "params", "action.params"), **action.get("params", {})}
        body["action"] = {**there, **action, "params": params}
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        raise Failure(f"{_called(name)}: half a character. Write the whole character.") from None


def params_of(texts: Iterable[str]) -> Body:
    """`NAME=TEXT` and `NAME:=JSON` as params. Raises typer.BadParameter."""
    found: Body = {}
    for text in texts:
        name, equals, value = text.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":") if is_json else name
        if not equals or not name.strip():
            _wrong("use NAME=TEXT, as in vendor=Acme, or NAME:=JSON, as in amount:=900")
        if name in found:
            _wrong(f"{name} is given twice")
        try:
            found[name] = _value(value) if is_json else value
        except ValueError as error:
            _wrong(f"{name}: {error}. Use NAME:=JSON, as in amount:=900, or NAME=TEXT")
    return found


def _wrong(said: str) -> NoReturn:
    raise typer.BadParameter(said, param_hint="--param")


def _is_yaml(name: str, raw: bytes) -> bool:
    """By the name; what comes from standard input is JSON if it begins like an object."""
    if name == "-":
        return bool(raw.strip()) and not raw.lstrip().startswith(b"{")
    return name.lower().endswith(YAML_NAMES)


def _object(name: str) -> Body:
    raw = read_file(name)
    if _is_yaml(name, raw):
        return _from_yaml(name, raw)
    try:
        found = _value(raw.decode())
    except ValueError as error:
        raise Failure(f"{_called(name)}: {error}. Write one JSON object.") from None
    if not isinstance(found, dict):
        raise Failure(f"{_called(name)}: is no JSON object. Write one, as {{...}}.")
    return found


def _inner(name: str | None, body: Body, member: str, path: str | None = None) -> Body:
    found = body.get(member)
    if found is not None and not isinstance(found, dict):
        raise Failure(f"{_called(name)}: {path or member} is no object. Write one, as {{...}}.")
    return found or {}


def _called(name: str | None) -> str:
    return "Standard input" if name == "-" else name or "The flags"


# --- JSON ---------------------------------------------------------------------------------


def _value(text: str) -> Any:
    """A JSON value with its numbers as they are written. Raises ValueError."""
    try:
        return _json.decode(text)
    except RecursionError:
        raise ValueError("too many levels") from None


def _pairs(pairs: list[tuple[str, Any]]) -> Body:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice")
    return found


def _raw(literal: str) -> msgspec.Raw:
    return msgspec.Raw(literal.encode())


def _constant(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not JSON")


_json = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_raw, parse_float=_raw, parse_constant=_constant
)


# --- YAML ---------------------------------------------------------------------------------


def _from_yaml(name: str, raw: bytes) -> Body:
    """A YAML document as the JSON object that it looks like. Raises Failure with all mistakes."""
    from bot.documents import read_document

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure(f"{_called(name)}: is not UTF-8 at byte {error.start + 1}.") from None
    mistakes: list[Mistake] = []
    try:
        root = read_document(text, _resolve)
        found = _node(root, mistakes)
        if root.kind is not Kind.MAPPING:
            mistakes.append(_at(root, "is no mapping", "Write one, as title: New laptops"))
    except Mistakes as several:
        mistakes = list(several.mistakes)
    if mistakes:
        raise Failure("\n".join(f"{_called(name)}:{mistake}" for mistake in mistakes))
    return dict(found)


def _resolve(text: str) -> tuple[Kind, str | bool | None]:
    """What an unquoted scalar means: JSON's words and numbers, and text.

    So `no`, `on` and a date are texts, as in YAML 1.2. A number is told from its kind and kept
    as it is written.
    """
    word = text.lower() if text in (text.lower(), text.capitalize(), text.upper()) else text
    if word in _PLAIN:
        value = _PLAIN[word]
        return (Kind.NOTHING if value is None else Kind.BOOLEAN), value
    if _UNCLEAR.fullmatch(text):
        return Kind.NUMBER, text
    return Kind.TEXT, text


def _node(node: Node, mistakes: list[Mistake]) -> Any:
    match node.kind:
        case Kind.LIST:
            return [_node(item, mistakes) for item in node.items]
        case Kind.MAPPING:
            return _mapping(node, mistakes)
        case Kind.NUMBER:
            if _NUMBER.fullmatch(str(node.value)) is None:
                said = f"{node.value} is not a number in all versions of YAML"
                mistakes.append(_at(node, said, f'Write "{node.value}" in quotes if it is a text'))
            return _raw(str(node.value))
        case _:
            return node.value


def _mapping(node: Node, mistakes: list[Mistake]) -> Body:
    found: Body = {}
    for key, value in node.entries:
        if key.kind is not Kind.TEXT:
            mistakes.append(_at(key, f"a name that is {key.kind}", "Write a text, in quotes"))
            continue
        name = str(key.value)
        if name == "<<":  # https://yaml.org/type/merge.html
            mistakes.append(_at(key, "a merge, which is not in all versions", "Write it out"))
        if name in found:
            mistakes.append(_at(key, f"'{name[:80]}' stands there twice", "Remove one of them"))
        found[name] = _node(value, mistakes)
    return found


def _at(node: Node, message: str, remedy: str) -> Mistake:
    return Mistake(node.line, node.column, message, remedy)
