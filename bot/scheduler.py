"""The scheduler: APScheduler ticks, the store's index says what is due.

One interval job asks for due requests and applies time to them. Deadlines are rows, not
jobs: nothing is scheduled for each request and nothing is lost at a restart.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.absences import AbsenceService
from core.ports import Store
from core.service import Approvals
from core.value import Millis

EVERY_SECONDS = 1
REFRESH_SECONDS = 5
CHUNK = 100
"""Requests a pass takes at a time, so that clicks come in between."""

CHUNKS = 50
"""The most chunks of one pass; what is left waits for the next tick."""

log = structlog.get_logger("scheduler")


class Scheduler:
    """Applies what is due, once a second."""

    def __init__(
        self,
        approvals: Approvals,
        absences: AbsenceService,
        store: Store,
        clock: Callable[[], Millis],
        refreshing: Sequence[Callable[[], Awaitable[object]]] = (),
    ) -> None:
        self._approvals = approvals
        self._absences = absences
        self._store = store
        self._clock = clock
        self._refreshing = refreshing
        self._timer = AsyncIOScheduler(timezone="UTC")
        self.last_pass: Millis = 0

    def start(self) -> None:
        self._timer.add_job(
            self.sweep, "interval", seconds=EVERY_SECONDS, max_instances=1, coalesce=True
        )
        self._timer.add_job(
            self.refresh, "interval", seconds=REFRESH_SECONDS, max_instances=1, coalesce=True
        )
        self._timer.start()

    def stop(self) -> None:
        if self._timer.running:
            self._timer.shutdown(wait=False)

    async def sweep(self) -> None:
        """Apply time to everything that is due now; what fails is tried again in the next."""
        failed: set[str] = set()
        try:
            await self._absences.turn(CHUNK)
            for _ in range(CHUNKS):
                most = CHUNK + len(failed)
                due = await self._store.due(self._clock(), most)
                failed |= await self._tick([each for each in due if each not in failed])
                if len(due) < most:
                    break
            self.last_pass = self._clock()
        except Exception:
            log.exception("sweep_failed")

    async def refresh(self) -> None:
        """Read again what other replicas may have changed."""
        for refreshed in self._refreshing:
            try:
                await refreshed()
            except Exception:
                log.exception("refresh_failed")

    async def replan(self) -> None:
        """Bring everything that is open in line with the directory, in small steps.

        Done once at every start and after every reload: who is there may have changed.
        """
        after = ""
        try:
            while ids := await self._store.open_ids(after, CHUNK):
                await self._tick(ids)
                after = ids[-1]
        except Exception:
            log.exception("replan_failed")

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
