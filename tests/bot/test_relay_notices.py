"""A notice is made of what is true when its turn comes; what is no longer so is not told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.alerting.episode import Kind, Sign
from core.alerting.telling import begun, opening
from core.ports import Dead
from core.rows import OutboxRow, Recipient
from tests.bot.delivering import Desk, desk
from tests.storage.purchase import BOB, BOB_IN_SLACK, CANCELLED, happen, notice, rid, vote

STAGE = {"level": "1", "round": "1", "event": "3"}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        yield made


def reminder(request: str) -> OutboxRow:
    """Bob is reminded of the first stage."""
    row = notice(f"reminder:{request}:3:slack:{BOB}", request)
    return replace(row, id=f"{request}.3.reminder.slack.{BOB}", kind="reminder", facts=STAGE)


async def test_a_reminder_is_told_while_it_is_waited_for(office: Desk) -> None:
    await office.ask(1)
    await office.happen(1, happen(outbox=(reminder(rid(1)),)))
    office.relay.start()
    await office.quiet()
    [(told, to)] = office.slack.told
    assert (told.kind, told.title, to) == ("reminder", "A new chair", BOB_IN_SLACK)


async def test_a_reminder_of_what_was_decided_meanwhile_is_not_told_and_done(office: Desk) -> None:
    await office.ask(1)
    await office.happen(1, happen(outbox=(reminder(rid(1)),)))
    await office.happen(1, happen(vote()))
    await office.ask(2)
    await office.happen(2, happen(CANCELLED, outbox=(reminder(rid(2)),)))
    office.relay.start()
    await office.quiet()
    assert office.slack.told == []
    _, left = await office.storage.deliveries.undelivered()
    assert left == []


async def test_a_reminder_that_reaches_nobody_goes_to_the_next_platform_once(office: Desk) -> None:
    office.slack.always(Dead(reason="user_not_found"))
    await office.ask(1)
    await office.happen(1, happen(outbox=(reminder(rid(1)),)))
    office.relay.start()
    await office.quiet()
    assert [to for _, to in office.teams.told] == [Recipient(platform="teams", id=BOB)]
    assert await office.storage.deliveries.retry_dead(None, office.now) == 1
    await office.quiet()
    assert [len(channel.told) for channel in (office.slack, office.teams)] == [2, 1]


async def test_alerts_are_told_and_go_to_the_next_platform_each_by_itself(office: Desk) -> None:
    sign = Sign(Kind.UNKNOWN_ACTION, "paint", {"action": "paint", "count": "1"})
    alerts = [begun(sign, f"alert-{number}", (BOB_IN_SLACK,), office.now) for number in (1, 2)]
    rows = [row for alert in alerts for row in opening(alert, "")[0]]
    office.slack.always(Dead(reason="user_not_found"))
    await office.ask(1)
    await office.happen(1, happen(outbox=tuple(rows)))
    office.relay.start()
    await office.quiet()
    assert [told.title for told, _ in office.teams.told] == [
        "Alert: no rule names the action paint"
    ] * 2
    assert {to for _, to in office.teams.told} == {Recipient(platform="teams", id=BOB)}
