"""Out of office in Teams: who acts for somebody meanwhile, set and ended by words or a card.

A day is a day in the person's own time zone: the first one begins at its midnight, the last
one ends at the next. Whether a delegation is possible is the core's to say.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from adapters.teams import absence_cards, moments
from adapters.teams.answers import Reply
from adapters.teams.clicks import is_new, is_unanswered, once
from adapters.teams.identity import Inbound
from adapters.teams.inputs import filled, lacking
from core.calendars.localtime import local_date
from core.chat import absence_words
from core.chat.absence_words import END, LIST, Wanted, Writing
from core.chat.port import Absences, Answer, Conversations
from core.directory.people import Identity

WHICH = "Which one? End it here, or write its id: ooo end ID"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SOMEBODY = "somebody@example.com"
_ID = re.compile(r"[\w.:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to act, from the first day to the last; what is None is not limited."""

    to: str | None = None
    first: date | None = None
    last: date | None = None


async def respond(
    conversations: Conversations,
    person: Identity,
    where: Inbound,
    words: Sequence[str],
    writing: Writing,
) -> Reply | None:
    """The answer to the words beside `ooo` or `delegate`; None to what Teams delivers again."""
    lower = {word.lower() for word in words}
    if lower & END:
        ids = [word for word in words if word.lower() not in END]
        return await _ended(conversations, person, where, " ".join(ids).strip("`'\"<>"))
    known = await conversations.absences(person)
    if known.refused is not None:
        return Reply(known.refused, private=True)
    if not words or lower & LIST:
        return _listed(known)
    today = local_date(moments.zone(known.timezone), known.at)
    wanted = absence_words.understood(words, today, writing)
    if isinstance(wanted, str):
        return _listed(known, wanted, _days(words, today, writing))
    answer = await _set(conversations, person, where, known, wanted)
    if not await is_unanswered(conversations, where):
        return None
    told = absence_words.said(wanted.first, wanted.last) if answer.refused is None else ""
    return Reply(f"{answer.text}{told}", private=True)


async def listed(conversations: Conversations, person: Identity) -> Reply:
    """What is set, with a form for more."""
    known = await conversations.absences(person)
    return _listed(known) if known.refused is None else Reply(known.refused, private=True)


async def pressed(
    conversations: Conversations, person: Identity, where: Inbound, data: Mapping[object, object]
) -> Reply:
    """The answer to a button of the list: what is true now, with what came of it on top."""
    answer = await _act(conversations, person, where, data)
    known = await conversations.absences(person)
    if known.refused is not None:
        return Reply(known.refused, private=True)
    if answer is None:
        return _listed(known)
    wish = _wished(data) if answer.refused is not None else Wish()
    return _listed(known, answer.text, wish, refused=answer.refused is not None)


async def _act(
    conversations: Conversations, person: Identity, where: Inbound, data: Mapping[object, object]
) -> Answer | None:
    """What came of a button; None for an end that Teams delivers again."""
    if data.get("verb") == absence_cards.END:
        if not await is_new(conversations, where):
            return None
        which = data.get("id")
        return await conversations.end_absence(person, which if isinstance(which, str) else "")
    if problem := lacking(filled(data)):
        return absence_cards.unfit(problem)
    known = await conversations.absences(person)
    wish = _wished(data)
    assert wish.to is not None, "nobody is set without a person"
    wanted = Wanted(wish.to, wish.first, wish.last)
    return await _set(conversations, person, where, known, wanted)


async def _ended(
    conversations: Conversations, person: Identity, where: Inbound, id: str
) -> Reply | None:
    if not _ID.fullmatch(id):
        known = await conversations.absences(person)
        if known.refused is not None:
            return Reply(known.refused, private=True)
        return _listed(known, WHICH)
    if not await is_new(conversations, where):
        return None
    return Reply((await conversations.end_absence(person, id)).text, private=True)


async def _set(
    conversations: Conversations,
    person: Identity,
    where: Inbound,
    known: Absences,
    wanted: Wanted,
) -> Answer:
    zone = moments.zone(known.timezone)
    starts, ends = absence_words.span(zone, wanted.first, wanted.last)
    return await conversations.set_absence(person, wanted.to, starts, ends, once(where))


def _days(words: Sequence[str], today: date, writing: Writing) -> Wish:
    """The days of words that name nobody: only the person is then to be filled in."""
    if any(writing.person(word.strip(",.;")) for word in words):
        return Wish()
    found = absence_words.understood([*words, _SOMEBODY], today, writing)
    return Wish() if isinstance(found, str) else Wish(None, found.first, found.last)


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


class AbsenceCards:
    """The presses on the card about being out of office."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def concerns(self, data: Mapping[object, object]) -> bool:
        """Whether a press is about that card."""
        return absence_cards.concerns(data)

    async def pressed(
        self, person: Identity, where: Inbound, data: Mapping[object, object]
    ) -> Reply:
        """What stands there afterwards."""
        return await pressed(self._conversations, person, where, data)
