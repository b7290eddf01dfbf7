"""Moments as people write them: ISO times with the offset that the clock had."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.value import Millis

HOUR = 3_600_000
MINUTE = 60_000


def at(text: str) -> Millis:
    """The moment of "2026-11-21T09:00+01:00"."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None, "say which moment is meant"
    return round(moment.timestamp() * 1000)


def clock(moment: Millis, zone: str) -> datetime:
    """What the clocks of a zone show."""
    return datetime.fromtimestamp(moment / 1000, ZoneInfo(zone))


def said(moment: Millis, zone: str = "Europe/Berlin") -> str:
    """The other way round: the time on the clock, to the minute, with its offset."""
    assert moment % MINUTE == 0, moment
    return clock(moment, zone).isoformat(timespec="minutes")
