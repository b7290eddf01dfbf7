"""Out of office in Teams: who acts for somebody meanwhile, set and ended by words or a card.

A day is a day in the person's own time zone: the first one begins at its midnight, the last
one ends at the next. Whether a delegation is possible is the core's to say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from adapters.teams import absence_cards, moments
from adapters.teams.answers import Reply
from adapters.teams.clicks import is_new
from adapters.teams.identity import Inbound
from adapters.teams.inputs import filled, lacking
from core.calendars.localtime import MIDNIGHT, first_reached
from core.chat.port import Absences, Answer, Conversations
from core.directory.people import Identity
from core.value import Millis

EXAMPLE = "ooo bob@example.com from 2026-12-21 until 2026-12-31"
WHO = "Who acts for you? Choose them here, or write it as: " + EXAMPLE
NOT_READ = "I did not understand “{words}”. Write it as: " + EXAMPLE
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FROM = frozenset({"from", "since", "starting"})
_UNTIL = frozenset({"until", "till", "to", "through"})
_END = frozenset({"end", "stop", "cancel", "back"})
_ID = re.compile(r"[\w.:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to act, from the first day to the last; what is None is not limited."""

    to: str | None = None
    first: date | None = None
    last: date | None = None


async def respond(
    conversations: Conversations, person: Identity, where: Inbound, rest: str
) -> Reply | None:
    """The answer to what follows `ooo`; None to one that Teams delivers again."""
    words = rest.split()
    if words and words[0].lower() in _END:
        return await _ended(conversations, person, where, " ".join(words[1:]))
    known = await conversations.absences(person)
    if known.refused is not None:
        return Reply(known.refused, private=True)
    if not words or words[0].lower() in ("list", "show", "status"):
        return _listed(known)
    wish = read(words)
    if wish is None:
        return Reply(NOT_READ.format(words=rest[:100]), private=True)
    if wish.to is None:
        return _listed(known, WHO, wish)
    if not await is_new(conversations, where):
        return None
    answer = await _set(conversations, person, known, wish)
    return Reply(answer.text, private=True)


async def pressed(
    conversations: Conversations, person: Identity, where: Inbound, data: Mapping[object, object]
) -> Reply:
    """The answer to a button of the list: what is true now, with what came of it on top."""
    answer = None
    if await is_new(conversations, where):
        answer = await _act(conversations, person, data)
    known = await conversations.absences(person)
    if known.refused is not None:
        return Reply(known.refused, private=True)
    if answer is None:
        return _listed(known)
    wish = _wished(data) if answer.refused is not None else Wish()
    return _listed(known, answer.text, wish, refused=answer.refused is not None)


async def _act(
    conversations: Conversations, person: Identity, data: Mapping[object, object]
) -> Answer:
    if data.get("verb") == absence_cards.END:
        which = data.get("id")
        return await conversations.end_absence(person, which if isinstance(which, str) else "")
    if problem := lacking(filled(data)):
        return absence_cards.unfit(problem)
    known = await conversations.absences(person)
    return await _set(conversations, person, known, _wished(data))


async def _ended(
    conversations: Conversations, person: Identity, where: Inbound, id: str
) -> Reply | None:
    if not _ID.fullmatch(id):
        known = await conversations.absences(person)
        if known.refused is not None:
            return Reply(known.refused, private=True)
        return _listed(known, "Which one? End it here, or write its id: ooo end ID")
    if not await is_new(conversations, where):
        return None
    return Reply((await conversations.end_absence(person, id)).text, private=True)


async def _set(
    conversations: Conversations, person: Identity, known: Absences, wish: Wish
) -> Answer:
    assert wish.to is not None, "nobody is set without a person"
    zone = moments.zone(known.timezone)
    starts = None if wish.first is None else first_reached(zone, wish.first, 0)
    ends: Millis | None = None
    if wish.last is not None:
        ends = first_reached(zone, wish.last, MIDNIGHT)
    return await conversations.set_absence(person, wish.to, starts, ends)


def read(words: list[str]) -> Wish | None:
    """What is wished, in any order; None when a word means nothing."""
    to: str | None = None
    days: dict[str, date] = {}
    which = "last"
    for word in words:
        plain = word.strip("<>(),;").lower()
        day = parsed(plain)
        if plain in _FROM | _UNTIL:
            which = "first" if plain in _FROM else "last"
        elif day is not None and which not in days:
            days[which], which = day, "last"
        elif "@" in plain and to is None and len(plain) <= 254:
            to = plain
        else:
            return None
    return Wish(to, days.get("first"), days.get("last"))


def parsed(text: object) -> date | None:
    """A day written YYYY-MM-DD."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wished(data: Mapping[object, object]) -> Wish:
    first, last = parsed(data.get(absence_cards.FIRST)), parsed(data.get(absence_cards.LAST))
    return Wish(filled(data).person, first, last)


def _listed(known: Absences, said: str = "", wish: Wish = Wish(), refused: bool = True) -> Reply:
    about = (wish.to if wish.to and "@" in wish.to else "", wish.first, wish.last)
    card = absence_cards.listed(known, said, about, refused=refused)
    return Reply("Out of office", card, private=True)
