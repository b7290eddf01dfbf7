"""`/approvals`: a table from word to answer, and how what somebody wrote is told apart.

The answer is the HTTP response itself, shown to the asker alone. Words may stand in any
order and case. https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from adapters.slack import identity, listing
from adapters.slack.actions import COMMAND
from adapters.slack.render import Message
from core.chat.handing import DECISIONS, is_meant
from core.chat.words import nearest, told_apart
from core.directory.people import Identity

Json = dict[str, Any]

# A name that Slack put in stands in angle brackets and may hold blanks.
_WORD: Final = re.compile(r"<[@#][^<>]{1,200}>|\S+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A command that somebody wrote: the words beside the one that names it, and the payload."""

    who: Identity
    words: tuple[str, ...]
    body: Json

    @property
    def once(self) -> str:
        """What tells this command from all others; "" if nothing does."""
        trigger = identity.text(self.body, "trigger_id")
        return "|".join((self.who.realm, self.who.account, trigger)) if trigger else ""


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
        if word is None and is_meant(written):
            word, rest = "status", written[-1:]
        if word is None:
            return listing.usage(unknown(written, self._words))
        who = identity.of_command(body)
        return await self._words[word](Asked(who=who, words=tuple(rest), body=body))


def ephemeral(message: Message) -> Json:
    """A message for the asker alone."""
    return {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}


def unknown(written: list[str], table: Mapping[str, Word]) -> str:
    """What was not understood, with the nearest word to any of it."""
    near = nearest(written, table)
    hint = "" if near is None else f" Did you mean {COMMAND} {near}?"
    if written[0].lower() in DECISIONS:
        hint = f" Decide with the buttons of a card: {COMMAND} shows what waits for you."
    return f"{COMMAND} does not know “{written[0][:40]}”.{hint}"
