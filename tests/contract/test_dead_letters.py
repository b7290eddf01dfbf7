"""Dead cards: which come back to life, and when a row for nobody goes away."""

import pytest

from core.ports import Dead, Delivered
from core.rows import Recipient
from storage import Storage
from tests.contract.test_deliveries import BOTH, FIRST, claim, make
from tests.storage.purchase import (
    BOB,
    BOB_IN_SLACK,
    CANCELLED,
    CAROL_IN_TEAMS,
    happen,
    notice,
    rid,
    submit,
)


async def three_dead_cards_of_one_open_and_two_finished_requests(storage: Storage) -> None:
    """The first is open; the second showed its card before; the third never did."""
    for number in (1, 2, 3):
        await make(storage, number, BOB_IN_SLACK)
    for claimed in await claim(storage):
        shown = claimed.request == rid(2)
        outcome = Delivered(ref=FIRST) if shown else Dead(reason="gone")
        await storage.deliveries.settle_card(claimed, 2, outcome, 1100)
    for number in (2, 3):
        await storage.store.transact(rid(number), happen(CANCELLED))
    for claimed in await claim(storage):
        await storage.deliveries.settle_card(claimed, 3, Dead(reason="gone"), 1100)
    cards, _ = await storage.deliveries.undelivered()
    assert [(d.request, d.dead_reason) for d in cards] == [(rid(n), "gone") for n in (1, 2, 3)]


@pytest.mark.parametrize("way", ["revive", "retry_dead"])
async def test_no_first_card_about_a_finished_request_comes_back_to_life_by_itself(
    storage: Storage, way: str
) -> None:
    await three_dead_cards_of_one_open_and_two_finished_requests(storage)
    if way == "revive":
        assert await storage.deliveries.revive("slack", BOB, 5_000) == 2
    else:
        assert await storage.deliveries.retry_dead(None, 5_000, stale=False) == 2
    assert [d.request for d in await claim(storage, 5_000)] == [rid(1), rid(2)]
    assert await storage.deliveries.retry_dead(None, 5_000) == 1, "asked for, it does"
    assert [d.request for d in await claim(storage, 5_000)] == [rid(3)]


async def test_one_platforms_dead_letters_come_back_to_life_alone(storage: Storage) -> None:
    in_slack, in_teams = notice("a", rid(1)), notice("b", rid(1), CAROL_IN_TEAMS)
    await storage.store.transact(rid(1), submit(rid(1), audience=BOTH, outbox=(in_slack, in_teams)))
    for delivery in await claim(storage):
        await storage.deliveries.settle_card(delivery, 2, Dead(reason="gone"), 1100)
    for queued in await storage.deliveries.claim_notices(1000, 31_000, 10):
        await storage.deliveries.settle_notice(queued, Dead(reason="gone"), 1100)
    assert await storage.deliveries.retry_dead(None, 5_000, platform="slack") == 2
    assert [d.to for d in await claim(storage, 5_000)] == [BOB_IN_SLACK]
    cards, notices = await storage.deliveries.undelivered()
    assert [d.to for d in cards if d.dead_reason] == [CAROL_IN_TEAMS]
    assert [n.row for n in notices if n.dead_reason] == [in_teams]


async def test_a_message_that_was_posted_counts_as_shown_whatever_the_version(
    storage: Storage, replica: Storage
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    [late] = await claim(storage, 1000)
    [taken] = await claim(replica, 31_000)
    await storage.deliveries.settle_card(late, 0, Delivered(ref=FIRST), 31_010)
    await storage.store.transact(rid(1), happen(CANCELLED))
    [again] = await claim(storage, 61_000)
    assert (again.shown, again.refs, taken.refs) == (0, (FIRST,), ())
    await storage.deliveries.settle_card(again, 3, Dead(reason="gone"), 61_100)
    assert await storage.deliveries.retry_dead(None, 70_000, stale=False) == 1


async def test_who_was_reachable_nowhere_no_longer_is_once_a_card_goes_somewhere(
    storage: Storage,
) -> None:
    bob, carol = (Recipient(platform="none", id=who) for who in (BOB, CAROL_IN_TEAMS.id))
    await make(storage, 1, bob, carol)
    await make(storage, 2, bob)
    await storage.deliveries.add_card(rid(1), BOB_IN_SLACK, 2)
    await storage.deliveries.add_card(rid(2), bob, 2)
    cards, _ = await storage.deliveries.undelivered()
    assert [(d.request, d.to) for d in cards] == [
        (rid(1), carol),
        (rid(1), BOB_IN_SLACK),
        (rid(2), bob),
    ]


async def test_a_message_posted_to_nowhere_would_keep_its_row(storage: Storage) -> None:
    bob = Recipient(platform="none", id=BOB)
    await make(storage, 1, bob)
    [claimed] = await claim(storage)
    await storage.deliveries.settle_card(claimed, 2, Delivered(ref=FIRST), 1100)
    await storage.deliveries.add_card(rid(1), BOB_IN_SLACK, 2)
    found = await storage.store.snapshot(rid(1))
    assert found is not None
    assert [d.to for d in found.deliveries] == [bob, BOB_IN_SLACK]
