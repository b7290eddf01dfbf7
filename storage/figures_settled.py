"""Sums of days that are long over, kept in memory: they are what most of every page is made of.

Events are followed in the order in which they were committed, so a span changes no more once later
days are counted. A day is left for clocks that differ, and after a while everything is read again.
"""

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Final, NamedTuple

from core.insight.figures import day_of
from core.insight.figures_spans import Run
from core.value import Millis

Sum = tuple[str, str, str, int, int]
"""Rule, category, name, the first day of the span, and what was summed up."""

MOST: Final = 160
"""Spans that are kept, of one kind each: with hundreds of people one of them holds some 200 KB."""
AGAIN: Final[Millis] = 600_000
"""After so long everything is read again, whatever was kept."""


class _Key(NamedTuple):
    kind: str
    span: int
    day: int


class Settled:
    """What is kept; used by several threads."""

    def __init__(self) -> None:
        self._kept: dict[_Key, Sequence[Sum]] = {}
        self._since: Millis = 0
        self._lock = Lock()

    def known(
        self, kind: str, runs: Sequence[Run], now: Millis
    ) -> tuple[list[Sum], list[tuple[int, int]]]:
        """What is kept of these spans, and (span, day) of those that have to be read."""
        with self._lock:
            if not 0 <= now - self._since < AGAIN:
                self._kept.clear()
                self._since = now
            found, missing = list[Sum](), list[tuple[int, int]]()
            for span, day in _spans(runs):
                kept = self._kept.get(_Key(kind, span, day))
                if kept is None:
                    missing.append((span, day))
                else:
                    found += kept
        return found, missing

    def keep(
        self, kind: str, read: Iterable[tuple[int, int]], sums: Sequence[Sum], followed: Millis
    ) -> None:
        """Keep of these spans those that are over for good, as of the moment up to which events
        are counted."""
        over = day_of(followed) - 1
        spans = [(span, day) for span, day in read if day + span <= over]
        by_day: dict[int, list[Sum]] = {day: [] for _, day in spans}
        for each in sums:
            if each[3] in by_day:
                by_day[each[3]].append(each)
        with self._lock:
            if len(self._kept) + len(spans) > MOST:
                self._kept.clear()
            for span, day in spans[:MOST]:
                self._kept[_Key(kind, span, day)] = by_day[day]


def joined(spans: Sequence[tuple[int, int]]) -> list[Run]:
    """The runs that these spans, in order, make."""
    found: list[Run] = []
    for span, day in spans:
        if found and found[-1].span == span and found[-1].last + span == day:
            found[-1] = found[-1]._replace(last=day)
        else:
            found.append(Run(span, day, day))
    return found


def _spans(runs: Sequence[Run]) -> Iterable[tuple[int, int]]:
    return ((run.span, day) for run in runs for day in range(run.first, run.last + 1, run.span))
