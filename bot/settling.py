"""Brings what is open in line with a directory that changed: whoever left vacates their seats.

A decision never waits for it: each command brings its own request in line. It is for the requests
that nobody touches, so that others are asked at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from functools import partial

import structlog

from bot.books import Books
from bot.scheduler import CHUNK, tick_failed
from core.directory.kept import KeptPeople
from core.service.approvals import Approvals
from core.service.people import touched

SPARE_SECONDS = 1.0
"""The least pause between two passes over everything that is open; a pass that took longer is
followed by a pause as long."""

Page = Callable[[str, int], Awaitable[Sequence[str]]]
"""Ids of requests beyond an id, at most so many."""

log = structlog.get_logger("directory")


class Settling:
    """Follows the people who are kept, and settles what is open after each change.

    Whichever server made a change begins at once; the others look at intervals, and do it where
    that one has not.
    """

    def __init__(self, books: Books, people: KeptPeople, approvals: Approvals) -> None:
        self._books = books
        self._people = people
        self._approvals = approvals
        self._first: set[str] = set()
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._noticed = 0

    async def catch_up(self) -> None:
        """Take up what changed."""
        before = self._books.kept
        if self._books.take(await self._people.newer(before.number)):
            self._log(len(touched(before, self._books.kept)))

    async def look(self) -> None:
        """Take up what others changed; settle it if nobody has done so since the last look."""
        before = self._books.kept
        newer = await self._people.newer(before.number)
        if self._books.take(newer):
            self._log(len(touched(before, self._books.kept)))
        if newer.number > newer.settled:
            if self._noticed == newer.number:
                self._wanted.set()
            self._noticed = newer.number

    def changed(self, people: Collection[str]) -> None:
        """These may have another say now: what concerns them comes first."""
        if people:
            self._first.update(people)
            self._wanted.set()

    async def start(self) -> None:
        """Begin to settle whenever it is wanted."""
        self._task = asyncio.create_task(self._run(), name="settling")

    async def stop(self) -> None:
        """Leave the rest to whoever runs next: it stands in the database that it is not done."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            began = loop.time()
            try:
                await self.settle()
            except Exception:
                log.exception("settling_failed")
            await asyncio.sleep(max(SPARE_SECONDS, loop.time() - began))

    async def settle(self) -> None:
        """First what concerns those who changed, then everything that is open."""
        number = self._books.kept.number
        first, self._first = self._first, set()
        store = self._approvals.world.store
        for person in sorted(first):
            await self._over(partial(store.concerning, person))
        await self._over(store.open_ids)
        await self._people.settle(number)

    async def _over(self, page: Page) -> None:
        """Tick all that the pages name."""
        after = ""
        while ids := await page(after, CHUNK):
            await self._tick(ids)
            after = ids[-1]

    async def _tick(self, ids: Sequence[str]) -> None:
        """Apply the directory to these, which are committed together."""
        results = await asyncio.gather(*map(self._approvals.tick, ids), return_exceptions=True)
        for each, result in zip(ids, results, strict=True):
            if result is not None:
                tick_failed(each, result)

    def _log(self, people: int) -> None:
        log.info("directory_changed", people=people, number=self._books.kept.number)
