"""Letters on their way: sent beside whatever asked for them, tried again for a short while.

A letter holds a code that lives minutes. It is not kept beyond that, nor over a restart:
whoever misses it asks again.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from core.chat.linking_port import Letter
from core.ports import Delivered, Outcome, RetryAt
from core.value import Millis

PAUSES: Final = (2.0, 10.0, 45.0)
"""Seconds between one try and the next; after the last the letter is given up."""

MOST: Final = 100
"""Letters on their way at once."""

log = structlog.get_logger("mail")


class Carrier(Protocol):
    """Something that takes a letter to a mailbox."""

    async def send(self, letter: Letter, id: str, at: Millis) -> Outcome: ...


class Postbox:
    """Takes letters and never makes anybody wait for one."""

    def __init__(
        self,
        carrier: Carrier,
        clock: Callable[[], Millis],
        new_id: Callable[[], str],
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        self._carrier = carrier
        self._clock = clock
        self._new_id = new_id
        self._pauses = pauses
        self._under_way: set[asyncio.Task[None]] = set()

    def post(self, letter: Letter) -> None:
        """Send it some time soon; must be called in the event loop."""
        if len(self._under_way) >= MOST:
            log.error("letter_not_sent", to=letter.to, reason="too many are on their way")
            return
        task = asyncio.create_task(self._deliver(letter, self._new_id()))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def stop(self, grace: float = 5.0) -> None:
        """Let what is being sent come to its end, within the grace."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=grace)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _deliver(self, letter: Letter, id: str) -> None:
        outcome: Outcome | None = None
        for pause in (*self._pauses, None):
            try:
                outcome = await self._carrier.send(letter, id, self._clock())
            except Exception:
                log.exception("letter_failed", to=letter.to)
                return
            if not isinstance(outcome, RetryAt) or pause is None:
                break
            await asyncio.sleep(pause)
        if isinstance(outcome, Delivered):
            log.info("letter_sent", to=letter.to)
        elif outcome is not None:
            log.error("letter_not_sent", to=letter.to, reason=outcome.reason)
