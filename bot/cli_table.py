"""Rows as a table for people; programs take --json."""

from collections.abc import Mapping, Sequence

ID_WIDTH = 26
"""Characters of an id: it must be whole, since it is what other commands take."""


def print_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Print the columns of all rows; the first column is an id and is never cut."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    table.add_column(columns[0], no_wrap=True, min_width=ID_WIDTH)
    for name in columns[1:]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(row[name])) for name in columns))
    Console().print(table)


def _cell(value: object) -> str:
    """Text from the database, without characters that could steer a terminal."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return "-" if value is None else "".join(c if c.isprintable() else "?" for c in text)
