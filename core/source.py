"""A parsed document with its places, and a reader that collects every mistake at once.

It knows no file format: whoever parses a file makes the nodes. Nothing is raised while
reading; what cannot be read comes back as None and stands in the list of mistakes.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

NAME_LIMIT = 80
"""Characters of a name: what fits on one line of a card."""

_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f\u2028\u2029]+")


class Kind(StrEnum):
    """What a node is; the value is the word used in messages."""

    TEXT = "text"
    INTEGER = "a whole number"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    NOTHING = "empty"
    LIST = "a list"
    MAPPING = "a mapping"


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A value of the document. `line` and `column` are where it starts, counted from 1.

    `value` is the scalar, `items` a list's nodes, `entries` a mapping's keys and values in
    the document's order, repeated keys included. `lines` says for each line of a text where
    it starts in the document, and is empty where the text is not written out as it is meant.
    """

    kind: Kind
    line: int
    column: int
    value: str | int | float | bool | None = None
    items: tuple["Node", ...] = ()
    entries: tuple[tuple["Node", "Node"], ...] = ()
    lines: tuple[tuple[int, int], ...] = ()

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Where a place inside this text stands in the document; else where the text starts."""
        if line > len(self.lines):
            return self.line, self.column
        start_line, start_column = self.lines[line - 1]
        return start_line, start_column + column - 1


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """One thing to mend, with its place (from 1), what is wrong, and what to do."""

    line: int
    column: int
    message: str
    remedy: str

    def __str__(self) -> str:
        # What the document says may hold control characters; a terminal must not obey them.
        said = f"{self.message} - {self.remedy}"
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in said)
        return f"{self.line}:{self.column}: {shown}"


class Mistakes(Exception):
    """All mistakes of a document, in its order."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass(slots=True)
