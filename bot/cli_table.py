"""Rows for people: a table in a terminal, lines of tab-separated cells into a pipe or file.

No address or id is ever broken. Programs take --json.
"""

import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

Rows = Sequence[Mapping[str, object]]

GAP = "  "
OWN_LINE = "reason"
"""The column of sentences; in a terminal it always stands under its row."""


def print_table(rows: Rows, columns: Sequence[str]) -> None:
    """Print the columns of all rows as they suit standard output."""
    if sys.stdout.isatty():
        print("\n".join(table(rows, columns, shutil.get_terminal_size().columns)))  # noqa: T201 - this is what a person reads
    else:
        print("\n".join(tabbed(rows, columns)))  # noqa: T201 - the same


def tabbed(rows: Rows, columns: Sequence[str]) -> list[str]:
    """One line a row, with the names of the columns first; no cell holds a tab."""
    return ["\t".join(columns), *("\t".join(_cell(row[name]) for name in columns) for row in rows)]


def table(rows: Rows, columns: Sequence[str], width: int) -> list[str]:
    """Aligned columns, as many as fit into the width; the rest stands under each row, named."""
    widths = {n: max(map(len, (n, *(_cell(row[n]) for row in rows)))) for n in columns}
    fitting = _fitting([n for n in columns if n != OWN_LINE], widths, width)
    below = [n for n in columns if n not in fitting]
    lines = [_aligned({n: n for n in fitting}, fitting, widths)]
    for row in rows:
        lines.append(_aligned(row, fitting, widths))
        lines += [
            line
            for n in below
            if row[n] not in (None, [])
            for line in _under(n, _cell(row[n]), width)
        ]
    return lines


def shown_time(at: int) -> str:
    """A moment as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fitting(columns: Sequence[str], widths: Mapping[str, int], width: int) -> Sequence[str]:
    used = -len(GAP)
    for count, name in enumerate(columns):
        used += len(GAP) + widths[name]
        if used > width:
            return columns[: max(count, 1)]
    return columns


def _aligned(row: Mapping[str, object], columns: Sequence[str], widths: Mapping[str, int]) -> str:
    return GAP.join(_cell(row[name]).ljust(widths[name]) for name in columns).rstrip()


def _under(name: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        f"{name}: {text}",
        width,
        initial_indent=GAP * 2,
        subsequent_indent=GAP * 3,
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
