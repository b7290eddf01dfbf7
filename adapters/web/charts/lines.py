"""Numbers over time: one line for each series, or an area. Pure."""

from collections.abc import Callable, Sequence
from typing import Final

from adapters.web.charts.scale import Axis, across, percent, tidy
from adapters.web.charts.table import Frame, Table
from core.value import Value

HEIGHT: Final = 168
"""Pixels of the plot."""
BOTTOM: Final = 26
"""Pixels below it, for the dates."""
TOP: Final = 14
"""Pixels above it, for the highest number."""
_THOUSAND: Final = 10
"""Lines are drawn in a box a thousand wide, so ten of it are a percent."""
_DATES: Final = 3


class Series(Value, frozen=True):
    """What one line shows, in the order of the dates: None where there is nothing to show.
    `look` is the class that gives its colour and its strokes."""

    name: str
    look: str
    values: tuple[int | None, ...]


class Stroke(Value, frozen=True):
    """One line as drawn: `points` are of pieces without gaps, `dots` (across, down) stand where a
    value has no neighbour, and would be no line. `area` is filled below the line."""

    name: str
    look: str
    points: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]
    area: tuple[str, ...] = ()


class Label(Value, frozen=True):
    """A text at a place across; `anchor` as SVG's `text-anchor`."""

    at: str
    anchor: str
    text: str


class LineChart(Value, frozen=True):
    """A chart of lines. `grid` are (down, text) of the numbers beside the axis."""

    frame: Frame
    strokes: tuple[Stroke, ...]
    grid: tuple[tuple[str, str], ...]
    dates: tuple[Label, ...]
    kind: str = "lines"
    height: int = HEIGHT
    top: int = TOP
    bottom: int = BOTTOM


def lines(
    frame: Frame,
    dates: Sequence[str],
    series: Sequence[Series],
    axis: Axis,
    *,
    filled: bool = False,
) -> LineChart:
    """The chart of these series, one place across for each date; `filled` below the first."""
    return LineChart(
        frame=frame,
        strokes=tuple(_stroke(each, axis, filled and not at) for at, each in enumerate(series)),
        grid=tuple((axis.height(t.at, HEIGHT), t.text) for t in axis.ticks),
        dates=tuple(_dates(dates)),
    )


def over_time(
    caption: str, dates: Sequence[str], series: Sequence[Series], written: Callable[[int], str]
) -> Table:
    """The table of the same numbers, the newest date first."""
    rows = zip(dates, *(each.values for each in series), strict=True)
    return Table(
        caption=caption,
        headings=("Date", *(each.name for each in series)),
        rows=tuple(
            (str(date), *("none" if v is None else written(v) for v in values))
            for date, *values in reversed(list(rows))
        ),
    )


def _stroke(series: Series, axis: Axis, filled: bool) -> Stroke:
    points: list[str] = []
    areas: list[str] = []
    dots: list[tuple[str, str]] = []
    count = len(series.values)
    for piece in _pieces(series.values):
        places = [(across(at, count), axis.height(value, HEIGHT)) for at, value in piece]
        if len(places) == 1:
            dots.append((percent(places[0][0]), places[0][1]))
            continue
        line = [f"{tidy(x * _THOUSAND, 0)},{y}" for x, y in places]
        points.append(" ".join(line))
        if filled:
            ends = (places[-1][0], places[0][0])
            under = [f"{tidy(x * _THOUSAND, 0)},{HEIGHT}" for x in ends]
            areas.append(" ".join([*line, *under]))
    return Stroke(
        name=series.name,
        look=series.look,
        points=tuple(points),
        dots=tuple(dots),
        area=tuple(areas),
    )


def _pieces(values: Sequence[int | None]) -> list[list[tuple[int, int]]]:
    """Places and values that follow one another without a gap."""
    pieces: list[list[tuple[int, int]]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            pieces[-1].append((at, value))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _dates(dates: Sequence[str]) -> list[Label]:
    """The first and the last date, and one between them where there are many."""
    count = len(dates)
    shown = [0, count // 2, count - 1] if count >= _DATES else list(range(count))
    anchors = {0: "start", count - 1: "end"} if count > 1 else {}
    return [
        Label(at=percent(across(at, count)), anchor=anchors.get(at, "middle"), text=dates[at])
        for at in shown
    ]
