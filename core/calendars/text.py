"""Reads what people write of calendars: hours, weekdays, zones and dates.

Every ValueError here is the remedy: one sentence that says what to write instead.
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from zoneinfo import available_timezones

from core.calendars.calendar import Calendar
from core.calendars.localtime import MIDNIGHT
from core.source import nearest

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MACHINES_OWN = "localtime"


def read_hours(text: str) -> tuple[int, int]:
    """The opening and the closing in minutes after midnight: "09:00-17:00" is 540, 1020."""
    match = _HOURS.fullmatch(text)
    if match is not None:
        hour, minute, until_hour, until_minute = map(int, match.groups())
        opens, closes = hour * 60 + minute, until_hour * 60 + until_minute
        if opens < closes <= MIDNIGHT:
            return opens, closes
    raise ValueError('Write the start and the end in quotes: "09:00-17:00" or "18:00-24:00"')


def read_time(text: str) -> int:
    """A time of day in minutes after midnight: "09:00" is 540."""
    match = _TIME.fullmatch(text)
    if match is not None:
        return int(match[1]) * 60 + int(match[2])
    raise ValueError('Write a time of day in quotes: "09:00" or "17:30"')


def read_weekdays(names: Iterable[str]) -> tuple[int, ...]:
    """The days in the order of the week, Monday 0, from "mon", "tue" and so on."""
    found = set[int]()
    for name in names:
        if name not in WEEKDAYS:
            raise ValueError(nearest(name, WEEKDAYS, f"Use some of: {', '.join(WEEKDAYS)}"))
        if WEEKDAYS.index(name) in found:
            raise ValueError(f"Write '{name}' only once")
        found.add(WEEKDAYS.index(name))
    if not found:
        raise ValueError("Write at least one day, such as [mon, tue, wed, thu, fri]")
    return tuple(sorted(found))


def read_date(text: str) -> str:
    """An ISO date as `Calendar.closed` wants it: 2026-12-24."""
    try:
        # Python reads more forms of ISO 8601; only one is compared with.
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass  # written well, but no such day
    raise ValueError("Write a date as year-month-day: 2026-12-24")


def known_timezone(name: str) -> str:
    """The name itself, if it is one of the IANA database and the same on every machine."""
    known = _zones()
    if name not in known:
        otherwise = "Use a name of the IANA database, such as Europe/Berlin"
        raise ValueError(nearest(name, known, otherwise))
    return name


def calendar_of_person(timezone: str, working_hours: str | None) -> Calendar:
    """A person's own calendar: Monday to Friday, or always open for one who states no hours.

    Its name says no more than the hours, so people with the same hours share a calendar.
    """
    name = f"{working_hours or 'always'} {timezone}"
    if working_hours is None:
        return Calendar(name, timezone, 0, MIDNIGHT, tuple(range(7)))
    opens, closes = read_hours(working_hours)
    return Calendar(name, timezone, opens, closes, tuple(range(5)))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Read once: listing them walks through the whole database."""
    return frozenset(available_timezones() - {_MACHINES_OWN})
