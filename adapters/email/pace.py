"""How fast letters go out, so that the mail server need not refuse.

Servers publish no common limit; providers commonly take some hundred a minute from one sender.
Counted is what is really sent. Nothing waits here: a letter that may not go yet gets a moment that
is kept for it, and comes back then. What is lost with the process is only the order.
"""

from collections.abc import Hashable
from typing import Final, NamedTuple

from core.value import Millis

EVERY: Final[Millis] = 250
AT_ONCE: Final = 20
TURN: Final = "its turn has not come: only so many letters leave at a time"
"""Why a letter waits that was not tried yet."""

FORGOTTEN_AFTER: Final[Millis] = 60_000
"""A kept moment that passed so long ago will not be asked for again."""

CAN_WAIT: Final = frozenset({"reminder", "nudge", "comment"})
"""Notices that give their moment to what is urgent, as digests do."""


class _Kept(NamedTuple):
    at: Millis
    urgent: bool


class Pace:
    """Gives out moments: `AT_ONCE` of them at once, then one each `EVERY` milliseconds."""

    def __init__(self) -> None:
        self._full_at: Millis = 0
        self._kept: dict[Hashable, _Kept] = {}

    def __len__(self) -> int:
        """How many moments are kept."""
        return len(self._kept)

    def turn(self, letter: Hashable, now: Millis, *, urgent: bool) -> Millis:
        """When the letter may go: `now`, or a later moment at which to ask again. What is urgent
        takes the moment of something that is not."""
        kept = self._kept.get(letter)
        if kept is not None and kept.at > now:
            return kept.at
        if kept is not None:
            del self._kept[letter]
            return now
        at = max(now, self._full_at - (AT_ONCE - 1) * EVERY)
        self._full_at = max(self._full_at, now) + EVERY
        return self._keep(letter, _Kept(at, urgent), now) if at > now else now

    def pause(self, until: Millis) -> None:
        """The server asked for quiet: nothing more goes before `until`, and no burst then."""
        self._full_at = max(self._full_at, until + (AT_ONCE - 1) * EVERY)
        self._kept = {letter: kept for letter, kept in self._kept.items() if kept.at >= until}

    def _keep(self, letter: Hashable, kept: _Kept, now: Millis) -> Millis:
        """Keep the moment, or one that is less urgently needed; which one it is."""
        alive = now - FORGOTTEN_AFTER
        self._kept = {each: k for each, k in self._kept.items() if k.at >= alive}
        others = [e for e, k in self._kept.items() if not k.urgent and now < k.at < kept.at]
        if kept.urgent and others:
            other = min(others, key=lambda each: self._kept[each].at)
            earlier = self._kept[other].at
            self._kept[other] = _Kept(kept.at, urgent=False)
            kept = _Kept(earlier, urgent=True)
        self._kept[letter] = kept
        return kept.at
