"""Of what a digest is to tell nothing is lost, nothing comes too late and nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.chat.digest_times import next_digest
from core.ports import Dead, Outcome
from tests.bot.delivering import Desk, desk, person, posted
from tests.bot.reading import (
    BEFORE_NEXT,
    HOUR,
    MORNING,
    NEXT_DAY,
    READER,
    ask,
    at,
    living,
    remind,
    told,
    withdraw,
)
from tests.storage.purchase import (
    ALICE,
    BOB,
    BOB_IN_SLACK,
    rid,
)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        made.people = [READER, *(p for p in made.people if p.email != BOB)]
        yield made


async def test_a_reminder_that_the_next_digest_brings_too_late_is_told(office: Desk) -> None:
    await ask(office, 1, BEFORE_NEXT)
    office.relay.start()
    await at(office, MORNING)
    office.now = MORNING + 12 * HOUR
    await remind(office, 1)
    await at(office, office.now)
    assert [kind for kind, _, _ in told(office)] == ["digest", "reminder"]


async def test_what_a_dead_digest_told_of_is_pushed_if_the_next_one_comes_too_late(
    office: Desk,
) -> None:
    living(office, replace(READER, identities=READER.identities[:1]))
    await ask(office, 1, BEFORE_NEXT)
    await ask(office, 2)
    office.slack.always(Dead(reason="message_too_large"))
    office.relay.start()
    await at(office, MORNING)
    assert [c.request for c, _, _ in office.slack.shown] == [rid(1)]
    assert (await office.cards(2))["slack", BOB].next_at == NEXT_DAY


async def test_what_the_digest_told_in_time_is_not_pushed_as_well(office: Desk) -> None:
    await ask(office, 1, BEFORE_NEXT)
    office.relay.start()
    await at(office, MORNING)
    await at(office, BEFORE_NEXT - 1)
    assert (len(office.slack.told), office.slack.shown) == (1, [])


async def test_a_digest_that_was_moved_to_later_that_day_comes_again(office: Desk) -> None:
    await ask(office, 1)
    office.relay.start()
    await at(office, MORNING)
    evening = replace(READER, digest="17:00")
    living(office, evening)
    office.now = MORNING + HOUR
    await ask(office, 2, MORNING + 10 * HOUR, evening)
    await at(office, MORNING + 8 * HOUR)
    assert [items for _, items, _ in told(office)] == [[rid(1)], [rid(2), rid(1)]]


async def test_results_are_told_though_the_digest_was_moved_that_day(office: Desk) -> None:
    alice = replace(person(ALICE, "slack"), digest="09:00")
    living(office, alice)
    for number in (1, 2):
        await office.ask(number)
    await withdraw(office, 1)
    office.relay.start()
    await at(office, MORNING)
    living(office, replace(alice, digest="17:00"))
    office.now = MORNING + HOUR
    await withdraw(office, 2)
    await at(office, MORNING + 8 * HOUR)
    assert len(office.slack.told) == 2
    assert rid(2) in [news.request for news in office.slack.told[-1][0].own]


async def test_a_result_among_very_many_requests_of_one_day_is_in_the_digest(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    living(office, replace(person(ALICE, "slack"), digest="09:00"))
    monkeypatch.setattr("core.chat.digest.PAGE", 2)
    monkeypatch.setattr("core.chat.digest.PAGES", 1)
    for number in range(1, 8):
        await office.ask(number)
    await withdraw(office, 1)
    office.relay.start()
    await at(office, MORNING)
    assert told(office) == [("digest", [], ["Withdrawn by Alice"])]


async def test_a_result_that_the_digest_does_not_reach_is_told_by_itself(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    living(office, replace(person(ALICE, "slack"), digest="09:00"))
    monkeypatch.setattr("core.chat.digest.PAGE", 2)
    monkeypatch.setattr("core.chat.digest.PAGES", 1)
    for number in range(1, 8):
        await office.ask(number)
    office.now = NEXT_DAY + HOUR
    await withdraw(office, 1)
    await withdraw(office, 7)
    office.relay.start()
    await office.quiet()
    assert [(n.kind, n.request) for n, _ in office.slack.told] == [("result", rid(1))]
    await at(office, next_digest(READER, office.now))
    assert told(office)[1:] == [("digest", [], ["Withdrawn by Alice"])]


async def test_who_moves_to_another_platform_reads_their_digest_there(office: Desk) -> None:
    await ask(office, 1)
    living(office, replace(READER, notify=("teams",)))
    office.relay.start()
    await at(office, MORNING)
    await at(office, NEXT_DAY)
    assert (len(office.slack.told), len(office.teams.told)) == (1, 1)


async def test_of_dead_digests_that_are_tried_again_the_newest_lists_what_waits(
    office: Desk,
) -> None:
    living(office, replace(READER, identities=READER.identities[:1]))
    await ask(office, 1)
    office.slack.always(Dead(reason="token_revoked"))
    office.relay.start()
    days = [MORNING, NEXT_DAY, next_digest(READER, NEXT_DAY)]
    for day in days:
        await at(office, day)
    office.slack.told.clear()
    office.slack.answer = posted
    office.now = days[-1] + HOUR
    await office.storage.deliveries.retry_dead(None, office.now, stale=False)
    await office.quiet()
    assert told(office) == [("digest", [rid(1)], [])]


async def test_news_of_a_dead_digest_that_is_tried_again_are_not_lost(office: Desk) -> None:
    living(office, replace(person(ALICE, "slack"), digest="09:00"))
    await office.ask(1)
    await withdraw(office, 1)
    office.slack.always(Dead(reason="token_revoked"))
    office.relay.start()
    await at(office, MORNING)
    office.slack.told.clear()
    office.slack.answer = posted
    office.now = NEXT_DAY + HOUR
    await office.storage.deliveries.retry_dead(None, office.now, stale=False)
    await office.quiet()
    assert told(office) == [("digest", [], ["Withdrawn by Alice"])]
    assert office.slack.told[0][0].title == "News of your own requests"


async def test_after_days_of_standing_still_one_digest_lists_what_waits(office: Desk) -> None:
    await ask(office, 1)
    office.now = NEXT_DAY + HOUR
    office.relay.start()
    await office.quiet()
    assert told(office) == [("digest", [rid(1)], [])]


async def test_stopping_pushes_no_card_that_waits_for_a_digest(office: Desk) -> None:
    sending = asyncio.Event()

    async def hangs(_request: str) -> Outcome:
        sending.set()
        return await asyncio.Future()

    await ask(office, 1)
    await office.ask(2, BOB_IN_SLACK)
    office.slack.answer = hangs
    office.relay.start()
    await sending.wait()
    office.now = MORNING
    office.relay.wake()
    await office.until(lambda: len(office.relay._senders) > 1)
    await office.relay.stop(0)
    assert (await office.cards(1))["slack", BOB].in_digest
