"""A circuit breaker: after failures in a row a provider is left alone, then tried with one call.

Pure: the moment comes in with each call, and all of it belongs to one event loop.
"""

from typing import Final

from core.value import Millis

FAILURES: Final = 5
FIRST: Final[Millis] = 30_000
LONGEST: Final[Millis] = 300_000
PROBED: Final[Millis] = 2_000
"""How soon to come again while the one call is under way that tries whether it works again."""


class Breaker:
    """Closed until `failures` in a row; open for `first`, twice that after a probe that fails, and
    so on up to `longest`; half open while one probe is under way."""

    def __init__(
        self, failures: int = FAILURES, first: Millis = FIRST, longest: Millis = LONGEST
    ) -> None:
        self._most = failures
        self._first = first
        self._longest = longest
        self._row = 0
        self._opened = 0
        self._until: Millis = 0
        self._probing = False

    def ask(self, now: Millis) -> Millis:
        """0 to go on; else how long to leave it alone. Each 0 must be followed by one of
        `succeeded`, `failed`, `hold` and `abandoned`."""
        if now < self._until:
            return self._until - now
        if self._row >= self._most:
            if self._probing:
                return PROBED
            self._probing = True
        return 0

    def succeeded(self) -> None:
        """It works."""
        self._row = self._opened = 0
        self._until = 0
        self._probing = False

    def failed(self, now: Millis) -> None:
        """It did not answer. A call begun before it opened opens it no further."""
        self._probing = False
        if now < self._until:
            return
        self._row += 1
        if self._row >= self._most:
            self._until = now + min(self._first << min(self._opened, 20), self._longest)
            self._opened += 1

    def hold(self, now: Millis, wait: Millis) -> None:
        """It wants to be left alone for so long, which says nothing of its health."""
        self._probing = False
        self._until = max(self._until, now + wait)

    def abandoned(self) -> None:
        """The call was not made, or its end is not known."""
        self._probing = False
