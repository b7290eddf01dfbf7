"""The live part of `watch`, as it is drawn at one moment."""

from types import SimpleNamespace

import pytest

from bot.cli_live import Standing, Terminal, can_draw, clock_time, time_left
from bot.cli_table import a_console

NOW = 1_800_000_000_000
MINUTE = 60_000


def test_times_are_short_and_say_when_they_are_over() -> None:
    assert [time_left(ms) for ms in (0, 42_000, 5 * MINUTE, 239 * MINUTE, 51 * 60 * MINUTE)] == [
        "0 s left",
        "42 s left",
        "5 min 0 s left",
        "3 h 59 min left",
        "2 d 3 h left",
    ]
    assert time_left(-90_000) == "1 min 30 s over"
    assert [clock_time(s) for s in (0, 67, 3_723)] == ["0:00", "1:07", "1:02:03"]


@pytest.mark.parametrize("width", [60, 80])
def test_the_line_keeps_its_times_and_cuts_the_people(width: int) -> None:
    console = a_console(width)
    terminal = Terminal(console, lambda: NOW)
    people = ", ".join(f"person{n}@example.com" for n in range(20))
    due = NOW + 239 * MINUTE
    terminal.stands(Standing(text=f"Waiting for [b]Manager[/b]: {people}", due=due))
    with console.capture() as taken:
        console.print(terminal.picture())
    [line] = taken.get().splitlines()
    assert "Waiting for [b]" in line
    assert "…" in line
    assert "3 h 59 min left · 0:00" in line


def test_a_queue_with_nothing_says_so() -> None:
    console = a_console(80)
    terminal = Terminal(console, lambda: NOW)
    terminal.queue([], ("id",))
    with console.capture() as taken:
        console.print(terminal.picture())
    assert "Nothing waits for you · 0:00 · Ctrl-C ends" in taken.get()


@pytest.mark.parametrize(
    ("terminal", "encoding", "term", "draws"),
    [
        (True, "utf-8", "xterm", True),
        (True, "utf-8", "dumb", False),
        (True, "ascii", "xterm", False),
        (False, "utf-8", "xterm", False),
    ],
)
def test_only_a_terminal_that_can_show_it_is_drawn_on(
    terminal: bool, encoding: str, term: str, draws: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = SimpleNamespace(isatty=lambda: terminal, encoding=encoding)
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("FORCE_COLOR", "1")
    found = can_draw()
    monkeypatch.undo()
    assert found is draws
