"""No decision with an outdated directory: what another server, or a command, has changed counts
here before anything is decided that it could change.

A commit that is judged by the rules reads which change of the people who are kept is the newest. If
this server has not taken that up yet, nothing is stored: it catches up first, and tries again.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.books import Books
from core.directory.kept import KeptPeople
from core.ports import Store
from core.rows import FIRST, NO_READS, Changes, Loaded, Reads, Ticked, Wake
from core.value import Millis
from storage.errors import Conflict

T = TypeVar("T")

MOST_TRIES = 5
"""How often the directory may change under one command before its caller is told."""


class OutOfDate(Exception):
    """There is a newer directory than the one that would have been used."""


class GuardedStore:
    """A store that decides nothing by an outdated directory; the rest goes straight on."""

    def __init__(self, store: Store, books: Books, catch_up: Callable[[], Awaitable[None]]) -> None:
        self._store = store
        self._books = books
        self._catch_up = catch_up

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def transact(
        self, request_id: str, fn: Callable[[Loaded], Changes[T]], reads: Reads = NO_READS
    ) -> T:
        """See `core.ports.Store.transact`."""
        if not reads.rules:
            return await self._store.transact(request_id, fn, reads)
        for _ in range(MOST_TRIES):
            try:
                return await self._store.transact(request_id, self._guarded(fn), reads)
            except OutOfDate:
                await self._catch_up()
        raise Conflict("The directory changed again and again meanwhile; try again.")

    async def tick_due(
        self,
        now: Millis,
        limit: int,
        fn: Callable[[Loaded], Changes[Any]],
        reads: Reads = NO_READS,
        after: Wake = FIRST,
    ) -> Ticked:
        """See `core.ports.Store.tick_due`."""
        ticked = await self._store.tick_due(now, limit, self._guarded(fn), reads, after)
        if not any(isinstance(error, OutOfDate) for _, error in ticked.failed):
            return ticked
        await self._catch_up()
        return await self._store.tick_due(now, limit, self._guarded(fn), reads, after)

    def _guarded(self, fn: Callable[[Loaded], Changes[T]]) -> Callable[[Loaded], Changes[T]]:
        def run(loaded: Loaded) -> Changes[T]:
            if loaded.directory > self._books.kept.number:
                raise OutOfDate
            return fn(loaded)

        return run


def guarded(store: Store, books: Books, people: KeptPeople) -> Store:
    """The store, guarded by the number of the people who are kept."""

    async def catch_up() -> None:
        books.take(await people.newer(books.kept.number))

    return GuardedStore(store, books, catch_up)
