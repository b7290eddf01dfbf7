"""How sure advice was, against how often people decided as it said. Pure.

On the diagonal advice was as often right as it said; below it, it was too sure of itself.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

from adapters.web.charts.scale import LEFT, RIGHT, percent, percents, tidy
from adapters.web.charts.table import Frame
from core.value import Value

HEIGHT: Final = 220
SMALLEST: Final = 4.0
LARGEST: Final = 14.0
"""Pixels of a point's radius; its area grows with its cases."""
_TENTHS: Final = (0, 25, 50, 75, 100)


class Band(Value, frozen=True):
    """Advice of one confidence, in percent from `least` to `most`: of so many cases people agreed
    in so many. `few` says that they prove little."""

    least: int
    most: int
    cases: int
    agreed: int
    few: bool


class Point(Value, frozen=True):
    """A band as drawn."""

    at: str
    down: str
    radius: str
    few: bool


class Curve(Value, frozen=True):
    """The chart. `perfect` are the ends of the diagonal: (across, down) twice; `marks` are
    (across, text) below it and `grid` (down, text) beside it."""

    frame: Frame
    points: tuple[Point, ...]
    perfect: tuple[str, str, str, str]
    grid: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str], ...]
    kind: str = "curve"
    height: int = HEIGHT
    top: int = 16
    bottom: int = 44


def curve(frame: Frame, bands: Sequence[Band]) -> Curve:
    """The chart of these bands, those without cases left out."""
    most = max((band.cases for band in bands), default=0)
    axis = percents()
    low, high = percent(_across(0)), percent(_across(100))
    return Curve(
        frame=frame,
        points=tuple(_point(band, most) for band in bands if band.cases),
        perfect=(low, axis.height(0, HEIGHT), high, axis.height(100, HEIGHT)),
        grid=tuple((axis.height(tick.at, HEIGHT), tick.text) for tick in axis.ticks),
        marks=tuple((percent(_across(n)), f"{n}%") for n in _TENTHS),
    )


def _across(confidence: float) -> float:
    return LEFT + confidence / 100 * (RIGHT - LEFT - 3)


def _point(band: Band, most: int) -> Point:
    share = sqrt(band.cases / most)
    return Point(
        at=percent(_across((band.least + band.most) / 2)),
        down=tidy(HEIGHT - HEIGHT * band.agreed / band.cases),
        radius=tidy(max(SMALLEST, LARGEST * share)),
        few=band.few,
    )
