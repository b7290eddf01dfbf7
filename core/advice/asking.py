"""What a model is to be asked about: kept durably, found by following the events, asked once.

Pure. A request is wanted as long as it is open, its rule lets a model be asked, and the advice on
its present revision is that of the rules. Nothing of this is part of a submission or a vote.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from core.content import Rationale, read_rationale
from core.request import RequestState
from core.value import Millis, Value

FIRST: Final[Millis] = 2_000
LONGEST: Final[Millis] = 300_000
GIVEN_UP: Final[Millis] = 86_400_000
"""So long after it was first wanted a model is asked no more about a revision."""


class Wanted(Value, frozen=True):
    """One request whose `revision` a model is to be asked about, leased to whoever asks."""

    request: str
    revision: int
    wanted_at: Millis
    attempts: int
    lease: Millis


class Followed(Value, frozen=True):
    """A page of events that was looked at: how many, and how many requests became wanted. `busy`:
    another server does it now."""

    seen: int
    wanted: int = 0
    busy: bool = False


Contents = Mapping[str, bytes]
Wants = Callable[[RequestState, Contents], bool]


class Questions(Protocol):
    """The queue of what is wanted. All of it may be done by several servers at once."""

    async def follow(self, wants: Wants, now: Millis) -> Followed:
        """Look at the next page of events, once, and keep what they say."""
        ...

    async def claim(self, now: Millis, lease: Millis, limit: int) -> Sequence[Wanted]:
        """Lease what is due, the longest waiting first; until the lease ends nobody else is
        given it."""
        ...

    async def settle(self, wanted: Wanted, again: Millis | None) -> None:
        """Give it back, to be due again at that moment, or never for this revision. Where the
        lease was lost nothing happens."""
        ...

    async def next_due(self) -> Millis | None:
        """When there may be something to claim."""
        ...

    async def spend(self, at: Millis, tokens: int, cost: int) -> None:
        """Count what an answer used, whatever becomes of it; `cost` in millionths."""
        ...


def advice_of(state: RequestState, contents: Contents) -> Rationale | None:
    """The advice that stands, unless it was erased or cannot be read."""
    body = contents.get(state.rationale or "")
    try:
        return None if body is None else read_rationale(body)
    except msgspec.MsgspecError:
        return None


def is_wanted(state: RequestState, contents: Contents) -> bool:
    """Whether a model may still add to what the rules say of the present revision."""
    route = state.route
    if not state.is_open or route is None or route.by_rules or state.content not in contents:
        return False
    stands = advice_of(state, contents)
    return stands is not None and stands.run is None


def next_try(wanted: Wanted, now: Millis, after: Millis | None, jitter: float) -> Millis | None:
    """When to ask again after one more failure; None when it is given up. `after` is how long the
    provider wants to be left alone. `jitter` from 0 to 1 takes up to half of our own wait away."""
    full = min(FIRST << min(wanted.attempts, 20), LONGEST)
    wait = full - round(full / 2 * (1.0 - min(max(jitter, 0.0), 1.0)))
    again = now + max(wait, after or 0)
    return None if again >= wanted.wanted_at + GIVEN_UP else again
