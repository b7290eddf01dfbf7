"""Days in spans of one, seven and twenty-eight, so that a year is a few sums. Pure.

What happens on a day is added to the sums of all three spans that hold it. Spans of seven days
begin on a Monday, and four of them make one of twenty-eight.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from core.insight.figures import DAILY
from core.insight.figures_counting import PERSON, REQUEST, About, Sums

SPANS: Final = (1, 7, 28)

_MONDAY: Final = 3
"""Day 0, the 1st of January 1970, was a Thursday."""

BOTH: Final = "both"
RULE: Final = "rule"
AGENT: Final = "agent"
ALL: Final = "all"


class Place(NamedTuple):
    """Which sum: of `kind` over the `span` of days from `day` on. The sums of requests are kept
    four times, by rule and agent (`BOTH`), by either, and of all, each by category; what they are
    not told apart by is ""."""

    kind: str
    span: int
    day: int
    rule: str
    category: str
    name: str


class Run(NamedTuple):
    """The spans of this length that begin from `first` to `last`, both included."""

    span: int
    first: int
    last: int


def start(day: int, span: int) -> int:
    """The first day of the span that holds this day."""
    return day - (day + _MONDAY) % span


def runs(first: int, last: int) -> list[Run]:
    """The fewest spans that together are the days from `first` to `last`."""
    found: list[Run] = []
    day = first
    while day <= last:
        span = _longest(day, last)
        if found and found[-1].span == span:
            found[-1] = found[-1]._replace(last=day)
        else:
            found.append(Run(span, day, day))
        day += span
    return found


def _longest(day: int, last: int) -> int:
    return max(s for s in SPANS if start(day, s) == day and day + s - 1 <= last)


def points(first: int, last: int) -> list[tuple[int, int]]:
    """The first and last day of each point of a series: days, or of a long period weeks, of which
    the first and the last may be shorter."""
    if last - first < DAILY:
        return [(day, day) for day in range(first, last + 1)]
    mondays = range(start(first, 7), last + 1, 7)
    return [(max(day, first), min(day + 6, last)) for day in mondays]


def weekly(first: int, last: int) -> list[Run]:
    """As `runs`, with no span longer than what a point of a series holds."""
    longest = 1 if last - first < DAILY else 7
    return [part for run in runs(first, last) for part in _shortened(run, longest)]


def _shortened(run: Run, longest: int) -> Iterator[Run]:
    if run.span <= longest:
        yield run
    else:
        yield Run(longest, run.first, run.last + run.span - longest)


def placed(sums: Sums) -> Mapping[Place, int]:
    """What is to be added to which stored sum."""
    found: dict[Place, int] = {}
    for about, added in sums.items():
        for span in SPANS:
            day = start(about.day, span)
            for kind, rule, category, name in _kinds(about):
                place = Place(kind, span, day, rule, category, name)
                found[place] = found.get(place, 0) + added
    return found


def _kinds(about: About) -> Iterator[tuple[str, str, str, str]]:
    _, _, rule, category, name = about
    if about.kind == REQUEST:
        yield BOTH, rule, category, name
        yield RULE, rule, category, ""
        yield AGENT, "", category, name
        yield ALL, "", category, ""
    elif about.kind == PERSON:
        yield PERSON, "", "", name
    else:
        yield about.kind, rule, category, name
