"""Questions at a terminal: what a person types, within a time, and how they leave without a yes."""

import select
import sys
import time

import typer

from bot.cli_exit import Exit
from bot.cli_options import counted_seconds

NOTHING_DONE = "Nothing was changed."


class Answers:
    """What one person answers to the questions of one command.

    `seconds` is the time for all answers together; without it a question waits for ever.
    Whoever does not answer changes nothing and leaves with an exit code that says so.
    """

    def __init__(self, seconds: int | None) -> None:
        self._seconds = seconds
        self._until = None if seconds is None else time.monotonic() + seconds
        if seconds is not None:
            _say(f"Nothing is changed unless you answer within {counted_seconds(seconds)}.")
        # What was typed before the question was not an answer to what is shown here.
        _forget_typed()

    def to(self, prompt: str) -> str:
        """A line that is typed. Raises typer.Exit."""
        try:
            if self._until is None:
                return input(prompt)
            print(prompt, end="", flush=True)  # noqa: T201 - as input() does
            if not _ready(max(self._until - time.monotonic(), 0)):
                _forget_typed()
                _say("", f"No answer within {counted_seconds(self._seconds or 0)}. {NOTHING_DONE}")
                raise typer.Exit(Exit.PENDING)
            return input()
        except KeyboardInterrupt:
            _say("", NOTHING_DONE)
            raise typer.Exit(Exit.INTERRUPTED) from None
        except EOFError:
            _say("", NOTHING_DONE)
            raise typer.Exit(Exit.DECLINED) from None


def _ready(seconds: float) -> bool:
    """Whether a whole line waits within the time: a terminal hands out nothing less."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def _forget_typed() -> None:
    """Drop what was typed and not read, which would otherwise go on to what asks next."""
    if sys.stdin.isatty():
        import termios

        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _say(*sentences: str) -> None:
    from bot.cli_show import say

    say(*sentences)
