"""Answers at once to the one person who acted, outside the relay: modals and short sentences.

Never decides and never raises: what Slack does not take in time is told another way or goes
on in the background, so that the click itself is always acknowledged.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from slack_bolt.response import BoltResponse

from adapters.slack import commands, identity, listing, modals, pressing, render
from adapters.slack.calls import NOT_INSTALLED, Failure, Method, Wire
from adapters.slack.deliver import whisper
from adapters.slack.pressing import Press
from adapters.slack.render import Message
from adapters.slack.workspaces import Workspaces
from core.card import Card
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
NOT_TURNED: Final = (
    "Slack did not take the page, so your Home tab shows what it showed before. Nothing was "
    "changed. Please press Refresh there in a minute."
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

_OUTRUN: Final = "hash_conflict"
"""The same person pressed twice: what the first press opened stays as it is."""

_log = logging.getLogger(__name__)


class Desk:
    """Speaks to whoever pressed a button, through whatever reaches them."""

    def __init__(self, wire: Wire, workspaces: Workspaces) -> None:
        self._wire = wire
        self._workspaces = workspaces
        self._running: set[asyncio.Task[Any]] = set()

    async def open(self, press: Press, view: Json) -> None:
        """Open a modal, or say that it did not open.

        It takes the place of a list of choices, and of what lies above another modal already,
        so that never more than two lie upon each other.
        """
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                reply = await self._opened(press, view)
        except TimeoutError:
            reply = Failure(error="timeout")
        if isinstance(reply, Failure) and reply.error != _OUTRUN:
            _log.warning("Slack did not open a form: %s", reply.error)
            await self.tell(press, NOT_OPENED)

    async def _opened(self, press: Press, view: Json) -> Json | Failure:
        if press.view and press.replaces:
            seen = {"hash": press.hash} if press.hash else {}
            return await self._call(
                press, Method.UPDATE_VIEW, view_id=press.view, view=view, **seen
            )
        method = Method.PUSH_VIEW if press.view else Method.OPEN_VIEW
        return await self._call(press, method, trigger_id=press.trigger, view=view)

    async def tell(self, press: Press, sentence: str) -> None:
        """One sentence, to this person alone."""
        await self._soon(self._tell(press, sentence))

    async def turn_away(self, body: Json, sentence: str) -> BoltResponse:
        """The whole answer to whatever somebody did: this sentence, to them alone."""
        answer = in_response(body, sentence)
        if answer is None:
            await self.tell(pressing.press(body, {}), sentence)
        return answer or BoltResponse(status=200, body="")

    async def update(self, press: Press, view: Json) -> None:
        """Another view in the place of the modal that was pressed in."""
        work = self._call(press, Method.UPDATE_VIEW, view_id=press.view, view=view)
        await self._soon(self._noted(work))

    async def publish(self, team: str, user: str, view: Json, shown: str = "") -> None:
        """Somebody's Home tab; with the hash of what is `shown` there, only if that is still
        what is shown."""
        await self._soon(self._noted(self._published(team, user, view, shown)))

    async def turn(self, press: Press, view: Json, shown: str) -> None:
        """Another page of the Home tab that was pressed in, if that is still what is shown; or
        say that Slack did not take it."""
        await self._soon(self._turned(press, view, shown))

    async def answer(self, press: Press, answer: Answer) -> None:
        """What is true now, with the present card where nothing was changed: in the place of a
        modal or of a card shown to this person alone, beside a posted one, which the relay
        brings up to date."""
        if press.ephemeral and answer.card is not None:
            await self.replace(press.response_url, answer)
        if press.view and answer.card is not None:
            await self._soon(self._in_place(press, answer.card, answer.text))
        elif answer.card is None or not (press.ephemeral or answer.refused):
            await self.tell(press, answer.text)
        elif not press.ephemeral:
            await self._soon(self._present(press, answer.card, answer.text))

    async def _in_place(self, press: Press, shown: Card, sentence: str) -> None:
        """The card as it is now in the modal that was pressed in; or at least the sentence."""
        view = modals.card(shown, press.where, lead=sentence)
        reply = await self._call(press, Method.UPDATE_VIEW, view_id=press.view, view=view)
        if isinstance(reply, Failure):
            await self._tell(press, sentence)

    async def _present(self, press: Press, shown: Card, sentence: str) -> None:
        """The card as it is now, to this person alone; or at least the sentence."""
        message = render.message(shown, lead=sentence)
        if not await self._wire.respond(press.response_url, beside(message)):
            await self._tell(press, sentence)

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
        await self._soon(self._wire.respond(press.response_url, beside(message)))

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
        if press.ephemeral and await self._wire.respond(press.response_url, beside(message)):
            return
        api = await self._workspaces.api(press.team)
        if press.user and api is not None:
            outcome = await whisper(api, press.where.channel, press.user, sentence)
            _log.debug("told a clicker: %s", type(outcome).__name__)

    async def _said_in_modal(self, press: Press, sentence: str) -> bool:
        said = modals.sentence(sentence)
        reply = await self._call(press, Method.UPDATE_VIEW, view_id=press.view, view=said)
        return not isinstance(reply, Failure)

    async def _published(self, team: str, user: str, view: Json, shown: str) -> Json | Failure:
        api = await self._workspaces.api(team)
        if api is None or not user:
            return NOT_INSTALLED
        only_if = {"hash": shown} if shown else {}
        return await api.call(Method.PUBLISH, user_id=user, view=view, **only_if)

    async def _turned(self, press: Press, view: Json, shown: str) -> None:
        work = self._published(press.team, press.user, view, shown)
        if not await self._noted(work):
            await self._tell(press, NOT_TURNED)

    async def _noted(self, work: Coroutine[Any, Any, Json | Failure]) -> bool:
        """What nobody can be told of is at least in the log; whether all is well."""
        reply = await work
        if not isinstance(reply, Failure):
            return True
        # The same person did something newer: that is what they see.
        outrun = reply.error == _OUTRUN
        level = logging.DEBUG if outrun else logging.WARNING
        _log.log(level, "Slack did not take a view: %s", reply.error)
        return outrun

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


def in_response(body: Json, sentence: str) -> BoltResponse | None:
    """The sentence in answer to a command or a form, whose HTTP response shows it; None for all
    else."""
    match identity.text(body, "type"):
        case "":
            told = commands.ephemeral(listing.sentence(sentence))
            return BoltResponse(status=200, body=told)
        case "view_submission":
            return BoltResponse(status=200, body=modals.replaced(sentence))
    return None


def _instead(message: Message) -> Json:
    return {**commands.ephemeral(message), "replace_original": True}


def beside(message: Message) -> Json:
    """A message for a response_url that leaves what stands there."""
    return {**commands.ephemeral(message), "replace_original": False}
