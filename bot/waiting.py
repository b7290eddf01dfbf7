"""Waiters for requests to change: no query, no task and no timer of their own each.

A commit wakes exactly those who wait for the requests it changed, wherever it was made: other
replicas tell which requests they changed. Where that was missed, a look in intervals at all
that are waited for makes up for it.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Final, Protocol, TypeVar

from core.ports import Store
from core.request import RequestState, Status
from core.value import Millis

K = TypeVar("K")

TICK: Final = 0.05
"""Seconds by which a wait may be longer than was asked: those that end within the same share one
timer."""


class Follower(Protocol):
    """Whoever follows requests through all their changes."""

    def followed(self) -> Mapping[str, int]:
        """The ids followed, each with the version known."""
        ...

    def changed(self, ids: Iterable[str]) -> None:
        """These have changed, followed or not."""
        ...

    def stop(self) -> None:
        """Bring everybody what is true now, and let them go: the server is stopping."""
        ...


class Watch:
    """One wait, begun before the state was read, so that no change falls between."""

    __slots__ = ("_left", "_request_id", "_tick", "_waiters")

    def __init__(self, waiters: "Waiters", request_id: str) -> None:
        self._waiters = waiters
        self._request_id = request_id
        self._tick = 0
        self._left = asyncio.get_running_loop().create_future()

    async def wait(self, milliseconds: Millis) -> None:
        """Return when the request has left `pending`, or when the time has passed."""
        self._tick = self._waiters.until(self, milliseconds / 1000)
        await self._left

    def wake(self) -> None:
        if not self._left.done():
            self._left.set_result(None)

    def close(self) -> None:
        """Forget the wait; also after `wait` returned."""
        self._left.cancel()
        self._waiters.forget(self._request_id, self, self._tick)


class Waiters:
    """All watches of this process by request id, and those who follow requests."""

    def __init__(self) -> None:
        self._watches: dict[str, set[Watch]] = {}
        self._ends: dict[int, set[Watch]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._followers: list[Follower] = []
        self._stopping = False

    def watch(self, request_id: str) -> Watch:
        watch = Watch(self, request_id)
        if self._stopping:
            watch.wake()
        self._watches.setdefault(request_id, set()).add(watch)
        return watch

    def follow(self, follower: Follower) -> None:
        """Tell somebody of all changes from now on."""
        self._followers.append(follower)

    def changed(self, states: Sequence[RequestState]) -> None:
        """Take up what a commit changed."""
        self.left(state.id for state in states if state.status is not Status.PENDING)
        self.moved([state.id for state in states])

    def left(self, ids: Iterable[str]) -> None:
        """Wake whoever waits for these: they have left `pending`."""
        for each in ids:
            for watch in self._watches.get(each, ()):
                watch.wake()

    def moved(self, ids: Sequence[str]) -> None:
        """Tell whoever follows these: they have changed in some way."""
        for follower in self._followers:
            follower.changed(ids)

    async def look(self, store: Store) -> None:
        """Wake whoever waits for what changed unnoticed; no query when nobody waits."""
        if self._watches:
            self.left(await store.left_pending(list(self._watches)))
        for follower in self._followers:
            known = follower.followed()
            if known:
                found = await store.versions(list(known))
                follower.changed([its for its, version in found.items() if version > known[its]])

    def wake_all(self) -> None:
        """Let every waiter answer with what is true now, also who comes still: the server is
        stopping."""
        self._stopping = True
        for watches in self._watches.values():
            for watch in watches:
                watch.wake()
        for follower in self._followers:
            follower.stop()

    def until(self, watch: Watch, seconds: float) -> int:
        """Wake the watch after so many seconds; the number of the tick at which."""
        tick = ceil((asyncio.get_running_loop().time() + seconds) / TICK)
        self._ends.setdefault(tick, set()).add(watch)
        self._set_timer()
        return tick

    def forget(self, request_id: str, watch: Watch, tick: int) -> None:
        _discard(self._watches, request_id, watch)
        _discard(self._ends, tick, watch)

    def _set_timer(self) -> None:
        """One timer for all, for the earliest end."""
        at = min(self._ends) * TICK
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._time_passed)

    def _time_passed(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time() + TICK / 10
        for tick in [each for each in self._ends if each * TICK <= now]:
            for watch in self._ends.pop(tick):
                watch.wake()
        if self._ends:
            self._set_timer()


def _discard(watches: dict[K, set[Watch]], key: K, watch: Watch) -> None:
    found = watches.get(key)
    if found is not None:
        found.discard(watch)
        if not found:
            del watches[key]
