"""What cannot be delivered on one platform goes to the person's next one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.chat.audience import NOWHERE
from core.ports import Dead, Outcome
from core.rows import Recipient
from tests.bot.delivering import Desk, desk, person
from tests.bot.logged import logged
from tests.storage.purchase import BOB, BOB_IN_SLACK, CANCELLED, CAROL, happen, notice, rid, vote

GONE = Dead(reason="user_not_found")
IN_TEAMS = Recipient(platform="teams", id=BOB)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        yield made


async def test_a_dead_card_is_wanted_on_the_next_platform(office: Desk) -> None:
    office.slack.always(GONE)
    await office.ask(1, BOB_IN_SLACK)
    with logged() as logs:
        office.relay.start()
        await office.quiet()
    cards = await office.cards(1)
    assert {at: (d.shown, d.dead_reason) for at, d in cards.items()} == {
        ("slack", BOB): (0, "user_not_found"),
        ("teams", BOB): (2, None),
    }
    [moved] = [line for line in logs if line["event"] == "card_goes_elsewhere"]
    assert (moved["request"], moved["to"]) == (rid(1), BOB)
    assert (moved["gave_up"], moved["platform"]) == ("slack", "teams")


async def test_it_goes_there_once_and_follows_the_request_from_then_on(office: Desk) -> None:
    office.slack.always(GONE)
    await office.ask(1, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    with logged() as logs:
        await office.happen(1, happen(vote(CAROL), audience=(BOB_IN_SLACK,)))
        await office.quiet()
    assert [card.version for card, *_ in office.teams.shown] == [2, 3]
    assert [line["event"] for line in logs] == ["delivery_dead"]


async def test_an_account_nowhere_that_has_come_about_gets_the_card(office: Desk) -> None:
    await office.ask(1, Recipient(platform=NOWHERE, id=BOB))
    office.relay.start()
    await office.quiet()
    assert (await office.cards(1))["slack", BOB].shown == 2


@pytest.mark.parametrize(
    ("platforms", "notify"),
    [(("slack",), ()), (("teams", "slack"), ()), (("slack", "pager"), ()), ((), ())],
)
async def test_without_a_further_platform_that_is_switched_on_it_stays_dead(
    office: Desk, platforms: tuple[str, ...], notify: tuple[str, ...]
) -> None:
    office.slack.always(GONE)
    office.people = [person(BOB, *platforms)]
    await office.ask(1, BOB_IN_SLACK)
    office.relay.start()
    await office.quiet()
    assert list(await office.cards(1)) == [("slack", BOB)]


async def test_nobody_gets_a_first_card_about_what_is_over(office: Desk) -> None:
    office.slack.always(GONE)
    await office.ask(1, BOB_IN_SLACK)
    await office.happen(1, happen(CANCELLED))
    office.relay.start()
    await office.quiet()
    assert list(await office.cards(1)) == [("slack", BOB)]


async def test_a_channels_dead_card_goes_nowhere_else(office: Desk) -> None:
    office.slack.always(GONE)
    await office.ask(1, Recipient(platform="slack", id=BOB, kind="channel"))
    office.relay.start()
    await office.quiet()
    assert list(await office.cards(1)) == [("slack", BOB)]


async def test_a_dead_result_is_told_on_the_next_platform_once(office: Desk) -> None:
    office.slack.always(GONE)
    await office.ask(1)
    row = notice("result:1", rid(1))
    await office.happen(1, happen(CANCELLED, outbox=(row,)))
    office.relay.start()
    await office.quiet()
    assert [to for _, to in office.teams.told] == [IN_TEAMS]
    assert await office.storage.deliveries.retry_dead(None, office.now) == 1
    await office.quiet()
    assert [len(channel.told) for channel in (office.slack, office.teams)] == [2, 1]
    _, [left] = await office.storage.deliveries.undelivered()
    assert (left.row, left.dead_reason) == (row, "user_not_found")


async def test_an_answer_to_a_click_goes_nowhere_else(office: Desk) -> None:
    async def gone(_request: str) -> Outcome:
        return GONE

    office.slack.answer = gone
    await office.ask(1)
    facts = {"reason": "unknown_request", "level": "1"}
    row = replace(notice("answer:1", rid(1)), kind="answer", facts=facts)
    await office.happen(1, happen(vote(), outbox=(row,)))
    office.relay.start()
    await office.quiet()
    assert (len(office.slack.told), office.teams.told) == (1, [])
