"""The relay keeps a platform's pace: a crowd in one place drains slowly and delays nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack import pace
from core.pace import Lane, Sending
from core.ports import Delivered, Outcome, RetryAt
from core.rows import MessageRef, Recipient
from tests.bot.delivering import NOW, Desk, desk
from tests.storage.purchase import BOB, BOB_IN_SLACK, CAROL, happen, notice, rid, vote

ROOM = Recipient(platform="slack", id="C1", kind="channel")
HALL = Recipient(platform="slack", id="C2", kind="channel")


def slacks(what: Sending, to: Recipient) -> tuple[Lane, ...]:
    return pace.lanes(what, "T1", to.id)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        made.slack.pace = slacks
        yield made


def shown(office: Desk, to: Recipient) -> list[str]:
    return [card.request for card, where, _ in office.slack.shown if where == to]


async def test_a_crowd_in_one_channel_drains_at_its_pace_and_delays_no_other(office: Desk) -> None:
    for number in range(12):
        await office.ask(number, ROOM)
    await office.ask(12, HALL)
    await office.ask(13, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    assert len(shown(office, ROOM)) == pace.POSTS_AT_ONCE
    assert [shown(office, HALL), shown(office, BOB_IN_SLACK)] == [[rid(12)], [rid(13)]]
    for second in range(1, 10):
        office.now = NOW + second * 1000
        await office.quiet()
        assert len(shown(office, ROOM)) == pace.POSTS_AT_ONCE + second
    assert sorted(shown(office, ROOM)) == [rid(n) for n in range(12)]
    assert office.slack.shown[-1][0].request == rid(11), "and in their order"


async def test_what_waits_for_its_turn_counts_no_attempt_and_says_why(office: Desk) -> None:
    for number in range(5):
        await office.ask(number, ROOM)
    office.relay.start()
    await office.quiet()
    cards, _ = await office.storage.deliveries.undelivered()
    assert [(c.attempts, c.uncertain, c.next_at - NOW) for c in cards] == [
        (0, False, 1000),
        (0, False, 2000),
    ]
    assert {c.waiting_reason for c in cards} == {
        "its turn has not come: the platform takes only so many messages at a time"
    }


async def test_a_decided_card_is_brought_up_to_date_while_new_ones_wait(office: Desk) -> None:
    for number in range(8):
        await office.ask(number, ROOM)
    office.relay.start()
    await office.quiet()
    await office.happen(0, happen(vote(CAROL), audience=(ROOM,)))
    await office.quiet()
    assert shown(office, ROOM) == [rid(0), rid(1), rid(2), rid(0)]
    assert (await office.cards(0))["slack", "C1"].shown == 3


async def test_a_card_goes_before_a_reminder_that_came_first(office: Desk) -> None:
    for number in range(4):
        await office.ask(number, ROOM)
    late = notice("late", rid(0), ROOM)
    reminder = type(late)(
        **{n: getattr(late, n) for n in late.__struct_fields__} | {"kind": "nudge"}
    )
    await office.happen(0, happen(vote(), outbox=(reminder,)))
    office.relay.start()
    await office.quiet()
    await office.ask(4, ROOM)
    await office.quiet()
    cards, [waits] = await office.storage.deliveries.undelivered()
    assert [c.next_at - NOW for c in cards] == [1000, 2000]
    office.now = NOW + 2000
    await office.quiet()
    assert waits.row.kind == "nudge"
    assert len(shown(office, ROOM)) == 5
    assert office.slack.told == []


async def test_a_limit_on_edits_holds_for_all_places_and_not_for_posts(office: Desk) -> None:
    for number, place in enumerate((ROOM, HALL)):
        await office.ask(number, place)
    office.relay.start()
    await office.quiet()

    async def answer(request: str) -> Outcome:
        if request == rid(2):
            return Delivered(ref=MessageRef(platform="slack", fields={"ts": "2"}))
        return RetryAt(reason="ratelimited", after=30_000, whole_channel=True)

    office.slack.answer = answer
    await office.happen(0, happen(vote(CAROL), audience=(ROOM,)))
    await office.quiet()
    await office.happen(1, happen(vote(CAROL), audience=(HALL,)))
    await office.ask(2, BOB_IN_SLACK)
    await office.quiet()
    assert len(shown(office, HALL)) == 1, "it would be refused, so it is not even tried"
    assert (await office.cards(1))["slack", "C2"].next_at == NOW + 30_000
    assert (await office.cards(2))["slack", BOB].shown == 2
