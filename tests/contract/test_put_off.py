"""What was claimed and whose turn has not come is given back, each until its moment."""

from core.ports import Delivered, RetryAt
from core.rows import Delivery, QueuedNotice
from storage import Storage
from tests.storage.purchase import BOB_IN_SLACK, CAROL_IN_TEAMS, happen, notice, rid, submit, vote

LEASE = 31_000


async def claimed(storage: Storage, now: int = 1000) -> list[Delivery | QueuedNotice]:
    cards = await storage.deliveries.claim_cards(now, LEASE, 10)
    return [*cards, *await storage.deliveries.claim_notices(now, LEASE, 10)]


async def make(storage: Storage) -> None:
    audience = (BOB_IN_SLACK, CAROL_IN_TEAMS)
    await storage.store.transact(rid(1), submit(rid(1), audience=audience))
    await storage.store.transact(rid(1), happen(vote(), outbox=(notice("1", rid(1)),)))


async def test_each_is_due_again_at_its_own_moment_and_no_attempt_is_counted(
    storage: Storage,
) -> None:
    await make(storage)
    bob, carol, told = await claimed(storage)
    await storage.deliveries.put_off([(bob, 5000), (carol, 9000), (told, 7000)])
    assert await storage.deliveries.next_due() == 5000
    assert await claimed(storage, 4999) == []
    [again] = await claimed(storage, 5000)
    assert isinstance(again, Delivery)
    assert (again.to, again.attempts, again.uncertain) == (BOB_IN_SLACK, 0, False)
    cards, [left] = await storage.deliveries.undelivered()
    assert {card.waiting_reason for card in cards} == {left.waiting_reason}
    assert str(left.waiting_reason).startswith("its turn has not come")
    assert (left.next_at, left.attempts) == (7000, 0)


async def test_what_is_shown_in_the_end_waits_for_nothing(storage: Storage) -> None:
    await make(storage)
    bob, *rest = await claimed(storage)
    await storage.deliveries.put_off([(bob, 5000), *((each, 99_000) for each in rest)])
    [again] = await claimed(storage, 5000)
    assert isinstance(again, Delivery)
    await storage.deliveries.settle_card(again, again.wanted, Delivered(), 5000)
    found = await storage.store.snapshot(rid(1))
    assert found is not None
    assert (found.deliveries[0].shown, found.deliveries[0].waiting_reason) == (again.wanted, None)


async def test_whoever_lost_the_lease_puts_nothing_off(storage: Storage, replica: Storage) -> None:
    await make(storage)
    mine = await claimed(storage)
    theirs = await claimed_by(replica, LEASE, 80_000)
    await storage.deliveries.put_off([(each, 10**9) for each in mine])
    assert await storage.deliveries.next_due() == 80_000
    assert len(theirs) == 3
    first = theirs[0]
    assert isinstance(first, Delivery)
    await replica.deliveries.settle_card(first, 0, RetryAt(reason="no", after=1), LEASE)
    assert await storage.deliveries.next_due() == LEASE + 1


async def claimed_by(storage: Storage, now: int, until: int) -> list[Delivery | QueuedNotice]:
    cards = await storage.deliveries.claim_cards(now, until, 10)
    return [*cards, *await storage.deliveries.claim_notices(now, until, 10)]
