"""What somebody wants to see: the period and the filters of an address, so that it can be sent.

Pure. Days are those of UTC, as the figures are.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from core.insight.figures import DAY, LONGEST_DAYS, Asked, last_days
from core.value import Millis, Value

PERIODS: Final = (7, 30, 90, 366)
USUAL: Final = 30
LONGEST_NAME: Final = 200
CATEGORIES: Final = ("auto_approve", "review", "prohibited")
FILTERS: Final = ("rule", "category", "agent")

_EPOCH: Final = date(1970, 1, 1)


class Chosen(Value, frozen=True):
    """What was chosen. `days` is the period up to today; None where `first` and `last` were
    written. `mistake` says what could not be taken; then the usual period is shown instead."""

    asked: Asked
    days: int | None
    mistake: str | None = None

    @property
    def query(self) -> str:
        """The address's query for exactly this, with days that stay the same tomorrow only where
        they were written."""
        if self.days is None:
            named = {"from": self.first, "to": self.last}
        else:
            named = {"days": str(self.days)}
        asked = (self.asked.rule, self.asked.category, self.asked.agent)
        filters = zip(FILTERS, asked, strict=True)
        return urlencode(named | {name: value for name, value in filters if value is not None})

    @property
    def first(self) -> str:
        return written(self.asked.first)

    @property
    def last(self) -> str:
        return written(self.asked.last)


class _Mistake(Exception):
    pass


def read(query: Mapping[str, str], now: Millis) -> Chosen:
    """What an address asks for; what it does not name is the usual."""
    first, last = last_days(now, USUAL)
    try:
        days, first, last = _period(query, now)
        narrowed = {name: _narrowed(query, name) for name in FILTERS}
    except _Mistake as mistake:
        asked = Asked(first=first, last=last, people=True)
        return Chosen(asked=asked, days=USUAL, mistake=str(mistake))
    return Chosen(asked=Asked(first=first, last=last, people=True, **narrowed), days=days)


def written(day: int) -> str:
    """A day as a form's field has it: "2026-11-03"."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def _period(query: Mapping[str, str], now: Millis) -> tuple[int | None, int, int]:
    """The days up to today, if that is what was asked for, and the first and the last day."""
    since, until = query.get("from", ""), query.get("to", "")
    today = now // DAY
    if not since and not until:
        days = _days(query.get("days", ""))
        return days, *last_days(now, days)
    last = _day(until) if until else today
    first = _day(since) if since else last - USUAL + 1
    if first > last:
        raise _Mistake("The first day is after the last one.")
    if last - first >= LONGEST_DAYS:
        raise _Mistake(f"A period has at most {LONGEST_DAYS} days.")
    return None, max(first, 0), last


def _days(text: str) -> int:
    if not text:
        return USUAL
    if text not in map(str, PERIODS):
        raise _Mistake(f"Ask for the last {', '.join(map(str, PERIODS))} days, or name the days.")
    return int(text)


def _day(text: str) -> int:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise _Mistake("Write a day as 2026-01-31.") from None
    if found < _EPOCH:
        raise _Mistake("There is nothing from before 1970.")
    return (found - _EPOCH).days


def _narrowed(query: Mapping[str, str], name: str) -> str | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise _Mistake(f"There is no such {name}.")
    if name == "category" and text not in CATEGORIES:
        raise _Mistake(f"A category is one of {', '.join(CATEGORIES)}.")
    return text
