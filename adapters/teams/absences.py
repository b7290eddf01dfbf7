"""Out of office in Teams: who acts for somebody meanwhile, set and ended by words or a card.

A day is a day in the person's own time zone: the first one begins at its midnight, the last
one ends at the next. Whether a delegation is possible is the core's to say.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from msgspec.structs import replace

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
_NOBODY = Wanted(to="")
"""Stands in the form where nothing was filled in yet."""


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
    wanted = _wished(data) if answer.refused is not None else _NOBODY
    return _listed(known, answer.text, wanted, refused=answer.refused is not None)


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
    return await _set(conversations, person, where, known, _wished(data))


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


def _days(words: Sequence[str], today: date, writing: Writing) -> Wanted:
    """The days of words that name nobody: only the person is then to be filled in."""
    if any(writing.person(word.strip(",.;")) for word in words):
        return _NOBODY
    found = absence_words.understood([*words, _SOMEBODY], today, writing)
    return _NOBODY if isinstance(found, str) else replace(found, to="")


def parsed(text: object) -> date | None:
    """A day written YYYY-MM-DD."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wished(data: Mapping[object, object]) -> Wanted:
    first, last = parsed(data.get(absence_cards.FIRST)), parsed(data.get(absence_cards.LAST))
    return Wanted(filled(data).person or "", first, last)


def _listed(
    known: Absences, said: str = "", wanted: Wanted = _NOBODY, refused: bool = True
) -> Reply:
    about = wanted if "@" in wanted.to else replace(wanted, to="")
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
