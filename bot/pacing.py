"""Whose turn it is: sends spread over time, so that no platform has to refuse them.

Nothing waits in memory. What may not go yet gets a moment that is kept for it, is given back
to the database until then, and goes when it comes back. What is lost with the process is only
the order. Each server keeps its own pace; where several together are too fast, the platform's
own answer (429) slows them down.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

from core.pace import Lane
from core.value import Millis

FORGOTTEN_AFTER: Millis = 60_000
"""A kept moment that passed so long ago will not be asked for again."""


@dataclass(slots=True)
class _Line:
    """A lane in use. `full_at`: the moment up to which sends are spoken for."""

    lane: Lane
    full_at: Millis = 0
    less_urgent: dict[Hashable, Millis] = field(default_factory=dict)

    def next(self, at: Millis) -> Millis:
        """The first moment from `at` on at which one more may go."""
        return max(at, self.full_at - (self.lane.burst - 1) * self.lane.every)

    def take(self, at: Millis) -> None:
        self.full_at = max(self.full_at, at) + self.lane.every


@dataclass(frozen=True, slots=True)
class _Kept:
    """A moment that is kept: in the line of the item's lane with this number."""

    at: Millis
    line: str
    lane: int


class Pacer:
    """Gives out moments; keys of items are whatever tells them apart."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._kept: dict[Hashable, _Kept] = {}

    def turn(
        self, item: Hashable, lanes: Sequence[Lane], now: Millis, *, urgent: bool = True
    ) -> Millis:
        """When the item may be sent: `now`, or a later moment at which to ask again.

        It passes its lanes one after the other, so that what waits long in a narrow one takes
        no room in a wide one, where others could go meanwhile. What is urgent takes the moment
        of something in the same lane that is not.
        """
        passed = 0
        if item in self._kept:
            kept = self._kept[item]
            if kept.at > now:
                return kept.at
            self._drop(item)
            passed = kept.lane + 1
        for number, lane in enumerate(lanes[passed:], passed):
            line = self._lines.setdefault(lane.name, _Line(lane))
            at = line.next(now)
            line.take(at)
            if at > now:
                return self._keep(item, _Kept(at, lane.name, number), now, urgent=urgent)
        return now

    def pause(self, lanes: Sequence[Lane], until: Millis) -> None:
        """The platform asked for quiet: nothing more goes in the first lane before `until`, and
        no burst then."""
        if not lanes:
            return
        first = lanes[0]
        line = self._lines.setdefault(first.name, _Line(first))
        line.full_at = max(line.full_at, until + (first.burst - 1) * first.every)
        early = [i for i, kept in self._kept.items() if kept.line == first.name and kept.at < until]
        for item in early:
            self._drop(item)

    def forget(self, now: Millis) -> None:
        """Drop what nobody will ask for any more."""
        for item in [i for i, kept in self._kept.items() if kept.at + FORGOTTEN_AFTER < now]:
            self._drop(item)
        self._lines = {n: x for n, x in self._lines.items() if x.full_at > now or x.less_urgent}

    def _keep(self, item: Hashable, kept: _Kept, now: Millis, *, urgent: bool) -> Millis:
        """Keep the moment, or one that is less urgently needed; which one it is."""
        others = self._lines[kept.line].less_urgent
        if not urgent:
            others[item] = kept.at
        elif later := {other: at for other, at in others.items() if now < at < kept.at}:
            other = min(later, key=lambda each: later[each])
            others[other] = kept.at
            self._kept[other] = replace(self._kept[other], at=kept.at)
            kept = replace(kept, at=later[other])
        self._kept[item] = kept
        return kept.at

    def _drop(self, item: Hashable) -> None:
        kept = self._kept.pop(item)
        if kept.line in self._lines:
            self._lines[kept.line].less_urgent.pop(item, None)
