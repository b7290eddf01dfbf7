"""How often somebody may call: so many calls in a time, and some of them at once."""

import re
from typing import Final

from core.value import Value

OFF: Final = "off"
MOST: Final = 1_000_000
"""The highest number that a rate, a burst or a quota may be."""

FORM: Final = "120/m, 10/s or 5000/h, with burst 40 behind it if you like, or off"

_RATE: Final = re.compile(r"([1-9][0-9]{0,6})/([smh])(?: burst ([1-9][0-9]{0,6}))?")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_SUDDEN: Final = 10
"""Seconds whose calls may come at once, and the fewest calls that may, where nothing is said."""


class Rate(Value, frozen=True):
    """So many `calls` in so many `seconds`, evenly; after a rest `burst` of them at once."""

    calls: int
    seconds: int
    burst: int

    @property
    def interval(self) -> float:
        """Milliseconds in which one more call becomes possible."""
        return self.seconds * 1000 / self.calls

    @property
    def text(self) -> str:
        """As `read_rate` reads it, and an event records it."""
        unit = next(name for name, seconds in _SECONDS.items() if seconds == self.seconds)
        return f"{self.calls}/{unit} burst {self.burst}"


def read_rate(text: str) -> Rate | None:
    """The rate, None for "off"; ValueError for anything else. See `FORM`."""
    if text == OFF:
        return None
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(FORM)
    calls, seconds = int(found[1]), _SECONDS[found[2]]
    burst = int(found[3]) if found[3] else _usual_burst(calls, seconds)
    if calls > MOST or burst > MOST:
        raise ValueError(f"at most {MOST}")
    return Rate(calls=calls, seconds=seconds, burst=burst)


def _usual_burst(calls: int, seconds: int) -> int:
    return min(calls, max(_SUDDEN, calls * _SUDDEN // seconds))
