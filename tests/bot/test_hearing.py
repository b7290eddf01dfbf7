"""What other replicas commit is taken up here, and what was missed is looked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest

from bot import hearing as hearings
from bot.hearing import Hearing
from bot.relay import Relay
from bot.scheduler import Scheduler
from bot.waiting import Waiters
from core.ports import Store
from storage.errors import Unavailable
from storage.signals import Signal, Signals
from tests.bot.logged import logged
from tests.bot.test_waiting import Following


@dataclass
class Ether:
    """As `Signals`: says what is put into it; an exception breaks the connection."""

    says: asyncio.Queue[Signal | Exception] = field(default_factory=asyncio.Queue)
    refusals: int = 0
    connections: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[AsyncIterator[Signal]]:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("The database sends no signals now.")
        self.connections += 1
        yield self._heard()

    async def _heard(self) -> AsyncIterator[Signal]:
        while True:
            said = await self.says.get()
            if isinstance(said, Exception):
                raise said
            yield said


class Server:
    """The parts that are woken, which note it."""

    def __init__(self) -> None:
        self.ether = Ether()
        self.waiters = Waiters()
        self.wakes: list[int] = []
        self.relayed = self.looks = 0
        self.changed = asyncio.Event()
        self.hearing = Hearing(
            cast("Signals", self.ether),
            self.waiters,
            cast("Scheduler", self),
            cast("Relay", self),
            self.look,
        )

    def wake_by(self, moment: int) -> None:
        self.wakes.append(moment)
        self.changed.set()

    def wake(self) -> None:
        self.relayed += 1
        self.changed.set()

    async def look(self) -> None:
        self.looks += 1
        self.changed.set()

    async def until(self, count: int, what: str) -> None:
        async with asyncio.timeout(10):
            while getattr(self, what) < count:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearings, "HAND_OVER", 0.01)
    monkeypatch.setattr(hearings, "FIRST_PAUSE", 0.01)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    made.hearing.start()
    await made.until(1, "looks")
    made.wakes.clear()
    made.relayed = 0
    yield made
    await made.hearing.stop()


async def test_who_waits_for_a_request_wakes_when_it_left_pending_elsewhere(
    server: Server,
) -> None:
    mine, other = server.waiters.watch("r1"), server.waiters.watch("r2")
    server.ether.says.put_nowait(Signal(replica="two", left=("r0", "r1")))
    await asyncio.wait_for(mine._left, 10)
    assert not other._left.done()


async def test_who_follows_a_request_is_told_of_every_change_elsewhere(server: Server) -> None:
    following = Following({})
    server.waiters.follow(following)
    server.hearing.heard(Signal(replica="two", left=("r1",), moved=("r2", "r3")))
    assert following.told == [["r1", "r2", "r3"]]


async def test_the_next_deadline_of_another_replicas_request_is_known_here(server: Server) -> None:
    server.ether.says.put_nowait(Signal(replica="two", wake=77))
    await server.until(1, "relayed")
    assert server.wakes == [77]


async def test_the_relay_looks_once_for_many_signals_and_not_at_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever committed delivers it; the others come in only where that one does not."""
    monkeypatch.setattr(hearings, "HAND_OVER", 3600)
    for number in range(20):
        server.hearing.heard(Signal(replica="two", left=(f"r{number}",)))
    first = server.hearing._handing
    server.hearing.heard(Signal(replica="two"))
    assert (server.relayed, server.hearing._handing) == (0, first)
    server.hearing._hand_over()
    assert (server.relayed, server.hearing._handing) == (1, None)


async def test_after_a_break_it_listens_again_and_looks_at_what_it_may_have_missed(
    server: Server,
) -> None:
    server.ether.refusals = 2
    with logged() as logs:
        server.ether.says.put_nowait(Unavailable("The database sends no signals now."))
        await server.until(2, "looks")
    assert (server.ether.connections, server.wakes, server.relayed) == (2, [0], 1)
    assert [line["event"] for line in logs] == ["not_listening", "listening"], "each once"


async def test_whatever_breaks_it_does_not_end_it(server: Server) -> None:
    with logged() as logs:
        server.ether.says.put_nowait(RecursionError("deep"))
        await server.until(2, "looks")
    assert [line["event"] for line in logs] == ["hearing_failed", "listening"]


async def test_where_nothing_can_be_heard_nothing_runs() -> None:
    deaf = Hearing(None, Waiters(), cast("Scheduler", None), cast("Relay", None), Server().look)
    deaf.start()
    assert deaf._task is None
    assert deaf.spread() == 0
    await deaf.stop()


async def test_what_all_servers_are_told_at_once_they_begin_one_after_the_other() -> None:
    server, chances = Server(), iter([0.0, 0.5])
    nothing = cast("Scheduler", None), cast("Relay", None)
    signals = cast("Signals", server.ether)
    made = Hearing(signals, Waiters(), *nothing, server.look, lambda: next(chances))
    assert [made.spread(), made.spread()] == [0.0, hearings.SPREAD / 2]


class Past:
    """A store in which some requests have left pending; it counts the looks."""

    def __init__(self, *left: str) -> None:
        self.left, self.asked = left, list[list[str]]()

    async def left_pending(self, ids: list[str]) -> list[str]:
        self.asked.append(ids)
        return [each for each in ids if each in self.left]


async def test_a_look_wakes_who_waits_for_what_nobody_told_and_costs_nothing_without_waiters() -> (
    None
):
    waiters, past = Waiters(), Past("r1")
    store = cast("Store", past)
    await waiters.look(store)
    assert past.asked == []
    mine, other = waiters.watch("r1"), waiters.watch("r2")
    await waiters.look(store)
    assert (past.asked, mine._left.done(), other._left.done()) == ([["r1", "r2"]], True, False)


async def test_who_begins_to_wait_while_the_server_stops_is_answered_at_once() -> None:
    waiters = Waiters()
    waiters.wake_all()
    late = waiters.watch("r1")
    assert late._left.done()
    late.close()
