"""Waiters: who is woken, when, and by how many timers and queries."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

import pytest

from bot.waiting import Waiters
from core.ports import Store
from core.request import RequestState, Status

LONG = 60_000


class Past:
    """A store that counts what it is asked."""

    def __init__(self, versions: Mapping[str, int] | None = None) -> None:
        self.asked: list[list[str]] = []
        self._versions = versions or {}

    async def left_pending(self, ids: Sequence[str]) -> Sequence[str]:
        self.asked.append(list(ids))
        return []

    async def versions(self, ids: Sequence[str]) -> Mapping[str, int]:
        self.asked.append(list(ids))
        return self._versions


class Following:
    """Knows some requests at some versions."""

    def __init__(self, known: dict[str, int]) -> None:
        self.known = known
        self.told: list[list[str]] = []
        self.stopped = False

    def followed(self) -> Mapping[str, int]:
        return self.known

    def changed(self, ids: Iterable[str]) -> None:
        self.told.append(list(ids))

    def stop(self) -> None:
        self.stopped = True


async def test_a_wait_ends_when_its_time_has_passed_and_not_before() -> None:
    waiters, loop = Waiters(), asyncio.get_running_loop()
    ends = {0.02: 0.0, 0.12: 0.0}

    async def wait(seconds: float) -> None:
        watch = waiters.watch("r1")
        await watch.wait(round(seconds * 1000))
        ends[seconds] = loop.time()
        watch.close()

    began = loop.time()
    await asyncio.wait_for(asyncio.gather(*map(wait, ends)), 10)
    assert all(ended - began >= seconds for seconds, ended in ends.items())
    assert ends[0.02] < ends[0.12]


async def test_thousands_who_wait_share_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    waiters, loop = Waiters(), asyncio.get_running_loop()
    timers = list[float]()
    real = loop.call_at

    def counting(when: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        timers.append(when)
        return real(when, call)

    monkeypatch.setattr(loop, "call_at", counting)
    watches = [waiters.watch(f"r{n}") for n in range(1000)]
    tasks = [asyncio.create_task(watch.wait(LONG)) for watch in watches]
    await asyncio.sleep(0)
    assert len(timers) == 1
    waiters.left(f"r{n}" for n in range(1000))
    await asyncio.gather(*tasks)


async def test_an_earlier_end_moves_the_timer_forward() -> None:
    waiters = Waiters()
    late, soon = waiters.watch("r1"), waiters.watch("r2")
    waiting = asyncio.create_task(late.wait(LONG))
    await asyncio.sleep(0)
    await asyncio.wait_for(soon.wait(1), 10)
    assert not waiting.done()
    waiters.left(["r1"])
    await waiting


async def test_nothing_is_kept_of_who_waited() -> None:
    waiters = Waiters()
    watches = [waiters.watch("r1"), waiters.watch("r1"), waiters.watch("r2")]
    tasks = [asyncio.create_task(watch.wait(LONG)) for watch in watches]
    await asyncio.sleep(0)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    waiters.left(["r1", "r2"])
    await asyncio.gather(*tasks[1:])
    for watch in watches:
        watch.close()
    assert (waiters._watches, waiters._ends) == ({}, {})
    past = Past()
    await waiters.look(cast("Store", past))
    assert past.asked == []


async def test_a_commit_wakes_who_waits_for_a_decision_and_tells_who_follows() -> None:
    waiters, following = Waiters(), Following({})
    waiters.follow(following)
    mine, other = waiters.watch("r1"), waiters.watch("r2")
    states = [
        RequestState(id="r1", status=Status.APPROVED),
        RequestState(id="r2", status=Status.PENDING),
    ]
    waiting = asyncio.create_task(other.wait(LONG))
    waiters.changed(states)
    await asyncio.wait_for(mine.wait(LONG), 10)
    await asyncio.sleep(0)
    assert not waiting.done()
    assert following.told == [["r1", "r2"]]
    waiters.wake_all()
    await asyncio.wait_for(waiting, 10)
    assert following.stopped


async def test_who_follows_is_told_what_was_missed_by_one_question() -> None:
    waiters, following = Waiters(), Following({"r1": 3, "r2": 4, "r3": 1})
    waiters.follow(following)
    past = Past({"r1": 3, "r2": 5})
    await waiters.look(cast("Store", past))
    assert past.asked == [["r1", "r2", "r3"]]
    assert following.told == [["r2"]]
