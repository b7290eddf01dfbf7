"""Figures in words that claim no more than was counted. Pure."""

from datetime import UTC, datetime
from typing import Final

from adapters.web.charts.scale import short
from core.advice.calibration import LEAST_CASES
from core.chat.figures_words import lasting
from core.value import Millis

NONE: Final = "none"
SECOND: Final[Millis] = 1_000
MINUTE: Final = 60 * SECOND
DAY: Final[Millis] = 86_400_000
FEW: Final = LEAST_CASES
"""With fewer cases counts stand alone: a percentage of three says more than three can."""


def share(part: int, whole: int) -> str:
    """A part with what it is part of, and as a percentage where there are enough: "41 of 50
    (82%)", "2 of 3"."""
    if whole == 0:
        return NONE
    said = f"{part:,} of {whole:,}"
    return said if whole < FEW else f"{said} ({rounded(part, whole)})"


def rounded(part: int, whole: int) -> str:
    """A percentage that is 0% only for none, and 100% only for all."""
    percent = round(100 * part / whole)
    if percent == 0 and part:
        return "under 1%"
    if percent == 100 and part < whole:
        return "over 99%"
    return f"{percent}%"


def took(length: Millis | None) -> str:
    """A length of time: "2 hours 5 minutes", "12 seconds"; "none" where there was none."""
    if length is None:
        return NONE
    if length >= MINUTE:
        return lasting(length)
    if length < SECOND:
        return "under a second"
    seconds = round(length / SECOND)
    return f"{seconds} second" if seconds == 1 else f"{seconds} seconds"


def briefly(length: Millis | None) -> str:
    """The same where there is little room: "2.1 h", "12 s"."""
    return NONE if length is None else short(length)


def counted(count: int, one: str, many: str) -> str:
    """So many of something: "1 case", "12 cases"."""
    return f"{count:,} {one if count == 1 else many}"


def dated(day: int, *, with_year: bool) -> str:
    """The day below a chart: "3 Nov", and in a long one, of months, "Nov 2026"."""
    number, month, year = on_day(day).split()
    return f"{month} {year}" if with_year else f"{number} {month}"


def on_day(day: int) -> str:
    """The UTC day of this number since 1970, as people write it: "3 Nov 2026"."""
    moment = datetime.fromtimestamp(day * DAY // 1000, UTC)
    return f"{moment.day} {moment:%b %Y}"