class Reader:
    """Reads nodes and keeps the mistakes, and what is no mistake but should be known."""

    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)

    def wrong(self, node: Node, message: str, remedy: str) -> None:
        """Note a mistake at a node."""
        self.mistakes.append(Mistake(node.line, node.column, message, remedy))

    def warn(self, node: Node, message: str, remedy: str) -> None:
        """Note a warning at a node."""
        self.warnings.append(Mistake(node.line, node.column, message, remedy))

    def mapping(self, node: Node, what: str, known: Collection[str]) -> "Fields":
        """A mapping with these keys."""
        fields = Fields(self, node, what)
        if node.kind is not Kind.MAPPING:
            keys = ", ".join(known)
            self.wrong(node, f"{what} is {node.kind}", f"Write a mapping with the keys {keys}")
            return fields
        for key, value in node.entries:
            self._entry(fields, key, value, known)
        return fields

    def text(self, node: Node, what: str) -> str | None:
        """A text that says something."""
        if node.kind is not Kind.TEXT:
            hint = "or remove it" if node.kind is Kind.NOTHING else "in quotes if need be"
            self.wrong(node, f"{what} is {node.kind}", f"Write text, {hint}")
            return None
        text = str(node.value)
        if not text.strip():
            self.wrong(node, f"{what} is empty", "Write text")
            return None
        return text

    def name(self, node: Node, what: str) -> str | None:
        """A text of one line, at most NAME_LIMIT characters, without spaces around it."""
        text = self.text(node, what)
        if text is None:
            return None
        text = text.strip()
        if len(text) > NAME_LIMIT or not _ONE_LINE.fullmatch(text):
            remedy = f"Use one line of at most {NAME_LIMIT} characters"
            self.wrong(node, f"{what} is too long or has several lines", remedy)
            return None
        return text

    def whole(self, node: Node, what: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        if node.kind is Kind.INTEGER and isinstance(node.value, int) and low <= node.value <= high:
            return node.value
        found = node.value if node.kind is Kind.INTEGER else said(node)
        self.wrong(node, f"{what} is {found}", f"Write a whole number from {low} to {high}")
        return None

    def flag(self, node: Node, what: str) -> bool | None:
        """True or false."""
        if node.kind is Kind.BOOLEAN:
            return bool(node.value)
        self.wrong(node, f"{what} is {said(node)}", "Write true or false")
        return None

    def listed(self, node: Node, what: str) -> Sequence[Node]:
        """The items of a list."""
        if node.kind is Kind.LIST:
            return node.items
        self.wrong(node, f"{what} is {said(node)}", "Write a list, for example [a, b]")
        return ()

    def one_or_more(self, node: Node, what: str) -> Sequence[Node]:
        """The items of a list, or the single value that stands for a list of one."""
        return self.listed(node, what) if node.kind is not Kind.TEXT else (node,)

    def names(self, node: Node, what: str) -> tuple[str, ...]:
        """A list of names."""
        found = (self.name(item, f"an item of {what}") for item in self.listed(node, what))
        return tuple(name for name in found if name is not None)

    def one_of(self, node: Node, what: str, choices: Collection[str]) -> str | None:
        """One of these words."""
        if node.kind is Kind.TEXT and node.value in choices:
            return str(node.value)
        self.wrong(node, f"{what} is {said(node)}", nearest(said(node).strip("'"), choices))
        return None

    def _entry(self, fields: "Fields", key: Node, value: Node, known: Collection[str]) -> None:
        name = str(key.value)
        if key.kind is not Kind.TEXT:
            self.wrong(key, f"a key of {fields.what} is {said(key)}", "Write a key that is text")
        elif name in fields.values:
            first = fields.keys[name]
            self.wrong(
                key, f"'{name}' stands here twice", f"Remove it here or in line {first.line}"
            )
        elif name in known:
            fields.keys[name], fields.values[name] = key, value
        else:
            self.wrong(key, f"unknown key '{name}' in {fields.what}", nearest(name, known))


@dataclass(slots=True)
class Fields:
    """The known keys of one mapping, each once."""

    reader: Reader
    node: Node
    what: str
    keys: dict[str, Node] = field(default_factory=dict)
    values: dict[str, Node] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """The value of a key, None when it is absent."""
        return self.values.get(key)

    def need(self, key: str, remedy: str) -> Node | None:
        """The value of a key that must be there."""
        # What is no mapping at all has been said already.
        if key not in self.values and self.node.kind is Kind.MAPPING:
            self.reader.wrong(self.node, f"'{key}' is missing in {self.what}", remedy)
        return self.values.get(key)

    def name(self, key: str) -> str | None:
        """A name, None when the key is absent."""
        node = self.get(key)
        return None if node is None else self.reader.name(node, f"'{key}'")

    def text(self, key: str) -> str | None:
        """A text, None when the key is absent."""
        node = self.get(key)
        return None if node is None else self.reader.text(node, f"'{key}'")

    def flag(self, key: str, default: bool) -> bool:
        """True or false; the default when the key is absent or not readable."""
        node = self.get(key)
        read = None if node is None else self.reader.flag(node, f"'{key}'")
        return default if read is None else read


def place_in(text: str, offset: int) -> tuple[int, int]:
    """The line and column of a text, from 1, at which the character of this index stands."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def said(node: Node) -> str:
    """What a node says, for a message: a text in quotes, else its kind."""
    if node.kind is not Kind.TEXT:
        return str(node.kind)
    text = str(node.value)
    return f"'{text if len(text) <= NAME_LIMIT else text[: NAME_LIMIT - 1] + '…'}'"


def nearest(word: str, choices: Collection[str], otherwise: str | None = None) -> str:
    """The remedy for a word that is none of the choices; `otherwise` when none is alike."""
    near = get_close_matches(word, sorted(choices), 1, 0.6)
    if near:
        return f"Did you mean '{near[0]}'?"
    return otherwise or f"Use one of: {', '.join(sorted(choices))}"
