"""What comes in from Teams, by kind of activity: parse, ask the core, answer.

Runs after the caller was authenticated and the tenant checked (process.py).
"""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext

from adapters.teams import absence_cards, absences, actions, answers, commands
from adapters.teams.clicks import pressed
from adapters.teams.identity import PLATFORM, Inbound, inbound
from adapters.teams.references import Book
from adapters.teams.replies import Replies
from core.chat.port import Conversations
from core.directory.people import Identity

_log = logging.getLogger(__name__)


class Handlers(ActivityHandler):  # type: ignore[misc] # botbuilder ships no types
    """Botbuilder's events, each answered in a few lines."""

    def __init__(self, conversations: Conversations, book: Book, replies: Replies) -> None:
        self._conversations = conversations
        self._book = book
        self._replies = replies

    async def on_invoke_activity(self, turn: TurnContext) -> InvokeResponse:
        """A button of a card: answered at once with the new card."""
        if turn.activity.name != "adaptiveCard/action":
            return InvokeResponse(status=501, body=b"{}")
        try:
            body = await self._press(inbound(turn.activity), turn.activity.value)
        except Exception:
            # An error status would make Teams show its own words and the person click again.
            _log.exception("A button press in Teams failed")
            body = answers.failed(500, "InternalError", answers.BROKEN)
        # Bytes already: botbuilder copies a body member by member, a millisecond for a card.
        return InvokeResponse(status=200, body=msgspec.json.encode(body))

    async def _press(self, where: Inbound, value: object) -> dict[str, Any]:
        data = actions.executed(value)
        press = actions.submitted(data)
        if where.person is None:
            return answers.failed(400, "BadRequest", answers.NOBODY)
        await self._book.heard(where)
        if data is not None and absence_cards.concerns(data):
            reply = await absences.pressed(self._conversations, where.person, where, data)
            return answers.said(reply.text) if reply.card is None else answers.drawn(reply.card)
        if press is None:
            return answers.said(answers.UNREADABLE)
        answer = await pressed(self._conversations, where.person, where, press)
        return answers.invoked(answer, press)

    async def on_message_activity(self, turn: TurnContext) -> None:
        """A command, or a button of a client that does not know Action.Execute."""
        where, value = inbound(turn.activity), turn.activity.value
        try:
            reply = await self._reply(where, turn.activity.text or "", value)
        except Exception:
            # An error status would leave the person without a word.
            _log.exception("A message in Teams could not be answered")
            reply = answers.Reply(answers.FAILED if value is None else answers.BROKEN)
        if reply is not None:
            self._replies.give(where, reply)

    async def _reply(self, where: Inbound, text: str, value: object) -> answers.Reply | None:
        """What to say. Questions are answered however often they are delivered."""
        if where.person is None:
            return answers.Reply(answers.NOBODY)
        await self._book.heard(where)
        if value is not None:
            return await self._submitted(where, where.person, value)
        command = commands.parse(text)
        return await commands.respond(self._conversations, where.person, where, command)

    async def _submitted(
        self, where: Inbound, person: Identity, value: object
    ) -> answers.Reply | None:
        """A press counts before it is noted as seen, which is harmless twice; its confirmation
        comes once. Were that lost in between, the card itself would still say what happened."""
        if isinstance(value, Mapping) and absence_cards.concerns(value):
            return await absences.pressed(self._conversations, person, where, value)
        press = actions.submitted(value)
        if press is None:
            return answers.Reply(answers.UNREADABLE)
        answer = await pressed(self._conversations, person, where, press)
        if press.verb is None or press.opens or await self._first_time(where):
            return answers.submitted(answer, press)
        return None

    async def _first_time(self, where: Inbound) -> bool:
        """Activity ids are unique within a conversation; the same id elsewhere is another one."""
        key = f"{where.conversation}|{where.activity}"
        return not where.activity or await self._conversations.first_time(PLATFORM, key)

    async def on_installation_update_add(self, turn: TurnContext) -> None:
        """The app was added for a person or a team."""
        await self._reachable(inbound(turn.activity))

    async def on_installation_update_remove(self, turn: TurnContext) -> None:
        """The app was removed."""
        await self._book.gone(inbound(turn.activity))

    async def on_conversation_update_activity(self, turn: TurnContext) -> None:
        """The bot came into a conversation or left it; others coming and going is nothing."""
        where, activity = inbound(turn.activity), turn.activity
        if _has(activity.members_added, where.bot):
            await self._reachable(where)
        elif _has(activity.members_removed, where.bot):
            await self._book.gone(where)

    async def _reachable(self, where: Inbound) -> None:
        """Keep the place, and have what could not be delivered there tried again."""
        found = await self._book.heard(where, again=True)
        if found is not None:
            await self._conversations.reachable(found)


def _has(members: Any, account: str) -> bool:
    return any(member.id == account for member in members or ())
