"""Days as people write them, read without guessing: what could be two days is asked about.

Pure. The answer always says the whole date, so that nobody is misunderstood unnoticed.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from core.value import Value

YEARS: Final = range(2000, 2200)

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
SHORT_DAYS: Final = {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
"""Shorter forms beside the first three letters."""
SHORT_MONTHS: Final = {"sept": 8}

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_POINTS = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{4})?)?")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?")
_YEAR = re.compile(r"\d{4}")
_COUNT = re.compile(r"[1-9]\d{0,2}")
_UNITS: Final = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_ONE: Final = frozenset({"a", "one"})


class Day(Value, frozen=True):
    """A day, and how many words said it."""

    ordinal: int
    words: int = 1

    @property
    def date(self) -> date:
        return date.fromordinal(self.ordinal)


class Unclear(Value, frozen=True):
    """Words that may be meant as a day and could be several, or none: a sentence that asks."""

    question: str
    words: int = 1


def read_day(words: Sequence[str], today: date) -> Day | Unclear | None:
    """The day with which these words begin; None where they do not begin with one."""
    low = [_bare(word) for word in words[:4]]
    if not low or not low[0]:
        return None
    for reader in (_named, _weekday, _in_days, _numbers, _month):
        if (found := reader(low, today)) is not None:
            return found
    return None


def _bare(word: str) -> str:
    """The word without the signs that end a sentence; the point after a day's number stays."""
    bare = word.lower().strip(",;")
    return bare if _POINTS.fullmatch(bare) else bare.rstrip(".")


def written(day: date) -> str:
    """The whole date, in words: "Thursday 24 December 2026"."""
    weekday, month = WEEKDAYS[day.weekday()].capitalize(), MONTHS[day.month - 1].capitalize()
    return f"{weekday} {day.day} {month} {day.year}"


def _named(low: list[str], today: date) -> Day | None:
    match low[0]:
        case "today":
            return _day(today)
        case "tomorrow":
            return _day(today + timedelta(days=1))
    return None


def _weekday(low: list[str], today: date) -> Day | Unclear | None:
    following = low[0] == "next"
    used = 2 if low[0] in ("next", "this") else 1
    wanted = _index(low[used - 1] if len(low) >= used else "", WEEKDAYS, SHORT_DAYS)
    if wanted is None:
        return None
    coming = today + timedelta(days=(wanted - today.weekday()) % 7)
    name = WEEKDAYS[wanted].capitalize()
    after = coming + timedelta(days=7)
    if coming == today and used == 1:
        return Unclear(_which(f"Today is {name}", today, after), used)
    if following and coming == today:
        return _day(after, used)
    # In the same week it is this one to some, and the one after to others.
    if following and coming.isocalendar()[:2] == today.isocalendar()[:2]:
        return Unclear(_which(f"“Next {name}” could be two days", coming, after), used)
    return _day(coming, used)


def _in_days(low: list[str], today: date) -> Day | Unclear | None:
    if len(low) < 3 or low[0] != "in" or low[2] not in _UNITS:
        return None
    if not (low[1] in _ONE or _COUNT.fullmatch(low[1])):
        return None
    count = 1 if low[1] in _ONE else int(low[1])
    return _day(today + timedelta(days=count * _UNITS[low[2]]), 3)


def _numbers(low: list[str], today: date) -> Day | Unclear | None:
    word = low[0]
    if found := _ISO.fullmatch(word):
        year, month, day = map(int, found.groups())
        return _known(word, year, month, day)
    if found := _POINTS.fullmatch(word):
        # With points the day stands first wherever dates are written so.
        return _in_year(word, today, int(found[2]), int(found[1]), found[3])
    if found := _SLASHES.fullmatch(word):
        return _slashes(word, today, int(found[1]), int(found[2]), found[3])
    return None


def _slashes(word: str, today: date, first: int, second: int, year: str | None) -> Day | Unclear:
    """12/24 can only be one day; 5/6 is in May to some and in June to others."""
    if first > 12 or first == second:
        return _in_year(word, today, second, first, year)
    if second > 12:
        return _in_year(word, today, first, second, year)
    one = _in_year(word, today, first, second, year)
    other = _in_year(word, today, second, first, year)
    if isinstance(one, Unclear) or isinstance(other, Unclear):
        return one if isinstance(one, Unclear) else other
    return Unclear(_which(f"“{word}” could be two days", one.date, other.date))


def _month(low: list[str], today: date) -> Day | Unclear | None:
    """24 December, December 24th, 24. Dec 2026."""
    if len(low) < 2:
        return None
    for at, month_at in ((0, 1), (1, 0)):
        found = _ORDINAL.fullmatch(low[at])
        month = _index(low[month_at].rstrip("."), MONTHS, SHORT_MONTHS)
        if found is None or month is None:
            continue
        year = low[2] if len(low) > 2 and _YEAR.fullmatch(low[2]) else None
        used = 2 if year is None else 3
        said = " ".join(low[:used])
        made = _in_year(said, today, month + 1, int(found[1]), year)
        if isinstance(made, Unclear):
            return Unclear(made.question, used)
        return Day(made.ordinal, used)
    return None


def _in_year(word: str, today: date, month: int, day: int, year: str | None) -> Day | Unclear:
    """In this year, or in the next one when this year's is over."""
    if year is not None:
        return _known(word, int(year), month, day)
    for number in (today.year, today.year + 1):
        found = _known(word, number, month, day)
        if isinstance(found, Day) and found.ordinal >= today.toordinal():
            return found
    return _known(word, today.year, month, day)


def _known(word: str, year: int, month: int, day: int) -> Day | Unclear:
    try:
        if year in YEARS:
            return _day(date(year, month, day))
    except ValueError:
        pass
    return Unclear(f"“{word}” is no date.")


def _day(day: date, words: int = 1) -> Day:
    return Day(day.toordinal(), words)


def _index(word: str, names: Sequence[str], others: dict[str, int]) -> int | None:
    """The place of a name, whole or as its first three letters."""
    if word in others:
        return others[word]
    found = (n for n, name in enumerate(names) if word in (name, name[:3]))
    return next(found, None)


def _which(why: str, one: date, other: date) -> str:
    first, second = sorted((one, other))
    return (
        f"{why}. Write {first.isoformat()} for {written(first)}, "
        f"or {second.isoformat()} for {written(second)}."
    )
