"""Cards: what is claimed, by whom, and what each outcome leads to."""

import asyncio

import psycopg
import pytest

from core.ports import Dead, Delivered, Outcome, RetryAt
from core.rows import Delivery, MessageRef, QueuedNotice, Recipient
from storage import Storage, open_storage
from tests.storage.purchase import (
    BOB,
    BOB_IN_SLACK,
    CAROL_IN_TEAMS,
    happen,
    notice,
    rid,
    submit,
    vote,
)

BOTH = (BOB_IN_SLACK, CAROL_IN_TEAMS)
FIRST = MessageRef(platform="slack", fields={"channel": "D1", "ts": "1.1"})
SECOND = MessageRef(platform="slack", fields={"channel": "D1", "ts": "2.2"})


async def make(storage: Storage, number: int = 1, *audience: Recipient) -> None:
    await storage.store.transact(rid(number), submit(rid(number), audience=audience))


async def claim(storage: Storage, now: int = 1000, limit: int = 10) -> list[Delivery]:
    return list(await storage.deliveries.claim_cards(now, now + 30_000, limit))


async def card(storage: Storage, number: int = 1) -> Delivery:
    found = await storage.store.snapshot(rid(number))
    assert found is not None
    return found.deliveries[0]


async def test_a_new_card_is_due_at_once_and_leased_to_one(
    storage: Storage, replica: Storage
) -> None:
    await make(storage, 1, *BOTH)
    assert await storage.deliveries.next_due() == 0
    claimed = await claim(storage)
    assert [(d.request, d.to, d.wanted, d.shown, d.uncertain) for d in claimed] == [
        (rid(1), BOB_IN_SLACK, 2, 0, False),
        (rid(1), CAROL_IN_TEAMS, 2, 0, False),
    ]
    assert await claim(replica) == []
    assert await storage.deliveries.next_due() == 31_000


async def test_two_replicas_never_claim_the_same_card(storage: Storage, replica: Storage) -> None:
    for number in range(40):
        await make(storage, number, BOB_IN_SLACK)
    shares = await asyncio.gather(
        *[claim((storage, replica)[n % 2], limit=7) for n in range(8)],
    )
    ids = [delivery.request for share in shares for delivery in share]
    assert len(ids) == len(set(ids)) == 40
    assert max(len(share) for share in shares) == 7


async def test_postgresql_passes_over_a_card_that_somebody_else_is_claiming(
    postgres_dsn: str,
) -> None:
    storage = open_storage(postgres_dsn)
    await make(storage, 1, BOB_IN_SLACK)
    await make(storage, 2, BOB_IN_SLACK)
    with psycopg.connect(postgres_dsn) as other:
        other.execute("SELECT 1 FROM deliveries WHERE request_id = %s FOR UPDATE", (rid(1),))
        claimed = await asyncio.wait_for(claim(storage), 3)
    assert [delivery.request for delivery in claimed] == [rid(2)]
    await storage.close()


