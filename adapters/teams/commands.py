"""What people write to the bot: a table from word to answer, and what is told apart.

`COMMANDS` is all there is; the app manifest and the help text are made from it. Words may stand
in any order and case. Below a card, or quoting one, only what is clearly a command is one:
everything else is an answer to the card.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.teams import absences, figures, signing, threads
from adapters.teams.answers import Reply, answered
from adapters.teams.asking import Requests
from adapters.teams.clicks import is_new, is_unanswered, once, present
from adapters.teams.home_acts import HomeActs
from adapters.teams.identity import Inbound
from adapters.teams.people import People
from adapters.teams.speech import Spoken
from core.card import Verb
from core.chat import handing, link_words
from core.chat.absence_words import Writing
from core.chat.handing import DECISIONS, is_id, is_meant
from core.chat.port import Chat, Click
from core.chat.words import QUEUE, bare, nearest, told_apart, usages
from core.directory.codes import read_code
from core.directory.people import Identity
from core.text import one_line

_USAGES: Final = tuple((written or QUEUE, told) for written, told in usages("Teams"))
_FIRST: Final = dict.fromkeys(written.split(" ")[0] for written, _ in _USAGES)
COMMANDS: Final[Mapping[str, str]] = {
    word: next(told for written, told in _USAGES if written.split(" ")[0] == word)
    for word in _FIRST
}
"""Each word with what it does."""
HANDING: Final = "delegate ID @name and why"
AWAY: Final = "delegate @name until YYYY-MM-DD"
WHICH: Final = "Which request? Write status and its id."
I_UNDERSTAND: Final = "I understand:"
_UNNAMED: Final = (
    "Teams did not say who “{word}” is. Choose the name from the list that Teams offers while "
    "you type it, or write the e-mail address: {example}"
)
_GREETINGS: Final = frozenset({"", "help", "hi", "hello"})
_MAIL = re.compile(r"<?([^\s<>|@]+@[^\s<>|@]+)>?")
_BLANK = re.compile(r"[ \t\r\n]+")
_JOINED: Final = "\u00a0"
_NAMES_SOMETHING: Final = frozenset({"status", "delegate", "ooo", "link"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A command that somebody wrote: the words beside the one that names it, and how people
    are named in it. `leads` says that the word of the command stands first; `names` are the
    words that stand for people, by name."""

    who: Identity
    where: Inbound
    words: tuple[str, ...]
    writing: Writing
    leads: bool
    names: Mapping[str, str]


Word = Callable[[Asked], Awaitable[Reply | None]]
"""Answers one word of the table; None where it was answered already."""


