"""Counts of what was decided, as storage gives them: `storage.tallies` implements `Tallies`."""

from collections.abc import Mapping
from typing import Protocol

from core.value import Millis, Value

MOST_OPEN = 100_000
"""Open requests are counted up to here."""

MOST_TIMES = 1_000
"""A median is that of the newest so many times."""


class Tally(Value, frozen=True):
    """`week` and `month` count a person's decisions by what they were, `times` are how long the
    newest of the month took. `ended` counts all requests that ended in the week by how: by their
    status, or "passed" where nobody's vote approved it. `open` counts those still open, up to
    `MOST_OPEN`."""

    week: Mapping[str, int] = {}
    month: Mapping[str, int] = {}
    times: tuple[Millis, ...] = ()
    ended: Mapping[str, int] = {}
    open: int = 0


class Tallies(Protocol):
    """What figures are made of, by index, without reading the events."""

    async def tally(self, person: str, week: Millis, month: Millis) -> Tally:
        """The counts since these two moments."""
        ...
