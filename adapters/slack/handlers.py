"""One short function for each thing a person can do in Slack: parse, ask, answer.

`ack` is always last: under `process_before_response` an exception after it would turn a
committed click into an error. What a person did is committed before it is acknowledged.
"""

import logging
import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.response import BoltResponse

from adapters.slack import actions, commands, desk, identity, listing, modals
from adapters.slack.actions import Form, Press
from adapters.slack.desk import Desk
from core.chat import Answer, Click, Conversations
from core.commands import Binding
from core.request import Decision

Json = dict[str, Any]

_log = logging.getLogger(__name__)
_ANY = re.compile(r"")


class Handlers:
    """What Bolt calls, over the core's `Conversations`."""

    def __init__(self, conversations: Conversations, desk: Desk) -> None:
        self._conversations = conversations
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers what; the last of each kind takes what nobody knows."""
        app.action(actions.APPROVE)(self.approve)
        app.action(actions.REJECT)(self.reject)
        app.action(actions.VIEW)(self.view)
        app.action(actions.SHOW)(self.show)
        app.action(_ANY)(self.unknown_action)
        app.view(actions.REJECT_FORM)(self.rejected)
        app.view(_ANY)(self.unknown_form)
        app.command(actions.COMMAND)(self.command)
        app.event(_ANY)(self.unknown_event)
        app.error(self.failed)

    async def approve(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """The Approve button: commit, then acknowledge."""
        press = actions.press(body, action)
        if (click := _approval(press)) is None:
            await self._desk.tell(press, desk.OLD_BUTTON)
        elif press.ephemeral:
            await self._desk.answer(press, await self._conversations.click(click))
        else:
            await self._conversations.click(click)
        await ack()

    async def reject(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """The Reject button: ask for the reason, unless a rejection would not count."""
        press = actions.press(body, action)
        if (binding := press.binding) is None:
            await self._desk.tell(press, desk.OLD_BUTTON)
        else:
            await self._ask_reason(press, binding)
        await ack()

    async def rejected(self, ack: AsyncAck, body: Json, view: Json) -> None:
        """The reject form was sent: commit, then close it or say why not."""
        form, reason = actions.read_form(view), actions.read_reason(view)
        if form is None:
            answer = modals.replaced(desk.OLD_FORM)
        elif not reason.strip():
            answer = modals.complaint(modals.NO_REASON)
        else:
            answer = await self._reject(body, form, reason)
        await ack(**answer)

    async def view(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """The button that shows the whole action, to whoever may see the request."""
        press = actions.press(body, action)
        answer = await self._status(press)
        if answer is None or answer.card is None:
            await self._desk.tell(press, answer.text if answer else desk.OLD_BUTTON)
        else:
            await self._desk.open(press, modals.whole_action(answer.card))
        await ack()

    async def show(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """The button beside a line of the queue."""
        press = actions.press(body, action)
        answer = await self._status(press)
        if answer is None:
            await self._desk.tell(press, desk.OLD_BUTTON)
        else:
            await self._desk.show(press, answer)
        await ack()

    async def command(self, ack: AsyncAck, body: Json) -> None:
        """`/approvals`, answered in the HTTP response."""
        who = identity.of_command(body)
        await ack(**await commands.reply(self._conversations, who, identity.text(body, "text")))

    async def unknown_action(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """A button of another version."""
        await self._desk.tell(actions.press(body, action), desk.OLD_BUTTON)
        await ack()

    async def unknown_form(self, ack: AsyncAck) -> None:
        """A form of another version."""
        await ack(**modals.replaced(desk.OLD_FORM))

    async def unknown_event(self, event: Json) -> None:
        """What the manifest does not ask for; acknowledged, so that Slack does not repeat it."""
        _log.debug("an event that nobody here listens to: %r", identity.text(event, "type"))

    async def failed(self, error: Exception, body: Json) -> BoltResponse:
        """A fault of ours: the person hears of it, and Slack gets no error to hide it behind."""
        _log.error("a Slack interaction failed", exc_info=error)
        match identity.text(body, "type") or "command":
            case "command":
                told = commands.ephemeral(listing.sentence(desk.FAILED))
                return BoltResponse(status=200, body=told)
            case "view_submission":
                return BoltResponse(status=200, body=modals.replaced(desk.FAILED))
        await self._desk.tell(actions.press(body, {}), desk.FAILED)
        return BoltResponse(status=200, body="")

    async def _ask_reason(self, press: Press, binding: Binding) -> None:
        answer = await self._conversations.may_reject(press.identity, binding, press.place)
        if answer.refused is not None:
            await self._desk.answer(press, answer)
        else:
            await self._desk.open(press, modals.reject(_form(press, binding), _about(answer)))

    async def _status(self, press: Press) -> Answer | None:
        if press.request is None:
            return None
        return await self._conversations.status(press.identity, press.request, press.place)

    async def _reject(self, body: Json, form: Form, reason: str) -> Json:
        who = identity.of_interaction(body)
        answer = await self._conversations.click(
            Click(
                identity=who,
                binding=form.binding,
                decision=Decision.REJECT,
                place=form.place,
                reason=reason.strip(),
                evidence={"team": who.realm, "channel": form.channel, "ts": form.ts},
            )
        )
        if answer.refused is None and form.response_url:
            await self._desk.replace(form.response_url, answer)
        return modals.submitted(answer)


def _approval(press: Press) -> Click | None:
    """The click; on a posted card a refusal is told by the relay, from the same transaction."""
    if press.binding is None:
        return None
    return Click(
        identity=press.identity,
        binding=press.binding,
        decision=Decision.APPROVE,
        place=press.place,
        evidence=press.evidence,
        answer_to=None if press.ephemeral else press.answer_to,
    )


def _form(press: Press, binding: Binding) -> Form:
    url = press.response_url if press.ephemeral else ""
    return Form(binding=binding, channel=press.channel, ts=press.ts, response_url=url)


def _about(answer: Answer) -> str:
    return answer.card.title if answer.card else answer.text
