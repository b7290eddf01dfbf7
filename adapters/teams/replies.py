"""Messages in answer to a message, sent after it was acknowledged.

What only its reader may see goes to their own chat, never into a channel, and so does the answer
to what only the bot saw. Those in one conversation go one after the other, in order. A reply that
Teams throttles is tried a few times, and those behind it wait; one that fails is logged, for
nothing depends on it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from adapters.teams import messages
from adapters.teams.answers import Reply
from adapters.teams.chats import Chats
from adapters.teams.errors import Failure, outcome
from adapters.teams.identity import Inbound
from adapters.teams.references import Fields
from core.ports import RetryAt

IN_CHAT = "I answered you in our own chat."
NO_CHAT = "I can tell you that only in our own chat: open one with me and ask there."
_TRIES = 3
_LONGEST_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Replies:
    """Sends replies in the background; `settle` waits for those under way."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats
        self._under_way: set[asyncio.Task[None]] = set()
        self._newest: dict[str, asyncio.Task[None]] = {}

    def give(self, inbound: Inbound, reply: Reply) -> None:
        """Send a reply where it belongs, without waiting for it."""
        where = inbound.conversation
        task = asyncio.create_task(self._after(self._newest.get(where), inbound, reply))
        self._newest[where] = task
        self._under_way.add(task)
        task.add_done_callback(partial(self._gone, where))

    def _gone(self, where: str, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._newest.get(where) is task:
            del self._newest[where]

    async def settle(self, seconds: float) -> None:
        """Let replies that are under way finish, at most that long."""
        if self._under_way:
            _, late = await asyncio.wait(set(self._under_way), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _after(
        self, before: asyncio.Task[None] | None, inbound: Inbound, reply: Reply
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        await self._give(inbound, reply)

    async def _give(self, inbound: Inbound, reply: Reply) -> None:
        here = {
            "service_url": inbound.service_url,
            "conversation": inbound.conversation,
            "bot": inbound.bot,
            "tenant": inbound.tenant,
        }
        alone = reply.private or inbound.targeted
        if inbound.personal or inbound.person is None or not alone:
            await self._attempt(lambda: self._send(here, reply))
            return
        told = await self._attempt(lambda: self._to_person(inbound, reply))
        if told and inbound.targeted:
            return  # nobody saw the question, so nobody need be told that it was answered
        word = Reply(IN_CHAT if told else NO_CHAT)
        await self._attempt(lambda: self._send(here, word))

    async def _to_person(self, inbound: Inbound, reply: Reply) -> None:
        assert inbound.person is not None, "a private reply is an answer to somebody"
        await self._chats.with_person(inbound.person, lambda place: self._send(place, reply))

    async def _send(self, place: Fields, reply: Reply) -> None:
        if reply.card is not None:
            message = messages.card(reply.card, reply.text, place)
        elif reply.lines:
            message = messages.listing((reply.text, *reply.lines), place)
        else:
            message = messages.words(reply.text, place)
        await self._chats.post(place, message)

    async def _attempt(self, send: Callable[[], Awaitable[None]]) -> bool:
        for left in reversed(range(_TRIES)):
            try:
                await send()
            except Failure as failure:
                wait = _pause(failure) if left else None
                if wait is None:
                    _log.warning("A reply in Teams was not sent: %s", failure)
                    return False
                await asyncio.sleep(wait)
            except Exception:
                # Where the person is reached could not be read: nobody waits for this task.
                _log.exception("A reply in Teams was not sent")
                return False
            else:
                return True
        raise AssertionError("the last try either went or gave up")


def _pause(failure: Failure) -> float | None:
    """Seconds until another try; None when it would help nobody or say it twice."""
    result = outcome(failure)
    if not isinstance(result, RetryAt) or result.uncertain:
        return None
    seconds = 0.5 if result.after is None else result.after / 1000
    return seconds if seconds <= _LONGEST_SECONDS else None
