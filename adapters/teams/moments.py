"""Moments as a person reads them: the client's own words for a deadline, plain text elsewhere.

The clock is never read here.
"""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from core.cards.moments import MONTHS, clock
from core.value import Millis


def localised(at: Millis) -> str:
    """For a TextBlock: each client shows it in its own zone and language.

    https://learn.microsoft.com/en-us/adaptive-cards/create/textfeatures
    """
    stamp = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{{{{DATE({stamp}, SHORT)}}}} at {{{{TIME({stamp})}}}}"


def written(at: Millis, timezone: str) -> str:
    """In a zone, with its name: "21 Nov 2026, 10:42 CET"; an unknown zone is UTC."""
    moment = datetime.fromtimestamp(at // 1000, zone(timezone))
    return f"{_day(moment)}, {clock(moment)} {moment.tzname()}"


def until(at: Millis, timezone: str) -> str:
    """The end of something, in a zone: a midnight is the end of the day before."""
    last = datetime.fromtimestamp((at - 1) // 1000, zone(timezone))
    if datetime.fromtimestamp(at // 1000, zone(timezone)).date() == last.date():
        return f"until {written(at, timezone)}"
    return f"until the end of {_day(last)}"


def _day(local: datetime) -> str:
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


@cache
def zone(name: str) -> ZoneInfo:
    """A time zone by name; an unknown one is UTC."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
