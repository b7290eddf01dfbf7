"""Failures that a person can mend, told in words instead of a traceback: exit code 1.

Anything else is a bug and keeps its traceback. Commands that call a server leave with the codes
of `bot.cli_exit`, in which wrong usage and bugs have theirs.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Failure(Exception):
    """Something that the person at the terminal can mend; the text says how."""


@contextmanager
def explained() -> Iterator[None]:
    """Tell expected failures on standard error and leave with exit code 1."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, _expected()):
            raise
        print(str(error), file=sys.stderr)  # noqa: T201 - this is what a person reads
        raise SystemExit(1) from None


def _expected() -> tuple[type[Exception], ...]:
    """Looked up only once something has failed, since it imports what the command may not need."""
    from bot.demo import DemoError
    from bot.files import FileMistakes
    from bot.settings import SettingsError
    from core.audit.ports import EvidenceBusy
    from storage.errors import StorageError

    return (Failure, SettingsError, FileMistakes, StorageError, DemoError, EvidenceBusy)
