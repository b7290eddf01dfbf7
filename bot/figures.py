"""Keeps the figures: follows what was committed, a page at a time, when little else is done.

Every server does it, and what two of them count at once is stored once. Until a past that is there
already has been followed, the figures say how much of it is missing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from bot.parts import Ground, Part
from core.request import RequestState
from storage.figures_following import Counted
from storage.sequencer import PAGE, Numbered

IDLE: Final = 5.0
"""Seconds until it looks again though nothing was committed here: another server may have ended."""
LULL: Final = 0.5
"""Seconds without a commit that are waited for: who asks or decides goes before who counts."""
LATEST: Final = 15.0
"""Seconds after which it counts all the same."""
PAGES: Final = 20
"""The most pages of events that are numbered before they are counted."""
REST: Final = 9
"""After a page it rests for so many times as long as that took: a long past holds up nobody."""
SPACING: Final = 0.002
"""Seconds that it rests at least."""

log = structlog.get_logger("figures")


class Counting:
    """One task that numbers what is new and counts it."""

    def __init__(
        self,
        number: Callable[[], Awaitable[Numbered]],
        follow: Callable[[], Awaitable[Counted]],
        *,
        rest: float = REST,
    ) -> None:
        self._number = number
        self._follow = follow
        self._rest = rest
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._heard = float("-inf")
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="figures")

    async def stop(self) -> None:
        """End after the page that is under way."""
        self._stopping.set()
        self._wake.set()
        if self._task is not None:
            await self._task

    def changed(self, states: Sequence[RequestState]) -> None:
        """Something was committed."""
        if states:
            self._heard = asyncio.get_running_loop().time()
            self._wake.set()

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                await self.catch_up()
            except Exception:
                log.exception("figures_pass_failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), IDLE)
            await self._lull()

    async def catch_up(self) -> None:
        """Count what there is, unless another server is about it. Raises StorageError."""
        loop = asyncio.get_running_loop()
        for _ in range(PAGES):
            if (await self._number()).seen < PAGE:
                break
        while not self._stopping.is_set():
            began = loop.time()
            counted = await self._follow()
            if counted.busy or not counted.seen:
                return
            await self._pause(max(SPACING, self._rest * (loop.time() - began)))

    async def _lull(self) -> None:
        """Wait until nothing is committed for a moment, though not for ever."""
        loop = asyncio.get_running_loop()
        latest = loop.time() + LATEST
        while not self._stopping.is_set():
            wait = min(self._heard + LULL, latest) - loop.time()
            if wait <= 0:
                return
            await self._pause(wait)

    async def _pause(self, seconds: float) -> None:
        """Rest, unless it is to stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def figures_part(ground: Ground) -> Part:
    """The figures kept up to date."""
    storage = ground.storage
    counting = Counting(storage.trail.number, storage.figures.follow)
    return Part(heard=counting.changed, start=counting.start, stop=counting.stop)
