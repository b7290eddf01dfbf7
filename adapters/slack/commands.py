"""`/approvals`: a table from word to answer, and how what somebody wrote is told apart.

The answer is the HTTP response itself, shown to the asker alone. Words may stand in any
order and case. https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from adapters.slack import identity, listing
from adapters.slack.actions import COMMAND
from adapters.slack.render import Message
from core.directory.people import Identity

Json = dict[str, Any]

QUEUE: Final = "queue"
"""What `/approvals` alone means."""

FREE: Final = frozenset({"request"})
"""Free text follows these, so other words count for nothing behind them."""

SYNONYMS: Final[Mapping[str, str]] = {
    "list": QUEUE,
    "inbox": QUEUE,
    "pending": QUEUE,
    "todo": QUEUE,
    "away": "ooo",
    "office": "ooo",
    "vacation": "ooo",
    "holiday": "ooo",
    "leave": "ooo",
    "absence": "ooo",
    "absences": "ooo",
    "statistics": "stats",
    "figures": "stats",
    "numbers": "stats",
    "new": "request",
    "ask": "request",
    "create": "request",
    "submit": "request",
    "connect": "link",
    "commands": "help",
    "usage": "help",
    "?": "help",
}
"""What people write instead, where no word of the table stands beside it."""

ALIKE: Final = 0.5
"""How alike a word must be to be taken for a slip of the fingers, from 0 to 1."""

# A name that Slack put in stands in angle brackets and may hold blanks.
_WORD: Final = re.compile(r"<[@#][^<>]{1,200}>|\S+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A command that somebody wrote: the words beside the one that names it, and the payload."""

    who: Identity
    words: tuple[str, ...]
    body: Json


Word = Callable[[Asked], Awaitable[Message | None]]
"""Answers one word of the table; None when nothing needs to be said."""


class Commands:
    """Whatever people write after `/approvals`."""

    def __init__(self, words: Mapping[str, Word]) -> None:
        self._words = words

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers the command."""
        app.command(COMMAND)(self.command)

    async def command(self, ack: AsyncAck, body: Json) -> None:
        """Answer in the HTTP response."""
        answer = await self.answer(body)
        await ack(**({} if answer is None else ephemeral(answer)))

    async def answer(self, body: Json) -> Message | None:
        """What one word of the table says, or which ones there are."""
        written = _WORD.findall(identity.text(body, "text"))
        word, rest = told_apart(written, self._words)
        if word is None:
            return listing.usage(unknown(written, self._words))
        who = identity.of_command(body)
        return await self._words[word](Asked(who=who, words=tuple(rest), body=body))


def ephemeral(message: Message) -> Json:
    """A message for the asker alone."""
    return {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}


def told_apart(written: list[str], table: Mapping[str, Word]) -> tuple[str | None, list[str]]:
    """The word of the table that is meant, and the others; None when none is.

    The first word of the table counts, wherever it stands; only without one does a synonym.
    """
    if not written:
        return QUEUE, []
    lower = [word.lower() for word in written]
    first = SYNONYMS.get(lower[0], lower[0])
    if first in FREE and first in table:
        return first, written[1:]
    for meant in (lower, [SYNONYMS.get(word, "") for word in lower]):
        for at, word in enumerate(meant):
            if word in table:
                return word, written[:at] + written[at + 1 :]
    return None, written


def unknown(written: list[str], table: Mapping[str, Word]) -> str:
    """What was not understood, with the nearest word to any of it."""
    known = (*table, *(s for s, meant in SYNONYMS.items() if meant in table))
    alike = [
        (SequenceMatcher(None, word[:40].lower(), each).ratio(), SYNONYMS.get(each, each))
        for word in written[:20]
        for each in known
    ]
    likeness, near = max(alike, key=lambda pair: pair[0], default=(0.0, ""))
    hint = f" Did you mean {COMMAND} {near}?" if likeness >= ALIKE else ""
    return f"{COMMAND} does not know “{written[0][:40]}”.{hint}"
