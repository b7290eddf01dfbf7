"""A freeze is never overtaken: what did not see it was committed before it."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import psycopg
import pytest

from core.rows import Changes, Loaded
from storage import Storage, open_storage
from tests.storage.absent import RULES, freeze, look
from tests.storage.purchase import Held, happen, rid, state_of, submit, vote


class Approval(Held):
    """Approves, unless it finds the system frozen; held after it has looked."""

    def __call__(self, loaded: Loaded) -> Changes[str]:  # type: ignore[override]  # has a result
        super().__call__(loaded)
        return Changes(result="frozen") if loaded.frozen else happen(vote())(loaded)


@pytest.fixture
async def third(dsn: str) -> AsyncIterator[Storage]:
    """One more replica."""
    opened = open_storage(dsn)
    yield opened
    await opened.close()


async def waiting_for_a_lock(dsn: str, count: int) -> None:
    """Return when so many of the database's connections wait for a lock of the table."""
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'switches'::regclass "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        for _ in range(500):
            row = await (await connection.execute(waiting)).fetchone()
            assert row is not None
            if row[0] == count:
                return
            await asyncio.sleep(0.01)
    raise AssertionError(f"never did {count} wait for the lock")


@pytest.mark.parametrize("dsn", ["postgresql"], indirect=True)
async def test_a_freeze_waits_for_who_saw_none_and_who_comes_after_it_waits_for_it(
    dsn: str, storage: Storage, replica: Storage, third: Storage
) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    approval = Approval()
    voting = asyncio.ensure_future(storage.store.transact(rid(1), approval, RULES))
    await approval.begun()
    freezing = asyncio.ensure_future(freeze(replica))
    await waiting_for_a_lock(dsn, 1)
    after = asyncio.ensure_future(look(third, RULES))
    await waiting_for_a_lock(dsn, 2)
    assert not freezing.done()
    approval.release()
    assert await voting == "3"
    await freezing
    assert (await after).frozen is True
    assert (await state_of(storage, rid(1))).version == 3


@pytest.mark.parametrize("dsn", ["postgresql"], indirect=True)
async def test_commands_that_do_not_ask_for_the_rules_pass_a_freeze(
    dsn: str, storage: Storage, replica: Storage, third: Storage
) -> None:
    approval = Approval()
    await storage.store.transact(rid(1), submit(rid(1)))
    voting = asyncio.ensure_future(storage.store.transact(rid(1), approval, RULES))
    await approval.begun()
    freezing = asyncio.ensure_future(freeze(replica))
    await waiting_for_a_lock(dsn, 1)
    await third.store.transact(rid(2), submit(rid(2)))
    assert await third.store.is_frozen() is False
    approval.release()
    await asyncio.gather(voting, freezing)


async def test_under_load_nothing_is_approved_after_a_freeze(
    storage: Storage, replica: Storage, third: Storage
) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    busy, stop = asyncio.Event(), asyncio.Event()

    async def vote_on(replica: Storage) -> None:
        while not stop.is_set():
            if await replica.store.transact(rid(1), _unless_frozen, RULES) == "20":
                busy.set()

    voters = [asyncio.ensure_future(vote_on(each)) for each in (storage, replica) * 4]
    await busy.wait()
    await freeze(third)
    frozen_at = (await state_of(third, rid(1))).version
    for _ in range(5):
        await look(third, RULES)
    assert (await state_of(third, rid(1))).version == frozen_at
    stop.set()
    await asyncio.gather(*voters)
    assert (await state_of(third, rid(1))).version == frozen_at


def _unless_frozen(loaded: Loaded) -> Changes[str]:
    return Changes(result="frozen") if loaded.frozen else happen(vote())(loaded)


async def test_two_who_freeze_and_unfreeze_at_once_both_get_their_turn(
    storage: Storage, replica: Storage
) -> None:
    both = (storage, replica)

    def toggle(on: bool, loaded: Loaded) -> Changes[bool]:
        return Changes(result=loaded.frozen, freeze=on)

    done = await asyncio.gather(
        *[both[n % 2].store.transact("", partial(toggle, n % 3 == 0), RULES) for n in range(12)],
        return_exceptions=True,
    )
    assert [each for each in done if isinstance(each, BaseException)] == []
