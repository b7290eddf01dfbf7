"""Where numbers stand on an axis, and which round ones are written beside it. Pure."""

from collections.abc import Callable
from typing import Final

from core.value import Millis, Value

SECOND: Final[Millis] = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

LEFT: Final = 14.0
"""Percent of the width that is left to the numbers of the axis."""
RIGHT: Final = 98.0

_STEPS: Final = (1, 2, 5)
_DURATIONS: Final = (
    *(n * SECOND for n in (1, 5, 15, 30)),
    *(n * MINUTE for n in (1, 5, 15, 30)),
    *(n * HOUR for n in (1, 2, 6, 12)),
    *(n * DAY for n in (1, 2, 7, 14, 30, 90, 180, 365)),
)
_LINES: Final = 4
"""Most lines above the zero."""


class Tick(Value, frozen=True):
    """A number beside the axis."""

    at: int
    text: str


class Axis(Value, frozen=True):
    """From zero to `top`, with numbers at `ticks`, the last of which is the top."""

    top: int
    ticks: tuple[Tick, ...]

    def height(self, value: int, pixels: int) -> str:
        """How far down this value stands on a chart of so many pixels."""
        share = min(max(value, 0), self.top) / self.top
        return tidy(pixels - share * pixels, 1)


def counts(highest: int) -> Axis:
    """An axis for whole numbers."""
    step, power = 1, 1
    while step * _LINES < highest:
        power, step = _next(power, step)
    return _axis(step, highest, lambda n: f"{n:,}")


def durations(highest: Millis) -> Axis:
    """An axis for lengths of time."""
    step = next((s for s in _DURATIONS if s * _LINES >= highest), highest // _LINES + 1)
    return _axis(step, highest, short)


def percents() -> Axis:
    """The axis of percentages."""
    return Axis(top=100, ticks=tuple(Tick(n, f"{n}%") for n in range(0, 101, 25)))


def short(length: Millis) -> str:
    """A length of time where there is little room: "45 s", "30 min", "2 h", "1.5 d"."""
    if 0 < length < SECOND:
        return "under 1 s"
    if length < MINUTE:
        return f"{tidy(length / SECOND, 0)} s"
    if length < HOUR:
        return f"{tidy(length / MINUTE, 1)} min"
    if length < 2 * DAY:
        return f"{tidy(length / HOUR, 1)} h"
    return f"{tidy(length / DAY, 1)} d"


def across(at: int, of: int) -> float:
    """The percentage of the width at which place `at` of so many stands, counted from 0."""
    share = 0.5 if of < 2 else at / (of - 1)
    return LEFT + share * (RIGHT - LEFT)


def percent(share: float) -> str:
    """A percentage of the width, as SVG has it."""
    return f"{tidy(share)}%"


def tidy(number: float, places: int = 2) -> str:
    """A number without needless digits: "12.5", "3"."""
    text = f"{number:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _next(power: int, step: int) -> tuple[int, int]:
    """The round number after this one: 1, 2, 5, 10, 20, 50 and so on."""
    of = _STEPS.index(step // power) + 1
    return (power, power * _STEPS[of]) if of < len(_STEPS) else (power * 10, power * 10)


def _axis(step: int, highest: int, written: Callable[[int], str]) -> Axis:
    lines = max(1, -(-highest // step))
    ticks = tuple(Tick(n * step, written(n * step)) for n in range(lines + 1))
    return Axis(top=lines * step, ticks=ticks)
