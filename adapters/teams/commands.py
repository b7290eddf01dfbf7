"""What people can write to the bot: the queue, a request's status, out of office, help.

`COMMANDS` is all there is; the app manifest and the help text are made from it.
"""

import difflib
import re
from dataclasses import dataclass

from adapters.teams import absences
from adapters.teams.answers import Reply, answered, queued
from adapters.teams.identity import Inbound
from core.chat.port import Answer, Conversations
from core.directory.people import Identity
from core.text import one_line

COMMANDS = {
    "queue": "what waits for your decision",
    "status": "where a request stands",
    "ooo": "who acts for you while you are out of office",
    "delegate": "let somebody act for you",
    "help": "what I understand",
}
_FOLLOWED_BY = {"status": "ID", "delegate": "ADDRESS until DATE"}
_BESIDE = {"delegate": ("ooo end ID – end that",)}
"""What else can be written, told after a command; the app's menu has no room for it."""
DATES = "A DATE is written YYYY-MM-DD: delegate bob@example.com until 2026-12-31"
_ABSENCES = ("ooo", "delegate")
_ID = re.compile(r"[\w.:-]{1,128}")
_MENTION = re.compile(r"<at\b[^>]*>.*?</at>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """A command word as written, in lower case, and what follows it."""

    word: str
    rest: str = ""


def parse(text: str) -> Command:
    """The command in a message; mentions are not part of it, "" is an empty message."""
    words = one_line(_MENTION.sub(" ", text)).lstrip("/").split(" ", 1)
    return Command(words[0].lower()[:40], words[1].strip() if len(words) > 1 else "")


async def respond(
    conversations: Conversations, person: Identity, where: Inbound, command: Command
) -> Reply | None:
    """The answer to a command by a person; None where it was given already."""
    if command.word == "queue":
        return queued(await conversations.queue(person))
    if command.word in _ABSENCES:
        return await absences.respond(conversations, person, where, command.rest)
    if command.word == "status":
        if not _ID.fullmatch(command.rest):
            return Reply("Write the request's id after it: status ID.")
        found = await conversations.status(person, command.rest, where.channel)
        # The card says it all; without one the sentence has to.
        answer = Answer(text="", card=found.card) if found.card else found
        return answered(answer, private=True)
    return Reply(_not_known(command.word), lines=_usages())


def usage(name: str) -> str:
    """How a command is written and what for: "status ID – where a request stands"."""
    written = f"{name} {_FOLLOWED_BY[name]}" if name in _FOLLOWED_BY else name
    return f"{written} – {COMMANDS[name]}"


def _usages() -> tuple[str, ...]:
    told = [words for name in COMMANDS for words in (usage(name), *_BESIDE.get(name, ()))]
    return (*told, DATES)


def _not_known(word: str) -> str:
    if word in ("", "help", "hi", "hello"):
        return "I understand:"
    near = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"I do not know that.{guess} I understand:"
