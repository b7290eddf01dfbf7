"""The scheduler: APScheduler ticks, the store's index says what is due.

One interval job asks for due requests and applies time to them. Deadlines are rows, not
jobs: nothing is scheduled for each request and nothing is lost at a restart.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.ports import Store
from core.service import Approvals
from core.value import Millis

EVERY_SECONDS = 1
CHUNK = 100
"""Requests a pass takes at a time, so that clicks come in between."""

CHUNKS = 50
"""The most chunks of one pass; what is left waits for the next tick."""

log = structlog.get_logger("scheduler")


class Scheduler:
    """Applies what is due, once a second."""

    def __init__(self, approvals: Approvals, store: Store, clock: Callable[[], Millis]) -> None:
        self._approvals = approvals
        self._store = store
        self._clock = clock
        self._timer = AsyncIOScheduler(timezone="UTC")
        self.last_pass: Millis = 0

    def start(self) -> None:
        self._timer.add_job(
            self.sweep, "interval", seconds=EVERY_SECONDS, max_instances=1, coalesce=True
        )
        self._timer.start()

    def stop(self) -> None:
        if self._timer.running:
            self._timer.shutdown(wait=False)

    async def sweep(self) -> None:
        """Apply time to everything that is due now; what fails is tried again in the next."""
        failed: set[str] = set()
        try:
            for _ in range(CHUNKS):
                most = CHUNK + len(failed)
                due = await self._store.due(self._clock(), most)
                failed |= await self._tick([each for each in due if each not in failed])
                if len(due) < most:
                    break
            self.last_pass = self._clock()
        except Exception:
            log.exception("sweep_failed")

    async def _tick(self, ids: Sequence[str]) -> set[str]:
        """Apply time to these, which are committed together; the ids of those that failed."""
        results = await asyncio.gather(*map(self._approvals.tick, ids), return_exceptions=True)
        failed = {
            each: result
            for each, result in zip(ids, results, strict=True)
            if isinstance(result, BaseException)
        }
        for each, error in failed.items():
            log.error("tick_failed", request=each, exc_info=error)
        return set(failed)
