"""Waiters for requests to leave `pending`: no query, no task and no timer of their own each.

A commit wakes exactly those who wait for the requests it changed, wherever it was made: other
replicas tell which requests left `pending`. Where that was missed, a look in intervals at all
that are waited for makes up for it.
"""

import asyncio
from collections.abc import Iterable, Sequence

from core.ports import Store
from core.request import RequestState, Status
from core.value import Millis


class Watch:
    """One wait, begun before the state was read, so that no change falls between."""

    def __init__(self, waiters: "Waiters", request_id: str) -> None:
        self._waiters = waiters
        self._request_id = request_id
        self._left = asyncio.get_running_loop().create_future()

    async def wait(self, milliseconds: Millis) -> None:
        """Return when the request has left `pending`, or when the time has passed."""
        await asyncio.wait([self._left], timeout=milliseconds / 1000)

    def wake(self) -> None:
        if not self._left.done():
            self._left.set_result(None)

    def close(self) -> None:
        """Forget the wait; also after `wait` returned."""
        self._left.cancel()
        self._waiters.forget(self._request_id, self)


class Waiters:
    """All watches of this process by request id."""

    def __init__(self) -> None:
        self._watches: dict[str, set[Watch]] = {}
        self._stopping = False

    def watch(self, request_id: str) -> Watch:
        watch = Watch(self, request_id)
        if self._stopping:
            watch.wake()
        self._watches.setdefault(request_id, set()).add(watch)
        return watch

    def changed(self, states: Sequence[RequestState]) -> None:
        """Wake whoever waits for a request that is no longer pending."""
        self.left(state.id for state in states if state.status is not Status.PENDING)

    def left(self, ids: Iterable[str]) -> None:
        """Wake whoever waits for these: they have left `pending`."""
        for each in ids:
            for watch in self._watches.get(each, ()):
                watch.wake()

    async def look(self, store: Store) -> None:
        """Wake whoever waits for what left `pending` unnoticed; no query when nobody waits."""
        if self._watches:
            self.left(await store.left_pending(list(self._watches)))

    def wake_all(self) -> None:
        """Let every waiter answer with what is true now, also who comes still: the server is
        stopping."""
        self._stopping = True
        for watches in self._watches.values():
            for watch in watches:
                watch.wake()

    def forget(self, request_id: str, watch: Watch) -> None:
        watches = self._watches.get(request_id)
        if watches is not None:
            watches.discard(watch)
            if not watches:
                del self._watches[request_id]
