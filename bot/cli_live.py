"""Where `countersign watch` writes: a terminal with a live line or table, plain lines, or JSON.

In a terminal the last line says where it stands now and moves on with the clock; what happens is
written above it. Into a pipe or file goes only what happens.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cli_show import laid, say

if TYPE_CHECKING:
    from rich.console import Console, Group, RenderableType
    from rich.spinner import Spinner
    from rich.table import Table

FRAMES = 4
"""Pictures of the live part in a second."""

GAP = "  "
DAY, HOUR, MINUTE = 86_400, 3_600, 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a request stands, for one line; `due` is in milliseconds since 1970."""

    text: str
    due: int | None


class Screen:
    """Plain lines, one for whatever happens."""

    takes_json = False
    draws = False

    def say(self, *sentences: str) -> None:
        """What has happened."""
        say(*sentences)

    def json(self, line: str) -> None:
        """The same for a program, where one reads."""

    def trouble(self, sentence: str) -> None:
        """What keeps us from seeing more, for now."""
        say(sentence, error=True)

    def stands(self, standing: Standing) -> None:
        """Where a request stands from now on."""

    def queue(self, rows: list[dict[str, object]], columns: tuple[str, ...]) -> None:
        """What waits for a person now, where that can be drawn."""


class JsonLines(Screen):
    """Only JSON, one line for whatever is new."""

    takes_json = True

    def say(self, *sentences: str) -> None:
        """Nothing: a program reads the JSON."""

    def json(self, line: str) -> None:
        """Print the line at once."""
        print(line, flush=True)  # noqa: T201 - this is what a program reads


class Terminal(Screen):
    """Sentences, and under them what is drawn anew with the clock."""

    draws = True

    def __init__(self, console: "Console", now: Callable[[], int]) -> None:
        self._console, self._now = console, now
        self._began = time.monotonic()
        self.picture: Callable[[], RenderableType] = str

    def say(self, *sentences: str) -> None:
        """Above the live part."""
        from rich.text import Text

        lines = [line for sentence in sentences for line in laid(sentence)]
        if lines:  # all at once: the live part is drawn again below whatever is printed
            self._console.print(Text("\n".join(lines), no_wrap=True, overflow="ignore"), crop=False)

    def trouble(self, sentence: str) -> None:
        """Among what happens: two streams would tear the picture."""
        self.say(sentence)

    def stands(self, standing: Standing) -> None:
        """As one line with a spinner."""
        from rich.spinner import Spinner

        spinner = Spinner("dots")
        self.picture = lambda: self._line(spinner, standing)

    def queue(self, rows: list[dict[str, object]], columns: tuple[str, ...]) -> None:
        """As a table that is always true."""
        from rich.console import Group
        from rich.text import Text

        from bot.cli_table import counted, table

        many = f"{counted(len(rows), 'request')} {'waits' if len(rows) == 1 else 'wait'} for you"

        def whole() -> "Group":
            seen = f"{many if rows else 'Nothing waits for you'} · {self._elapsed()} · Ctrl-C ends"
            above = Text(seen, "dim", no_wrap=True, overflow="ellipsis")
            return Group(above, *([table(rows, columns, self._console.width)] if rows else []))

        self.picture = whole

    def _line(self, spinner: "Spinner", standing: Standing) -> "Table":
        """The spinner, where it stands, and the times, of which nothing is cut."""
        from rich.table import Table
        from rich.text import Text

        left = () if standing.due is None else (time_left(standing.due - self._now()),)
        row = Table.grid(expand=True)
        row.add_column(width=2)
        row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        row.add_column(no_wrap=True, justify="right")
        times = f"{GAP}{' · '.join((*left, self._elapsed()))}"
        row.add_row(spinner, Text(standing.text), Text(times, "dim"))
        return row

    def _elapsed(self) -> str:
        return clock_time(int(time.monotonic() - self._began))


@contextmanager
def screen(as_json: bool) -> Iterator[Screen]:
    """What standard output is good for."""
    if as_json:
        yield JsonLines()
    elif not can_draw():
        yield Screen()
    else:
        from rich.live import Live

        from bot import clock
        from bot.cli_table import a_console

        console = a_console()
        terminal = Terminal(console, clock.now)
        with Live(
            console=console,
            get_renderable=lambda: terminal.picture(),
            refresh_per_second=FRAMES,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ):
            yield terminal


def can_draw() -> bool:
    """Whether a picture can be drawn over the one before."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return sys.stdout.isatty() and utf8 and os.environ.get("TERM") not in (None, "dumb", "unknown")


def time_left(left: int) -> str:
    """The milliseconds to a deadline: "2 d 3 h left", "3 h 59 min left", "42 s left"."""
    seconds = abs(left) // 1000
    if seconds >= DAY:
        said = f"{seconds // DAY} d {seconds % DAY // HOUR} h"
    elif seconds >= HOUR:
        said = f"{seconds // HOUR} h {seconds % HOUR // MINUTE} min"
    elif seconds >= MINUTE:
        said = f"{seconds // MINUTE} min {seconds % MINUTE} s"
    else:
        said = f"{seconds} s"
    return f"{said} left" if left >= 0 else f"{said} over"


def clock_time(seconds: int) -> str:
    """A time since something, as a clock shows it: "0:07", "1:02:03"."""
    minutes, rest = divmod(seconds, MINUTE)
    if minutes < MINUTE:
        return f"{minutes}:{rest:02}"
    return f"{minutes // MINUTE}:{minutes % MINUTE:02}:{rest:02}"
