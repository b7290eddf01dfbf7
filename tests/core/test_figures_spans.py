"""Days, spans of days, and durations: what is added up is all of it, once."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.insight.figures import DAILY, day_of, last_days
from core.insight.figures_counting import About
from core.insight.figures_spans import SPANS, Place, placed, points, runs, start, weekly
from core.insight.figures_summing import series
from core.insight.histogram import BOUNDS, LONGEST, RELATIVE_ERROR, Times, histogram, times

days = st.integers(19_000, 22_000)
lengths = st.integers(1, 366)
MONDAY = 20_409
"""The 17th of November 2025."""


@given(days, lengths)
def test_a_period_is_few_spans_that_hold_each_of_its_days_once(first: int, length: int) -> None:
    last = first + length - 1
    for found in (runs(first, last), weekly(first, last)):
        held = [
            day
            for run in found
            for begin in range(run.first, run.last + 1, run.span)
            for day in range(begin, begin + run.span)
        ]
        assert sorted(held) == list(range(first, last + 1))
        assert all(start(run.first, run.span) == run.first for run in found)
        assert len(found) <= 5
    assert sum((r.last - r.first) // r.span + 1 for r in runs(first, last)) <= 6 + 3 + 13 + 3 + 6


@given(days, lengths)
def test_a_series_has_days_or_weeks_and_spans_lie_within_its_points(
    first: int, length: int
) -> None:
    last = first + length - 1
    found = points(first, last)
    assert [day for a, b in found for day in range(a, b + 1)] == list(range(first, last + 1))
    assert all((a == b) == (length <= DAILY) for a, b in found[1:-1])
    point = {day: index for index, (a, b) in enumerate(found) for day in range(a, b + 1)}
    for run in weekly(first, last):
        for begin in range(run.first, run.last + 1, run.span):
            assert point[begin] == point[begin + run.span - 1]


def test_weeks_begin_on_mondays() -> None:
    assert [start(MONDAY + n, 7) for n in range(8)] == [MONDAY] * 7 + [MONDAY + 7]
    assert start(MONDAY + 6, 28) == start(start(MONDAY + 6, 28), 7)
    assert day_of(1_763_337_600_000) == MONDAY
    assert last_days(1_763_337_600_000, 7) == (MONDAY - 6, MONDAY)


def test_the_sums_of_a_period_are_those_of_its_days() -> None:
    rng = Random(7)
    sums = {
        About("request", day, rule, "review", agent): rng.randrange(1, 99)
        for day in range(20_000, 20_400)
        for rule in ("a", "b")
        for agent in ("x", "y")
    }
    stored = placed(sums)
    assert {place.span for place in stored} == set(SPANS)
    for first, last in ((20_000, 20_000), (20_003, 20_032), (20_010, 20_375)):
        spans = [(r.span, d) for r in runs(first, last) for d in range(r.first, r.last + 1, r.span)]
        there = [a for a in sums if first <= a.day <= last]
        for kind, rule, name in (("all", "", ""), ("rule", "a", ""), ("agent", "", "y")):
            found = sum(stored[Place(kind, s, d, rule, "review", name)] for s, d in spans)
            expected = (a for a in there if rule in ("", a.rule) and name in ("", a.name))
            assert found == sum(map(sums.__getitem__, expected))


def test_a_series_adds_up_what_its_points_hold() -> None:
    found = series(
        MONDAY - 1, MONDAY + 98, {MONDAY - 1: 2, MONDAY: 3, MONDAY + 7: 5, MONDAY + 98: 7}
    )
    assert [(p.first, p.last) for p in found[:2]] == [
        (MONDAY - 1, MONDAY - 1),
        (MONDAY, MONDAY + 6),
    ]
    assert [p.figures.submitted for p in found if p.figures.submitted] == [2, 3, 5, 7]
    assert (found[-1].first, found[-1].last) == (MONDAY + 98, MONDAY + 98)


# --- durations -------------------------------------------------------------------------------


@given(st.lists(st.integers(1_000, LONGEST), min_size=1, max_size=60))
def test_quantiles_are_told_within_the_error_that_is_stated(durations: list[int]) -> None:
    found, exact = times(histogram(durations)), sorted(durations)
    assert found.count == len(exact)
    for told, percent in ((found.median, 50), (found.slow, 90)):
        true = exact[-(-len(exact) * percent // 100) - 1]
        assert told is not None
        assert abs(told - true) < RELATIVE_ERROR * true


@given(st.lists(st.integers(0, LONGEST)), st.lists(st.integers(0, LONGEST)))
def test_histograms_are_added_as_integers(some: list[int], others: list[int]) -> None:
    assert histogram(some) + histogram(others) == histogram([*some, *others])


@pytest.mark.parametrize(
    ("took", "told"), [(0, 500), (999, 500), (-5, 500), (LONGEST * 2, BOUNDS[-1])]
)
def test_what_is_too_short_or_too_long_counts_as_what_is_nearest(took: int, told: int) -> None:
    assert times(histogram([took])) == Times(1, told, told)


def test_no_durations_tell_nothing() -> None:
    assert times(0) == Times()
