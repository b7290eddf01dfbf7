"""Rows in a terminal."""

from collections.abc import Sequence
from typing import Any

from bot.cli_table import drawn, table

ID = "01KB0000000000000000000001"
REQUEST = {
    "id": ID,
    "status": "pending",
    "title": "New ERP system",
    "amount": "120,000 EUR",
    "stage": "Manager (1/3)",
    "asked_by": "alice@example.com",
    "deadline": "2026-11-22T10:00Z",
}
QUEUE = ("id", "title", "amount", "stage", "asked_by", "deadline")


def shown(rows: list[Any], columns: Sequence[str], width: int) -> list[str]:
    """The lines without their styles."""
    text = drawn(table(rows, columns, width))
    for style in ("\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"):
        text = text.replace(style, "")
    assert "\x1b" not in text
    return [line.rstrip() for line in text.split("\n")]


def test_without_rows_there_are_the_names_of_the_columns() -> None:
    assert shown([], ("id", "name"), 80)[0] == "id  name"


def test_in_a_terminal_nothing_is_broken_and_what_does_not_fit_stands_under_its_row() -> None:
    row = {
        "request": ID,
        "recipient": "maria.fernandez-gonzalez@procurement.example.com",
        "state": "waiting",
        "reason": "Slack answered that the app was not installed by anybody of this workspace yet",
    }
    both = [row, row | {"recipient": None, "state": 0, "reason": None}]
    assert shown(both, list(row), 80) == [
        "request                     recipient",
        "─" * 76,
        f"{ID}  maria.fernandez-gonzalez@procurement.example.com",
        "    state: waiting",
        "    reason: Slack answered that the app was not installed by anybody of this",
        "      workspace yet",
        f"{ID}  -",
        "    state: 0",
    ]
    assert shown([row], list(row), 200)[2].endswith(".com  waiting")
    narrow = shown([row], list(row), 20)
    assert row["request"] in narrow
    assert row["recipient"] in " ".join(narrow).split()


def test_a_queue_fits_into_80_columns_and_stands_on_one_line_in_120() -> None:
    narrow = shown([REQUEST], QUEUE, 80)
    assert narrow[2:] == [
        f"{ID}  New ERP system  120,000 EUR  Manager (1/3)",
        "    asked by: alice@example.com · deadline: 2026-11-22T10:00Z",
    ]
    assert max(map(len, narrow)) <= 80
    wide = shown([REQUEST], QUEUE, 120)
    assert len(wide) == 3
    assert wide[2].endswith("Manager (1/3)  alice@example.com  2026-11-22T10:00Z")


def test_a_long_title_goes_on_below_itself_and_shows_no_markup() -> None:
    row = REQUEST | {"title": "[red]Chairs[/red] for the whole of the second floor 承認 :smile:"}
    lines = shown([row], QUEUE, 80)
    assert max(map(len, lines)) <= 80
    column = [line[28:51].strip() for line in lines[2:5]]
    assert " ".join(column).startswith("[red]Chairs[/red] for the whole of the second")
    assert ":smile:" in "".join(lines)
