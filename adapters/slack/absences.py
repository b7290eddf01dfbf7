"""Out of office: what `/approvals delegate` and `/approvals ooo` understand and answer.

A day begins and ends in the time zone that the directory has for the person who writes.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from adapters.slack import listing
from adapters.slack.away import LINES_SHOWN, acting
from adapters.slack.commands import Asked
from adapters.slack.parts import SECTION_CHARS, Room, section
from adapters.slack.render import Message
from adapters.slack.text import Quoted, lay, plain, zone
from core.calendars.localtime import local_date
from core.chat import absence_words
from core.chat.absence_words import END, LIST, WORD_CHARS, Wanted, Writing, said, span
from core.chat.port import AbsenceLine, Absences, Conversations
from core.directory.people import Identity

Json = dict[str, Any]

# With `should_escape` Slack sends whoever was named as an id: <@U0123|bob>
# https://docs.slack.dev/interactivity/implementing-slash-commands
_ACCOUNT: Final = re.compile(r"<@([UW][A-Z0-9]{2,20})(?:\|[^>]*)?>")
_MAIL: Final = re.compile(r"(?:<mailto:)?([^\s<>|@]+@[^\s<>|@]+)(?:\|[^>]*)?>?")

EXAMPLE: Final = "/approvals delegate @name until YYYY-MM-DD"


WRITING: Final = Writing(
    person=lambda word: person(word),
    example=EXAMPLE,
    unnamed="Slack did not say who “{word}” is. Choose the name from the list that Slack offers "
    "while you type it, or write the e-mail address: {example}",
)


async def reply(conversations: Conversations, asked: Asked, *, lists: bool) -> Message:
    """The answer to the words after the command; `lists` says that none at all ask for the list."""
    who, words = asked.who, asked.words
    lower = {word.lower() for word in words}
    if lower & END:
        return await _end(conversations, who, [w for w in words if w.lower() not in END])
    if lower & LIST or (lists and not words):
        return listed(await conversations.absences(who))
    own = await conversations.absences(who)
    if own.refused is not None:
        return listing.sentence(own.refused)
    wanted = understood(words, local_date(zone(own.timezone)[1], own.at))
    if isinstance(wanted, str):
        return listing.usage(wanted)
    return await _set(conversations, asked, wanted, own)


async def _end(conversations: Conversations, who: Identity, ids: list[str]) -> Message:
    if len(ids) != 1:
        return listing.usage("Which one? Write /approvals ooo end and its id.")
    named = ids[0].strip("`'\"<>")[:WORD_CHARS]
    return listing.sentence((await conversations.end_absence(who, named)).text)


async def _set(
    conversations: Conversations, asked: Asked, wanted: Wanted, own: Absences
) -> Message:
    starts, ends = span(zone(own.timezone)[1], wanted.first, wanted.last)
    answer = await conversations.set_absence(asked.who, wanted.to, starts, ends, asked.once)
    told = "" if answer.refused is not None else said(wanted.first, wanted.last)
    return listing.sentence(f"{answer.text}{told}")


def understood(words: Sequence[str], today: date) -> Wanted | str:
    """Who and when, in any order; or what is not understood, as a sentence."""
    return absence_words.understood(words, today, WRITING)


def person(word: str) -> str | None:
    """The account that Slack put in for a name, or an address; None for any other word."""
    if found := _ACCOUNT.fullmatch(word):
        return found.group(1)
    found = _MAIL.fullmatch(word)
    return found.group(1)[:200] if found else None


def listed(found: Absences) -> Message:
    """Who is away and who acts for them, with the id that ends it for who is away."""
    if found.refused is not None:
        return listing.sentence(found.refused)
    if not found.items:
        return listing.sentence(
            f"Nobody acts for you, and you act for nobody. To let somebody: {EXAMPLE}"
        )
    title = "Out of office"
    blocks = [{"type": "header", "block_id": "countersign_absences", "text": plain(title, 150)}]
    blocks += [_line(n, i, found.timezone) for n, i in enumerate(found.items[:LINES_SHOWN])]
    if (left := len(found.items) - LINES_SHOWN) > 0:
        blocks.append(section("more", plain(f"{left} more are not listed.", SECTION_CHARS)))
    return Message(text=title, blocks=blocks)


def _line(number: int, item: AbsenceLine, timezone: str) -> Json:
    pieces = acting(item, timezone)
    if item.mine:
        pieces += ["\nTo end it: /approvals ooo end ", Quoted(Room(100).fit(item.id, 100))]
    return section(f"absence_{number}", lay(pieces, SECTION_CHARS))
