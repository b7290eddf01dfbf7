"""Counting working time agrees with looking at the clock every minute, and adds up."""

from datetime import date
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars.calendar import Calendar, advance, elapsed, working_at
from core.calendars.public_holidays import public_holidays
from core.value import Millis
from tests.core.moments import HOUR, MINUTE, at, clock

DAY = 24 * HOUR
ZONES = (
    *("Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata", "Australia/Lord_Howe"),
    *("America/Havana", "America/Santiago", "Africa/Casablanca", "Pacific/Kiritimati"),
)
"""Changes of an hour and of half an hour, at night and at midnight; far from UTC."""

NEAR = tuple(
    at(f"{day}T00:00Z")
    for day in (
        *("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-10-04", "2026-04-05"),
        *("2026-09-06", "2026-02-15", "2026-12-24", "2026-11-26", "2026-10-03"),
    )
)
"""Days on which some of the zones change their clocks, and holidays."""

moments = st.builds(
    lambda day, add: day + add, st.sampled_from(NEAR), st.integers(-3 * DAY, 3 * DAY)
)


@st.composite
def any_calendar(draw: st.DrawFn) -> Calendar:
    opens = draw(st.integers(0, 1439))
    return Calendar(
        name="any",
        timezone=draw(st.sampled_from(ZONES)),
        opens=opens,
        closes=draw(st.one_of(st.just(1440), st.integers(opens + 1, 1440))),
        weekdays=tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1)))),
        holidays=draw(st.sampled_from((None, "DE-BE", "US"))),
        closed=draw(st.sampled_from(((), ("2026-10-25", "2026-03-08")))),
    )


unions = st.lists(any_calendar(), max_size=3).map(tuple)
lengths = st.one_of(st.integers(0, 20 * HOUR), st.integers(0, 10 * DAY))
deep = settings(deadline=None, max_examples=200)


@given(unions, moments, lengths, lengths)
@deep
def test_two_lengths_one_after_the_other_are_their_sum(
    calendars: tuple[Calendar, ...], start: Millis, first: int, second: int
) -> None:
    half_way = advance(calendars, start, first)
    assert advance(calendars, half_way, second) == advance(calendars, start, first + second)


@given(unions, moments, st.integers(0, 3 * DAY), lengths, lengths)
@deep
def test_a_later_start_or_a_longer_length_never_ends_earlier(
    calendars: tuple[Calendar, ...], start: Millis, later: int, length: int, more: int
) -> None:
    end = advance(calendars, start, length)
    assert end <= advance(calendars, start + later, length)
    assert end <= advance(calendars, start, length + more)
    assert end >= start + length


@given(unions, moments, lengths.filter(bool))
@deep
def test_the_end_is_the_first_moment_at_which_the_length_has_passed(
    calendars: tuple[Calendar, ...], start: Millis, length: int
) -> None:
    end = advance(calendars, start, length)
    assert elapsed(calendars, start, end) == length
    assert elapsed(calendars, start, end - 1) == length - 1
    assert working_at(calendars, end - 1)


@given(unions, moments, st.integers(0, 3 * DAY), st.integers(0, 3 * DAY))
@deep
def test_elapsed_times_add_up(
    calendars: tuple[Calendar, ...], start: Millis, first: int, second: int
) -> None:
    middle, end = start + first, start + first + second
    parts = elapsed(calendars, start, middle) + elapsed(calendars, middle, end)
    assert parts == elapsed(calendars, start, end)


@given(st.lists(any_calendar(), min_size=1, max_size=2), st.sampled_from(NEAR), st.data())
@settings(deadline=None, max_examples=60)
def test_minute_by_minute_on_the_clock(
    calendars: list[Calendar], day: Millis, data: st.DataObject
) -> None:
    """A calendar is open from the first until the last minute of a date within its hours."""
    window = range(day - DAY, day + 2 * DAY, MINUTE)
    is_open = set().union(*(_open_minutes(c, window) for c in calendars))
    union = tuple(calendars)
    assert {m for m in window if working_at(union, m)} == is_open
    start = data.draw(st.sampled_from(window))
    passed = sorted(m for m in is_open if m >= start)
    if passed:
        count = data.draw(st.integers(1, len(passed)))
        assert advance(union, start, count * MINUTE) == passed[count - 1] + MINUTE


def _open_minutes(calendar: Calendar, window: range) -> set[Millis]:
    """Found by looking at the clock in every minute, also of the days around the window."""
    found: dict[date, list[Millis]] = {}
    for moment in range(window.start - DAY, window.stop + DAY, MINUTE):
        local, minutes = _shown(moment, calendar.timezone)
        if calendar.opens <= minutes < calendar.closes and _works(calendar, local):
            found.setdefault(local, []).append(moment)
    spans = (range(min(m), max(m) + MINUTE, MINUTE) for m in found.values())
    return {moment for span in spans for moment in span} & set(window)


@cache
def _shown(moment: Millis, zone: str) -> tuple[date, int]:
    shown = clock(moment, zone)
    return shown.date(), shown.hour * 60 + shown.minute


def _works(calendar: Calendar, local: date) -> bool:
    code = calendar.holidays
    return (
        local.weekday() in calendar.weekdays
        and str(local) not in calendar.closed
        and (code is None or local not in public_holidays(code, local.year))
    )
