"""Moments as people read them, in their own time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.value import Millis

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(at: Millis, timezone: str) -> str:
    """To the minute, with the zone: "Fri 15 Jan 2027, 09:00 CET"."""
    local = datetime.fromtimestamp(at // 1000, ZoneInfo(timezone))
    day = f"{_DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"
    return f"{day}, {clock(local)} {local.tzname()}"


def clock(local: datetime) -> str:
    """The time of day to the minute: "09:00"."""
    return f"{local.hour:02}:{local.minute:02}"
