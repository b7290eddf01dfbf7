"""Sums into figures. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from core.insight.figures import (
    AGE_BOUNDS,
    MOST_NAMED,
    Advised,
    OpenFigures,
    PersonFigures,
    Point,
    RequestFigures,
    StageFigures,
)
from core.insight.figures_places import BYPASSES, HISTOGRAM, OfPeople, OfRequests, OfStages
from core.insight.figures_spans import points
from core.insight.histogram import LANE, lanes, times
from core.value import Millis

T = TypeVar("T")
K = TypeVar("K")

_PLACED: Final = LANE * HISTOGRAM
_COUNTS: Final = (1 << _PLACED) - 1


def _counts(sums: int) -> tuple[int, ...]:
    """The counts below the histogram; those that are not there are 0."""
    found = lanes(sums & _COUNTS)
    return found + (0,) * (HISTOGRAM - len(found))


def of_requests(sums: int) -> RequestFigures:
    """What a sum of requests tells."""
    at = _counts(sums)
    passed = {name: at[place] for name, place in BYPASSES.items() if at[place]}
    return RequestFigures(
        submitted=at[OfRequests.SUBMITTED],
        uncategorised=at[OfRequests.UNCATEGORISED],
        approved=at[OfRequests.APPROVED],
        passed=passed,
        rejected=at[OfRequests.REJECTED],
        refused=at[OfRequests.REFUSED],
        expired=at[OfRequests.EXPIRED],
        cancelled=at[OfRequests.CANCELLED],
        prohibited=at[OfRequests.PROHIBITED],
        edits=at[OfRequests.EDITS],
        edited=at[OfRequests.EDITED],
        revised=at[OfRequests.REVISED],
        succeeded=at[OfRequests.SUCCEEDED],
        failed=at[OfRequests.FAILED],
        incidents=at[OfRequests.INCIDENTS],
        by_rules=Advised(at[OfRequests.RULES_CASES], at[OfRequests.RULES_AGREED]),
        by_model=Advised(at[OfRequests.MODEL_CASES], at[OfRequests.MODEL_AGREED]),
        took=times(sums >> _PLACED),
    )


def of_stages(sums: int) -> StageFigures:
    """What a sum of a stage tells."""
    at = _counts(sums)
    named = {place.name.lower(): at[place] for place in OfStages}
    return StageFigures(**named, took=times(sums >> _PLACED))


def of_people(
    sums: int, open_: int = 0, overdue: int = 0, oldest: int | None = None
) -> PersonFigures:
    """What a sum of a person tells, beside what waits for them."""
    at = _counts(sums)
    return PersonFigures(
        approved=at[OfPeople.APPROVED],
        rejected=at[OfPeople.REJECTED],
        changes=at[OfPeople.CHANGES],
        withdrawn=at[OfPeople.WITHDRAWN],
        took=times(sums >> _PLACED),
        open=open_,
        overdue=overdue,
        oldest=oldest,
    )


def added(pairs: Iterable[tuple[K, int]]) -> dict[K, int]:
    """The sums of what has the same key."""
    found: dict[K, int] = {}
    for key, sums in pairs:
        found[key] = found.get(key, 0) + sums
    return found


def most(found: Mapping[K, T], size: Callable[[T], int]) -> dict[K, T]:
    """The biggest, and names in order where they are as big; at most `MOST_NAMED`."""
    ordered = sorted(found.items(), key=lambda item: (-size(item[1]), item[0]))
    return dict(ordered[:MOST_NAMED])


def series(first: int, last: int, by_day: Mapping[int, int]) -> tuple[Point, ...]:
    """A point for each day or week, of sums by the first day of spans that lie within them."""
    found = points(first, last)
    sums = dict.fromkeys((start for start, _ in found), 0)
    index = {day: start for start, end in found for day in range(start, end + 1)}
    for day, each in by_day.items():
        sums[index[day]] += each
    return tuple(Point(a, b, of_requests(sums[a])) for a, b in found)


def opened(rows: Sequence[tuple[int, int, int, Millis]]) -> OpenFigures:
    """What (age class, how many, overdue, oldest) rows come to."""
    if not rows:
        return OpenFigures()
    ages = [0] * (len(AGE_BOUNDS) + 1)
    for age, count, _, _ in rows:
        ages[age] += count
    return OpenFigures(
        open=sum(ages),
        overdue=sum(row[2] for row in rows),
        oldest=min(row[3] for row in rows),
        ages=tuple(ages),
    )
