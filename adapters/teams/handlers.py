"""What comes in from Teams, by kind of activity: parse, ask the core, answer.

Runs after the caller was authenticated and the tenant checked (process.py).
"""

import logging
from typing import Any

import msgspec
from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext

from adapters.teams import actions, answers, commands
from adapters.teams.clicks import pressed
from adapters.teams.identity import PLATFORM, Inbound, inbound
from adapters.teams.references import Book
from adapters.teams.replies import Replies
from core.chat import Conversations

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
        press = actions.invoked(value)
        if where.person is None:
            return answers.failed(400, "BadRequest", answers.NOBODY)
        if press is None:
            return answers.said(answers.UNREADABLE)
        await self._book.heard(where)
        answer = await pressed(self._conversations, where.person, press, where.evidence)
        return answers.invoked(answer)

    async def on_message_activity(self, turn: TurnContext) -> None:
        """A command, or a button of a client that does not know Action.Execute."""
        where = inbound(turn.activity)
        if where.person is None:
            return
        await self._book.heard(where)
        if turn.activity.value is None:
            await self._command(where, turn.activity.text or "")
        else:
            await self._submit(where, turn.activity.value)

    async def _command(self, where: Inbound, text: str) -> None:
        assert where.person is not None
        if await self._first_time(where):
            command = commands.parse(text)
            reply = await commands.respond(self._conversations, where.person, command)
            self._replies.give(where, reply)

    async def _submit(self, where: Inbound, value: object) -> None:
        """The press counts first, which is harmless twice; only its reply must come once."""
        assert where.person is not None
        press, reply = actions.submitted(value), answers.Reply(answers.UNREADABLE)
        if press is not None:
            answer = await pressed(self._conversations, where.person, press, where.evidence)
            reply = answers.submitted(answer, shown=press.decision is None)
        if await self._first_time(where):
            self._replies.give(where, reply)

    async def _first_time(self, where: Inbound) -> bool:
        """Activity ids are unique within a conversation; the same id elsewhere is another one."""
        key = f"{where.conversation}|{where.activity}"
        return not where.activity or await self._conversations.first_time(PLATFORM, key)

    async def on_installation_update_add(self, turn: TurnContext) -> None:
        """The app was added for a person or a team."""
        await self._book.heard(inbound(turn.activity), again=True)

    async def on_installation_update_remove(self, turn: TurnContext) -> None:
        """The app was removed."""
        await self._book.gone(inbound(turn.activity))

    async def on_conversation_update_activity(self, turn: TurnContext) -> None:
        """The bot came into a conversation or left it; others coming and going is nothing."""
        where, activity = inbound(turn.activity), turn.activity
        if _has(activity.members_added, where.bot):
            await self._book.heard(where, again=True)
        elif _has(activity.members_removed, where.bot):
            await self._book.gone(where)


def _has(members: Any, account: str) -> bool:
    return any(member.id == account for member in members or ())
