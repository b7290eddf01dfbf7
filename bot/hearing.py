"""Takes up what other replicas commit: waiters wake, the scheduler and the relay look again.

Nothing depends on a signal; each only saves waiting for the next look in intervals. While the
connection is down, and after it has come back, everything is looked at once: a signal that was
missed is not sent again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.relay import Relay
from bot.scheduler import Scheduler
from bot.waiting import Waiters
from storage.errors import StorageError
from storage.signals import Signal, Signals

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds between attempts to listen again: each pause is twice as long as the one before."""

SPREAD = 2.0
"""Seconds over which servers begin what all of them are told at once: the first does the most
of it, and the others find it done."""

HAND_OVER = 1.0
"""Seconds that who committed something has to deliver it. Did all replicas look at once, each
commit would cost a query on every one of them; later there is nothing left to do but what
that one does not get round to."""

log = structlog.get_logger("hearing")


class Hearing:
    """One task that listens as long as the server runs; none where nothing can be heard."""

    def __init__(
        self,
        signals: Signals | None,
        waiters: Waiters,
        scheduler: Scheduler,
        relay: Relay,
        look: Callable[[], Awaitable[None]],
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        """`look` wakes waiters whose requests left `pending` unnoticed; `jitter` gives numbers
        from 0 to 1, so that replicas do not come back all at once."""
        self._signals = signals
        self._waiters = waiters
        self._scheduler = scheduler
        self._relay = relay
        self._look = look
        self._jitter = jitter
        self._handing: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.is_on: bool | None = None

    def start(self) -> None:
        if self._signals is not None:
            self._task = asyncio.create_task(self._run(self._signals), name="hearing")

    def spread(self) -> float:
        """Seconds to wait before what every server begins now; none where there is but one."""
        return 0.0 if self._signals is None else SPREAD * self._jitter()

    async def stop(self) -> None:
        """Hear nothing more."""
        if self._handing is not None:
            self._handing.cancel()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def heard(self, signal: Signal) -> None:
        """Take up what a commit may mean here."""
        self._waiters.left(signal.left)
        self._waiters.moved(signal.left + signal.moved)
        if signal.wake is not None:
            self._scheduler.wake_by(signal.wake)
        if self._handing is None:
            self._handing = asyncio.get_running_loop().call_later(HAND_OVER, self._hand_over)

    def _hand_over(self) -> None:
        self._handing = None
        self._relay.wake()

    async def _run(self, signals: Signals) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                async with signals.listening() as incoming:
                    pause = FIRST_PAUSE
                    self._listens(True)
                    await self._catch_up()
                    async for signal in incoming:
                        self.heard(signal)
            except StorageError as error:
                self._listens(False, error)
            except Exception:
                # Whatever it was, others can be heard again later.
                log.exception("hearing_failed")
                self.is_on = False
            await asyncio.sleep(pause * (0.5 + self._jitter() / 2))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _catch_up(self) -> None:
        """Look once at everything that a missed signal could have been about."""
        self._scheduler.wake_by(0)
        self._relay.wake()
        await self._look()

    def _listens(self, is_on: bool, error: StorageError | None = None) -> None:
        """Say once that it began, and once that it ended."""
        if is_on and not self.is_on:
            log.info("listening", to="the other servers on this database")
        elif not is_on and self.is_on is not False:
            log.warning("not_listening", reason=str(error))
        self.is_on = is_on
