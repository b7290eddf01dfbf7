"""Answers at once to the one person who acted, outside the relay: modals and short sentences.

Never decides and never raises: what Slack does not take in time is told another way or goes
on in the background, so that the click itself is always acknowledged.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from adapters.slack import commands, listing, modals, render
from adapters.slack.calls import NOT_INSTALLED, Failure, Method, Wire
from adapters.slack.deliver import whisper
from adapters.slack.pressing import Press
from adapters.slack.render import Message
from adapters.slack.workspaces import Workspaces
from core.chat.port import Answer

Json = dict[str, Any]

# A trigger lives 3 seconds, and so does the click's own answer.
# https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
OPEN_SECONDS: Final = 2.0
TELL_SECONDS: Final = 0.5
CLOSE_SECONDS: Final = 3.0

NOT_OPENED: Final = (
    "The form did not open in time. Nothing was decided. "
    "If you do not see it, please press the button again."
)
OLD_BUTTON: Final = (
    "This button comes from another version of Countersign and does nothing any more. "
    "Nothing was changed. Write /approvals to see what waits for you."
)
OLD_FORM: Final = (
    "This form comes from another version of Countersign, so it was not counted. "
    "Nothing was changed. Write /approvals to see what waits for you."
)
FAILED: Final = (
    "Something went wrong here, and your answer may not have been recorded. "
    "Please try again; a second click never counts twice."
)

_log = logging.getLogger(__name__)


class Desk:
    """Speaks to whoever pressed a button, through whatever reaches them."""

    def __init__(self, wire: Wire, workspaces: Workspaces) -> None:
        self._wire = wire
        self._workspaces = workspaces
        self._running: set[asyncio.Task[Any]] = set()

    async def open(self, press: Press, view: Json) -> None:
        """Open a modal, above the one that was pressed in; or say that it did not open."""
        method = Method.PUSH_VIEW if press.view else Method.OPEN_VIEW
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                reply = await self._call(press, method, trigger_id=press.trigger, view=view)
        except TimeoutError:
            reply = Failure(error="timeout")
        if isinstance(reply, Failure):
            _log.warning("Slack did not open a form: %s", reply.error)
            await self.tell(press, NOT_OPENED)

    async def tell(self, press: Press, sentence: str) -> None:
        """One sentence, to this person alone."""
        await self._soon(self._tell(press, sentence))

    async def answer(self, press: Press, answer: Answer) -> None:
        """What is true now: on a card shown to this person alone, the present card in its
        place; elsewhere the sentence, since the relay keeps posted cards up to date."""
        replaced = press.ephemeral and answer.card is not None
        if replaced:
            await self.replace(press.response_url, answer)
        if press.view or not replaced:
            await self.tell(press, answer.text)

    async def replace(self, response_url: str, answer: Answer) -> None:
        """Put the present card, under the answer's sentence, in the place of an ephemeral one."""
        if answer.card is None:
            message = listing.sentence(answer.text)
        else:
            message = render.message(answer.card, lead=answer.text)
        await self._soon(self._wire.respond(response_url, _instead(message)))

    async def show(self, press: Press, answer: Answer) -> None:
        """A card to this person alone, under what they see now."""
        if answer.card is None:
            await self.tell(press, answer.text)
            return
        message = render.message(answer.card)
        await self._soon(self._wire.respond(press.response_url, _beside(message)))

    async def close(self) -> None:
        """Let what is under way finish, within a few seconds."""
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSE_SECONDS)
        for task in self._running:
            task.cancel()

    async def _tell(self, press: Press, sentence: str) -> None:
        message = listing.sentence(sentence)
        if press.view and await self._said_in_modal(press, sentence):
            return
        if press.ephemeral and await self._wire.respond(press.response_url, _beside(message)):
            return
        api = await self._workspaces.api(press.team)
        if press.user and api is not None:
            outcome = await whisper(api, press.where.channel, press.user, sentence)
            _log.debug("told a clicker: %s", type(outcome).__name__)

    async def _said_in_modal(self, press: Press, sentence: str) -> bool:
        said = modals.sentence(sentence)
        reply = await self._call(press, Method.UPDATE_VIEW, view_id=press.view, view=said)
        return not isinstance(reply, Failure)

    async def _call(self, press: Press, method: Method, **arguments: Any) -> Json | Failure:
        """Call as the app in the workspace where it was pressed."""
        api = await self._workspaces.api(press.team)
        return NOT_INSTALLED if api is None else await api.call(method, **arguments)

    async def _soon(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start the work and wait for it a moment; it goes on beyond the click if it must."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task}, timeout=TELL_SECONDS)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("could not answer a clicker", exc_info=problem)


def _instead(message: Message) -> Json:
    return {**commands.ephemeral(message), "replace_original": True}


def _beside(message: Message) -> Json:
    return {**commands.ephemeral(message), "replace_original": False}
