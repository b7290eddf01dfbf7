"""What all commands that call a server share: their options, and how they leave."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bot.cli_exit import Exit
from bot.failures import Failure

T = TypeVar("T")

LONGEST = 86_400
"""Seconds that a command waits at most."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Refusal(Exception):
    """The server said no. `body` is its problem, `reason` the public name of the reason."""

    def __init__(self, sentences: list[str], status: int, reason: str, body: bytes) -> None:
        self.sentences, self.status, self.reason, self.body = sentences, status, reason, body
        super().__init__(sentences[0])


class Unreachable(Exception):
    """No server answered as one; the text says what to do."""


def id_of(text: str | None) -> str | None:
    """An id as the API gives them. Wrong usage otherwise: no other text belongs in a path."""
    if text is not None and _ID.fullmatch(text) is None:
        raise typer.BadParameter("use an id as submit, queue or list printed it")
    return text


Url = Annotated[
    str | None, typer.Option("--url", help="The server, instead of COUNTERSIGN_URL.", metavar="URL")
]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", help="A file with the key, instead of COUNTERSIGN_KEY.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's answer, for programs.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The request's id.", callback=id_of)]
Wait = Annotated[
    int,
    typer.Option(
        "--wait",
        "--timeout",
        min=0,
        max=LONGEST,
        metavar="SECONDS",
        help="Wait so long for the decision; then 0 means approved.",
        show_default=False,
    ),
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; everyone concerned reads it.")]


def filled(members: Mapping[str, T | None]) -> dict[str, T]:
    """Of a body or a query what was given."""
    return {name: value for name, value in members.items() if value is not None}


@contextmanager
def told(as_json: bool = False) -> Iterator[None]:
    """Tell what went wrong on standard error and leave with the exit code for it."""
    try:
        yield
    except Refusal as refusal:
        if as_json:
            from bot.cli_client import pretty

            typer.echo(pretty(refusal.body))
        _leave(refusal.sentences, Exit.REFUSED if refusal.status < 500 else Exit.UNREACHABLE)
    except Failure as failure:
        _leave([str(failure)], Exit.USAGE)
    except Unreachable as problem:
        _leave([str(problem)], Exit.UNREACHABLE)


def counted_seconds(seconds: int) -> str:
    """A time as it was given: "1 second", "30 seconds"."""
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def in_terminal() -> bool:
    """Whether a person can be shown something and asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _leave(sentences: list[str], code: int) -> None:
    from bot.cli_show import say

    say(*sentences, error=True)
    raise SystemExit(code) from None
