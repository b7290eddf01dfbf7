"""YAML text into nodes with their places, for files that people write.

A subset on purpose: one document of plain lists, mappings and scalars as YAML 1.2 means
them. Aliases and tags are refused, so that what is read is what is written, at its size.
"""

import re
from collections.abc import Callable, Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from core.source import Kind, Mistake, Mistakes, Node, place_in

DEEPEST = 30
"""How many lists and mappings may stand inside one another."""

# The YAML 1.2 core schema, section 10.3.2: https://yaml.org/spec/1.2.2/#1032-tag-resolution
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_BASES = {"0o": 8, "0x": 16}

Resolve = Callable[[str], tuple[Kind, str | int | float | bool | None]]


def read_document(text: str, resolve: Resolve | None = None) -> Node:
    """The one document of a YAML text. Raises Mistakes.

    `resolve` says what an unquoted scalar means, where that is not what YAML 1.2 says.
    """
    mistakes: list[Mistake] = []
    try:
        root = _Composer(text, mistakes, resolve or _resolve).document()
    except ReaderError as error:
        place = place_in(text, error.position)
        mistakes.append(Mistake(*place, "a control character", "Remove the character"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        said = error.problem or error.context or "not YAML"
        remedy = "Mend the YAML; indent with spaces and quote texts with : # or {"
        mistakes.append(Mistake(line, column, f"cannot be read: {said}", remedy))
    except YAMLError as error:
        mistakes.append(Mistake(1, 1, f"cannot be read: {error}", "Mend the YAML"))
    if mistakes:
        raise Mistakes(mistakes)
    return root


class _TooDeep(Exception):
    """Reading stops here: the rest of the text is not looked at."""


class _Composer:
    """Turns the parser's events into nodes, reading only as far as needed."""

    def __init__(self, text: str, mistakes: list[Mistake], resolve: Resolve) -> None:
        self._text, self._resolve = text, resolve
        self._lines = text.split("\n")
        self._mistakes = mistakes
        # The pure parser keeps YAML 1.2; a faster one in C reads 1.1.
        self._events: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)

    def document(self) -> Node:
        root: Node | None = None
        try:
            for event in self._events:
                if isinstance(event, DocumentStartEvent):
                    if event.version not in (None, (1, 2)):
                        self._wrong(event, "another version of YAML", "Write %YAML 1.2 or nothing")
                    if root is not None:
                        self._wrong(event, "a second document starts here", "Remove it")
                        break
                    root = self._node(next(self._events), DEEPEST)
        except _TooDeep:
            return _nothing()
        if root is None:
            self._mistakes.append(Mistake(1, 1, "the file is empty", "Write its content"))
        return root or _nothing()

    def _node(self, event: Event, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        self._check_plain(event)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, line, column)
        if isinstance(event, AliasEvent):
            return _nothing(line, column)
        if depth == 0:
            self._wrong(event, f"more than {DEEPEST} levels", "Nest less deeply")
            raise _TooDeep
        if isinstance(event, SequenceStartEvent):
            items = tuple(self._node(inner, depth - 1) for inner in self._until(SequenceEndEvent))
            return Node(kind=Kind.LIST, line=line, column=column, items=items)
        assert isinstance(event, MappingStartEvent)
        entries = tuple(
            (self._node(key, depth - 1), self._node(next(self._events), depth - 1))
            for key in self._until(MappingEndEvent)
        )
        return Node(kind=Kind.MAPPING, line=line, column=column, entries=entries)

    def _until(self, end: type[Event]) -> Iterator[Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _check_plain(self, event: Event) -> None:
        if isinstance(event, AliasEvent):
            remedy = "Write the value out: aliases are refused"
            self._wrong(event, f"alias *{_short(event.anchor)}", remedy)
            return
        if isinstance(event, NodeEvent) and event.anchor:
            self._wrong(event, f"anchor &{_short(event.anchor)}", "Remove it: aliases are refused")
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.ctag is not None:
            self._wrong(event, f"tag {_short(event.ctag)}", "Remove it: tags are refused")

    def _scalar(self, event: ScalarEvent, line: int, column: int) -> Node:
        text: str = event.value
        if any("\ud800" <= c <= "\udfff" or c == "\0" for c in text):
            self._wrong(event, "half a character or a NUL", "Write the whole character")
            return _nothing(line, column)
        kind, value = self._resolve(text) if event.style is None else (Kind.TEXT, text)
        lines = self._places(event, text) if kind is Kind.TEXT else ()
        return Node(kind=kind, line=line, column=column, value=value, lines=lines)

    def _places(self, event: ScalarEvent, text: str) -> tuple[tuple[int, int], ...]:
        """Where each line of a text starts, as long as it is written letter by letter."""
        first, column = event.start_mark.line, event.start_mark.column
        if event.style == "|":
            return self._block_places(first + 1, text)
        start = column + (0 if event.style is None else 1)
        # The anchor or tag that may stand before it is a mistake in any case.
        if self._line(first)[start : start + len(text)] == text:
            return ((first + 1, start + 1),)
        return ()

    def _block_places(self, first: int, text: str) -> tuple[tuple[int, int], ...]:
        places: list[tuple[int, int]] = []
        for offset, line in enumerate(text.rstrip("\n").split("\n")):
            number = first + offset
            written = self._line(number).rstrip("\r")
            if not written.endswith(line):
                return ()
            places.append((number + 1, len(written) - len(line) + 1))
        return tuple(places)

    def _line(self, number: int) -> str:
        """A line counted from 0; the parser knows more line breaks than people write."""
        return self._lines[number] if number < len(self._lines) else ""

    def _wrong(self, event: Event, message: str, remedy: str) -> None:
        mark = event.start_mark
        self._mistakes.append(Mistake(mark.line + 1, mark.column + 1, message, remedy))


def _short(value: object) -> str:
    return str(value)[:80]


def _nothing(line: int = 1, column: int = 1) -> Node:
    return Node(kind=Kind.NOTHING, line=line, column=column)


def _resolve(text: str) -> tuple[Kind, str | int | float | bool | None]:
    """What an unquoted scalar means in YAML 1.2."""
    if _NULL.fullmatch(text):
        return Kind.NOTHING, None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return Kind.BOOLEAN, text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return Kind.INTEGER, int(text[2:], _BASES[text[:2]]) if text[:2] in _BASES else int(text)
    if _NUMBER.fullmatch(text):
        return Kind.NUMBER, float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return Kind.TEXT, text
