"""The daily digest through the relay: one message a day, made of what is true when it is sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.chat.audience import NOWHERE
from core.chat.digest import welcome_row
from core.directory.people import Directory
from core.ports import Dead
from core.rows import Recipient
from core.rules.absence import Standing
from core.service.reaching import Reaching
from tests.bot.delivering import NOW, Desk, desk, person
from tests.bot.reading import (
    MORNING,
    NEXT_DAY,
    READER,
    ask,
    at,
    remind,
    tell,
    told,
    withdraw,
)
from tests.storage.purchase import (
    ALICE,
    BOB,
    BOB_IN_SLACK,
    CANCELLED,
    happen,
    rid,
    vote,
)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        made.people = [READER, *(p for p in made.people if p.email != BOB)]
        yield made


async def test_three_requests_are_one_message_in_the_morning(office: Desk) -> None:
    for number in (1, 2, 3):
        await ask(office, number)
    office.relay.start()
    await office.quiet()
    assert (office.slack.shown, office.slack.told) == ([], [])
    await at(office, MORNING)
    assert told(office) == [("digest", [rid(1), rid(2), rid(3)], [])]
    assert office.slack.shown == []


async def test_what_still_waits_is_in_tomorrows_digest_too(office: Desk) -> None:
    await ask(office, 1)
    office.relay.start()
    await at(office, MORNING)
    card = (await office.cards(1))["slack", BOB]
    assert (card.in_digest, card.next_at) == (True, NEXT_DAY)
    await at(office, NEXT_DAY)
    assert told(office) == [("digest", [rid(1)], [])] * 2


async def test_what_was_decided_before_is_in_no_digest_and_no_card_follows(office: Desk) -> None:
    await ask(office, 1)
    await office.happen(1, happen(CANCELLED))
    office.relay.start()
    await at(office, MORNING)
    assert (office.slack.shown, office.slack.told) == ([], [])
    assert await office.storage.deliveries.undelivered() == ([], [])
    await at(office, NEXT_DAY)
    assert office.slack.told == []


async def test_a_reminder_of_what_the_digest_tells_is_not_told(office: Desk) -> None:
    await ask(office, 1)
    await remind(office, 1)
    office.relay.start()
    await office.quiet()
    assert office.slack.told == []
    await at(office, MORNING)
    assert told(office) == [("digest", [rid(1)], [])]


async def test_results_of_the_day_are_one_message(office: Desk) -> None:
    alice = replace(person(ALICE, "slack"), digest="09:00")
    office.people = [alice, *(p for p in office.people if p.email != ALICE)]
    for number in (1, 2):
        await office.ask(number)
        await withdraw(office, number)
    office.relay.start()
    await office.quiet()
    assert office.slack.told == []
    await at(office, MORNING)
    assert told(office) == [("digest", [], ["Withdrawn by Alice"] * 2)]
    await at(office, NEXT_DAY)
    assert len(office.slack.told) == 1


async def test_who_wants_no_digest_any_more_gets_the_cards(office: Desk) -> None:
    await ask(office, 1)
    office.people = [replace(p, digest=None) for p in office.people]
    office.relay.start()
    await office.quiet()
    assert office.slack.shown == []
    await at(office, MORNING)
    assert [to for _, to, _ in office.slack.shown] == [BOB_IN_SLACK]


async def test_whose_vote_was_cast_reads_no_more_of_it(office: Desk) -> None:
    await ask(office, 1)
    await office.happen(1, happen(vote()))
    office.relay.start()
    await at(office, MORNING)
    assert office.slack.told == []
    assert (await office.cards(1))["slack", BOB].next_at == 0


async def test_a_digest_that_reaches_nobody_goes_to_the_next_platform_once(office: Desk) -> None:
    office.slack.always(Dead(reason="user_not_found"))
    await ask(office, 1)
    office.relay.start()
    await at(office, MORNING)
    assert [(n.kind, to.platform) for n, to in office.teams.told] == [("digest", "teams")]


async def test_who_comes_back_is_told_once_what_waits(office: Desk) -> None:
    await office.ask(1, BOB_IN_SLACK)
    over = Standing(id="a1", giver=BOB, taker=ALICE, starts=NOW - 2, ends=NOW - 1)
    row = welcome_row(over, Directory(office.people), frozenset({"slack"}))
    assert row is not None
    for _ in range(2):
        await tell(office, row)
    office.relay.start()
    await office.quiet()
    assert told(office) == [("welcome_back", [rid(1)], [])]


async def test_who_comes_back_to_nothing_is_told_nothing(office: Desk) -> None:
    over = Standing(id="a1", giver=BOB, taker=ALICE, starts=NOW - 2, ends=NOW - 1)
    row = welcome_row(over, Directory(office.people), frozenset({"slack"}))
    assert row is not None
    await tell(office, row)
    office.relay.start()
    await office.quiet()
    assert office.slack.told == []
    assert await office.storage.deliveries.undelivered() == ([], [])


async def test_whoever_links_an_account_is_not_sent_all_cards_at_once(office: Desk) -> None:
    await office.ask(1, Recipient(platform=NOWHERE, id=BOB))
    await office.ask(2, Recipient(platform=NOWHERE, id=BOB))
    reaching = Reaching(
        office.storage.store,
        office.storage.deliveries,
        lambda: Directory(office.people),
        frozenset({"slack", "teams"}),
        lambda: office.now,
    )
    await reaching.anew(BOB)
    office.relay.start()
    await office.quiet()
    assert (office.slack.shown, office.slack.told) == ([], [])
    await at(office, MORNING)
    assert told(office) == [("digest", [rid(1), rid(2)], [])]


async def test_what_cannot_wait_is_sent_to_a_new_account_at_once(office: Desk) -> None:
    await office.ask(1, Recipient(platform=NOWHERE, id=BOB))
    office.now = NOW * 2 - 60_000
    reaching = Reaching(
        office.storage.store,
        office.storage.deliveries,
        lambda: Directory(office.people),
        frozenset({"slack", "teams"}),
        lambda: office.now,
    )
    await reaching.anew(BOB)
    office.relay.start()
    await office.quiet()
    assert [to for _, to, _ in office.slack.shown] == [BOB_IN_SLACK]
