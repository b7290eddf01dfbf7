"""`/approvals`: which words it knows, and the answer to each.

The answer is the HTTP response itself, shown to the asker alone, and decides nothing.
https://docs.slack.dev/interactivity/implementing-slash-commands#responding_immediate_response
"""

from difflib import get_close_matches
from typing import Any, Final

from adapters.slack import listing, render
from adapters.slack.actions import COMMAND
from adapters.slack.render import Message
from core.chat import Conversations
from core.directory import Identity

Json = dict[str, Any]

WORDS: Final = ("queue", "status", "help")
ID_MAX: Final = 100


async def reply(conversations: Conversations, who: Identity, text: str) -> Json:
    """The response to the command with that text, as arguments of Bolt's `ack`."""
    return ephemeral(await _answer(conversations, who, text.split()))


def ephemeral(message: Message) -> Json:
    """A message for the asker alone."""
    return {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}


async def _answer(conversations: Conversations, who: Identity, words: list[str]) -> Message:
    match [words[0].lower() if words else "queue", *words[1:]]:
        case ["queue"]:
            return listing.queue(await conversations.queue(who))
        case ["status", request]:
            return await _status(conversations, who, request.strip("`'\"<>")[:ID_MAX])
        case ["status", *_]:
            return listing.usage(f"Which request? Write {COMMAND} status and its id.")
        case ["help", *_]:
            return listing.usage()
        case [word, *_]:
            return listing.usage(_unknown(word[:40]))
    raise AssertionError("a list with a first word always matches")


async def _status(conversations: Conversations, who: Identity, request: str) -> Message:
    answer = await conversations.status(who, request)
    if answer.card is None:
        return listing.sentence(answer.text)
    return render.message(answer.card)


def _unknown(word: str) -> str:
    near = get_close_matches(word, WORDS, n=1, cutoff=0.5)
    hint = f" Did you mean {COMMAND} {near[0]}?" if near else ""
    return f"{COMMAND} does not know “{word}”.{hint}"
