"""Asks the model: follows what was committed, claims what is wanted, asks, and records the answer.

Nothing waits for it: cards show the advice of the rules at once, and are rendered anew when an
answer is recorded. What is wanted stands in the database, under a lease while it is asked about, so
a server that dies loses nothing and two servers ask once.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from core.advice.asking import GIVEN_UP, Questions, Wanted, next_try
from core.advice.calibration import Cases, Kind, Records, by_kind, said
from core.advice.facts import Fact
from core.advice.port import Adviser, Answered, Later, Never
from core.content import Rationale
from core.request import RequestState
from core.service.advising import AdvisingService
from core.value import Millis
from storage.checkpoints import SqlTrail
from storage.sequencer import PAGE

LEASE: Final[Millis] = 180_000
"""An answer that takes longer is not waited for, so that a lease taken over has no live asker."""
SLACK: Final[Millis] = 15_000
"""Of the lease, what is left for recording the answer."""
IDLE: Final[Millis] = 5_000
"""The longest sleep: what another server left is found by then."""
TOGETHER: Final[Millis] = 100
"""After a commit, how long others are waited for: they are followed in one page."""
AFTER_FAILURE: Final[Millis] = 1_000
FAILURES: Final = 5
STUCK: Final = (
    "Looking for requests to ask the model about fails: see advising_pass_failed in the log."
)
PAGES: Final = 20
"""The most pages that are followed before looking whether anything is due."""
SPACING: Final = 0.002
"""Seconds between two pages, so that a long past holds up no click."""
REFRESH: Final[Millis] = 60_000
"""How old what is told of the record may be."""

log = structlog.get_logger("advising")


class Record:
    """How often the model was right, as of the last look, in a sentence for cards."""

    def __init__(self, kept: Records, clock: Callable[[], Millis]) -> None:
        self._kept = kept
        self._clock = clock
        self._at: Millis = -REFRESH
        self._cases: Mapping[Kind, Cases] = {}

    def said(self, rationale: Rationale | None) -> str | None:
        """What is known of advice like this; None for too little."""
        return None if rationale is None else said(rationale, self._cases)

    async def refresh(self) -> None:
        """Read it again, if it has become old."""
        now = self._clock()
        if not 0 <= now - self._at < REFRESH:
            self._cases = by_kind(await self._kept.record())
            self._at = now


class Advising:
    """One task that follows and claims, and one short-lived task for each question."""

    def __init__(
        self,
        service: AdvisingService,
        questions: Questions,
        trail: SqlTrail,
        adviser: Adviser,
        record: Record,
        clock: Callable[[], Millis],
        *,
        concurrency: int = 4,
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._service = service
        self._questions = questions
        self._trail = trail
        self._adviser = adviser
        self._record = record
        self._clock = clock
        self._most = concurrency
        self._jitter = jitter
        self._wake = asyncio.Event()
        self._asking: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._failed = 0

    @property
    def trouble(self) -> str | None:
        """What is wrong with looking for what is wanted, once it has failed several times in a
        row; None while it works."""
        return STUCK if self._failed >= FAILURES else None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="advising")

    def wake(self) -> None:
        """Look again: something may be wanted."""
        self._wake.set()

    def changed(self, states: Sequence[RequestState]) -> None:
        """Something was committed."""
        if states:
            self.wake()

    async def stop(self, grace: float = 5.0) -> None:
        """Let the questions that are under way be answered, within the grace; those cut off are
        asked again when their leases end."""
        self._stopping = True
        self.wake()
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        if self._task is not None:
            await self._task
        if self._asking:
            _, late = await asyncio.wait(self._asking, timeout=max(end - loop.time(), 0))
            for each in late:
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                wait = await self.look()
                self._failed = 0
            except Exception:
                log.exception("advising_pass_failed")
                wait = AFTER_FAILURE
                self._failed += 1
            if wait > 0 and not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait / 1000)
                if not self._stopping:
                    await asyncio.sleep(TOGETHER / 1000)

    async def look(self) -> Millis:
        """Follow what is new, begin the questions that are due and for which there is room;
        milliseconds until there may be more. One that is answered wakes."""
        await self._record.refresh()
        wait = await self._follow()
        if wait < IDLE:
            # What is not followed yet would be told as if it had never been.
            return wait
        room = self._most - len(self._asking)
        due, now = await self._questions.next_due(), self._clock()
        if due is None or room <= 0:
            return wait
        if due > now:
            return min(due - now, wait)
        for wanted in await self._questions.claim(now, now + LEASE, room):
            task = asyncio.create_task(self._ask(wanted))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return min(TOGETHER, wait)

    async def _follow(self) -> Millis:
        """Milliseconds until there may be more to follow."""
        for _ in range(PAGES):
            if (await self._trail.number()).seen < PAGE:
                break
        for _ in range(PAGES):
            found = await self._questions.follow(self._service.wants, self._clock())
            if found.busy:
                return TOGETHER
            if not found.seen:
                return IDLE
            await asyncio.sleep(SPACING)
        return 0

    async def _ask(self, wanted: Wanted) -> None:
        try:
            again = await self._answered_or_later(wanted)
            await self._questions.settle(wanted, again)
        except Exception:
            # Its lease ends, and it is asked again.
            log.exception("advice_not_settled", request=wanted.request)
        finally:
            self.wake()

    async def _answered_or_later(self, wanted: Wanted) -> Millis | None:
        """As `_answered`. What fails again and again is asked less and less, and given up: each
        time may have cost something."""
        try:
            return await self._answered(wanted)
        except Exception:
            log.exception("advice_failed", request=wanted.request)
            return next_try(wanted, self._clock(), None, self._jitter())

    async def _answered(self, wanted: Wanted) -> Millis | None:
        """Ask once; when to ask again, None for never."""
        if self._clock() >= wanted.wanted_at + GIVEN_UP:
            # Before anything is read of it, which may be what fails.
            log.warning("advice_given_up", request=wanted.request)
            return None
        asked = await self._service.question(wanted.request, wanted.revision)
        if asked is None:
            return None
        answer = await self._answer(asked.told)
        if isinstance(answer, Answered):
            run = answer.run
            await self._questions.spend(self._clock(), run.tokens_in + run.tokens_out, run.cost)
            recorded = await self._service.record(asked, answer)
            log.info("advised", request=wanted.request, recorded=recorded, took=answer.run.took)
            return None
        if isinstance(answer, Never):
            log.warning("no_advice", request=wanted.request, reason=answer.reason)
            return None
        again = next_try(wanted, self._clock(), answer.after, self._jitter())
        log.info("advice_later", request=wanted.request, reason=answer.reason, again=again)
        return again

    async def _answer(self, told: Sequence[Fact]) -> Answered | Later | Never:
        try:
            async with asyncio.timeout((LEASE - SLACK) / 1000):
                return await self._adviser.advise(told)
        except TimeoutError:
            return Later(reason="no answer in time")
        except Exception as error:
            log.exception("adviser_failed")
            return Later(reason=type(error).__name__)
