"""Who sends callbacks: each once, in order, and whatever one receiver does, the others go on."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

import pytest

from bot.calling_back import PER_HOST, CallingBack
from core.ports import Delivered, Outcome, RetryAt
from core.rows import QueuedCallback
from storage import Storage
from tests.contract.test_callbacks import LATER, places, queue, told
from tests.storage.purchase import rid

ENOUGH = 10.0
"""Seconds until a test gives up."""


class Receivers:
    """All hosts: what they got, and what they do with it."""

    def __init__(self) -> None:
        self.got: list[QueuedCallback] = []
        self.at_once: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.answer: Callable[[QueuedCallback], Awaitable[Outcome]] = self.take
        self.stopped = 0

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.stopped += 1

    async def send(self, queued: QueuedCallback) -> Outcome:
        host = queued.row.host
        self.at_once[host] += 1
        self.most[host] = max(self.most[host], self.at_once[host])
        self.got.append(queued)
        try:
            return await self.answer(queued)
        finally:
            self.at_once[host] -= 1

    async def take(self, _queued: QueuedCallback) -> Outcome:
        await asyncio.sleep(0)
        return Delivered()


@asynccontextmanager
async def calling(
    storage: Storage, receivers: Receivers, outcomes: list[Outcome] | None = None
) -> AsyncIterator[CallingBack]:
    def note(outcome: Outcome, _seconds: float) -> None:
        if outcomes is not None:
            outcomes.append(outcome)

    made = CallingBack(storage.callbacks, receivers, lambda: LATER, note)
    await made.start()
    try:
        yield made
    finally:
        await made.stop(grace=1.0)


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    deadline = asyncio.get_running_loop().time() + ENOUGH
    while asyncio.get_running_loop().time() < deadline:
        if await look():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


async def all_are_delivered(storage: Storage) -> None:
    async def none_left() -> bool:
        return not await storage.callbacks.undelivered()

    await until(none_left)


async def test_two_servers_send_each_callback_once_and_in_order(
    storage: Storage, replica: Storage
) -> None:
    rows = [told(n, place, f"{n % 3}.example") for n in range(1, 9) for place in (2, 3, 5)]
    receivers = Receivers()
    await queue(storage, *rows)
    async with calling(storage, receivers), calling(replica, receivers):
        await all_are_delivered(storage)
    assert sorted(places(receivers.got)) == sorted((r.request, r.sequence) for r in rows)
    for number in range(1, 9):
        own = [each.row.sequence for each in receivers.got if each.row.request == rid(number)]
        assert own == [2, 3, 5]
    assert receivers.stopped == 2


async def test_a_receiver_that_hangs_has_few_calls_and_holds_up_nobody(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, next_due = list[list[str]](), storage.callbacks.next_due

    async def looked(without: Collection[str] = ()) -> int | None:
        asked.append(list(without))
        return await next_due(without)

    monkeypatch.setattr(storage.callbacks, "next_due", looked)
    slow = [told(n, 2, "slow.example") for n in range(1, 31)]
    receivers, release = Receivers(), asyncio.Event()

    async def hang(queued: QueuedCallback) -> Outcome:
        if queued.row.host == "slow.example":
            await release.wait()
        return Delivered()

    receivers.answer = hang
    await queue(storage, *slow)
    async with calling(storage, receivers) as server:
        await queue(storage, *(told(n, 2, "quick.example") for n in range(50, 60)))
        server.wake()

        async def quick_is_done() -> bool:
            left = await storage.callbacks.undelivered()
            return {each.row.host for each in left} == {"slow.example"}

        await until(quick_is_done)
        assert Counter(q.row.host for q in receivers.got)["slow.example"] == PER_HOST
        # Once it is full, what is due there is not even looked at.
        assert len(asked) > 1
        assert all("slow.example" in each for each in asked[1:])
        release.set()
        await all_are_delivered(storage)
    assert receivers.most["slow.example"] == PER_HOST


async def test_a_failed_call_comes_again_before_the_next_of_its_request(storage: Storage) -> None:
    receivers, outcomes = Receivers(), list[Outcome]()
    again = RetryAt(reason="500", after=0)

    async def fail(_queued: QueuedCallback) -> Outcome:
        return again if len(receivers.got) <= 2 else Delivered()

    receivers.answer = fail
    await queue(storage, told(1, 2), told(1, 3))
    async with calling(storage, receivers, outcomes):
        await all_are_delivered(storage)
    assert [q.row.sequence for q in receivers.got] == [2, 2, 2, 3]
    assert len({q.row.id for q in receivers.got}) == 2
    assert [q.attempts for q in receivers.got] == [0, 1, 2, 0]
    assert outcomes == [again, again, Delivered(), Delivered()]


async def test_a_fault_of_ours_is_tried_again_and_said_by_its_kind_only(storage: Storage) -> None:
    receivers = Receivers()

    async def broken(_queued: QueuedCallback) -> Outcome:
        raise ValueError("s3cret")

    receivers.answer = broken
    await queue(storage, told(1, 2))
    async with calling(storage, receivers):

        async def noted() -> bool:
            [found] = await storage.callbacks.undelivered()
            return found.reason is not None

        await until(noted)
    [found] = await storage.callbacks.undelivered()
    assert (found.state, found.attempts, found.reason) == ("pending", 1, "ValueError")


async def test_a_stop_lets_calls_end_and_leaves_the_rest(storage: Storage) -> None:
    receivers, begun = Receivers(), asyncio.Event()

    async def for_ever(queued: QueuedCallback) -> Outcome:
        begun.set()
        if queued.row.sequence == 9:
            await asyncio.Event().wait()
        return Delivered()

    receivers.answer = for_ever
    await queue(storage, told(1, 9, "a.example"))
    made = CallingBack(storage.callbacks, receivers, lambda: LATER, lambda _outcome, _seconds: None)
    await made.start()
    await begun.wait()
    await made.stop(grace=0.01)
    [left] = await storage.callbacks.undelivered()
    assert (left.state, left.lease) == ("pending", LATER + 45_000)  # its lease ends
    assert receivers.stopped == 1
