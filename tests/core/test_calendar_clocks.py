"""When the clocks change, hours are open as people's clocks show them, in both directions."""

import pytest

from core.calendars.calendar import Calendar, advance, elapsed, working_at
from tests.core.moments import HOUR, MINUTE, at, said

ALL_WEEK = tuple(range(7))


def hours(zone: str, opens: str, closes: str) -> tuple[Calendar, ...]:
    """Hours of every day of the week."""
    start, end = (int(t[:2]) * 60 + int(t[3:]) for t in (opens, closes))
    return (Calendar("test", zone, start, end, ALL_WEEK),)


CHANGES = [
    ("Europe/Berlin", "2026-03-28T16:00+01:00", "2026-03-29T10:00+02:00"),
    ("Europe/Berlin", "2026-10-24T16:00+02:00", "2026-10-25T10:00+01:00"),
    ("America/New_York", "2026-03-07T16:00-05:00", "2026-03-08T10:00-04:00"),
    ("America/New_York", "2026-10-31T16:00-04:00", "2026-11-01T10:00-05:00"),
    ("Australia/Lord_Howe", "2026-10-03T16:00+10:30", "2026-10-04T10:00+11:00"),
]


@pytest.mark.parametrize(("zone", "start", "end"), CHANGES)
def test_nine_stays_nine_after_a_change_at_night(zone: str, start: str, end: str) -> None:
    office = hours(zone, "09:00", "17:00")
    assert said(advance(office, at(start), 2 * HOUR), zone) == end
    assert elapsed(office, at(start), at(end)) == 2 * HOUR


@pytest.mark.parametrize(
    ("zone", "midnight", "expected"),
    [
        ("Europe/Berlin", "2026-03-29T00:00+01:00", 7 * HOUR),
        ("Europe/Berlin", "2026-10-25T00:00+02:00", 9 * HOUR),
        ("America/New_York", "2026-03-08T00:00-05:00", 7 * HOUR),
        ("America/New_York", "2026-11-01T00:00-04:00", 9 * HOUR),
        ("Australia/Lord_Howe", "2026-10-04T00:00+10:30", 7 * HOUR + 30 * MINUTE),
    ],
)
def test_hours_over_the_change_lack_what_is_skipped_and_have_what_is_repeated(
    zone: str, midnight: str, expected: int
) -> None:
    night = hours(zone, "00:00", "08:00")
    assert elapsed(night, at(midnight), at(midnight) + 12 * HOUR) == expected
    closing = said(advance(night, at(midnight), expected), zone)
    assert closing.startswith(f"{midnight[:10]}T08:00")


def test_a_skipped_opening_is_the_moment_of_the_change() -> None:
    """02:30 does not exist: 03:00 follows on 02:00."""
    early = hours("Europe/Berlin", "02:30", "10:00")
    change = at("2026-03-29T03:00+02:00")
    assert not working_at(early, change - 1)
    assert working_at(early, change)
    assert advance(early, change - HOUR, 1) == change + 1


def test_a_skipped_closing_is_the_moment_of_the_change() -> None:
    late = hours("Europe/Berlin", "00:30", "02:30")
    change = at("2026-03-29T03:00+02:00")
    assert working_at(late, change - 1)
    assert not working_at(late, change)


def test_hours_within_the_skipped_hour_do_not_happen_that_day() -> None:
    gap = hours("America/New_York", "02:10", "02:50")
    start = at("2026-03-08T01:00-05:00")
    assert said(advance(gap, start, 10 * MINUTE), gap[0].timezone) == "2026-03-09T02:20-04:00"


def test_a_repeated_opening_is_the_first_and_a_repeated_closing_the_second() -> None:
    """02:00 to 03:00 occurs twice; who opened at the first 02:30 does not close again."""
    early = hours("Europe/Berlin", "02:30", "10:00")
    assert not working_at(early, at("2026-10-25T02:30+02:00") - 1)
    for moment in ("02:30+02:00", "02:59+02:00", "02:00+01:00", "02:30+01:00"):
        assert working_at(early, at(f"2026-10-25T{moment}"))
    late = hours("Europe/Berlin", "00:30", "02:30")
    assert working_at(late, at("2026-10-25T02:30+01:00") - 1)
    assert not working_at(late, at("2026-10-25T02:30+01:00"))


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("America/Havana", "2026-03-08", 23),  # 00:00 does not exist
        ("America/Havana", "2026-11-01", 25),  # 00:00 occurs twice
        ("America/Nuuk", "2026-10-24", 25),  # 23:00 occurs twice
        ("Africa/Cairo", "2026-04-24", 23),  # 00:00 does not exist
    ],
)
def test_a_change_at_midnight_moves_no_hour_to_another_day(
    zone: str, day: str, length: int
) -> None:
    whole = Calendar("test", zone, 0, 24 * 60, ALL_WEEK)
    closed = Calendar("test", zone, 0, 24 * 60, ALL_WEEK, closed=(day,))
    start, end = at(f"{day}T00:00Z") - 48 * HOUR, at(f"{day}T00:00Z") + 72 * HOUR
    assert elapsed((whole,), start, end) == end - start
    assert elapsed((closed,), start, end) == end - start - length * HOUR


def test_a_date_that_a_zone_left_out_has_no_hours() -> None:
    """Samoa went from 29 to 31 December 2011, over the date line."""
    apia = hours("Pacific/Apia", "09:00", "17:00")
    end = advance(apia, at("2011-12-29T16:00-10:00"), 2 * HOUR)
    assert said(end, "Pacific/Apia") == "2011-12-31T10:00+14:00"
