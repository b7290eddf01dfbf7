"""When somebody's daily digest comes: at their own time of day, on the days on which they work.

Pure. A person's `digest` is that time; without one it is the beginning of their working hours,
and nine o'clock for who has none.
"""

from datetime import date, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from core.calendars.localtime import first_reached, local_date
from core.calendars.text import calendar_of_person, read_time
from core.directory.people import Person
from core.value import Millis

USUAL = 9 * 60
"""Nine o'clock, in minutes after midnight."""

GRACE: Millis = 5_000
"""What happens so shortly before a digest is left to the next one: it may not be stored yet when
the digest is made, and must neither be missing from both nor be in both."""


def digest_telling(person: Person, at: Millis) -> Millis:
    """When the digest comes that tells this person of what happens at `at`."""
    return next_digest(person, at + GRACE)


def next_digest(person: Person, now: Millis) -> Millis:
    """The first moment after `now` at which the person's digest comes."""
    for day in count():
        moment = _on(person, _today(person, now) + timedelta(days=day))
        if moment is not None and moment > now:
            return moment
    raise AssertionError("every week has a working day")


def digest_before(person: Person, moment: Millis) -> Millis:
    """The last moment before this one at which the person's digest came."""
    for day in count():
        earlier = _on(person, _today(person, moment) - timedelta(days=day))
        if earlier is not None and earlier < moment:
            return earlier
    raise AssertionError("every week has a working day")


def _today(person: Person, moment: Millis) -> date:
    return local_date(ZoneInfo(person.timezone), moment)


def _on(person: Person, day: date) -> Millis | None:
    """The moment on that day; None on a day off."""
    hours = calendar_of_person(person.timezone, person.working_hours)
    if day.weekday() not in hours.weekdays:
        return None
    if person.digest is not None:
        minutes = read_time(person.digest)
    else:
        minutes = USUAL if person.working_hours is None else hours.opens
    return first_reached(ZoneInfo(person.timezone), day, minutes)
