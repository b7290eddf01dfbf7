"""`/approvals`: which words it knows, and the answer to each.

The answer is the HTTP response itself, shown to the asker alone. Words may stand in any
order and case. https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final

from adapters.slack import absences, listing, render
from adapters.slack.actions import COMMAND
from adapters.slack.render import Message
from core.chat.port import Conversations
from core.directory.people import Identity

Json = dict[str, Any]

WORDS: Final = ("queue", "status", "delegate", "ooo", "help")
ID_MAX: Final = 100

# A name that Slack put in stands in angle brackets and may hold blanks.
_WORD: Final = re.compile(r"<[@#][^<>]{1,200}>|\S+")


async def reply(conversations: Conversations, who: Identity, text: str) -> Json:
    """The response to the command with that text, as arguments of Bolt's `ack`."""
    return ephemeral(await _answer(conversations, who, _WORD.findall(text)))


def ephemeral(message: Message) -> Json:
    """A message for the asker alone."""
    return {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}


async def _answer(conversations: Conversations, who: Identity, words: list[str]) -> Message:
    command, rest = _told_apart(words)
    match command:
        case "queue":
            return listing.queue(await conversations.queue(who))
        case "status":
            return await _status(conversations, who, rest)
        case "delegate" | "ooo":
            return await absences.reply(conversations, who, rest, lists=command == "ooo")
        case "help":
            return listing.usage()
    return listing.usage(_unknown(words))


def _told_apart(words: list[str]) -> tuple[str, list[str]]:
    """The first word that is known, and the others; "" when none is."""
    for at, word in enumerate(words):
        if word.lower() in WORDS:
            return word.lower(), words[:at] + words[at + 1 :]
    return ("", words) if words else ("queue", [])


async def _status(conversations: Conversations, who: Identity, rest: Sequence[str]) -> Message:
    if len(rest) != 1:
        return listing.usage(f"Which request? Write {COMMAND} status and its id.")
    answer = await conversations.status(who, rest[0].strip("`'\"<>")[:ID_MAX])
    if answer.card is None:
        return listing.sentence(answer.text)
    return render.message(answer.card)


def _unknown(words: Sequence[str]) -> str:
    """What was not understood, with the nearest word to any of it."""
    near = next((n for w in words[:20] for n in _nearest(w[:40])), None)
    hint = f" Did you mean {COMMAND} {near}?" if near else ""
    return f"{COMMAND} does not know “{words[0][:40]}”.{hint}"


def _nearest(word: str) -> list[str]:
    return get_close_matches(word.lower(), WORDS, n=1, cutoff=0.5)
