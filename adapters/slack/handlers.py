"""One short function for each thing a person can do in Slack: parse, ask, answer.

`ack` is always last: under `process_before_response` an exception after it would turn a
committed click into an error. What a person did is committed before it is acknowledged.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from adapters.slack import actions, desk, forms, identity, modals, pressing
from adapters.slack.acts import Acts
from adapters.slack.desk import Desk
from adapters.slack.forms import Filled
from core.chat.forms import AT_ONCE
from core.chat.healing_port import OUT_OF_DATE, Healing
from core.chat.port import Conversations
from core.directory.people import Identity

Json = dict[str, Any]

Again = Callable[[Identity, str, str], Awaitable[None]]
"""Publish somebody's Home tab anew: who, in which workspace, with the tab's metadata."""

_log = logging.getLogger(__name__)
_ANY = re.compile(r"")
_PRESSED = re.compile(rf"\A(?:{'|'.join(map(re.escape, actions.PRESSED))})\Z")


class Presses:
    """The buttons and menus of cards, by one name for all: Bolt asks one listener after the
    other, and makes their arguments anew for each, so this one stands first."""

    def __init__(self, handlers: "Handlers") -> None:
        self._handlers = handlers

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers what."""
        app.action(_PRESSED)(self._handlers.pressed)


class Handlers:
    """What Bolt calls, over the core's `Conversations`."""

    def __init__(
        self, conversations: Conversations, healing: Healing, desk: Desk, again: Again
    ) -> None:
        self._conversations = conversations
        self._healing = healing
        self._again = again
        self._desk = desk
        self._acts = Acts(conversations, healing, desk)

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers what; the last of each kind takes what nobody knows."""
        app.action(actions.SHOW)(self.show)
        app.action(_ANY)(self.unknown_action)
        app.view(actions.FORM)(self.sent)
        app.view(_ANY)(self.unknown_form)
        app.event(_ANY)(self.unknown_event)
        app.error(self.failed)

    async def pressed(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """A button of a card or of the list of choices, or an entry of a menu."""
        press = pressing.press(body, action)
        await self._acts.do(press)
        if press.where.home and press.act is not None and press.act.verb in AT_ONCE:
            await self._again(press.identity, press.team, press.where.home)
        await ack()

    async def show(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """The button beside a line of the queue, or below a notice."""
        press = pressing.press(body, action)
        if press.request is None:
            await self._desk.tell(press, desk.OLD_BUTTON)
        else:
            who, place = press.identity, press.where.place
            answer = await self._conversations.status(who, press.request, place)
            await self._desk.show(press, answer)
        await ack()

    async def sent(self, ack: AsyncAck, body: Json, view: Json) -> None:
        """A form was sent: commit, then close it or say why not."""
        filled = forms.read(view)
        if filled is None:
            answer = modals.replaced(desk.OLD_FORM)
        else:
            answer = forms.blank(filled) or await self._commit(body, filled)
        await ack(**answer)

    async def unknown_action(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """A button of another version."""
        await self._desk.tell(pressing.press(body, action), desk.OLD_BUTTON)
        await ack()

    async def unknown_form(self, ack: AsyncAck) -> None:
        """A form of another version."""
        await ack(**modals.replaced(desk.OLD_FORM))

    async def unknown_event(self, event: Json) -> None:
        """What the manifest does not ask for; acknowledged, so that Slack does not repeat it."""
        _log.debug("an event that nobody here listens to: %r", identity.text(event, "type"))

    async def failed(self, error: Exception, body: Json) -> BoltResponse:
        """A fault of ours: the person hears of it, and Slack gets no error to hide it behind."""
        if isinstance(error, BoltUnhandledRequestError):
            _log.warning("Slack sent what nobody here answers: %s", _named(body))
            return BoltResponse(status=404, body="")
        _log.error("a Slack interaction failed", exc_info=error)
        if identity.text(body, "type") == "event_callback":
            return BoltResponse(status=500, body="")  # Slack sends it again
        return await self._desk.turn_away(body, desk.FAILED)

    async def _commit(self, body: Json, filled: Filled) -> Json:
        who = identity.of_interaction(body)
        answer = await self._conversations.click(filled.click(who))
        if filled.where.home:
            await self._again(who, identity.team(body), filled.where.home)
        message = filled.where.message(identity.team(body))
        if answer.refused in OUT_OF_DATE and message is not None:
            request, place = filled.binding.request, filled.where.place
            await self._healing.out_of_date(who, request, message, place)
        if answer.refused is None and filled.where.response_url:
            await self._desk.replace(filled.where.response_url, answer)
        return forms.sent(filled, answer)


def _named(body: Json) -> str:
    """What was sent, for the log: its type, and by which name the Slack app knows it."""
    kind = identity.text(body, "type") or "command"
    name = identity.text(body, "command") or identity.text(body, "callback_id")
    return f"{kind[:40]!r} {name[:80]!r}"
