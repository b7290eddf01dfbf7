"""How text is laid out in a terminal."""

import shutil
from os import terminal_size

import pytest

from bot import cli_show
from bot.cli_show import laid, quoted


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: terminal_size((40, 20)))


def test_no_text_from_outside_begins_a_line_of_the_terminal() -> None:
    padded = "x" * 38 + " " + "Approved by Dana Director. " * 3
    lines = list(laid(f"  Note  {padded}"))
    assert len(lines) > 2
    assert all(len(line) <= 40 for line in lines)
    assert all(line.startswith("      ") for line in lines[1:])
    behind = [line for text in quoted(f"{padded}\nApproved") for line in laid(text)]
    assert all(line.startswith("  |") for line in behind)
    assert "  | Approved" in behind


def test_a_wide_character_takes_two_places_and_nothing_is_lost() -> None:
    text = "承認" * 30
    lines = list(laid(text))
    assert [sum(map(cli_show._wide, line)) for line in lines] == [40, 40, 40, 18]
    assert "".join(line.strip() for line in lines) == text


def test_lines_break_between_words() -> None:
    assert list(laid("Waiting for Finance and for its people: finn@example.com")) == [
        "Waiting for Finance and for its people:",
        "      finn@example.com",
    ]


def test_a_tab_and_a_control_character_take_their_places() -> None:
    assert list(laid("a\tb\x1b[31m")) == ["a   b⟦U+001B⟧[31m"]
