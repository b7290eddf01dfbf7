"""A period as people write it: days in UTC, both counted, or moments."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from core.value import Millis

WHEN: Final = "use a day as 2026-01-31, or a moment as 2026-01-31T12:00:00Z"
NEVER: Final = "the period ends before it begins, or has not begun"


def read_period(begins: str, ends: str, now: Millis) -> tuple[Millis | None, Millis]:
    """From when until before when; None from the first event on. An empty `begins` or `ends` says
    nothing. Raises ValueError with a sentence."""
    first = _moment(begins) if begins else None
    last = min(_moment(ends, end=True), now) if ends else now
    if (first or 0) >= last:
        raise ValueError(NEVER)
    return first, last


def _moment(text: str, *, end: bool = False) -> Millis:
    """In milliseconds; of a day its beginning, or where it is the end the next one's."""
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            found = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError("a moment without its time zone")
        return round(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no time: {WHEN}") from None
