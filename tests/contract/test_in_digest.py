"""Cards that wait for a digest: not pushed, kept waiting while things go on, and let go."""

from msgspec.structs import replace

from core.ports import Dead, Delivered, InDigest, RetryAt
from core.rows import Changes, Delivery, Loaded, MessageRef, OutboxRow, Recipient
from storage import Storage
from tests.storage.purchase import (
    BOB_IN_SLACK,
    CANCELLED,
    CAROL_IN_TEAMS,
    Function,
    happen,
    notice,
    rid,
    submit,
    together,
    vote,
)

DUE = 90_000
LATER = 900_000


def with_due(row: OutboxRow, due: int) -> OutboxRow:
    return replace(row, due=due)


def holding(function: Function, held: dict[Recipient, int | None]) -> Function:
    """The same, with these cards waiting for a digest."""

    def run(loaded: Loaded) -> Changes[str]:
        return replace(function(loaded), held=held)

    return run


async def make(storage: Storage, *audience: Recipient) -> None:
    """A request of which Bob's card waits for his digest."""
    function = submit(rid(1), audience=(BOB_IN_SLACK, *audience))
    await storage.store.transact(rid(1), holding(function, {BOB_IN_SLACK: DUE}))


async def claim(storage: Storage, now: int) -> list[Delivery]:
    return list(await storage.deliveries.claim_cards(now, now + 30_000, 10))


async def cards(storage: Storage) -> dict[str, Delivery]:
    found = await storage.store.snapshot(rid(1))
    assert found is not None
    return {d.to.platform: d for d in found.deliveries}


async def test_a_card_that_waits_is_due_at_its_digest(storage: Storage) -> None:
    await make(storage, CAROL_IN_TEAMS)
    [pushed] = await claim(storage, 1000)
    assert pushed.to == CAROL_IN_TEAMS
    await storage.deliveries.settle_card(pushed, 2, Delivered(), 1100)
    assert await storage.deliveries.next_due() == DUE
    [waiting] = await claim(storage, DUE)
    assert (waiting.to, waiting.in_digest, waiting.shown) == (BOB_IN_SLACK, True, 0)


async def test_it_goes_on_waiting_for_the_next_digest(storage: Storage) -> None:
    await make(storage)
    [card] = await claim(storage, DUE)
    await storage.deliveries.settle_card(card, 2, InDigest(until=LATER), DUE)
    found = (await cards(storage))["slack"]
    assert (found.in_digest, found.next_at, found.attempts, found.shown) == (True, LATER, 0, 0)
    assert await claim(storage, LATER - 1) == []


async def test_what_happens_meanwhile_pushes_nothing(storage: Storage) -> None:
    await make(storage)
    voted = happen(vote(), audience=(BOB_IN_SLACK,))
    await storage.store.transact(rid(1), holding(voted, {BOB_IN_SLACK: None}))
    found = (await cards(storage))["slack"]
    assert (found.in_digest, found.next_at, found.wanted) == (True, DUE, 3)
    await storage.store.transact(rid(1), happen(CANCELLED))
    assert await storage.deliveries.next_due() == DUE


async def test_whoever_must_be_told_at_once_is(storage: Storage) -> None:
    await make(storage)
    await storage.store.transact(rid(1), happen(vote(), audience=(BOB_IN_SLACK,)))
    [card] = await claim(storage, 1000)
    assert (card.in_digest, card.waiting_reason, card.wanted) == (False, None, 3)


async def test_a_card_that_was_shown_does_not_begin_to_wait(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1), audience=(BOB_IN_SLACK,)))
    voted = happen(vote(), audience=(BOB_IN_SLACK,))
    await storage.store.transact(rid(1), holding(voted, {BOB_IN_SLACK: DUE}))
    [card] = await claim(storage, 1000)
    assert not card.in_digest


