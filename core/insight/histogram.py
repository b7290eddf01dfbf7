"""How long things took, as a histogram that is one integer. Pure.

Bucket `n` holds 32 bits of the integer, so that adding two histograms is adding two integers,
however many buckets they have. A bucket is at most 6 % wide: a quantile is told with an error of
less than 3 %. What took less than a second counts as half a second, what took more than ten years
as ten years.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate
from struct import unpack
from typing import Final

from core.value import Millis, Value

LANE: Final = 32
"""Bits of a bucket."""

SECOND: Final[Millis] = 1_000
LONGEST: Final[Millis] = 10 * 366 * 86_400_000

RELATIVE_ERROR: Final = 0.03
"""Of a quantile, from a second up: it is told as the middle of a bucket that is 6 % wide."""


def _bounds() -> tuple[Millis, ...]:
    """The least duration of each bucket; integers, so that every machine has the same."""
    bounds = [0, SECOND]
    while bounds[-1] < LONGEST:
        bounds.append(bounds[-1] * 53 // 50)
    return tuple(bounds)


BOUNDS: Final = _bounds()


class Times(Value, frozen=True):
    """How long things took: of `count`, half took at most `median` and nine of ten at most `slow`,
    in milliseconds; None where there were none."""

    count: int = 0
    median: Millis | None = None
    slow: Millis | None = None


def one(took: Millis) -> int:
    """The histogram of one duration."""
    return 1 << LANE * (bisect_right(BOUNDS, max(took, 0)) - 1)


def histogram(durations: Iterable[Millis]) -> int:
    """The histogram of these."""
    return sum(map(one, durations))


def lanes(sums: int) -> tuple[int, ...]:
    """What each 32 bits of an integer hold, the lowest first."""
    size = -(-sums.bit_length() // LANE)
    return unpack(f"<{size}I", sums.to_bytes(4 * size, "little"))


def times(counts: int) -> Times:
    """What a histogram tells."""
    until = list(accumulate(lanes(counts)))
    if not until:
        return Times()
    return Times(until[-1], _quantile(until, 50), _quantile(until, 90))


def _quantile(until: list[int], percent: int) -> Millis:
    """The duration within which so many percent lie, of so many up to the end of each bucket."""
    rank = -(-until[-1] * percent // 100)
    return _middle(bisect_left(until, rank))


def _middle(index: int) -> Millis:
    """The duration that is as near, relatively, to the one end of a bucket as to the other."""
    if index + 1 >= len(BOUNDS):
        return BOUNDS[-1]
    low, high = BOUNDS[index], BOUNDS[index + 1]
    return high // 2 if low == 0 else 2 * low * high // (low + high)
