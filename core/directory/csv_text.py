"""A table of people as text (CSV), read with the place of every cell.

Cells are separated by commas, semicolons or tabs, whichever the first line has most of; a cell in
quotes may hold any of them, and line breaks (RFC 4180). Every mistake is found at once.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.directory.people import Person
from core.directory.text import read_rows
from core.source import Kind, Mistake, Node, Reader, nearest
from core.text import has_hidden

COLUMNS: Final = (
    *("email", "name", "manager", "department", "roles", "groups", "timezone"),
    *("working_hours", "notify", "slack_team", "slack_user", "teams_tenant", "teams_object"),
)
"""What the first line may name, in any order."""

NEEDED: Final = ("email", "name")
LISTS: Final = frozenset({"roles", "groups", "notify"})
ACCOUNTS: Final = {
    "slack": {"slack_team": "team", "slack_user": "user"},
    "teams": {"teams_tenant": "tenant", "teams_object": "aad_object_id"},
}
MOST_ROWS: Final = 100_000

_SEPARATORS: Final = (",", ";", "\t")
_ITEM: Final = re.compile(r"[^;,|]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the table, and where their address stands in it."""

    person: Person
    place: Node


@dataclass(frozen=True, slots=True)
class PeopleTable:
    """The rows that could be read, and the columns that the table has: of the others it says
    nothing. With `mistakes` none of it may be used; it is for finding the others."""

    rows: tuple[Row, ...]
    columns: frozenset[str]
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    line: int
    column: int
    quoted: bool = False

    def node(self, text: str | None = None, offset: int = 0) -> Node:
        """The cell, or a part of it, as a node."""
        column = self.column + (0 if self.quoted else offset)
        value = self.text.strip() if text is None else text
        return Node(kind=Kind.TEXT, line=self.line, column=column, value=value)


def read_table(text: str) -> PeopleTable:
    """The people of a table, as far as they can be read, and every mistake in it."""
    reader = Reader()
    lines = [line for line in _lines(reader, text) if any(c.text.strip() for c in line)]
    names = _names(reader, lines[0]) if lines else {}
    if not lines:
        reader.wrong(_place(1, 1), "the table is empty", f"Begin with {', '.join(NEEDED)}, ...")
    if len(lines) > MOST_ROWS:
        reader.wrong(_place(1, 1), "the table is too long", f"Use at most {MOST_ROWS} lines")
    entries = [] if reader.mistakes else [_entry(reader, names, line) for line in lines[1:]]
    found = [Row(person, place) for person, place in read_rows(reader, entries)]
    return PeopleTable(tuple(found), frozenset(names.values()), tuple(reader.mistakes))


def _names(reader: Reader, line: Sequence[_Cell]) -> dict[int, str]:
    """The columns by their position."""
    found: dict[int, str] = {}
    for position, cell in enumerate(line):
        name = cell.text.strip().lower()
        if name in found.values():
            reader.wrong(cell.node(), f"the column '{name}' stands here twice", "Remove one")
        elif name in COLUMNS:
            found[position] = name
        else:
            reader.wrong(cell.node(), f"there is no column '{name}'", nearest(name, COLUMNS))
    for name in NEEDED:
        if name not in found.values():
            reader.wrong(line[0].node(), f"the column '{name}' is missing", "Add it")
    return found


def _entry(reader: Reader, names: dict[int, str], line: Sequence[_Cell]) -> Node:
    """A line as the mapping that a person is in the directory file."""
    if len(line) != len(names):
        message = f"the line has {len(line)} cells, the first one {len(names)}"
        reader.wrong(line[0].node(), message, "Put cells with a separator in them in quotes")
    cells = {names[n]: cell for n, cell in enumerate(line) if n in names and cell.text.strip()}
    for cell in cells.values():
        if has_hidden(cell.text):
            reader.wrong(cell.node(), "the cell has hidden characters", "Write it anew")
    entries = [
        (_key(name, cell), _listed(cell) if name in LISTS else cell.node())
        for name, cell in cells.items()
        if not any(name in keys for keys in ACCOUNTS.values())
    ]
    accounts = [
        (_key(platform, line[0]), _mapping(line[0], found))
        for platform, keys in ACCOUNTS.items()
        if (found := [(_key(keys[n], c), c.node()) for n, c in cells.items() if n in keys])
    ]
    if accounts:
        entries.append((_key("identities", line[0]), _mapping(line[0], accounts)))
    return _mapping(line[0], entries)


def _listed(cell: _Cell) -> Node:
    items = tuple(
        cell.node(found.group().strip(), found.start())
        for found in _ITEM.finditer(cell.text)
        if found.group().strip()
    )
    return Node(kind=Kind.LIST, line=cell.line, column=cell.column, items=items)


def _mapping(at: _Cell, entries: Sequence[tuple[Node, Node]]) -> Node:
    return Node(kind=Kind.MAPPING, line=at.line, column=at.column, entries=tuple(entries))


def _key(name: str, at: _Cell) -> Node:
    return Node(kind=Kind.TEXT, line=at.line, column=at.column, value=name)


def _place(line: int, column: int) -> Node:
    return Node(kind=Kind.NOTHING, line=line, column=column)


def _lines(reader: Reader, text: str) -> Iterator[list[_Cell]]:
    """The cells, line by line."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text += "" if text.endswith("\n") or not text else "\n"
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    scan, line = _Scan(reader, text, separator), list[_Cell]()
    while not scan.at_end:
        cell, ends = scan.cell()
        line.append(cell)
        if ends:
            yield line
            line = []


class _Scan:
    """Walks through the text, one cell after the other."""

    def __init__(self, reader: Reader, text: str, separator: str) -> None:
        self._reader, self._text, self._separator = reader, text, separator
        self._at, self._line, self._line_start = 0, 1, 0
        self._plain = re.compile(f"[^{re.escape(separator)}\n]*")

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def cell(self) -> tuple[_Cell, bool]:
        """The next cell, and whether it is the last one of its line."""
        line, column = self._line, self._at - self._line_start + 1
        quoted = self._text.startswith('"', self._at)
        text = self._in_quotes() if quoted else self._until_separator()
        return _Cell(text, line, column, quoted), self._ends()

    def _until_separator(self) -> str:
        found = self._plain.match(self._text, self._at)
        assert found is not None, "it matches nothing at all, too"
        self._at = found.end()
        return found.group()

    def _in_quotes(self) -> str:
        opened = _place(self._line, self._at - self._line_start + 1)
        parts: list[str] = []
        self._at += 1
        while True:
            close = self._text.find('"', self._at)
            if close < 0:
                self._reader.wrong(opened, "the quotes are not closed", 'Add a " at the end')
                close = len(self._text)
            parts.append(self._passed(close))
            self._at = close + 1
            if not self._text.startswith('"', self._at):
                break
            parts.append('"')
            self._at += 1
        rest = self._until_separator()
        if rest.strip():
            message = "something stands behind the closing quotes"
            self._reader.wrong(opened, message, 'Write " inside quotes twice')
        return "".join(parts)

    def _passed(self, end: int) -> str:
        passed = self._text[self._at : end]
        breaks = passed.count("\n")
        if breaks:
            self._line += breaks
            self._line_start = self._at + passed.rfind("\n") + 1
        return passed

    def _ends(self) -> bool:
        """Step over what ends the cell; whether that ends the line."""
        if self._text.startswith(self._separator, self._at):
            self._at += 1
            return False
        self._at += 1
        self._line += 1
        self._line_start = self._at
        return True