async def test_a_newcomer_who_needs_not_wait_is_told_at_once(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    voted = happen(vote(), audience=(BOB_IN_SLACK,))
    await storage.store.transact(rid(1), holding(voted, {BOB_IN_SLACK: None}))
    assert len(await claim(storage, 1000)) == 1


async def test_once_it_is_over_there_is_nothing_more_to_tell(storage: Storage) -> None:
    await make(storage)
    await storage.store.transact(rid(1), happen(CANCELLED))
    [card] = await claim(storage, DUE)
    await storage.deliveries.settle_card(card, 3, InDigest(), DUE)
    assert await storage.deliveries.next_due() is None
    assert await storage.deliveries.undelivered() == ([], [])
    found = (await cards(storage))["slack"]
    assert (found.in_digest, found.next_at) == (True, 0)


async def test_a_card_that_waits_no_more_is_tried_like_any_other(storage: Storage) -> None:
    await make(storage)
    [card] = await claim(storage, DUE)
    await storage.deliveries.settle_card(card, 2, RetryAt(reason="no digest", after=0), DUE)
    [again] = await claim(storage, DUE)
    assert (again.in_digest, again.waiting_reason) == (False, "no digest")


async def test_a_card_that_was_posted_all_the_same_waits_for_nothing(storage: Storage) -> None:
    """Whoever presses a button on a message that was never recorded has a card."""
    await make(storage)
    posted = MessageRef(platform="slack", fields={"channel": "D1", "ts": "1.1"})
    assert await storage.deliveries.out_of_date(rid(1), posted, BOB_IN_SLACK, 1000)
    [card] = await claim(storage, 1000)
    assert (card.in_digest, card.refs) == (False, (posted,))


async def test_one_batch_sees_it_as_several_would(storage: Storage) -> None:
    first = submit(rid(1), audience=(BOB_IN_SLACK,))
    voted = happen(vote(), audience=(BOB_IN_SLACK,))
    calls = [
        storage.store.transact(rid(1), holding(first, {BOB_IN_SLACK: DUE})),
        storage.store.transact(rid(1), holding(voted, {BOB_IN_SLACK: None})),
    ]
    await together(storage, calls)
    found = (await cards(storage))["slack"]
    assert (found.in_digest, found.next_at, found.wanted) == (True, DUE, 3)


async def test_in_one_batch_the_last_word_counts(storage: Storage) -> None:
    first = submit(rid(1), audience=(BOB_IN_SLACK,))
    calls = [
        storage.store.transact(rid(1), holding(first, {BOB_IN_SLACK: DUE})),
        storage.store.transact(rid(1), happen(vote(), audience=(BOB_IN_SLACK,))),
    ]
    await together(storage, calls)
    [card] = await claim(storage, 1000)
    assert not card.in_digest


async def test_a_card_that_is_added_may_wait(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    await storage.deliveries.add_card(rid(1), BOB_IN_SLACK, 2, DUE)
    assert await claim(storage, DUE - 1) == []
    [card] = await claim(storage, DUE)
    assert card.in_digest


async def test_a_notice_is_sent_at_its_moment_and_queued_once(storage: Storage) -> None:
    row = with_due(notice("digest:1", ""), DUE)
    for _ in range(2):
        await storage.store.transact("", lambda _: Changes(result=None, outbox=(row,)))
    assert await storage.deliveries.next_due() == DUE
    assert list(await storage.deliveries.claim_notices(DUE - 1, DUE + 1, 10)) == []
    [queued] = await storage.deliveries.claim_notices(DUE, DUE + 1, 10)
    assert (queued.row.dedupe, queued.row.request) == ("digest:1", "")


async def test_an_answer_to_a_message_of_several_requests_is_about_none(storage: Storage) -> None:
    row = with_due(notice("digest:1", ""), 0)
    await storage.store.transact("", lambda _: Changes(result=None, outbox=(row,)))
    [queued] = await storage.deliveries.claim_notices(1, 2, 10)
    ref = MessageRef(platform="slack", fields={"ts": "1"}, key="D1:1")
    await storage.deliveries.settle_notice(queued, Delivered(ref=ref), 2)
    assert await storage.messages.request_of("slack", "D1:1") is None


async def test_a_card_that_is_given_back_unsent_still_waits_for_its_digest(
    storage: Storage,
) -> None:
    await make(storage, CAROL_IN_TEAMS)
    claimed = await claim(storage, DUE)
    await storage.deliveries.put_off([(each, DUE) for each in claimed])
    found = await cards(storage)
    assert (found["slack"].in_digest, found["slack"].next_at) == (True, DUE)
    assert str(found["teams"].waiting_reason).startswith("its turn has not come")


async def test_whoever_lost_the_lease_of_a_waiting_card_changes_nothing(storage: Storage) -> None:
    await make(storage)
    [stuck] = await claim(storage, DUE)
    [taken] = await claim(storage, DUE + 30_000)
    await storage.deliveries.settle_card(stuck, 2, InDigest(until=LATER), DUE + 30_001)
    assert await storage.deliveries.next_due() == DUE + 60_000
    await storage.deliveries.settle_card(taken, 2, Dead(reason="gone"), DUE + 30_002)
    found = (await cards(storage))["slack"]
    assert (found.dead_reason, found.in_digest) == ("gone", False)
