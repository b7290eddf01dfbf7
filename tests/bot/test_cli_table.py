"""Rows in a terminal."""

from bot.cli_table import table


def test_without_rows_there_are_the_names_of_the_columns() -> None:
    assert table([], ("id", "name"), 80) == ["id  name"]


def test_in_a_terminal_nothing_is_broken_and_what_does_not_fit_stands_under_its_row() -> None:
    row = {
        "request": "01KB0000000000000000000001",
        "recipient": "maria.fernandez-gonzalez@procurement.example.com",
        "state": "waiting",
        "reason": "Slack answered that the app was not installed by anybody of this workspace yet",
    }
    assert table([row, row | {"recipient": None, "state": 0, "reason": None}], list(row), 80) == [
        "request                     recipient",
        "01KB0000000000000000000001  maria.fernandez-gonzalez@procurement.example.com",
        "    state: waiting",
        "    reason: Slack answered that the app was not installed by anybody of this",
        "      workspace yet",
        "01KB0000000000000000000001  -",
        "    state: 0",
    ]
    assert table([row], list(row), 200)[1].endswith(".com  waiting")
    narrow = table([row], list(row), 20)
    assert row["request"] in narrow
    assert row["recipient"] in " ".join(narrow).split()
