"""Working calendars: when a stage's clock runs, and when so much working time has passed.

Several calendars together are open while at least one of them is; no calendar at all means
elapsed time. Give each calendar once: many people with the same hours are one calendar.

A calendar is open once on each of its working dates, from the first moment its clock shows
`opens` until the last moment it shows `closes`. So an hour that the clocks skip is missing
from the working day and one that they repeat is added to it; a calendar that has opened in
a repeated hour does not close when the clocks go back.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.calendars.localtime import (
    DAY,
    MIDNIGHT,
    MINUTE,
    day_of,
    first_reached,
    last_reached,
    start_of,
)
from core.calendars.public_holidays import public_holidays
from core.value import Millis, Value

Span = tuple[Millis, Millis]
"""From a moment until, and without, another."""

LONGEST = 3660 * DAY
"""The most working time that is counted at once: ten years of it, in ms."""

_YEAR = 366
_PATIENCE = 400
"""Days without working time after which counting stops: more than `never_open` lets pass."""

_LAST_DAY = date.max.toordinal() - 2
"""The last UTC day of which the days around it still have a date and an end."""

_SOME_DAY = date(2026, 1, 1).toordinal()
_ALL_WEEK = frozenset(range(7))


class Calendar(Value, frozen=True):
    """Working hours of one zone. It is pinned in a request's route, so it names its data.

    `opens` and `closes` are minutes after local midnight, 0 to 1440, `closes` the later.
    `weekdays` count from Monday, 0. `holidays` is a country of the `holidays` package,
    with or without its part ("US", "DE-BE"). `closed` holds further days off, as ISO dates.
    """

    name: str
    timezone: str
    opens: int
    closes: int
    weekdays: tuple[int, ...]
    holidays: str | None = None
    closed: tuple[str, ...] = ()


def working_at(calendars: tuple[Calendar, ...], moment: Millis) -> bool:
    """Whether the clock runs at a moment. The moment of closing is no working time."""
    if _always(calendars):
        return True
    return any(since <= moment < until for since, until in _open_on(calendars, day_of(moment)))


def advance(calendars: tuple[Calendar, ...], start: Millis, length: Millis) -> Millis:
    """The first moment at which `length` ms of working time have passed since `start`.

    A length that ends with the working day ends at closing, not at the next opening. Raises
    ValueError for a negative length, for calendars that do not open for 400 days (which
    `never_open` tells beforehand), and for a length above `LONGEST` or one that would end
    after the year 9999. Elapsed time has no limit.
    """
    if length < 0:
        raise ValueError("A length of working time is not negative")
    if length == 0 or _always(calendars):
        return start + length
    if length > LONGEST:
        raise ValueError("Write a length of at most 3660d: more working time is not counted")
    left = length
    for since, until in _open_from(calendars, start):
        if until - since >= left:
            return since + left
        left -= until - since
    raise ValueError("Write a shorter length: this one would end after the year 9999")


def elapsed(calendars: tuple[Calendar, ...], start: Millis, end: Millis) -> Millis:
    """The working time between two moments, in ms; 0 if the end is not after the start."""
    if _always(calendars):
        return max(0, end - start)
    days = range(day_of(start), day_of(end) + 1)
    spans = (span for day in days for span in _open_on(calendars, day))
    return sum(max(0, min(end, until) - max(start, since)) for since, until in spans)


def ordinary_week(calendar: Calendar) -> Millis:
    """The working time of a week without days off and without a change of the clocks."""
    return len(calendar.weekdays) * (calendar.closes - calendar.opens) * MINUTE


def never_open(calendar: Calendar) -> bool:
    """Whether a whole year passes without a working day: such a calendar is a mistake.

    The answer does not depend on today: it looks beyond each date in `closed`.
    """
    if ordinary_week(calendar) <= 0:
        return True
    opened = 0
    for day in sorted({_SOME_DAY, *(date.fromisoformat(d).toordinal() for d in calendar.closed)}):
        # Days before `opened` were found closed already, on the way to it.
        if opened <= day < _LAST_DAY - _YEAR:
            opened = _next_workday(calendar, day)
        if opened > day + _YEAR:
            return True
    return False


def _next_workday(calendar: Calendar, day: int) -> int:
    """The first working day from this one on; a later one than all if a year has none."""
    year = range(day, day + _YEAR)
    return next((d for d in year if _is_workday(calendar, date.fromordinal(d))), _LAST_DAY)


def _always(calendars: tuple[Calendar, ...]) -> bool:
    """Whether working time is elapsed time, so that nothing needs counting."""
    return not calendars or any(
        c.opens == 0
        and c.closes == MIDNIGHT
        and c.holidays is None
        and not c.closed
        and _ALL_WEEK.issubset(c.weekdays)
        for c in calendars
    )


def _open_from(calendars: tuple[Calendar, ...], start: Millis) -> Iterator[Span]:
    """The spans of working time after a moment, in order; the first may have begun before."""
    first = last = day_of(start)
    for day in range(first, _LAST_DAY):
        for since, until in _open_on(calendars, day):
            if until > start:
                last = day
                yield max(since, start), until
        if day - last > _PATIENCE:
            names = ", ".join(c.name for c in calendars)
            raise ValueError(f"No working time in {_PATIENCE} days: correct the calendar {names}")


@lru_cache(maxsize=8192)
def _open_on(calendars: tuple[Calendar, ...], day: int) -> tuple[Span, ...]:
    """What is open on one UTC day: spans in order that neither overlap nor touch."""
    begins = start_of(day)
    # No zone is more than a day away from UTC.
    dates = [date.fromordinal(near) for near in (day - 1, day, day + 1)]
    spans = (_hours(calendar, local) for calendar in calendars for local in dates)
    return tuple(_merged(sorted(_within(spans, begins, begins + DAY))))


def _within(spans: Iterable[Span | None], begins: Millis, ends: Millis) -> Iterator[Span]:
    for span in spans:
        if span is not None and span[0] < ends and span[1] > begins:
            yield max(span[0], begins), min(span[1], ends)


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    current: Span | None = None
    for since, until in spans:
        if current is None:
            current = since, until
        elif since <= current[1]:
            current = current[0], max(current[1], until)
        else:
            yield current
            current = since, until
    if current is not None:
        yield current


@lru_cache(maxsize=8192)
def _hours(calendar: Calendar, local: date) -> Span | None:
    """The working hours of a local date; None on a day off."""
    if not _is_workday(calendar, local):
        return None
    zone = ZoneInfo(calendar.timezone)
    opens = first_reached(zone, local, calendar.opens)
    closes = last_reached(zone, local, calendar.closes)
    # Hours that lie within a skipped hour do not happen on that date.
    return (opens, closes) if opens < closes else None


def _is_workday(calendar: Calendar, local: date) -> bool:
    if local.weekday() not in calendar.weekdays or local.isoformat() in calendar.closed:
        return False
    code = calendar.holidays
    return code is None or local not in public_holidays(code, local.year)
