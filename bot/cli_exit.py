"""How commands leave: one closed set of exit codes, which docs/cli.md lists.

What became of a request comes first, so that a script tells an approval from everything else by
0 alone. What went wrong with the call itself has numbers of its own, the last ones as in
`sysexits.h` (https://man.freebsd.org/cgi/man.cgi?sysexits) and in shells.
"""

import sys
from enum import IntEnum
from typing import Any

import typer
from typer.core import TyperGroup


class Exit(IntEnum):
    """The exit codes of commands that call a server."""

    DONE = 0
    """Done; of a request that is waited for or watched: approved."""
    REJECTED = 1
    EXPIRED = 2
    CANCELLED = 3
    PROHIBITED = 4
    CHANGES_REQUESTED = 5
    PENDING = 6
    """The time is up and nobody has decided; where this terminal asked, nothing was changed."""
    REFUSED = 7
    """The server said no to the call, or what was to be decided is over."""
    DECLINED = 8
    """Whoever sat at the terminal did not say yes; nothing was changed."""
    USAGE = 64
    """Called in a wrong way, or with a file that cannot be read; nothing was sent."""
    UNREACHABLE = 69
    """No server, or one that cannot answer now; what was sent may have counted."""
    BUG = 70
    """A mistake of Countersign itself, with a traceback."""
    INTERRUPTED = 130
    """Ctrl-C."""
    CUT_OFF = 141
    """Whoever read the output has gone."""


_STATUS = {
    "approved": Exit.DONE,
    "rejected": Exit.REJECTED,
    "expired": Exit.EXPIRED,
    "cancelled": Exit.CANCELLED,
    "prohibited": Exit.PROHIBITED,
    "changes_requested": Exit.CHANGES_REQUESTED,
    "pending": Exit.PENDING,
}

CODES = (
    "Exit codes: 0 done or approved, 1 rejected, 2 expired, 3 cancelled, 4 prohibited, 5 changes "
    "requested, 6 still pending when the time was up, 7 refused, 8 you did not say yes, "
    "64 wrong usage, 69 no server, 70 a bug, 130 Ctrl-C."
)
"""What `--help` says of them."""


def code_of(status: str) -> Exit:
    """The exit code of a request that was waited for. One of another version is no approval."""
    return _STATUS.get(status, Exit.PENDING)


def examples(*lines: str, codes: bool = False) -> str:
    """The end of a help page: commands to copy, and what their exit codes mean."""
    # Typer makes one paragraph of what no empty line parts.
    shown = "\n\n".join(f"  {line}" for line in lines)
    return f"Examples:\n\n{shown}" + (f"\n\n{CODES}" if codes else "")


class Commands(TyperGroup):
    """The root of all commands: wrong usage, a bug and a reader that left have codes of their own.

    Typer's are 2 and 1, which here mean that a request expired or was rejected.
    """

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """As typer, with our exit code for wrong usage."""
        try:
            return super().make_context(*arguments, **more)
        except Exception as problem:
            _renumber(problem)
            raise

    def invoke(self, ctx: Any) -> Any:
        """As typer, with our exit codes for what no command has caught."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _write_no_more()
            raise typer.Exit(Exit.CUT_OFF) from None
        except Exception as problem:
            if isinstance(problem, typer.Exit | typer.Abort):
                raise
            if not hasattr(problem, "exit_code"):
                import traceback

                traceback.print_exception(problem)
                raise typer.Exit(Exit.BUG) from None
            _renumber(problem)
            raise


def _renumber(problem: Any) -> None:
    """Give a usage error our exit code; typer's class for them is not public, its code 2 is."""
    if not isinstance(problem, typer.Exit) and getattr(problem, "exit_code", None) == 2:
        problem.exit_code = Exit.USAGE


def _write_no_more() -> None:
    """Let Python's own flush at the end find a place that takes everything.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    import os

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
