"""Stopping in time: what is under way is finished, within a bound, whatever hangs.

The first signal begins it. The second ends the process at once, and so does the bound: all that
was answered is committed by then, and what was being sent is taken over by another server, or
by the next start, when its lease ends.
"""

import asyncio
import os
import signal
import threading
from dataclasses import dataclass

import structlog

LATE = 1
"""The exit code of a server that did not manage to stop within its bound."""

log = structlog.get_logger("serve")


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
        return self.seconds * 0.5

    @property
    def jobs(self) -> float:
        """For what the scheduler runs."""
        return self.seconds * 0.1


def stop_signal(seconds: float) -> asyncio.Event:
    """Set by SIGINT or SIGTERM, from when on the process has so many seconds."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(number: signal.Signals) -> None:
        if stop.is_set():
            log.warning("stopped_at_once", signal=number.name)
            os._exit(128 + number)
        stop.set()
        # A thread, since the event loop, or the end of the program, may be what hangs.
        bound = threading.Timer(seconds, _cut_off, (seconds,))
        bound.daemon = True
        bound.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
    return stop


def _cut_off(seconds: float) -> None:
    log.error("stopped_late", seconds=seconds, remedy="see what hung in the lines before")
    os._exit(LATE)
