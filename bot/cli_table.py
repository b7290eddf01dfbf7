"""Rows for people: a table in a terminal, lines of tab-separated cells into a pipe or file.

No address or id is ever broken, and nothing in a cell is markup. Programs take --json.
"""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.table import Table
    from rich.text import Text

Row = Mapping[str, object]
Rows = Sequence[Row]
Widths = Mapping[str, int]

GAP = 2
"""Places between two columns."""

WIDEST = 10_000

NARROW = 20
"""Places that a column of texts gets at least, if its texts are as long."""

OWN_LINE = "reason"
"""The column of sentences; in a terminal it always stands under its row."""

WRAPPED = ("title", "name")
"""Columns of texts that may go on in the next line."""

AT_THE_RIGHT = ("amount",)

COLOURS = {
    "approved": "green",
    "rejected": "red",
    "prohibited": "red",
    "dead": "red",
    "revoked": "red",
    "pending": "yellow",
    "changes_requested": "yellow",
}
"""Of what a status or state says."""


def print_table(rows: Rows, columns: Sequence[str]) -> None:
    """Print the columns of all rows as they suit standard output."""
    if not sys.stdout.isatty():
        print("\n".join(tabbed(rows, columns)))  # noqa: T201 - this is what a person reads
        return
    encoding = sys.stdout.encoding or "utf-8"
    shown = drawn(table(rows, columns, shutil.get_terminal_size().columns))
    print(shown.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201 - the same


def tabbed(rows: Rows, columns: Sequence[str]) -> list[str]:
    """One line a row, with the names of the columns first; no cell holds a tab."""
    return ["\t".join(columns), *("\t".join(_cell(row[name]) for name in columns) for row in rows)]


def table(rows: Rows, columns: Sequence[str], width: int) -> "Group":
    """Aligned columns, as many as fit into the width; the rest stands under each row, named."""
    from rich.console import Group
    from rich.text import Text

    widths = _widths(rows, columns, width)
    heads = {name: name.replace("_", " ") for name in columns}
    lines: list[Any] = [_aligned(heads, widths, "bold")]
    lines.append(Text("─" * (sum(widths.values()) + GAP * (len(widths) - 1)), "dim", no_wrap=True))
    below = [name for name in columns if name not in widths]
    for row in rows:
        lines.append(_aligned(row, widths))
        lines += [
            Text(line, "dim", no_wrap=True, overflow="ignore") for line in _below(row, below, width)
        ]
    return Group(*lines)


def drawn(what: "Group") -> str:
    """What a terminal is sent, without the last line's end."""
    # A table has its width already; an id that is wider than the terminal stays whole.
    console = a_console(WIDEST)
    with console.capture() as taken:
        console.print(what)
    return "\n".join(line.rstrip(" ") for line in taken.get().splitlines())


def a_console(width: int | None = None) -> "Console":
    """A terminal to which text is text: no markup, no emoji names, no guessed colours.

    NO_COLOR (https://no-color.org) takes the colours away.
    """
    from rich.console import Console

    return Console(force_terminal=True, width=width, markup=False, emoji=False, highlight=False)


def shown_time(at: int) -> str:
    """A moment as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _widths(rows: Rows, columns: Sequence[str], width: int) -> dict[str, int]:
    """How wide each column is that fits, the first one in any case."""
    from rich.cells import cell_len

    natural = {n: max(cell_len(n), *(cell_len(_cell(r[n])) for r in rows), 0) for n in columns}
    found: dict[str, int] = {}
    for name in columns:
        if name != OWN_LINE:
            least = min(natural[name], NARROW) if name in WRAPPED else natural[name]
            if found and _used(found) + GAP + least > width:
                break
            found[name] = least
    for name in found:
        found[name] += max(0, min(natural[name] - found[name], width - _used(found)))
    return found


def _used(widths: Widths) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _aligned(row: Row, widths: Widths, style: str = "") -> "Table":
    from rich.table import Table

    line = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for name, wide in widths.items():
        side = "right" if name in AT_THE_RIGHT else "left"
        # The gap stands inside of the column, so the last one has none.
        line.add_column(justify=side, width=wide, overflow="fold", no_wrap=name not in WRAPPED)  # type: ignore[arg-type] # a literal
    line.add_row(*(_styled(name, _cell(row[name]), style) for name in widths))
    return line


def _styled(name: str, text: str, style: str) -> "Text":
    from rich.text import Text

    return Text(text, style or (COLOURS.get(text, "") if name in ("status", "state") else ""))


def _below(row: Row, columns: Sequence[str], width: int) -> Iterator[str]:
    """What found no room: names and cells on as few lines as they need, a sentence on its own."""
    given = [name for name in columns if row[name] not in (None, [])]
    said = [f"{name.replace('_', ' ')}: {_cell(row[name])}" for name in given if name != OWN_LINE]
    line = ""
    for text in said:
        if line and len(line) + len(text) + 3 > width - 4:
            yield from _wrapped(line, width)
            line = ""
        line = f"{line} · {text}" if line else text
    yield from _wrapped(line, width) if line else ()
    if OWN_LINE in given:
        yield from _wrapped(f"{OWN_LINE}: {_cell(row[OWN_LINE])}", width)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, NARROW),
        initial_indent=" " * 4,
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cell(value: object) -> str:
    """Text from the database, without characters that could steer a terminal."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return "-" if value is None else "".join(c if c.isprintable() else "?" for c in text)


def counted(count: int, what: str, several: str | None = None) -> str:
    """A number with its noun: "1 rule", "3 rules", "2 people"."""
    return f"{count:,} {what if count == 1 else several or f'{what}s'}"
