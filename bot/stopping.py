"""Stopping in time: what is under way is finished, within a bound, whatever hangs.

The first signal begins it. The second ends the process at once, and so does the bound: all that
was answered is committed by then, and what was being sent is taken over by another server, or
by the next start, when its lease ends.
"""

import asyncio
import os
import queue
import signal
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import FrameType

import structlog

LATE = 1
"""The exit code of a server that did not manage to stop within its bound."""

SAYING = 1.0
"""Seconds for the last line of the log: where it goes may be what hangs."""

log = structlog.get_logger("serve")


async def ended(tasks: Collection[asyncio.Task[None]], grace: float) -> None:
    """Return when all have ended; those that take longer than the grace are cancelled."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=grace)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Graces:
    """The seconds that each part may take, of so many in all. What is left over is for writing
    what waits to be written, and for letting go of the database and the platforms."""

    seconds: float

    @property
    def calls(self) -> float:
        """For HTTP calls that are under way; clicks are among them."""
        return self.seconds * 0.25

    @property
    def sending(self) -> float:
        """For what is being sent: most platforms answer within seconds or not at all."""
        return self.seconds * 0.4

    @property
    def calling(self) -> float:
        """For calls to agents that are under way; what is cut off is sent again."""
        return self.seconds * 0.1

    @property
    def asking(self) -> float:
        """For questions to a model that are under way; what is cut off is asked again."""
        return self.seconds * 0.05

    @property
    def jobs(self) -> float:
        """For what the scheduler runs."""
        return self.seconds * 0.1


def stop_signal(seconds: float) -> asyncio.Event:
    """Set by SIGINT or SIGTERM, from when on the process has so many seconds.

    The bound and the second signal are kept by a thread, since the event loop, or the end of
    the program, may be what hangs.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    # Its `put` may interrupt anything. https://docs.python.org/3/library/queue.html#queue.SimpleQueue.put
    told: queue.SimpleQueue[signal.Signals] = queue.SimpleQueue()
    args = (told, seconds)
    threading.Thread(target=_keep_bound, args=args, name="stopping", daemon=True).start()

    def handle(number: int, _frame: FrameType | None) -> None:
        told.put(signal.Signals(number))
        with suppress(RuntimeError):  # the loop is closed: nobody waits for it any more
            loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        # Not the loop's own handlers: they run when the loop comes to it.
        signal.signal(number, handle)
    return stop


def _keep_bound(told: queue.SimpleQueue[signal.Signals], seconds: float) -> None:
    """End the process at the second signal, or so long after the first."""
    told.get()
    try:
        number = told.get(timeout=seconds)
    except queue.Empty:
        remedy = "see what hung in the lines before"
        _end(LATE, partial(log.error, "stopped_late", seconds=seconds, remedy=remedy))
    else:
        _end(128 + number, partial(log.warning, "stopped_at_once", signal=number.name))


def _end(code: int, say: Callable[[], object]) -> None:
    """Say why, unless the log is what hangs, and end the process."""
    saying = threading.Thread(target=say, daemon=True)
    saying.start()
    saying.join(SAYING)
    os._exit(code)
