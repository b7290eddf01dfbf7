"""The thread through which everything is written, and its asyncio side.

Commands wait in a queue; the thread takes all that wait, hands them to `Group`, and gives
the answers back in one call into the event loop. One writer serves one event loop.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection

from core.request import RequestState
from core.rows import FIRST, NO_READS, Changes, Loaded, Reads, Ticked, Wake
from core.value import Millis
from storage.commands import Answer, Command, Done, Run, TickDue, Transact
from storage.engine import Engines
from storage.errors import Closed, StorageError
from storage.group import Group

T = TypeVar("T")
Listener = Callable[[Sequence[RequestState]], None]

MOST_TOGETHER = 256
"""Commands in one transaction."""

PAUSE = 0.001
"""Seconds between batches while commands wait, on SQLite. Its write lock goes to whoever asks
while it is free, and other processes ask only now and then (SQLite's busy handler sleeps), so
a writer that takes it again at once starves them."""

_log = logging.getLogger(__name__)


class Writer:
    """Runs commands in batches. All methods are called in the event loop."""

    def __init__(self, engines: Engines, replica: str = "") -> None:
        self._group = Group(engines, replica)
        self._pause = PAUSE if engines.is_sqlite else 0.0
        self._queue: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._listeners: list[Listener] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def on_commit(self, listener: Listener) -> None:
        """Call `listener` in the loop, once after each commit, with the states it changed."""
        self._listeners.append(listener)

    async def transact(
        self, request_id: str, fn: Callable[[Loaded], Changes[T]], reads: Reads = NO_READS
    ) -> T:
        """See `core.ports.Store.transact`."""
        future = self._future()
        self._queue.put(Transact(request_id, fn, reads, future))
        result: T = await future
        return result

    async def run(self, fn: Callable[[Connection], T]) -> T:
        """Call `fn` with the writer's connection inside a transaction; it may run again."""
        future = self._future()
        self._queue.put(Run(fn, future))
        result: T = await future
        return result

    async def tick_due(
        self,
        now: Millis,
        limit: int,
        fn: Callable[[Loaded], Changes[Any]],
        reads: Reads = NO_READS,
        after: Wake = FIRST,
    ) -> Ticked:
        """See `core.ports.Store.tick_due`. All of it is done in the thread."""
        future = self._future()
        self._queue.put(TickDue(now, limit, after, fn, reads, future))
        result: Ticked = await future
        return result

    async def close(self) -> None:
        """Finish everything that waits, then end the thread. Later calls raise Closed."""
        if self._closed:
            return
        self._closed = True
        if self._thread is None:
            return
        self._queue.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def _future(self) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        if self._closed:
            raise Closed("The storage is closed.")
        if self._thread is None:
            self._loop = loop
            self._thread = threading.Thread(target=self._work, name="storage-writer", daemon=True)
            self._thread.start()
        elif loop is not self._loop:
            raise RuntimeError("this storage belongs to another event loop")
        return loop.create_future()

    # --- in the thread -------------------------------------------------------------------

    def _work(self) -> None:
        open_ = True
        while open_:
            commands, open_ = self._take()
            # Who waits for an answer comes before what is due, which may take longer.
            commands.sort(key=_is_tick)
            for _, alike in groupby(commands, key=_is_tick):
                self._answer(list(alike))
            if self._pause and open_ and not self._queue.empty():
                time.sleep(self._pause)
        self._group.close()

    def _take(self) -> tuple[list[Command], bool]:
        """All that waits, at least one; and whether more may come."""
        commands: list[Command] = []
        item = self._queue.get()
        while item is not None:
            commands.append(item)
            if len(commands) == MOST_TOGETHER:
                return commands, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return commands, True
        return commands, False

    def _answer(self, commands: list[Command]) -> None:
        try:
            done = self._group.run(commands)
        except BaseException as error:
            # The thread must outlive whatever this was, and nobody may wait for ever.
            _log.exception("the storage writer failed")
            broken = StorageError("The storage writer failed; see the log.")
            broken.__cause__ = error
            done = Done([Answer(command, error=broken) for command in commands], [])
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop was closed: nobody is left to be answered
            self._loop.call_soon_threadsafe(self._give, done)

    # --- in the loop ---------------------------------------------------------------------

    def _give(self, done: Done) -> None:
        for answer in done.answers:
            future = answer.command.future
            if future.done():
                continue  # its caller went away
            if isinstance(answer.error, StopIteration):
                # A future refuses to carry it: https://peps.python.org/pep-0479/
                future.set_exception(RuntimeError("the function raised StopIteration"))
            elif answer.error is not None:
                future.set_exception(answer.error)
            else:
                future.set_result(answer.result)
        if not done.changed and not done.queued:
            return
        for listener in self._listeners:
            try:
                listener(done.changed)
            except Exception:
                _log.exception("a commit listener failed")


def _is_tick(command: Command) -> bool:
    return isinstance(command, TickDue)
