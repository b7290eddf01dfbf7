"""Moments as a person reads them: the client's own words for a deadline, plain text elsewhere.

The clock is never read here.
"""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from core.value import Millis


def localised(at: Millis) -> str:
    """For a TextBlock: each client shows it in its own zone and language.

    https://learn.microsoft.com/en-us/adaptive-cards/create/textfeatures
    """
    stamp = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{{{{DATE({stamp}, SHORT)}}}} at {{{{TIME({stamp})}}}}"


def written(at: Millis, timezone: str) -> str:
    """In a zone, with its name: "21 Nov 2026, 10:42 CET"; an unknown zone is UTC."""
    moment = datetime.fromtimestamp(at // 1000, _zone(timezone))
    return f"{moment.day} {moment:%b %Y, %H:%M} {moment.tzname()}"


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
