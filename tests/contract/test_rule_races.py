"""Who writes a standing delegation waits for everyone who may have decided without it."""

import asyncio

import pytest

from core.rows import Changes, Loaded
from storage import Storage
from tests.contract.test_freeze import waiting_for_a_lock
from tests.storage.absent import RULES, away, save
from tests.storage.purchase import BOB, CAROL, Held, rid, submit

POSTGRESQL = pytest.mark.parametrize("dsn", ["postgresql"], indirect=True)


class Asking(Held):
    """Submits without a delegation, having found none; held after it has looked."""

    def __call__(self, loaded: Loaded) -> Changes[str]:  # type: ignore[override]  # has a result
        super().__call__(loaded)
        assert loaded.standing == ()
        return submit(rid(1))(loaded)


class Leaving(Held):
    """Sets a delegation unless there is one in the other direction; held after it has looked."""

    def __init__(self, id: str, giver: str, taker: str) -> None:
        super().__init__()
        self.made = away(id, giver=giver, taker=taker)

    def __call__(self, loaded: Loaded) -> Changes[str]:  # type: ignore[override]  # has a result
        super().__call__(loaded)
        if any(each.giver == self.made.taker for each in loaded.standing):
            return Changes(result="a circle")
        return Changes(result="set", standing=(self.made,))


@POSTGRESQL
async def test_a_request_that_saw_nobody_away_is_there_when_the_absence_is(
    dsn: str, storage: Storage, replica: Storage
) -> None:
    """So whoever set it finds every request that it concerns."""
    asking = Asking()
    submitting = asyncio.ensure_future(storage.store.transact(rid(1), asking, RULES))
    await asking.begun()
    leaving = asyncio.ensure_future(save(replica, away()))
    await waiting_for_a_lock(dsn, 1)
    assert not leaving.done()
    asking.release()
    await leaving
    assert await replica.store.snapshot(rid(1)) is not None
    assert await submitting == rid(1)


@POSTGRESQL
async def test_two_who_hand_over_to_each_other_at_once_make_no_circle(
    storage: Storage, replica: Storage
) -> None:
    one, two = Leaving("d1", BOB, CAROL), Leaving("d2", CAROL, BOB)
    both = [
        asyncio.ensure_future(storage.store.transact("", one, RULES)),
        asyncio.ensure_future(replica.store.transact("", two, RULES)),
    ]
    await one.begun()
    await two.begun()
    one.release()
    two.release()
    assert sorted(await asyncio.gather(*both)) == ["a circle", "set"]
    assert len(await storage.store.standing()) == 1
