"""How requests went over time, as lines. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.web.charts import scale
from adapters.web.charts.lines import LineChart, Series, lines, over_time
from adapters.web.charts.table import Frame, Table
from adapters.web.dashboard.words import counted, dated, on_day, took
from core.insight.figures import Figures, Point

MONTHS: Final = 180
"""Days from which on months stand below a chart."""


def charts(found: Figures) -> Iterator[LineChart]:
    """Nothing where there is nothing to draw a line of."""
    points = found.series
    if any(p.figures.submitted or p.figures.ended for p in points):
        yield _requests(points)
    if any(p.figures.took.count for p in points):
        yield _times(points)


def _requests(points: Sequence[Point]) -> LineChart:
    series = (
        Series("submitted", "first", tuple(p.figures.submitted for p in points)),
        Series("approved", "second", tuple(p.figures.all_approved for p in points)),
        Series("rejected", "third", tuple(p.figures.rejected + p.figures.refused for p in points)),
    )
    sums = [sum(value or 0 for value in each.values) for each in series]
    dates = [_dates(p) for p in points]
    title = f"Requests {_each(points)}"
    frame = Frame(
        name="requests-over-time",
        title=title,
        said=f"{sums[0]:,} submitted, {sums[1]:,} approved and {sums[2]:,} rejected, from "
        f"{dates[0]} to {dates[-1]}.",
        note="Each counted on the day on which it happened, in UTC. Rejected by people or a rule.",
        table=over_time(title, dates, series, lambda n: f"{n:,}"),
    )
    axis = scale.counts(max(value or 0 for each in series for value in each.values))
    return lines(frame, _below(points), series, axis, filled=True)


def _times(points: Sequence[Point]) -> LineChart:
    series = (
        Series("half within", "first", tuple(p.figures.took.median for p in points)),
        Series("nine of ten within", "slow", tuple(p.figures.took.slow for p in points)),
    )
    cases = (f"{p.figures.took.count:,}" for p in reversed(points))
    dates = [_dates(p) for p in points]
    title = f"Time to a decision {_each(points)}"
    highest = max(p.figures.took.slow or 0 for p in points)
    table = over_time(title, dates, series, took)
    total = sum(p.figures.took.count for p in points)
    frame = Frame(
        name="times-over-time",
        title=title,
        said=f"Of {counted(total, 'request', 'requests')}; at most, nine of ten took "
        f"{took(highest)}.",
        note="From submission, of requests that people approved or rejected. A date without any "
        "has no line.",
        table=Table(
            caption=title,
            headings=(*table.headings, "Requests"),
            rows=tuple((*row, count) for row, count in zip(table.rows, cases, strict=True)),
        ),
    )
    axis = scale.durations(max(highest, scale.SECOND))
    return lines(frame, _below(points), series, axis)


def _below(points: Sequence[Point]) -> list[str]:
    long = points[-1].last - points[0].first >= MONTHS
    return [dated(p.first, with_year=long) for p in points]


def _each(points: Sequence[Point]) -> str:
    return "by day" if all(p.first == p.last for p in points) else "by week"


def _dates(point: Point) -> str:
    if point.first == point.last:
        return on_day(point.first)
    first, last = on_day(point.first), on_day(point.last)
    return f"{dated(point.first, with_year=False) if first[-4:] == last[-4:] else first} to {last}"
