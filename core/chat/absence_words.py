"""Out of office in words: whom somebody names, and between which days, in any order.

Pure. Nothing is guessed: what is not understood becomes a sentence that says how to write it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Final

from core.calendars.localtime import MIDNIGHT, first_reached
from core.chat.days import Unclear, read_day, written
from core.value import Millis, Value

WORD_CHARS: Final = 100

LIST: Final = frozenset({"list", "show"})
END: Final = frozenset({"end", "stop", "cancel"})
UNTIL: Final = frozenset({"until", "till", "through"})
_FROM: Final = frozenset({"from", "since", "starting"})
EMPTY: Final = frozenset({"to", "on", "and", "me", "for", "of", "office", "out", "i'm", "am"})


class Wanted(Value, frozen=True):
    """Whom somebody names (an account or an address), and between which days, both included."""

    to: str
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """How a platform writes. `person` reads the account or address that a word names, `unnamed`
    is the sentence for a name (`{word}`) without an account, `example` a whole command."""

    person: Callable[[str], str | None]
    example: str
    unnamed: str


def understood(words: Sequence[str], today: date, writing: Writing) -> Wanted | str:
    """Who and when, in any order; or what is not understood, as a sentence."""
    people: list[str] = []
    days: dict[str, date] = {}
    end, at = "last", 0
    while at < len(words):
        word, at = words[at].strip(",.;"), at + 1
        low = word.lower()
        if low in UNTIL or low in _FROM:
            end = "last" if low in UNTIL else "first"
        elif (named := writing.person(word)) is not None:
            people.append(named)
        elif (day := read_day(words[at - 1 :], today)) is not None:
            at += day.words - 1
            if isinstance(day, Unclear):
                return f"{day.question} {_write(writing)}"
            if end in days:
                two = "There are two days. Write “from” or “until” before each."
                return f"{two} {_write(writing)}"
            days[end] = day.date
        elif low and low not in EMPTY:
            return _unclear(word[:WORD_CHARS], writing)
    if len(set(people)) != 1:
        return f"Who is to act for you? Name one person: {writing.example}"
    if "first" in days and "last" in days and days["first"] > days["last"]:
        return f"That would end before it begins: {days['first']} is after {days['last']}."
    return Wanted(to=people[0], first=days.get("first"), last=days.get("last"))


def _unclear(word: str, writing: Writing) -> str:
    if word.startswith("@"):
        return writing.unnamed.format(word=word, example=writing.example)
    if word[:1].isdigit():
        return f"“{word}” is no date. {_write(writing)}"
    return f"“{word}” is not understood. Write {writing.example}"


def _write(writing: Writing) -> str:
    return f"Write it as year-month-day: {writing.example}"


def said(first: date | None, last: date | None) -> str:
    """The days as they were understood, since people write them in many ways; "" without any."""
    begins = "" if first is None else f"from {written(first)}"
    ends = "" if last is None else f"until the end of {written(last)}"
    days = " ".join(filter(None, (begins, ends)))
    return f" Understood: {days}." if days else ""


def span(
    zone: tzinfo, first: date | None, last: date | None
) -> tuple[Millis | None, Millis | None]:
    """The days as moments, both included; None is now, and until further notice."""
    starts = None if first is None else first_reached(zone, first, 0)
    ends = None if last is None else first_reached(zone, last, MIDNIGHT)
    return starts, ends
