"""The scheduler: APScheduler ticks, the store's index says what is due.

One interval job asks for due requests and applies time to them. Deadlines are rows, not
jobs: nothing is scheduled for each request and nothing is lost at a restart.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.ports import Store
from core.service.absences import AbsenceService
from core.service.approvals import Approvals
from core.value import Millis

EVERY_SECONDS = 1
REFRESH_SECONDS = 5
CHUNK = 100
"""Requests a pass takes at a time, so that clicks come in between."""

CHUNKS = 50
"""The most chunks of one pass; what is left waits for the next tick."""

Job = Callable[[], Awaitable[None]]

log = structlog.get_logger("scheduler")


class Scheduler:
    """Applies what is due, once a second, and runs the other jobs, each after so many seconds."""

    def __init__(
        self,
        approvals: Approvals,
        absences: AbsenceService,
        store: Store,
        clock: Callable[[], Millis],
        jobs: Sequence[tuple[Job, float]] = (),
    ) -> None:
        self._approvals = approvals
        self._absences = absences
        self._store = store
        self._clock = clock
        self._jobs = jobs
        self._timer = AsyncIOScheduler(timezone="UTC")
        self._under_way: set[asyncio.Task[None]] = set()
        self.last_pass: Millis = 0

    def start(self) -> None:
        """Begin: the sweep once a second, each job at once and then after so many seconds."""
        self._every(self.sweep, EVERY_SECONDS)
        for job, seconds in self._jobs:
            self._every(job, seconds, next_run_time=datetime.now(UTC))
        self._timer.start()

    async def stop(self) -> None:
        """Start nothing more, and let what is under way come to its end."""
        if self._timer.running:
            self._timer.shutdown(wait=False)
        await asyncio.gather(*self._under_way)

    def _every(self, job: Job, seconds: float, **given: Any) -> None:
        self._timer.add_job(
            self._run, "interval", (job,), seconds=seconds, max_instances=1, coalesce=True, **given
        )

    async def _run(self, job: Job) -> None:
        """A job as a task of its own: the timer cancels what it runs when it is shut down."""
        task = asyncio.create_task(_guarded(job))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)

    async def sweep(self) -> None:
        """Apply time to everything that is due now; what fails is tried again in the next."""
        failed: set[str] = set()
        await self._turn()
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

    async def _turn(self) -> None:
        """Apply who went away or came back; whatever becomes of it, deadlines are kept."""
        try:
            await self._absences.turn(CHUNK)
        except Exception:
            log.exception("absences_failed")

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
        failed: set[str] = set()
        for each, result in zip(ids, results, strict=True):
            if result is not None:
                tick_failed(each, result)
                failed.add(each)
        return failed


def tick_failed(request_id: str, error: BaseException) -> None:
    """Say that time could not be applied to a request."""
    log.error("tick_failed", request=request_id, exc_info=error)


async def _guarded(job: Job) -> None:
    """Run a job; what fails is told and tried again when its time comes."""
    try:
        await job()
    except Exception:
        log.exception("job_failed")
