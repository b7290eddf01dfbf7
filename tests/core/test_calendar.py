"""Working time stops at night, at weekends and on days off, and is exact to the millisecond."""

import pytest

from core.calendars.calendar import (
    LONGEST,
    Calendar,
    advance,
    elapsed,
    never_open,
    ordinary_week,
    working_at,
)
from core.calendars.text import calendar_of_person
from core.value import encode
from tests.core.moments import HOUR, MINUTE, at, said

WEEK = (0, 1, 2, 3, 4)
OFFICE = Calendar("office", "Europe/Berlin", 540, 1020, WEEK, "DE-BE", ("2026-12-24",))
BERLIN = (OFFICE,)
NEW_YORK = (Calendar("ny", "America/New_York", 540, 1020, WEEK, "US"),)
NIGHTS = (Calendar("nights", "Europe/Berlin", 18 * 60, 24 * 60, tuple(range(7))),)
DAY = 24 * HOUR


def test_no_calendar_means_elapsed_time() -> None:
    assert working_at((), 0)
    assert advance((), 5, 7) == 12
    assert elapsed((), 5, 12) == 7
    assert elapsed((), 12, 5) == 0


def test_open_from_the_opening_until_just_before_the_closing() -> None:
    assert not working_at(BERLIN, at("2026-11-20T09:00+01:00") - 1)
    assert working_at(BERLIN, at("2026-11-20T09:00+01:00"))
    assert working_at(BERLIN, at("2026-11-20T17:00+01:00") - 1)
    assert not working_at(BERLIN, at("2026-11-20T17:00+01:00"))


def test_a_length_passes_within_the_day() -> None:
    assert said(advance(BERLIN, at("2026-11-20T09:30+01:00"), 4 * HOUR)) == "2026-11-20T13:30+01:00"


def test_what_starts_on_friday_afternoon_ends_on_monday() -> None:
    start = at("2026-11-20T16:30+01:00")
    assert said(advance(BERLIN, start, 4 * HOUR)) == "2026-11-23T12:30+01:00"


def test_what_starts_out_of_hours_starts_at_the_next_opening() -> None:
    for start in ("2026-11-20T17:00+01:00", "2026-11-22T03:12+01:00", "2026-11-23T08:59+01:00"):
        assert said(advance(BERLIN, at(start), HOUR)) == "2026-11-23T10:00+01:00"


def test_a_length_that_fills_the_day_ends_at_closing_not_at_the_next_opening() -> None:
    start = at("2026-11-20T09:00+01:00")
    closing = at("2026-11-20T17:00+01:00")
    assert advance(BERLIN, start, 8 * HOUR) == closing
    assert advance(BERLIN, start, 8 * HOUR + 1) == at("2026-11-23T09:00+01:00") + 1


def test_no_length_ends_where_it_starts_even_at_night() -> None:
    night = at("2026-11-21T03:00+01:00")
    assert advance(BERLIN, night, 0) == night


def test_a_negative_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not negative"):
        advance(BERLIN, 0, -1)


@pytest.mark.parametrize(
    ("calendars", "start", "hours", "end"),
    [
        # 3 October, a Friday in 2025 and a Saturday in 2026
        (BERLIN, "2025-10-02T16:00+02:00", 2, "2025-10-06T10:00+02:00"),
        (BERLIN, "2026-10-02T16:00+02:00", 2, "2026-10-05T10:00+02:00"),
        # 8 March is a holiday in Berlin, not in all of Germany; a Monday in 2027
        (BERLIN, "2027-03-05T16:00+01:00", 2, "2027-03-09T10:00+01:00"),
        # closed by the organisation, then Christmas on Friday and Saturday
        (BERLIN, "2026-12-23T16:00+01:00", 2, "2026-12-28T10:00+01:00"),
        # Thanksgiving, a Thursday; the Friday after it is a working day
        (NEW_YORK, "2026-11-25T16:00-05:00", 2, "2026-11-27T10:00-05:00"),
        # New Year's Day of 2028 is a Saturday: observed in the year before
        (NEW_YORK, "2027-12-30T16:00-05:00", 2, "2028-01-03T10:00-05:00"),
    ],
)
def test_days_off_do_not_count(
    calendars: tuple[Calendar, ...], start: str, hours: int, end: str
) -> None:
    found = advance(calendars, at(start), hours * HOUR)
    assert said(found, calendars[0].timezone) == end
    assert elapsed(calendars, at(start), found) == hours * HOUR


def test_closing_at_midnight_reaches_the_next_day() -> None:
    assert working_at(NIGHTS, at("2026-11-21T00:00+01:00") - 1)
    assert not working_at(NIGHTS, at("2026-11-21T00:00+01:00"))
    end = advance(NIGHTS, at("2026-11-20T23:00+01:00"), 2 * HOUR)
    assert said(end) == "2026-11-21T19:00+01:00"


def test_a_night_shift_is_two_calendars() -> None:
    mornings = Calendar("mornings", "Europe/Berlin", 0, 6 * 60, tuple(range(7)))
    start = at("2026-11-20T23:00+01:00")
    assert said(advance((*NIGHTS, mornings), start, 8 * HOUR)) == "2026-11-21T19:00+01:00"


