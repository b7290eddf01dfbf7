"""How far away a moment is, in words: rounded as people say it."""

from typing import Final

from core.value import Millis

MINUTE: Final[Millis] = 60_000
HOUR: Final[Millis] = 60 * MINUTE
DAY: Final[Millis] = 24 * HOUR


def until(at: Millis, now: Millis) -> str:
    """ "in 3 h", "in 2 days", "12 min ago", "now"."""
    said = span(abs(at - now))
    if not said:
        return "now"
    return f"in {said}" if at > now else f"{said} ago"


def overdue(since: Millis, now: Millis) -> str:
    """ "Overdue by 3 h"; "Overdue" for less than a minute."""
    return f"Overdue by {span(now - since)}".removesuffix(" by ")


def span(length: Millis) -> str:
    """The length of a time: "12 min", "3 h", "2 days"; "" for less than a minute."""
    if length < MINUTE:
        return ""
    if length < HOUR:
        return f"{length // MINUTE} min"
    if length < 2 * DAY:
        return f"{length // HOUR} h"
    return f"{length // DAY} days"