class Commands:
    """Whatever people write."""

    def __init__(self, chat: Chat, people: People, home: HomeActs, requests: Requests) -> None:
        self._chat = chat
        self._people = people
        self._home = home
        self._requests = requests
        self._words: Mapping[str, Word] = {
            QUEUE: self._queue,
            "status": self._status,
            "request": self._request,
            "delegate": self._delegate,
            "ooo": self._ooo,
            "stats": self._stats,
            "inbox": self._inbox,
            "link": self._link,
            "help": self._help,
        }

    async def answer(self, who: Identity, where: Inbound, spoken: Spoken) -> Reply | None:
        """What one word of the table says, or which ones there are; None where there is nothing
        to say: an answer to a card stands on the card."""
        accounts = await self._people.accounts(where, spoken) if spoken.names else {}
        written = _written(spoken, accounts)
        writing = _writing(accounts)
        comment = threads.reply(who, where, spoken, accounts)
        meant = not (written or spoken.files) or _is_clear(written, writing)
        if comment is not None and not meant and await self._chat.threads.reply(comment):
            return None
        word, rest = told_apart(written, self._words)
        if word is None and written and is_meant(written):
            word, rest = "status", written[-1:]
        if word is None or not written:
            return _unknown(written)
        leads = told_apart(written[:1], self._words)[0] == word
        names = {word: f"@{named.name}" for word, named in spoken.names.items()}
        asked = Asked(
            who=who, where=where, words=tuple(rest), writing=writing, leads=leads, names=names
        )
        return await self._words[word](asked)

    async def _queue(self, asked: Asked) -> Reply | None:
        return await self._home.command(asked.who)

    async def _status(self, asked: Asked) -> Reply | None:
        if len(asked.words) != 1:
            return Reply(WHICH)
        request, place = bare(asked.words[0]), asked.where.channel
        found = await present(self._chat.conversations, asked.who, request, place)
        return answered(found, private=True)

    async def _request(self, asked: Asked) -> Reply | None:
        title = " ".join(asked.names.get(word, word) for word in asked.words)
        return await self._requests.command(asked.who, asked.where, title)

    async def _delegate(self, asked: Asked) -> Reply | None:
        if any(map(is_id, asked.words)):
            return await self._hand_on(asked)
        return await self._ooo(asked)

    async def _ooo(self, asked: Asked) -> Reply | None:
        conversations = self._chat.conversations
        return await absences.respond(
            conversations, asked.who, asked.where, asked.words, asked.writing
        )

    async def _stats(self, asked: Asked) -> Reply | None:
        return figures.told(await self._chat.figures.overview(asked.who))

    async def _inbox(self, asked: Asked) -> Reply | None:
        # Delivered again it is not answered again: there is one link for one question.
        if not await is_new(self._chat.conversations, asked.where):
            return None
        return signing.told(await self._chat.signing.link(asked.who))

    async def _link(self, asked: Asked) -> Reply | None:
        if asked.words and not await is_new(self._chat.conversations, asked.where):
            return None
        told = await link_words.answer(self._chat.linking, asked.who, asked.words)
        return Reply(told.text, private=True)

    async def _help(self, _asked: Asked) -> Reply | None:
        return Reply(I_UNDERSTAND, lines=_lines())

    async def _hand_on(self, asked: Asked) -> Reply | None:
        """One request is handed on. Its reason is free text, so that a sentence in which the
        word merely occurs must not be taken for the act."""
        if not asked.leads:
            return Reply(f"To hand on a request, write: {HANDING}", private=True)
        handed = handing.understood(asked.words, asked.writing.person, HANDING, AWAY)
        if isinstance(handed, str):
            return Reply(handed, private=True)
        conversations, where = self._chat.conversations, asked.where
        found = await conversations.status(asked.who, handed.request, where.channel)
        if found.card is None:
            return Reply(found.text, private=True)
        click = Click(
            identity=asked.who,
            binding=handing.about(found.card),
            verb=Verb.DELEGATE,
            place=where.channel,
            once=once(where),
            to=handed.to,
            reason=handed.reason,
            evidence=where.evidence,
        )
        answer = await conversations.click(click)
        if not await is_unanswered(conversations, where):
            return None
        return answered(answer, private=True)


def usage(name: str) -> str:
    """How a command is written and what for: "status ID – one request, ..."."""
    written, told = next(each for each in _USAGES if each[0].split(" ")[0] == name)
    return f"{written} – {told}"


def _lines() -> tuple[str, ...]:
    return tuple(f"{written} – {told}" for written, told in _USAGES)


def _unknown(written: list[str]) -> Reply:
    """What was not understood, with the nearest word to any of it."""
    if not written or written[0].lower().strip("!.,") in _GREETINGS:
        return Reply(I_UNDERSTAND, lines=_lines())
    near = nearest(written, COMMANDS)
    hint = "" if near is None else f" Did you mean {near}?"
    if written[0].lower() in DECISIONS:
        hint = f" Decide with the buttons of a card: {QUEUE} shows what waits for you."
    return Reply(f"I do not know that.{hint} {I_UNDERSTAND}", lines=_lines())


def _written(spoken: Spoken, accounts: Mapping[str, str]) -> list[str]:
    """The words; a name of which no account is known is one word."""
    text = one_line(spoken.text).lstrip("/")
    for word, named in spoken.names.items():
        if word not in accounts:
            text = text.replace(word, f"@{_BLANK.sub(_JOINED, one_line(named.name))}")
    return [word for word in _BLANK.split(text) if word]


def _writing(accounts: Mapping[str, str]) -> Writing:
    def person(word: str) -> str | None:
        if word in accounts:
            return accounts[word]
        found = _MAIL.fullmatch(word)
        return found.group(1).lower()[:200] if found else None

    return Writing(person=person, example=AWAY, unnamed=_UNNAMED)


def _is_clear(written: list[str], writing: Writing) -> bool:
    """Whether words can hardly be meant for whoever reads a card: a word of the table alone, or
    one that leads what it is about."""
    if not written or written[0].lower() not in COMMANDS:
        return False
    rest = written[1:]
    if not rest:
        return True
    named = any(is_id(w) or writing.person(w) or read_code(w) for w in rest)
    return written[0].lower() in _NAMES_SOMETHING and named
