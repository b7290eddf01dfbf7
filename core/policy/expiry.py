"""Finds rules whose requests expire before their stages have had the time they were given.

With a calendar that time depends on when a request comes. What is too short even at the best
moment is a mistake; what is too short before a long weekend is a warning.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.calendars.calendar import Calendar, advance, ordinary_week
from core.calendars.duration import written
from core.calendars.localtime import MINUTE, SECOND
from core.calendars.text import calendar_of_person
from core.policy.calendars import APPROVER
from core.policy.policy import StageRule
from core.policy.reading import Reading
from core.source import Fields
from core.value import Millis

Clock = tuple[tuple[Calendar, ...], Millis]
"""The calendars in whose hours a stage's sla counts (none: elapsed time), and the sla."""

_WEEKS = 52
_LAST_YEAR = 2100
_YEAR = 2026
"""A year like any other: what is found must not depend on the day on which it is checked."""


def check_expiry(
    fields: Fields, name: str, stages: tuple[StageRule, ...], expires_in: Millis, reading: Reading
) -> None:
    """Compare the time of all stages with the time a request has in all."""
    too_long = [_too_long(fields, stage, _calendars(stage, reading)) for stage in stages]
    if any(too_long):
        return
    clocks = tuple((_calendars(stage, reading), stage.sla) for stage in stages if stage.sla)
    if not clocks:
        return
    least, most = _spans(clocks)
    node = fields.get("expires_in") or reading.defaults.node or fields.node
    if least > expires_in:
        message = (
            f"the stages of '{name}' may take {written(least)} by their sla, "
            f"but requests expire in {written(expires_in)}"
        )
        remedy = f"Raise expires_in to {written(least)} or more, or shorten the sla"
        reading.reader.wrong(node, message, remedy)
    elif most > expires_in:
        message = (
            f"the stages of '{name}' may take {written(most)} by their working hours, before "
            f"a long weekend, but requests expire in {written(expires_in)}"
        )
        remedy = f"Raise expires_in to {written(most)} or more, or shorten the sla"
        reading.warn_at(node, message, remedy)


def _calendars(stage: StageRule, reading: Reading) -> tuple[Calendar, ...]:
    """In whose hours the stage's time counts; none for elapsed time."""
    if stage.calendar == APPROVER:
        return _approvers(stage.approvers, reading)
    found = reading.calendars.get(stage.calendar) if stage.calendar is not None else None
    return () if found is None else (found,)


def _too_long(fields: Fields, stage: StageRule, calendars: tuple[Calendar, ...]) -> bool:
    """Note a time that no year of these hours has: counting it would take long as well."""
    longest = max((stage.sla or 0, *stage.remind_at))
    if not calendars or longest <= _WEEKS * max(map(ordinary_week, calendars)):
        return False
    message = f"{written(longest)} of stage '{stage.name}' is more than a year's working time"
    remedy = "Shorten 'sla' or 'remind_at', or write longer hours"
    fields.reader.wrong(fields.get("stages") or fields.node, message, remedy)
    return True


def _approvers(references: Iterable[str], reading: Reading) -> tuple[Calendar, ...]:
    """The hours of everyone who could be asked; the clock runs while one of them works."""
    directory = reading.people.directory
    found: dict[Calendar, None] = {}
    for reference in references:
        for email in reading.people.possible(reference):
            person = None if directory is None else directory.person(email)
            if person is not None:
                found[calendar_of_person(person.timezone, person.working_hours)] = None
    return tuple(found)


@lru_cache(maxsize=256)
def _spans(clocks: tuple[Clock, ...]) -> tuple[Millis, Millis]:
    """The least and the most time that stages after each other take."""
    spans = [_through(clocks, start) - start for start in _starts(clocks)]
    return min(spans), max(spans)


def _through(clocks: tuple[Clock, ...], start: Millis) -> Millis:
    for calendars, sla in clocks:
        start = advance(calendars, start, sla)
    return start


def _starts(clocks: tuple[Clock, ...]) -> list[Millis]:
    """The openings and closings of a year: the best moments to begin, and the worst."""
    calendars = {c for several, _ in clocks for c in several}
    if not calendars:
        return [0]
    first = date(_YEAR, 1, 1)
    days = [first + timedelta(days=n) for n in range(366)]
    closed = [date.fromisoformat(day) for calendar in calendars for day in calendar.closed]
    near = [day for day in closed if _YEAR <= day.year <= _LAST_YEAR]
    days += [day - timedelta(days=n) for day in near for n in range(1, 6)]
    return [moment for calendar in calendars for day in days for moment in _edges(calendar, day)]


def _edges(calendar: Calendar, day: date) -> tuple[Millis, Millis]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(calendar.timezone))
    begins = int(midnight.timestamp()) * SECOND
    return begins + calendar.opens * MINUTE, begins + calendar.closes * MINUTE
