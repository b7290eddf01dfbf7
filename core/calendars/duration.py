"""Lengths of time as people write them in files and requests: "90s", "15m", "4h", "2d"."""

import re

from core.value import Millis

_WRITTEN = re.compile(r"([1-9][0-9]{0,5})([smhd])")
UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
"""Milliseconds by the letter that is written behind a number."""


def parse_duration(text: str) -> Millis:
    """Milliseconds of a written duration. Raises ValueError with what is allowed."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError("Write a number and one of s, m, h, d: 90s, 15m, 4h or 2d")
    return int(match[1]) * UNITS[match[2]]


def written(length: Millis) -> str:
    """A duration as `parse_duration` reads it, in the largest unit that is exact."""
    unit = next(u for u in "dhms" if length % UNITS[u] == 0 or u == "s")
    return f"{length // UNITS[unit]}{unit}"
