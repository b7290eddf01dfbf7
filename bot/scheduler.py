"""The scheduler: APScheduler wakes it when something is due, the store's index says what.

Deadlines are rows, not jobs: nothing is scheduled for each request and nothing is lost at a
restart. One date job stands for the next moment at which anything is due; each commit and
each replica's signal may bring it forward. A sweep at intervals finds whatever was missed.
What is due is claimed and ticked in the writer's thread, a chunk in one transaction, so a
pass never holds up the event loop, and replicas share the work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.ports import Store
from core.request import RequestState
from core.rows import Ticked, Wake
from core.service.absences import AbsenceService
from core.service.approvals import Approvals
from core.value import Millis

SAFETY_SECONDS = 5
"""Between two sweeps of everything that is due, whatever is known of it."""

REFRESH_SECONDS = 5
SPACING: Millis = 50
"""The least time until the next pass: what falls due close together is done together."""

LONGEST: Millis = 3_600_000
"""The furthest ahead that a pass is arranged; the clock may be set meanwhile."""

CHUNK = 100
"""Requests in one transaction, so that clicks come in between."""

NEVER: Millis = 1 << 62

Job = Callable[[], Awaitable[None]]
Observer = Callable[[Ticked, Millis], None]
"""Told of each chunk that was ticked, and of the moment at which it was."""

log = structlog.get_logger("scheduler")


class Scheduler:
    """Applies what is due when it is, and runs the other jobs, each after so many seconds."""

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
        self._observers: list[Observer] = []
        self._armed = NEVER
        self._since = NEVER
        self._passing = self._stopping = False
        self._turning = self._turn_again = False
        self.last_pass: Millis = 0

    def start(self) -> None:
        """Begin: the sweeps, each job at once and then after so many seconds."""
        self._every(self.sweep, SAFETY_SECONDS)
        self._every(self.turn, SAFETY_SECONDS, next_run_time=datetime.now(UTC))
        for job, seconds in self._jobs:
            self._every(job, seconds, next_run_time=datetime.now(UTC))
        self._timer.start()
        self._arm()

    async def stop(self, grace: float = 5.0) -> None:
        """Start nothing more, and let what is under way come to its end, within the grace."""
        self._stopping = True
        if self._timer.running:
            self._timer.shutdown(wait=False)
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def observe(self, observer: Observer) -> None:
        """Tell of each chunk of requests that was ticked."""
        self._observers.append(observer)

    def changed(self, states: Sequence[RequestState]) -> None:
        """These were committed: what is due first among them may be due before all else."""
        moments = [moment for state in states if (moment := state.wake_at) is not None]
        if moments:
            self.wake_by(min(moments))

    def wake_by(self, moment: Millis) -> None:
        """See to it that a pass looks at what is due from this moment on, when it has come."""
        self._since = min(self._since, moment)
        if moment < self._armed:
            self._armed = moment
            self._arm()

    def _arm(self) -> None:
        """Have the timer wake it at the moment that comes first."""
        if self._armed == NEVER or not self._timer.running:
            return
        wait = min(max(self._armed - self._clock(), SPACING), LONGEST)
        self._timer.add_job(
            self._on_time,
            "date",
            id="due",
            replace_existing=True,
            misfire_grace_time=None,
            run_date=datetime.now(UTC) + timedelta(milliseconds=wait),
        )

    async def _on_time(self) -> None:
        """Begin a pass, unless one is under way, which ends with arranging the next. It is no
        part of the timer's job, which may be arranged anew before the pass has ended. What woke it
        may be an absence as well."""
        self._armed = NEVER
        self._begin(self.turn)
        if not self._passing:
            self._begin(self._pass)

    async def _pass(self) -> None:
        self._passing = True
        try:
            since, self._since = self._since, NEVER
            await self.sweep(since)
        finally:
            self._passing = False
        if self._since <= self._clock():
            self.wake_by(self._since)

    def _every(self, job: Job, seconds: float, **given: Any) -> None:
        self._timer.add_job(
            self._run, "interval", (job,), seconds=seconds, max_instances=1, coalesce=True, **given
        )

    async def _run(self, job: Job) -> None:
        """A job as a task of its own: the timer cancels what it runs when it is shut down."""
        task = self._begin(job)
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)

    def _begin(self, job: Job) -> asyncio.Task[None]:
        task = asyncio.create_task(_guarded(job))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def sweep(self, since: Millis = 0) -> None:
        """Apply time to everything that is due now; what fails is tried again by the next sweep
        of everything. A pass for what fell due `since` a moment leaves the rest alone: neither
        what failed before nor what the index still holds of requests long done costs it
        anything."""
        now = self._clock()
        after: Wake = (since, "")
        try:
            while not self._stopping:
                ticked = await self._approvals.tick_due(now, CHUNK, after)
                self._ticked(ticked)
                if len(ticked.claimed) < CHUNK:
                    break
                after = ticked.claimed[-1]
            following = await self._store.next_wake(now)
            if following is not None:
                self.wake_by(following)
        except Exception:
            log.exception("sweep_failed")

    def _ticked(self, ticked: Ticked) -> None:
        self.last_pass = now = self._clock()
        for request_id, error in ticked.failed:
            tick_failed(request_id, error)
        for observer in self._observers:
            observer(ticked, now)

    async def turn(self) -> None:
        """Apply who went away or came back, beside the sweeps: it may touch a great many
        requests, and no deadline waits for them. While it is under way, another one is its
        next round."""
        self._turn_again = True
        if self._turning:
            return
        self._turning = True
        try:
            while self._turn_again and not self._stopping:
                self._turn_again = False
                while await self._absences.turn(CHUNK) >= CHUNK and not self._stopping:
                    pass
        except Exception:
            log.exception("absences_failed")
        finally:
            self._turning = False

    async def replan(self) -> None:
        """Bring everything that is open in line with the directory, in small steps.

        Done once at every start and after every reload: who is there may have changed.
        """
        after = ""
        try:
            while not self._stopping and (ids := await self._store.open_ids(after, CHUNK)):
                await self._tick(ids)
                after = ids[-1]
        except Exception:
            log.exception("replan_failed")

    async def _tick(self, ids: Sequence[str]) -> None:
        """Apply time to these, which are committed together."""
        results = await asyncio.gather(*map(self._approvals.tick, ids), return_exceptions=True)
        for each, result in zip(ids, results, strict=True):
            if result is not None:
                tick_failed(each, result)


def tick_failed(request_id: str, error: BaseException) -> None:
    """Say that time could not be applied to a request."""
    log.error("tick_failed", request=request_id, exc_info=error)


async def _guarded(job: Job) -> None:
    """Run a job; what fails is told and tried again when its time comes."""
    try:
        await job()
    except Exception:
        log.exception("job_failed")