async def test_a_card_that_was_shown_is_due_again_when_the_state_moves_on(
    storage: Storage,
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    [claimed] = await claim(storage)
    await storage.deliveries.settle_card(claimed, 2, Delivered(ref=FIRST), 1100)
    assert await storage.deliveries.next_due() is None
    assert await claim(storage) == []
    await storage.store.transact(rid(1), happen(vote()))
    assert await storage.deliveries.next_due() == 0
    [again] = await claim(storage)
    assert (again.wanted, again.shown, again.attempts, again.refs) == (3, 2, 0, (FIRST,))


async def test_what_moved_on_while_a_card_was_sent_is_due_at_once_and_only_once(
    storage: Storage,
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    [claimed] = await claim(storage)
    for _ in range(3):
        await storage.store.transact(rid(1), happen(vote()))
    assert await claim(storage) == []
    await storage.deliveries.settle_card(claimed, 2, Delivered(ref=FIRST), 1100)
    [newest] = await claim(storage)
    assert (newest.wanted, newest.shown) == (5, 2)
    await storage.deliveries.settle_card(newest, 5, Delivered(ref=FIRST), 1200)
    assert await claim(storage) == []


async def test_a_named_audience_gets_the_new_version_and_newcomers_a_card(
    storage: Storage,
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    await storage.store.transact(rid(1), happen(vote(), audience=BOTH))
    found = await storage.store.snapshot(rid(1))
    assert found is not None
    assert [(d.to, d.wanted) for d in found.deliveries] == [(BOB_IN_SLACK, 3), (CAROL_IN_TEAMS, 3)]


async def test_every_message_ever_posted_is_kept_once_newest_last(storage: Storage) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    for version, ref in ((2, FIRST), (3, FIRST), (4, SECOND)):
        [claimed] = await claim(storage)
        await storage.deliveries.settle_card(claimed, version, Delivered(ref=ref), 1100)
        await storage.store.transact(rid(1), happen(vote()))
    assert (await card(storage)).refs == (FIRST, SECOND)


async def test_a_failed_attempt_is_tried_again_at_its_time(storage: Storage) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    [claimed] = await claim(storage, 1000)
    retry = RetryAt(reason="rate limited", after=5_000)
    await storage.deliveries.settle_card(claimed, 2, retry, 1_000)
    assert await storage.deliveries.next_due() == 6_000
    assert await claim(storage, 5_999) == []
    [again] = await claim(storage, 6_000)
    assert (again.attempts, again.shown, again.uncertain) == (1, 0, False)


async def test_without_a_time_given_the_wait_doubles(storage: Storage) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    waits = []
    now = 0
    for _ in range(10):
        [claimed] = await claim(storage, now)
        await storage.deliveries.settle_card(claimed, 2, RetryAt(reason="down"), now)
        due = await storage.deliveries.next_due()
        assert due is not None
        waits.append(due - now)
        now = due
    seconds = [wait // 1000 for wait in waits]
    assert seconds == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]


async def test_an_uncertain_attempt_stays_uncertain_until_something_was_shown(
    storage: Storage,
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    for outcome in (RetryAt(reason="timeout", after=1, uncertain=True), RetryAt("refused", 1)):
        [claimed] = await claim(storage)
        await storage.deliveries.settle_card(claimed, 2, outcome, 0)
        assert (await card(storage)).uncertain is True
    [claimed] = await claim(storage)
    await storage.deliveries.settle_card(claimed, 2, Delivered(ref=FIRST), 0)
    assert (await card(storage)).uncertain is False


async def test_an_abandoned_lease_is_taken_over_as_uncertain(
    storage: Storage, replica: Storage
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    await claim(storage, 1000)
    assert await claim(replica, 30_999) == []
    [taken] = await claim(replica, 31_000)
    assert taken.uncertain is True
    await replica.deliveries.settle_card(taken, 2, Delivered(ref=FIRST), 31_100)
    assert (await card(storage)).shown == 2


async def test_who_lost_the_lease_cannot_settle_but_makes_the_card_be_rendered_again(
    storage: Storage, replica: Storage
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    [stuck] = await claim(storage, 1000)
    [taken] = await claim(replica, 31_000)
    await storage.deliveries.settle_card(stuck, 2, RetryAt(reason="slow", after=0), 31_010)
    assert await claim(storage, 31_020) == [], "the second sender's lease still holds"
    await replica.deliveries.settle_card(taken, 2, Delivered(ref=SECOND), 31_100)
    await storage.deliveries.settle_card(stuck, 2, Delivered(ref=FIRST), 31_200)
    [again] = await claim(storage, 31_300)
    assert (again.shown, again.uncertain, again.refs) == (1, True, (SECOND, FIRST))


async def test_a_dead_card_is_left_alone_until_somebody_retries_it(storage: Storage) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    await make(storage, 2, BOB_IN_SLACK)
    for claimed in await claim(storage):
        await storage.deliveries.settle_card(claimed, 2, Dead(reason="user_not_found"), 1100)
    assert await storage.deliveries.next_due() is None
    assert (await card(storage)).dead_reason == "user_not_found"
    cards, _ = await storage.deliveries.undelivered()
    assert [(d.request, d.wanted, d.dead_reason) for d in cards] == [
        (rid(1), 2, "user_not_found"),
        (rid(2), 2, "user_not_found"),
    ]
    assert await storage.deliveries.retry_dead(rid(1), 5_000) == 1
    assert await storage.deliveries.next_due() == 5_000
    [again] = await claim(storage, 5_000)
    assert (again.request, again.wanted, again.attempts, again.dead_reason) == (rid(1), 2, 0, None)
    assert await storage.deliveries.retry_dead(None, 5_000) == 1


async def test_undelivered_lists_what_waits_but_nothing_that_is_shown(storage: Storage) -> None:
    await make(storage, 1, *BOTH)
    claimed = await claim(storage)
    await storage.deliveries.settle_card(claimed[0], 2, Delivered(ref=FIRST), 1100)
    cards, notices = await storage.deliveries.undelivered()
    assert [d.to for d in cards] == [CAROL_IN_TEAMS]
    assert notices == []


async def test_a_settled_delivery_that_never_was_changes_nothing(storage: Storage) -> None:
    never = Delivery(request=rid(1), to=BOB_IN_SLACK, wanted=1, shown=0, attempts=0)
    await storage.deliveries.settle_card(never, 1, RetryAt(reason="x"), 0)
    unknown = QueuedNotice(row=notice("never", rid(1)), attempts=0)
    await storage.deliveries.settle_notice(unknown, RetryAt(reason="x"), 0)
    assert await storage.deliveries.undelivered() == ([], [])


async def test_one_commit_both_bumps_and_names(storage: Storage) -> None:
    """A batch in which one command names an audience and a later one does not."""
    await make(storage, 1, BOB_IN_SLACK)
    await asyncio.gather(
        storage.store.transact(rid(1), happen(vote(), audience=(CAROL_IN_TEAMS,))),
        storage.store.transact(rid(1), happen(vote())),
        storage.store.transact(rid(1), happen(vote(), audience=(BOB_IN_SLACK,))),
    )
    found = await storage.store.snapshot(rid(1))
    assert found is not None
    assert [(d.to, d.wanted) for d in found.deliveries] == [(BOB_IN_SLACK, 5), (CAROL_IN_TEAMS, 5)]


async def test_who_is_no_longer_named_has_the_new_version_too(storage: Storage) -> None:
    await make(storage, 1, *BOTH)
    for claimed in await claim(storage):
        await storage.deliveries.settle_card(claimed, 2, Delivered(), 1100)
    await storage.store.transact(rid(1), happen(vote(), audience=(CAROL_IN_TEAMS,)))
    assert [(d.to, d.wanted, d.shown) for d in await claim(storage)] == [
        (BOB_IN_SLACK, 3, 2),
        (CAROL_IN_TEAMS, 3, 2),
    ]


@pytest.mark.parametrize("audience", [(), (BOB_IN_SLACK,)])
async def test_a_dead_card_is_due_again_at_once_when_a_newer_version_is_wanted(
    storage: Storage, audience: tuple[Recipient, ...]
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    for outcome in (RetryAt(reason="down", after=0), Dead(reason="user_not_found")):
        [claimed] = await claim(storage)
        await storage.deliveries.settle_card(claimed, 2, outcome, 1000)
    assert await claim(storage) == []
    await storage.store.transact(rid(1), happen(vote(), audience=audience))
    [again] = await claim(storage, 1000)
    assert (again.wanted, again.attempts, again.dead_reason) == (3, 0, None)


async def test_a_card_that_waits_for_its_time_keeps_it_when_a_newer_version_is_wanted(
    storage: Storage,
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    [claimed] = await claim(storage)
    retry = RetryAt(reason="rate limited", after=5_000)
    await storage.deliveries.settle_card(claimed, 2, retry, 1_000)
    await storage.store.transact(rid(1), happen(vote(), audience=(BOB_IN_SLACK,)))
    assert await storage.deliveries.next_due() == 6_000
    [again] = await claim(storage, 6_000)
    assert (again.wanted, again.attempts) == (3, 1)


async def test_what_died_while_a_newer_version_came_is_tried_with_that(storage: Storage) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    [claimed] = await claim(storage)
    await storage.store.transact(rid(1), happen(vote()))
    await storage.deliveries.settle_card(claimed, 2, Dead(reason="msg_too_long"), 1100)
    [again] = await claim(storage)
    assert (again.wanted, again.dead_reason) == (3, None)
    await storage.deliveries.settle_card(again, 3, Dead(reason="msg_too_long"), 1100)
    assert await claim(storage) == []


async def test_one_more_card_can_be_wanted_and_whoever_has_it_keeps_theirs(
    storage: Storage,
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    [claimed] = await claim(storage)
    await storage.deliveries.settle_card(claimed, 2, Delivered(ref=FIRST), 1100)
    channel = Recipient(platform="teams", id="19:c", kind="channel")
    for to in (BOB_IN_SLACK, channel, channel):
        await storage.deliveries.add_card(rid(1), to, 7)
    found = await storage.store.snapshot(rid(1))
    assert found is not None
    assert [(d.to, d.wanted, d.shown) for d in found.deliveries] == [
        (BOB_IN_SLACK, 2, 2),
        (channel, 7, 0),
    ]
    assert [d.to for d in await claim(storage)] == [channel]


async def test_one_recipients_dead_letters_are_revived_and_nobody_elses(storage: Storage) -> None:
    in_slack, in_teams = notice("a", rid(1)), notice("b", rid(1), CAROL_IN_TEAMS)
    await storage.store.transact(rid(1), submit(rid(1), audience=BOTH, outbox=(in_slack, in_teams)))
    for delivery in await claim(storage):
        await storage.deliveries.settle_card(delivery, 2, Dead(reason="gone"), 1100)
    for queued in await storage.deliveries.claim_notices(1000, 31_000, 10):
        await storage.deliveries.settle_notice(queued, Dead(reason="gone"), 1100)
    assert await storage.deliveries.revive("teams", BOB, 5_000) == 0
    assert await storage.deliveries.revive("slack", BOB, 5_000) == 2
    assert await storage.deliveries.next_due() == 5_000
    [revived] = await claim(storage, 5_000)
    assert (revived.to, revived.attempts, revived.dead_reason) == (BOB_IN_SLACK, 0, None)
    [told] = await storage.deliveries.claim_notices(5_000, 35_000, 10)
    assert (told.row, told.attempts, told.dead_reason) == (in_slack, 0, None)
    cards, notices = await storage.deliveries.undelivered()
    assert [d.to for d in cards if d.dead_reason] == [CAROL_IN_TEAMS]
    assert [n.row for n in notices if n.dead_reason] == [in_teams]


async def test_why_a_card_waits_is_kept_until_it_is_shown_given_up_or_newer(
    storage: Storage,
) -> None:
    await make(storage, 1, BOB_IN_SLACK)
    why: list[str | None] = []

    async def end(outcome: Outcome) -> None:
        [claimed] = await claim(storage)
        await storage.deliveries.settle_card(claimed, claimed.wanted, outcome, 900)
        why.append((await card(storage)).waiting_reason)

    limited = RetryAt(reason="rate limited", after=0)
    await end(limited)
    [waiting], _ = await storage.deliveries.undelivered()
    assert (waiting.waiting_reason, waiting.next_at) == ("rate limited", 900)
    await end(RetryAt(reason="down", after=0))
    await end(Delivered(ref=FIRST))
    await storage.store.transact(rid(1), happen(vote()))
    await end(limited)
    await end(Dead(reason="gone"))
    assert why == ["rate limited", "down", None, "rate limited", None]
    await storage.deliveries.retry_dead(None, 900)
    await end(limited)
    await storage.store.transact(rid(1), happen(vote()))
    assert (await card(storage)).waiting_reason is None
