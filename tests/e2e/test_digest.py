"""The daily digest over the real product: a morning, several requests, one message."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.sample import DIRECTORY
from tests.e2e.company import Json, Time, company
from tests.e2e.looking import buttons, everything_is_delivered, says
from tests.e2e.rulebook import ALICE, FINN, MARA, Desk

POLICY = """\
version: 1
defaults: {expires_in: 10d}
rules:
  - name: batch
    when: request.action.type == "batch_job"
    category: review
    digest: daily
    stages:
      - {name: Manager, approvers: [mara@example.com, finn@example.com], sla: 5d, remind_at: 50%}
  - name: soon
    when: request.action.type == "soon"
    category: review
    digest: daily
    stages: [{name: Manager, approvers: [mara@example.com], sla: 30m}]
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
BERLIN = ZoneInfo("Europe/Berlin")
SECOND = 1000
HOUR = 3_600_000


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def desk(tmp_path: Path, time: Time) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    people = tmp_path / "people.yaml"
    alice = "  - email: alice@example.com\n"
    assert alice in DIRECTORY.read_text()
    # Alice wants one message a day about what she asked for, whatever the rule says.
    people.write_text(DIRECTORY.read_text().replace(alice, f'{alice}    digest: "23:59"\n'))
    async with company(tmp_path, policy=policy, directory=people, at=time) as co:
        yield Desk(co, await co.key("submit", "read"))


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


async def go_to(desk: Desk, time: Time, at: int) -> None:
    """Until then, and on until all that is due is delivered."""
    time.ahead += max(0, at - time())
    await desk.co.app.scheduler.sweep()
    desk.co.app.relay.changed([])
    await desk.co.until(lambda: nothing_is_due(desk, time))


async def nothing_is_due(desk: Desk, time: Time) -> bool:
    """Whether all that is not delivered waits for a later moment."""
    cards, notices = await desk.co.storage.deliveries.undelivered()
    due = [card.next_at for card in cards] + [notice.next_at for notice in notices]
    return all(moment > time() + 60 * SECOND for moment in due)


async def batch(desk: Desk, title: str, kind: str = "batch_job") -> Json:
    action = {"type": kind, "params": {"job": title}}
    return await desk.co.submit(desk.agent, {"title": title, "requester": ALICE, "action": action})


async def shown_alone(desk: Desk, person: str) -> list[Json]:
    """What was shown in Slack to this person alone."""
    user = desk.co.people[person]["slack_user"]
    ephemerals = (await desk.co.state())["slack"]["ephemerals"]
    return [each for each in ephemerals if each["user"] == user]


def about(messages: list[Json], text: str) -> list[Json]:
    return [m for m in messages if text in json.dumps(m, ensure_ascii=False)]


async def test_a_day_of_batch_work_is_one_message_to_each(desk: Desk, time: Time) -> None:
    co = desk.co
    first, second = await batch(desk, "Reindex"), await batch(desk, "Archive")
    await co.until(lambda: nothing_is_due(desk, time))
    assert await co.slack_messages(MARA) == []
    [mara] = [d for d in first["deliveries"] if d["recipient"] == MARA]
    assert (mara["state"], mara["shown"]) == ("digest", 0)

    await go_to(desk, time, moment(mara["digest_at"]))
    [digest] = await co.slack_messages(MARA)
    assert says(digest, "2 requests wait for you")
    assert says(digest, "Reindex")
    assert says(digest, "Archive")
    assert buttons(digest).count("Show") == 2
    [again] = [
        d for d in (await co.get(desk.agent, second["id"]))["deliveries"] if d["recipient"] == MARA
    ]
    assert again["state"] == "digest"
    assert moment(again["digest_at"]) > time() + HOUR


async def test_show_in_a_digest_gives_the_card_and_it_can_be_decided(
    desk: Desk, time: Time
) -> None:
    co = desk.co
    asked = await batch(desk, "Reindex")
    [mara] = [d for d in asked["deliveries"] if d["recipient"] == MARA]
    await go_to(desk, time, moment(mara["digest_at"]))
    [digest] = await co.slack_messages(MARA)
    await co.slack_click(MARA, digest, "Show")
    [shown] = await co.until(lambda: shown_alone(desk, MARA))
    assert "Approve" in buttons(shown)
    await co.slack_click(MARA, shown | {"ts": shown["id"]}, "Approve")
    decided = await co.get(desk.agent, asked["id"], wait=10)
    assert (decided["status"], decided["decision"]["by"]) == ("approved", [MARA])
    # Nobody had a card, so none is posted about what is over; Alice reads of it in her digest.
    await co.until(lambda: nothing_is_due(desk, time))
    assert len(await co.slack_messages(MARA)) == 1
    assert await co.slack_messages(ALICE) == []
    evening = datetime.fromtimestamp(time() / 1000, UTC).astimezone(BERLIN)
    evening = evening.replace(hour=23, minute=59, second=0, microsecond=0)
    if evening.timestamp() * 1000 <= time() + 10 * SECOND:
        evening += timedelta(days=1)
    await go_to(desk, time, int(evening.timestamp() * 1000) + 1)
    [told] = await co.slack_messages(ALICE)
    assert says(told, "There is news of one of your own requests.")
    assert says(told, "Approved by Mara")


async def test_what_cannot_wait_for_the_digest_is_pushed_at_once(desk: Desk) -> None:
    co = desk.co
    await batch(desk, "Urgent", "soon")
    card = await co.slack_card(MARA, "Urgent")
    assert "Approve" in buttons(card)
    await co.until(lambda: everything_is_delivered(co))


async def test_a_digest_in_teams_has_a_button_for_each_request(desk: Desk, time: Time) -> None:
    co = desk.co
    asked = await batch(desk, "Reindex")
    [finn] = [d for d in asked["deliveries"] if d["recipient"] == FINN]
    await go_to(desk, time, moment(finn["digest_at"]))
    found = about(await co.teams_messages(FINN), "1 request waits for you")
    assert len(found) == 1
    assert "Reindex" in json.dumps(found)
    assert buttons(found[0]) == ["Show"]
