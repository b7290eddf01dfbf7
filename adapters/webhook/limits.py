"""How often somebody may call this server, and how that is said in an answer's headers.

Each server counts for itself and in its memory: a call costs a look into a dictionary and some
arithmetic. Behind a balancer a key has its rate once on each server.
"""

from typing import Final

from core.limits import DAY
from core.rate import Rate
from core.value import Millis

CALLS: Final = "calls"
PER_DAY: Final = "day"
"""The names of the two policies in the headers."""

MOST: Final = 16_384
"""Names remembered; whoever was new the longest ago is forgotten first."""


class Buckets:
    """A token bucket for each name, as the moment until which what it took is spread.

    That is the generic cell rate algorithm: one number a name, and nothing to be filled up by a
    timer. https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._until: dict[str, float] = {}

    def take(self, name: str, rate: Rate, now: Millis) -> tuple[int, float]:
        """Take one: (how many more may follow at once, 0.0), or (0, milliseconds until the next
        one may be taken) and nothing was taken."""
        interval = rate.interval
        full = interval * rate.burst
        until = self._until
        owed = until.get(name, 0.0) - now
        if owed < 0.0:
            owed = 0.0
        elif owed > full:  # the clock was set back
            owed = full
        after = owed + interval
        if after > full + 0.001:  # rounding
            until[name] = now + owed
            return 0, after - full
        if name not in until and len(until) >= self._most:
            del until[next(iter(until))]
        until[name] = now + after
        return int((full - after) / interval + 0.001), 0.0

    def wait(self, name: str, rate: Rate, now: Millis) -> float:
        """Milliseconds until one may be taken, 0.0 for now."""
        full = rate.interval * rate.burst
        owed = min(max(self._until.get(name, 0.0) - now, 0.0), full)
        return max(0.0, owed + rate.interval - full - 0.001)


# The fields are those of https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11


def policy(rate: Rate | None, per_day: int | None) -> str:
    """The value of `RateLimit-Policy`; "" where nothing is limited."""
    parts = []
    if rate is not None:
        burst = f"countersign-burst={rate.burst}"
        parts.append(f'"{CALLS}";q={rate.calls};w={rate.seconds};{burst}')
    if per_day is not None:
        parts.append(f'"{PER_DAY}";q={per_day};w={DAY // 1000}')
    return ", ".join(parts)


def calls_left(left: int, rate: Rate, wait: float) -> str:
    """The item of `RateLimit` for the calls: in `t` seconds there will be one more."""
    return f'"{CALLS}";r={left};t={seconds(wait or rate.interval)}'


def day_left(left: int, now: Millis) -> str:
    """The item of `RateLimit` for the submissions of the day, which ends in `t` seconds."""
    return f'"{PER_DAY}";r={left};t={seconds(until_midnight(now))}'


def until_midnight(now: Millis) -> Millis:
    """Milliseconds left of the UTC day."""
    return DAY - now % DAY


def seconds(wait: float) -> int:
    """Whole seconds, at least one: when they are over, so is the wait."""
    return max(1, -int(-wait // 1000))
