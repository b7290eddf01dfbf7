"""Quarters of a year, in UTC: "2026-Q3" is from July to the end of September. Pure."""

import re
from datetime import UTC, date, datetime
from typing import Final

from core.value import Millis, Value

_DAY: Final[Millis] = 86_400_000
_EPOCH: Final = date(1970, 1, 1)
_WRITTEN: Final = re.compile(r"([0-9]{4})-[Qq]([1-4])")
_MONTHS: Final = 3
_FIRST_YEAR: Final = 1970


class Quarter(Value, frozen=True):
    """`number` from 1 to 4 of a year."""

    year: int
    number: int

    @property
    def name(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first_day(self) -> int:
        """Its first day, in days since 1970-01-01."""
        return (date(self.year, (self.number - 1) * _MONTHS + 1, 1) - _EPOCH).days

    @property
    def next_day(self) -> int:
        """The first day after it."""
        return self.after.first_day

    @property
    def since(self) -> Millis:
        """Its first moment."""
        return self.first_day * _DAY

    @property
    def until(self) -> Millis:
        """The moment at which it is over."""
        return self.next_day * _DAY

    @property
    def before(self) -> "Quarter":
        return _moved(self, -1)

    @property
    def after(self) -> "Quarter":
        return _moved(self, 1)

    def has(self, at: Millis | None) -> bool:
        """Whether this moment lies in it."""
        return at is not None and self.since <= at < self.until


def quarter_of(at: Millis) -> Quarter:
    """The quarter in which this moment lies."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return Quarter(year=moment.year, number=(moment.month - 1) // _MONTHS + 1)


def last_whole(at: Millis) -> Quarter:
    """The newest quarter that is over."""
    return quarter_of(at).before


def read_quarter(text: str, now: Millis) -> Quarter:
    """The quarter of "2026-Q3". ValueError with the remedy, also for one that has not begun."""
    match = _WRITTEN.fullmatch(text)
    last = quarter_of(now)
    if match is None or int(match[1]) < _FIRST_YEAR:
        raise ValueError(f"Write a quarter as {last.name}.")
    found = Quarter(year=int(match[1]), number=int(match[2]))
    if found.since > now:
        raise ValueError(f"{found.name} has not begun; the newest is {last.name}.")
    return found


def _moved(quarter: Quarter, by: int) -> Quarter:
    months = quarter.year * 4 + quarter.number - 1 + by
    return Quarter(year=months // 4, number=months % 4 + 1)
