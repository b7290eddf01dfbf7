"""Ticks beside everything else: broken commits, freezes, and a replica that stops in the middle."""

import asyncio
import threading
from urllib.parse import urlsplit

import pytest

from core.audit.chain import broken_at
from core.request import Status
from core.rows import Changes, Loaded, Reads
from storage import Storage, engine, open_storage
from tests.contract.cutting import AFTER, BEFORE, SILENT, Cutting
from tests.storage.absent import freeze
from tests.storage.purchase import AT, CANCELLED, DAY, happen, rid, state_of, submit

END = happen(CANCELLED)
RULES = Reads(rules=True)


async def ask(storage: Storage, count: int) -> None:
    for number in range(count):
        await storage.store.transact(rid(number), submit(rid(number), expires_at=AT + 100))


def ending(loaded: Loaded) -> Changes[str]:
    """End what is pending, and nothing twice."""
    return END(loaded) if loaded.state.status is Status.PENDING else Changes(result="late")


@pytest.mark.parametrize("mode", [BEFORE, AFTER, SILENT])
async def test_a_tick_whose_commit_broke_is_found_out_and_happens_once(
    postgres_dsn: str, mode: str
) -> None:
    address = urlsplit(postgres_dsn)
    assert address.port is not None
    proxy = Cutting("127.0.0.1", address.port)
    port = await proxy.start()
    storage = open_storage(postgres_dsn.replace(f":{address.port}/", f":{port}/"))
    await ask(storage, 5)
    proxy.arm(mode)
    ticked = await storage.store.tick_due(AT + DAY, 3, END)
    assert proxy.cuts == 1
    assert ([its for _, its in ticked.claimed], ticked.failed) == ([rid(0), rid(1), rid(2)], ())
    rest = await storage.store.tick_due(AT + DAY, 9, END)
    assert [its for _, its in rest.claimed] == [rid(3), rid(4)]
    for number in range(5):
        links = await storage.store.links(rid(number))
        assert [link.seq for link in links] == [1, 2, 3]
        assert broken_at(rid(number), [(link.body, link.hash) for link in links]) is None
    await storage.close()
    await proxy.close()


async def test_ticks_freezes_and_commands_of_two_replicas_never_wait_in_a_circle(
    storage: Storage, replica: Storage
) -> None:
    await ask(storage, 60)
    others = [rid(100 + n) for n in range(40)]

    async def freezing(where: Storage) -> None:
        for on in (True, False) * 5:
            await freeze(where, on)

    async def ticking(where: Storage) -> None:
        while (await where.store.tick_due(AT + DAY, 4, ending, RULES)).claimed:
            pass

    commands = [
        where.store.transact(rid(n), ending, RULES)
        for where in (storage, replica)
        for n in range(60)
    ]
    made = [storage.store.transact(one, submit(one), RULES) for one in others]
    work = [*map(freezing, (storage, replica)), *map(ticking, (storage, replica))]
    async with asyncio.timeout(60):
        await asyncio.gather(*work, *commands, *made)
    assert {(await state_of(storage, rid(n))).version for n in range(60)} == {3}


async def test_a_replica_that_is_frozen_with_its_claims_holds_up_nobody_for_ever(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And when it goes on, it decides again by what is true then."""
    monkeypatch.setattr(engine, "SILENT_SECONDS", 1)
    frozen = open_storage(postgres_dsn)
    await ask(frozen, 2)
    other = open_storage(postgres_dsn)
    claimed, thaw = threading.Event(), threading.Event()

    def stand_still(loaded: Loaded) -> Changes[str]:
        claimed.set()
        assert thaw.wait(60)
        return ending(loaded)

    ticking = asyncio.ensure_future(frozen.store.tick_due(AT + DAY, 2, stand_still))
    assert await asyncio.to_thread(claimed.wait, 10)
    assert (await other.store.tick_due(AT + DAY, 2, ending)).claimed == ()
    assert await other.store.transact(rid(0), ending) == "3", "it waited until the claim was over"
    assert [its for _, its in (await other.store.tick_due(AT + DAY, 2, ending)).claimed] == [rid(1)]
    thaw.set()
    assert (await ticking).failed == ()
    assert {(await state_of(other, rid(n))).version for n in (0, 1)} == {3}
    await frozen.close()
    await other.close()
