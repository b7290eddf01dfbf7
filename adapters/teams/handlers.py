"""What comes in from Teams, by kind of activity: parse, ask the core, answer.

Runs after the caller was authenticated and the tenant checked (process.py).
"""

import logging
from typing import Any

from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext
from botbuilder.schema import Activity, ActivityTypes

from adapters.teams import actions, answers, dialogs, speech
from adapters.teams.clicks import is_unanswered, pressed
from adapters.teams.commands import Commands
from adapters.teams.desks import Desks
from adapters.teams.healing import heal
from adapters.teams.identity import Inbound, inbound
from adapters.teams.people import People
from adapters.teams.references import Book
from adapters.teams.render import CONTENT_TYPE, encoded
from adapters.teams.replies import Replies
from core.chat.port import Answer, Chat
from core.directory.people import Identity

_log = logging.getLogger(__name__)


class Handlers(ActivityHandler):  # type: ignore[misc] # botbuilder ships no types
    """Botbuilder's events, each answered in a few lines."""

    def __init__(
        self,
        chat: Chat,
        book: Book,
        replies: Replies,
        people: People,
        *,
        opens_dialogs: bool = True,
    ) -> None:
        self._chat = chat
        self._conversations = chat.conversations
        self._book = book
        self._replies = replies
        self._opens_dialogs = opens_dialogs
        self._desks = Desks(chat)
        self._commands = Commands(chat, people, self._desks.home, self._desks.requests)

    async def on_invoke_activity(self, turn: TurnContext) -> None:
        """A button of a card, or of a dialog: answered at once with what is to be shown."""
        answer = await self._invoked(turn)
        # By the adapter itself: a turn copies an activity and addresses it first, which the
        # answer to an HTTP request has no use for.
        sent = Activity(type=ActivityTypes.invoke_response, value=answer)
        await turn.adapter.send_activities(turn, [sent])

    async def _invoked(self, turn: TurnContext) -> InvokeResponse:
        in_dialog = turn.activity.name in (dialogs.FETCH, dialogs.SUBMIT)
        if turn.activity.name != "adaptiveCard/action" and not in_dialog:
            return InvokeResponse(status=501, body=b"{}")
        answer = self._dialog if in_dialog else self._press
        try:
            body = await answer(inbound(turn.activity), turn.activity.value)
        except Exception:
            # An error status would make Teams show its own words and the person click again.
            _log.exception("A button press in Teams failed")
            broken = answers.failed(500, "InternalError", answers.BROKEN)
            body = dialogs.ended(answers.BROKEN) if in_dialog else broken
        return InvokeResponse(status=200, body=encoded(body))

    async def _press(self, where: Inbound, value: object) -> dict[str, Any]:
        data = actions.executed(value)
        press = actions.submitted(data)
        if where.person is None:
            return answers.failed(400, "BadRequest", answers.NOBODY)
        if press is None or not press.refresh:
            await self._book.heard(where)
        if press is None:
            found = await self._desks.invoked(where.person, where, data)
            return self._opening(found or answers.said(answers.UNREADABLE))
        answer = await self._pressed(where.person, where, press)
        return self._opening(answers.invoked(answer, press, _viewers(where)))

    def _opening(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer with its longer questions opening in dialogs, where the client has them."""
        if self._opens_dialogs and body["type"] == CONTENT_TYPE:
            body["value"] = dialogs.opening(body["value"])
        return body

    async def _dialog(self, where: Inbound, value: object) -> dict[str, Any]:
        """A dialog is asked for, or what was filled in there is sent."""
        data = dialogs.asked(value)
        press = actions.submitted(data)
        if where.person is None:
            return dialogs.ended(answers.NOBODY)
        await self._book.heard(where)
        if press is None:
            body = await self._desks.dialog(where.person, where, data)
            return body or dialogs.ended(answers.UNREADABLE)
        return answers.in_dialog(await self._pressed(where.person, where, press), press)

    async def _pressed(self, person: Identity, where: Inbound, press: actions.Press) -> Answer:
        answer = await pressed(self._conversations, person, where, press)
        await heal(self._chat.healing, person, where, press, answer)
        return answer

    async def on_message_activity(self, turn: TurnContext) -> None:
        """A command, or a button of a client that does not know Action.Execute."""
        where, value = inbound(turn.activity), turn.activity.value
        try:
            reply = await self._reply(where, turn.activity, value)
        except Exception:
            # An error status would leave the person without a word.
            _log.exception("A message in Teams could not be answered")
            reply = answers.Reply(answers.FAILED if value is None else answers.BROKEN)
        if reply is not None:
            self._replies.give(where, reply)

    async def _reply(
        self, where: Inbound, activity: Activity, value: object
    ) -> answers.Reply | None:
        """What to say. Questions are answered however often they are delivered."""
        if where.person is None:
            return answers.Reply(answers.NOBODY)
        await self._book.heard(where)
        if value is not None:
            return await self._submitted(where, where.person, value)
        return await self._commands.answer(where.person, where, speech.heard(activity))

    async def _submitted(
        self, where: Inbound, person: Identity, value: object
    ) -> answers.Reply | None:
        """A press counts before it is noted as seen, which is harmless twice; its confirmation
        comes once. Were that lost in between, the card itself would still say what happened."""
        press = actions.submitted(value)
        if press is None:
            reply = await self._desks.message(person, where, value)
            return reply or answers.Reply(answers.UNREADABLE)
        answer = await self._pressed(person, where, press)
        if press.verb is None or press.opens or await is_unanswered(self._conversations, where):
            return answers.submitted(answer, press)
        return None

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


def _viewers(where: Inbound) -> tuple[str, ...]:
    """Whose own view an answer is: of whoever acted, where others see the card too."""
    return () if where.personal or not where.user else (where.user,)


def _has(members: Any, account: str) -> bool:
    return any(getattr(member, "id", None) == account for member in members or ())
