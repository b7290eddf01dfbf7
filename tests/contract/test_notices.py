"""Notices: told once, retried like cards, and settled only by who holds the lease."""

import pytest

from core.ports import Dead, Delivered, Outcome, RetryAt
from core.rows import Changes, Recipient
from storage import Storage
from tests.storage.purchase import BOB, notice, rid, submit


async def test_a_notice_is_told_once_whatever_happens_to_its_request(storage: Storage) -> None:
    row = notice("result:1", rid(1))
    await storage.store.transact(rid(1), submit(rid(1), outbox=(row,)))
    for _ in range(2):  # the same notice again is not queued again, told or not
        await storage.store.transact(rid(1), lambda _: Changes(result=None, outbox=(row,)))
        for queued in await storage.deliveries.claim_notices(1000, 31_000, 10):
            assert (queued.row, queued.attempts) == (row, 0)
            await storage.deliveries.settle_notice(queued, Delivered(), 1100)
    assert list(await storage.deliveries.claim_notices(10**15, 10**15, 10)) == []
    assert await storage.deliveries.next_due() is None


async def test_an_answer_can_be_queued_for_a_request_that_does_not_exist(storage: Storage) -> None:
    row = notice("answer:x", "no-such-request", Recipient("slack", BOB, "account"))
    await storage.store.transact(rid(7), lambda _: Changes(result=None, outbox=(row,)))
    [queued] = await storage.deliveries.claim_notices(0, 1, 10)
    assert queued.row == row
    assert queued.row.to.kind == "account"


async def test_notices_are_retried_abandoned_and_buried_like_cards(storage: Storage) -> None:
    row = notice("result:1", rid(1))
    await storage.store.transact(rid(1), submit(rid(1), outbox=(row,)))
    assert len(await storage.deliveries.claim_notices(1000, 31_000, 10)) == 1
    assert list(await storage.deliveries.claim_notices(30_999, 60_000, 10)) == []
    [queued] = await storage.deliveries.claim_notices(31_000, 61_000, 10)
    await storage.deliveries.settle_notice(queued, RetryAt(reason="down"), 32_000)
    [queued] = await storage.deliveries.claim_notices(33_000, 63_000, 10)
    assert queued.attempts == 1
    await storage.deliveries.settle_notice(queued, RetryAt(reason="limited", after=7_000), 33_000)
    assert await storage.deliveries.next_due() == 40_000
    [queued] = await storage.deliveries.claim_notices(40_000, 70_000, 10)
    await storage.deliveries.settle_notice(queued, Dead(reason="no_such_user"), 40_000)
    assert await storage.deliveries.next_due() is None
    _, [dead] = await storage.deliveries.undelivered()
    assert (dead.state, dead.dead_reason, dead.attempts) == ("dead", "no_such_user", 2)
    assert await storage.deliveries.retry_dead("another", 50_000) == 0
    assert await storage.deliveries.retry_dead(None, 50_000) == 1
    [revived] = await storage.deliveries.claim_notices(50_000, 80_000, 10)
    assert (revived.attempts, revived.state) == (0, "pending")


async def test_a_told_notice_stays_told_when_a_late_sender_fails(storage: Storage) -> None:
    row = notice("result:1", rid(1))
    await storage.store.transact(rid(1), submit(rid(1), outbox=(row,)))
    [late] = await storage.deliveries.claim_notices(1000, 2000, 10)
    [taken] = await storage.deliveries.claim_notices(2000, 3000, 10)
    await storage.deliveries.settle_notice(taken, Delivered(), 2100)
    await storage.deliveries.settle_notice(late, RetryAt(reason="slow"), 2200)
    await storage.deliveries.settle_notice(late, Dead(reason="slow"), 2200)
    assert await storage.deliveries.next_due() is None
    assert await storage.deliveries.undelivered() == ([], [])


@pytest.mark.parametrize("outcome", [RetryAt(reason="slow", after=0), Dead(reason="slow")])
async def test_who_lost_the_lease_of_a_notice_changes_nothing(
    storage: Storage, outcome: Outcome
) -> None:
    row = notice("result:1", rid(1))
    await storage.store.transact(rid(1), submit(rid(1), outbox=(row,)))
    [stuck] = await storage.deliveries.claim_notices(1000, 31_000, 10)
    [taken] = await storage.deliveries.claim_notices(31_000, 61_000, 10)
    await storage.deliveries.settle_notice(stuck, outcome, 31_010)
    assert list(await storage.deliveries.claim_notices(31_020, 61_020, 10)) == []
    assert await storage.deliveries.next_due() == 61_000
    await storage.deliveries.settle_notice(taken, Delivered(), 31_100)
    assert await storage.deliveries.undelivered() == ([], [])


async def test_a_notice_that_was_told_late_is_told(storage: Storage) -> None:
    row = notice("result:1", rid(1))
    await storage.store.transact(rid(1), submit(rid(1), outbox=(row,)))
    [stuck] = await storage.deliveries.claim_notices(1000, 31_000, 10)
    await storage.deliveries.claim_notices(31_000, 61_000, 10)
    await storage.deliveries.settle_notice(stuck, Delivered(), 31_010)
    assert await storage.deliveries.undelivered() == ([], [])


async def test_why_a_notice_waits_is_kept_until_it_is_told_or_given_up(storage: Storage) -> None:
    row = notice("result:1", rid(1))
    await storage.store.transact(rid(1), submit(rid(1), outbox=(row,)))
    [queued] = await storage.deliveries.claim_notices(1000, 31_000, 10)
    await storage.deliveries.settle_notice(queued, RetryAt(reason="down", after=5_000), 1000)
    _, [waiting] = await storage.deliveries.undelivered()
    assert (waiting.waiting_reason, waiting.next_at) == ("down", 6_000)
    [queued] = await storage.deliveries.claim_notices(6_000, 36_000, 10)
    await storage.deliveries.settle_notice(queued, Dead(reason="no_such_user"), 6_000)
    _, [dead] = await storage.deliveries.undelivered()
    assert (dead.waiting_reason, dead.dead_reason) == (None, "no_such_user")