def test_the_clock_runs_while_at_least_one_calendar_is_open() -> None:
    """Berlin closes at 17:00, when it is 11:00 in New York; hours of both count once."""
    both = (*BERLIN, *NEW_YORK)
    assert elapsed(both, at("2026-11-20T00:00Z"), at("2026-11-21T00:00Z")) == 14 * HOUR
    assert working_at(both, at("2026-11-20T17:30+01:00"))
    start = at("2026-11-20T16:00+01:00")
    assert said(advance(both, start, 8 * HOUR)) == "2026-11-23T10:00+01:00"


def test_the_order_and_the_number_of_calendars_do_not_matter() -> None:
    start, length = at("2026-11-20T16:00+01:00"), 30 * HOUR
    found = {
        advance(calendars, start, length)
        for calendars in ((*BERLIN, *NEW_YORK), (*NEW_YORK, *BERLIN), (*BERLIN, *NEW_YORK * 3))
    }
    assert len(found) == 1


def test_elapsed_counts_the_parts_of_the_first_and_the_last_day() -> None:
    start, end = at("2026-11-20T16:30+01:00"), at("2026-11-23T09:00+01:00") + 1
    assert elapsed(BERLIN, start, end) == 30 * MINUTE + 1
    assert elapsed(BERLIN, end, start) == 0
    assert elapsed(BERLIN, start, start) == 0


def test_someone_without_hours_is_always_open() -> None:
    always = calendar_of_person("America/New_York", None)
    start = at("2026-11-21T03:00+01:00")
    assert working_at((always,), start)
    assert advance((*BERLIN, always), start, 90 * DAY) == start + 90 * DAY
    assert elapsed((always,), start, start + 90 * DAY) == 90 * DAY


def test_a_calendar_that_is_never_open_stops_the_count() -> None:
    empty = Calendar("void", "Europe/Berlin", 540, 1020, ())
    with pytest.raises(ValueError, match=r"No working time .* calendar void"):
        advance((empty,), at("2026-11-20T16:30+01:00"), HOUR)
    end = advance((empty, OFFICE), at("2026-11-23T16:00+01:00"), HOUR)
    assert said(end) == "2026-11-23T17:00+01:00"
    assert elapsed((empty,), at("2026-11-20T16:30+01:00"), at("2027-11-20T16:30+01:00")) == 0


def test_hours_that_end_before_they_start_are_no_working_time() -> None:
    turned = Calendar("turned", "UTC", 1020, 540, WEEK)
    start = at("2026-11-20T16:30+01:00")
    assert elapsed((turned,), start, start + 7 * DAY) == 0
    with pytest.raises(ValueError, match="No working time"):
        advance((turned,), start, HOUR)


def test_a_calendar_open_day_and_night_still_has_its_days_off() -> None:
    """Each of these is closed on 25 and 26 December 2026, a Friday and a Saturday."""
    start = at("2026-12-24T12:00+01:00")
    for calendar in (
        Calendar("x", "Europe/Berlin", 0, 1440, (*WEEK, 5, 6), holidays="DE-BE"),
        Calendar("x", "Europe/Berlin", 0, 1440, (*WEEK, 5, 6), closed=("2026-12-25", "2026-12-26")),
        Calendar("x", "Europe/Berlin", 0, 1440, (0, 1, 2, 3, 6)),
    ):
        assert advance((calendar,), start, DAY) == start + 3 * DAY


def test_a_length_beyond_all_reason_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="at most 3660d"):
        advance(BERLIN, 0, LONGEST + 1)
    assert advance((), 0, LONGEST + 1) == LONGEST + 1


def test_a_length_that_leaves_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="after the year 9999"):
        advance(BERLIN, at("9999-12-01T00:00Z"), 365 * DAY)


def test_never_open_finds_calendars_without_a_working_day() -> None:
    assert never_open(Calendar("x", "UTC", 540, 1020, ()))
    assert never_open(Calendar("x", "UTC", 540, 540, WEEK))
    assert not never_open(OFFICE)
    assert not never_open(Calendar("x", "UTC", 0, 1, (6,), "US"))


def test_never_open_looks_at_the_organisations_own_days_whenever_they_are() -> None:
    mondays = _mondays("2031-01-06T00:00Z", 60)
    assert never_open(Calendar("x", "UTC", 540, 1020, (0,), closed=mondays))
    assert not never_open(Calendar("x", "UTC", 540, 1020, (0, 1), closed=mondays))
    assert not never_open(Calendar("x", "UTC", 540, 1020, (0,), closed=mondays[:30]))
    assert not never_open(Calendar("x", "UTC", 540, 1020, (0,), closed=("9999-12-27",)))


def test_an_ordinary_week() -> None:
    assert ordinary_week(OFFICE) == 40 * HOUR


def test_pinned_as_plain_values() -> None:
    assert encode(OFFICE) == (
        b'{"closed":["2026-12-24"],"closes":1020,"holidays":"DE-BE","name":"office",'
        b'"opens":540,"timezone":"Europe/Berlin","weekdays":[0,1,2,3,4]}'
    )


def _mondays(first: str, count: int) -> tuple[str, ...]:
    return tuple(said(at(first) + n * 7 * DAY, "UTC")[:10] for n in range(count))
