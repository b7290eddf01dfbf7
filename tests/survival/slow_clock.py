"""Working time, counted as a child would: quarter of an hour after quarter of an hour.

Every time zone and all working hours of the test change on a quarter of an hour, so each quarter is
open or closed as a whole. It shares no code with the product and knows no short cut.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

QUARTER = 15 * 60_000
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
QUARTERS = 460 * 96
"""Until after the last request of the year has ended."""

_ORIGIN = int(BEGINS.timestamp()) * 1000
_MON_TO_FRI = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Hours:
    """From when to when by the clocks of a place, as (hour, minute)."""

    zone: str
    opens: tuple[int, int]
    closes: tuple[int, int]
    weekdays: tuple[int, ...] = _MON_TO_FRI
    country: str | None = None
    part: str | None = None
    closed: tuple[date, ...] = ()


CALENDARS = {
    "office": Hours(
        "Europe/Berlin",
        (9, 0),
        (17, 0),
        country="DE",
        part="BE",
        closed=(date(2026, 12, 24), date(2026, 12, 31)),
    ),
    "south": Hours("Europe/Berlin", (8, 0), (16, 30), country="DE", part="BY"),
    "desk": Hours("America/New_York", (8, 30), (17, 30), country="US"),
    "floor": Hours("Asia/Kolkata", (10, 0), (18, 30), weekdays=(0, 1, 2, 3, 4, 5), country="IN"),
    "small_hours": Hours("Europe/Berlin", (0, 0), (4, 0), weekdays=(5, 6, 0)),
    "island": Hours("Australia/Lord_Howe", (0, 0), (1, 45), weekdays=tuple(range(7))),
}
OWN = {
    "ann": Hours("America/New_York", (9, 0), (17, 0)),
    "kate": Hours("Asia/Kolkata", (10, 0), (18, 0)),
    "ben": Hours("Europe/Berlin", (7, 30), (15, 30)),
}
"""Who has hours of their own; everybody else is always at work."""

Places = frozenset[Hours]
"""Open while one of them is; no place at all is time that never stands still."""


def is_open(places: Places, moment: int) -> bool:
    return bool(not places or _quarters(places)[(moment - _ORIGIN) // QUARTER])


def later(places: Places, moment: int, minutes: int) -> int:
    """When so many minutes of working time have passed."""
    left = minutes * 60_000
    if not places:
        return moment + left
    opened = _quarters(places)
    number = (moment - _ORIGIN) // QUARTER
    while True:
        ends = _ORIGIN + (number + 1) * QUARTER
        if opened[number]:
            if ends - moment >= left:
                return moment + left
            left -= ends - moment
        moment, number = ends, number + 1


@cache
def _quarters(places: Places) -> bytes:
    if len(places) == 1:
        (hours,) = places
        days: dict[date, list[int]] = {}
        for number in range(QUARTERS):
            if (day := _works(hours, number)) is not None:
                days.setdefault(day, []).append(number)
        opened = bytearray(QUARTERS)
        for found in days.values():
            # Where the clocks go back over the closing time it is open until they show it again.
            for number in range(found[0], found[-1] + 1):
                opened[number] = 1
        return bytes(opened)
    each = [_quarters(frozenset((hours,))) for hours in places]
    return bytes(any(several) for several in zip(*each, strict=True))


def _works(hours: Hours, number: int) -> date | None:
    """The date on which it is open in this quarter, by the clock on the wall."""
    local = (BEGINS + timedelta(minutes=15 * number)).astimezone(ZoneInfo(hours.zone))
    day = local.date()
    if local.weekday() not in hours.weekdays or day in hours.closed:
        return None
    if not hours.opens <= (local.hour, local.minute) < hours.closes:
        return None
    off = hours.country is not None and day in _days_off(hours.country, hours.part)
    return None if off else day


@cache
def _days_off(country: str, part: str | None) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=part, years=(2026, 2027)))


def on_watch(moment: int) -> str:
    """Whose week it is."""
    return ("zed", "al")[sum(turn <= moment for turn in _turns()) % 2]


def next_turn(moment: int) -> int:
    """When the watch is handed over next."""
    return next(turn for turn in _turns() if turn > moment)


@cache
def _turns() -> list[int]:
    """On Mondays at nine in Berlin; Zed begins on January 5th."""
    first = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    # Days are added by the clock on the wall.
    mondays = (first + timedelta(days=7 * week) for week in range(1, 65))
    return [int(monday.timestamp()) * 1000 for monday in mondays]
