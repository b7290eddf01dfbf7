"""The relay: nothing that fails holds up the rest, and nothing runs after it was stopped."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.ports import Dead, Outcome, RetryAt
from core.rows import QueuedNotice, Recipient
from core.value import Millis
from tests.bot.delivering import NOW, Desk, desk, person, posted
from tests.bot.logged import logged
from tests.storage.purchase import (
    BOB,
    BOB_IN_SLACK,
    CAROL,
    CAROL_IN_TEAMS,
    happen,
    notice,
    rid,
    vote,
)

LEASE = 45_000


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        yield made


async def test_a_card_that_cannot_be_made_holds_up_no_other_at_its_place(office: Desk) -> None:
    await office.ask(1, BOB_IN_SLACK, showable=False)
    await office.ask(2, BOB_IN_SLACK)
    with logged() as logs:
        office.relay.start()
        await office.quiet()
    assert [card.request for card, *_ in office.slack.shown] == [rid(2)]
    broken = (await office.cards(1))["slack", BOB]
    assert (broken.attempts, broken.uncertain, broken.next_at) == (1, True, NOW + 1000)
    [line] = [line for line in logs if line["event"] == "delivery_failed"]
    assert (line["request"], line["platform"], line["to"]) == (rid(1), "slack", BOB)


async def test_a_channel_that_raises_for_one_card_gets_the_next(office: Desk) -> None:
    async def answer(request: str) -> Outcome:
        if request == rid(1):
            raise KeyError("ts")
        return await posted(request)

    office.slack.answer = answer
    for number in (1, 2):
        await office.ask(number, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    assert [d["slack", BOB].shown for d in (await office.cards(1), await office.cards(2))] == [0, 2]


async def test_a_notice_that_raises_holds_up_no_other(office: Desk) -> None:
    async def answer(request: str) -> Outcome:
        if request == rid(1):
            raise KeyError("ts")
        return await posted(request)

    office.slack.answer = answer
    for number in (1, 2):
        await office.ask(number)
        row = notice(f"{number}", rid(number))
        await office.happen(number, happen(vote(), outbox=(row,)))
    office.relay.start()
    await office.quiet()
    _, [left] = await office.storage.deliveries.undelivered()
    assert (left.row.request, left.attempts, left.next_at) == (rid(1), 1, NOW + 1000)


async def test_what_cannot_be_recorded_holds_up_no_other(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = office.storage.deliveries.settle_notice

    async def refusing(queued: QueuedNotice, outcome: Outcome, now: Millis) -> None:
        if queued.row.request == rid(1):
            raise OSError("no")
        await settle(queued, outcome, now)

    monkeypatch.setattr(type(office.storage.deliveries), "settle_notice", staticmethod(refusing))
    for number in (1, 2):
        await office.ask(number)
        row = notice(f"{number}", rid(number))
        await office.happen(number, happen(vote(), outbox=(row,)))
    with logged() as logs:
        office.relay.start()
        await office.until(lambda: "delivery_not_settled" in [line["event"] for line in logs])
        await office.until(lambda: not office.relay._senders)
    assert [line["event"] for line in logs] == ["delivery_failed", "delivery_not_settled"]
    _, [left] = await office.storage.deliveries.undelivered()
    assert (left.row.request, left.next_at) == (rid(1), NOW + LEASE), "its lease will end"


async def test_what_fails_ten_times_is_a_dead_letter_that_says_so(office: Desk) -> None:
    await office.ask(1, BOB_IN_SLACK, showable=False)
    office.people = [person(BOB, "slack")]
    office.relay.start()
    for _ in range(9):
        await office.quiet()
        assert (await office.cards(1))["slack", BOB].dead_reason is None
        office.now += 300_000
    await office.quiet()
    dead = (await office.cards(1))["slack", BOB]
    assert dead.dead_reason == "failed 10 times: ValidationError; see the log"


async def test_a_pause_of_the_place_is_no_failure_of_what_waits_for_it(office: Desk) -> None:
    async def raises(_request: str) -> Outcome:
        raise KeyError("ts")

    await office.ask(1, BOB_IN_SLACK)
    office.relay.start()
    for _ in range(12):
        office.slack.always(RetryAt(reason="ratelimited", after=1000))
        await office.quiet()
        office.now += 1000
    office.slack.answer = raises
    await office.quiet()
    assert (await office.cards(1))["slack", BOB].dead_reason is None


async def test_who_has_no_account_any_more_sees_in_the_old_message_what_became_of_it(
    office: Desk,
) -> None:
    await office.ask(1, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    office.people = [p for p in office.people if p.email != BOB]
    await office.happen(1, happen(vote(CAROL), audience=(CAROL_IN_TEAMS,)))
    await office.quiet()
    (first, *_), (last, to, account) = office.slack.shown
    assert [b.label for b in first.buttons] == ["Approve", "Reject"]
    assert [b.label for b in (*last.buttons, *last.more)] == ["History", "View full action"]
    assert (last.version, last.why, to, account) == (3, None, BOB_IN_SLACK, None)
    assert (await office.cards(1))["slack", BOB].shown == 3


async def test_without_an_account_and_without_a_message_it_is_undeliverable(office: Desk) -> None:
    office.people = []
    await office.ask(1, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    assert office.slack.shown == []
    assert (await office.cards(1))["slack", BOB].dead_reason == (
        "no Slack account is known: let them write /approvals link, run countersign people link "
        f"{BOB}, or add identities.slack to their entry in the directory"
    )


async def test_a_channel_that_outlasts_its_lease_is_cut_off_and_unsure(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.relay.SEND_WITHIN", 30)

    async def answer(request: str) -> Outcome:
        await asyncio.sleep(30)
        return await posted(request)

    office.slack.answer = answer
    await office.ask(1, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    card = (await office.cards(1))["slack", BOB]
    assert (card.attempts, card.uncertain, card.shown) == (1, True, 0)


async def test_what_waits_behind_a_pause_is_given_back_at_once_and_counts_no_attempt(
    office: Desk,
) -> None:
    async def answer(_request: str) -> Outcome:
        return RetryAt(reason="ratelimited", after=60_000, whole_channel=True)

    office.slack.answer = answer
    for number in (1, 2, 3):
        await office.ask(number, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    rows = [(await office.cards(number))["slack", BOB] for number in (1, 2, 3)]
    assert [(row.attempts, row.next_at) for row in rows] == [
        (1, NOW + 60_000),
        (0, NOW + 60_000),
        (0, NOW + 60_000),
    ]
    assert len(office.slack.shown) == 1


async def test_a_retry_after_has_a_ceiling(office: Desk) -> None:
    office.slack.always(RetryAt(reason="ratelimited", after=86_400_000, whole_channel=True))
    await office.ask(1, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    assert (await office.cards(1))["slack", BOB].next_at == NOW + 600_000
    office.slack.answer = posted
    office.now += 600_000
    await office.quiet()
    assert (await office.cards(1))["slack", BOB].shown == 2


async def test_a_pause_that_has_passed_is_forgotten(office: Desk) -> None:
    office.slack.always(RetryAt(reason="ratelimited", after=5000, whole_channel=True))
    await office.ask(1, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    assert list(office.relay._quiet_until) == [("slack", BOB)]
    office.slack.always(Dead(reason="channel_not_found"))
    office.now += 5000
    await office.ask(2, Recipient(platform="slack", id="C1", kind="channel"))
    await office.quiet()
    assert office.relay._quiet_until == {}


async def test_nothing_runs_after_stop_however_long_a_place_takes(office: Desk) -> None:
    ended: list[str] = []

    async def stuck(request: str) -> Outcome:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(request)
        return await posted(request)

    office.slack.answer = stuck
    office.relay.start()
    for number in (1, 2, 3):
        await office.ask(number, BOB_IN_SLACK)
        await office.until(lambda count=number: len(office.relay._senders) == count)  # type: ignore[misc]  # a default binds the number
    await office.relay.stop(grace=0.05)
    assert ended == [rid(1)], "what was being sent was cut off"
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert [task for task in others if not task.done()] == []


async def test_what_was_only_claimed_when_it_stops_is_given_back_unsent(office: Desk) -> None:
    go = asyncio.Event()

    async def slow(request: str) -> Outcome:
        await go.wait()
        return await posted(request)

    office.slack.answer = slow
    for number in (1, 2):
        await office.ask(number, BOB_IN_SLACK)
    office.relay.start()
    await office.until(lambda: len(office.slack.shown) == 1)
    stopping = asyncio.create_task(office.relay.stop())
    await asyncio.sleep(0)
    go.set()
    await stopping
    assert len(office.slack.shown) == 1
    assert (await office.cards(1))["slack", BOB].shown == 2
    left = (await office.cards(2))["slack", BOB]
    assert (left.shown, left.next_at, left.uncertain) == (0, NOW, False)


async def test_what_waited_behind_something_that_is_cut_off_is_given_back(office: Desk) -> None:
    """Another server may send it at once; only what nobody knows the end of waits for its lease."""

    async def stuck(request: str) -> Outcome:
        await asyncio.sleep(3600)
        return await posted(request)

    office.slack.answer = stuck
    for number in (1, 2, 3):
        await office.ask(number, BOB_IN_SLACK)
    office.relay.start()
    await office.until(lambda: len(office.slack.shown) == 1)
    await office.ask(4, BOB_IN_SLACK)
    await office.until(lambda: len(office.relay._senders) == 2)
    await office.relay.stop(grace=0.01)
    rows = [(await office.cards(number))["slack", BOB] for number in (1, 2, 3, 4)]
    assert [row.next_at for row in rows] == [NOW + LEASE, NOW, NOW, NOW]
    assert [row.attempts for row in rows] == [0, 0, 0, 0]
    office.now += LEASE
    taken = await office.storage.deliveries.claim_cards(office.now, office.now + LEASE, 9)
    assert [card.uncertain for card in taken] == [True, False, False, False]
