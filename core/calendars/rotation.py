"""Who is on call: people who take turns, handing over at fixed times."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from core.calendars.duration import parse_duration
from core.calendars.localtime import first_reached, local_date
from core.value import Millis, Value

Named = Literal["daily", "weekly"]
Period = Named | Millis

SHORTEST: Millis = 3_600_000
"""The shortest turn: at each one whoever is on call then is asked, and told of it."""

_DAYS: dict[Named, int] = {"daily": 1, "weekly": 7}
_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")


class Rotation(Value, frozen=True):
    """At least one person, in the order of their turns; the first begins at `starts`.

    `starts` is a local time of `timezone`, "2026-01-05T09:00". Daily and weekly turns are
    handed over at that time of the local clock, whether it has been changed or not; turns of
    a length in ms last that long and follow no clock. Before `starts` the turns go back in
    the same order.
    """

    people: tuple[str, ...]
    period: Period
    starts: str
    timezone: str = "UTC"


def on_call(rotation: Rotation, moment: Millis) -> str:
    """The person whose turn it is. At a hand-over it is the next person's already."""
    return rotation.people[_turn(rotation, moment) % len(rotation.people)]


def line(rotation: Rotation, moment: Millis) -> tuple[str, ...]:
    """Everyone once, the person on call first and then in the order of their turns."""
    first = _turn(rotation, moment) % len(rotation.people)
    return tuple(dict.fromkeys(rotation.people[first:] + rotation.people[:first]))


def next_handover(rotation: Rotation, moment: Millis) -> Millis:
    """The first moment after this one at which a turn begins."""
    return _begins(rotation, _turn(rotation, moment) + 1)


def next_new(rotation: Rotation, asked: Collection[str], moment: Millis) -> Millis | None:
    """The first hand-over after this moment to somebody who is not `asked` yet; None where
    everyone is."""
    if set(rotation.people).issubset(asked):
        return None
    for _ in rotation.people:
        moment = next_handover(rotation, moment)
        if on_call(rotation, moment) not in asked:
            return moment
    return None


def read_period(text: str) -> Period:
    """How often turns change: "daily", "weekly" or a duration such as "12h", of `SHORTEST` at
    least.

    Raises ValueError with what to write instead.
    """
    named = next((name for name in _DAYS if name == text), None)
    try:
        period = named or parse_duration(text)
    except ValueError:
        raise ValueError("Write daily, weekly or a duration such as 12h") from None
    if isinstance(period, int) and period < SHORTEST:
        raise ValueError("A turn lasts an hour at least. Write daily, weekly or a duration from 1h")
    return period


def read_start(text: str) -> str:
    """A local time as `Rotation.starts` wants it. Raises ValueError with what to write."""
    try:
        if _START.fullmatch(text):
            datetime.fromisoformat(text)
            return text
    except ValueError:
        pass  # written well, but no such day or hour
    raise ValueError("Write a local date and time: 2026-01-05T09:00")


def _turn(rotation: Rotation, moment: Millis) -> int:
    """The number of the last turn that has begun; 0 begins at `starts`."""
    if isinstance(rotation.period, int):
        return (moment - _begins(rotation, 0)) // rotation.period
    start = datetime.fromisoformat(rotation.starts).date()
    days = (local_date(ZoneInfo(rotation.timezone), moment) - start).days
    # One too many rather than too few: at a clock change the date alone does not tell.
    turn = days // _DAYS[rotation.period] + 1
    while _begins(rotation, turn) > moment:
        turn -= 1
    return turn


def _begins(rotation: Rotation, turn: int) -> Millis:
    start = datetime.fromisoformat(rotation.starts)
    days = 0 if isinstance(rotation.period, int) else turn * _DAYS[rotation.period]
    minutes = start.hour * 60 + start.minute
    day = start.date() + timedelta(days=days)
    begins = first_reached(ZoneInfo(rotation.timezone), day, minutes)
    return begins + turn * rotation.period if isinstance(rotation.period, int) else begins
