"""What is late, and who is back: each is told once, and to the right people, over the product."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.scheduler import CHUNK
from tests.e2e.company import Company, Json, Time, company
from tests.e2e.looking import everything_is_delivered
from tests.e2e.rulebook import ADA, ALICE, DEV, MARA, Desk

POLICY = """\
version: 1
defaults: {expires_in: 8h}
rules:
  - name: held
    when: request.action.type == "held"
    category: review
    stages:
      - {name: Manager, approvers: [mara@example.com], sla: 4h, remind_at: 2h, on_timeout: hold}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
TITLE = "Oak desks"
HOUR = 3_600_000


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def desk(tmp_path: Path, time: Time) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, at=time) as co:
        yield Desk(co, await co.key("submit", "read", owner=DEV))


async def pass_by(desk: Desk, time: Time, hours: float) -> None:
    """So many hours later; many sweeps notice it at once."""
    time.ahead += int(hours * HOUR)
    app = desk.co.app
    await asyncio.gather(*(app.absences.turn(CHUNK) for _ in range(5)))
    await asyncio.gather(*(app.scheduler.sweep() for _ in range(5)))
    desk.co.app.relay.changed([])
    await desk.co.until(lambda: everything_is_delivered(desk.co))


async def told(co: Company, text: str) -> dict[str, int]:
    """Who was told this by a direct message, and how often."""
    found: dict[str, int] = {}
    for person in (ALICE, MARA, ADA, DEV):
        messages = await co.slack_messages(person)
        count = sum(text in json.dumps(m, ensure_ascii=False) for m in messages)
        if count:
            found[person] = count
    return found


async def ask(desk: Desk) -> Json:
    action = {"type": "held", "params": {"purpose": TITLE}}
    body = {"title": TITLE, "requester": ALICE, "action": action}
    return await desk.co.submit(desk.agent, body)


async def test_from_the_reminder_to_the_end_everybody_is_told_each_thing_once(
    desk: Desk, time: Time
) -> None:
    asked, co = await ask(desk), desk.co
    await co.slack_card(MARA, TITLE)
    await pass_by(desk, time, 2.01)
    assert await told(co, "Reminder: this waits for your decision") == {MARA: 1}
    await pass_by(desk, time, 2)
    assert await told(co, "Overdue: this waits for your decision") == {MARA: 1}
    held = await told(co, "It may still be decided")
    assert held[ALICE] == held[ADA] == 1
    await pass_by(desk, time, 4)
    assert (await co.get(desk.agent, asked["id"]))["status"] == "expired"
    assert await told(co, "You need not decide it any more") == {MARA: 1}
    assert await told(co, "You own agent") == {DEV: 1}
    results = await told(co, f"{TITLE}: Expired: nobody decided in time.")
    assert results[ALICE] == 1
    for _ in range(2):
        await pass_by(desk, time, 1)
    assert await told(co, "You need not decide it any more") == {MARA: 1}


async def test_who_is_back_is_told_once_what_waits(desk: Desk, time: Time) -> None:
    co = desk.co
    ends = datetime.fromtimestamp((time() + HOUR) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"to": ADA, "until": ends}
    status, found = await co.call("POST", "/v1/delegations", await desk.key_of(MARA), body)
    assert status == 201, found
    await ask(desk)
    await co.slack_card(MARA, TITLE)
    await pass_by(desk, time, 0.5)
    assert await told(co, "Welcome back") == {}
    await pass_by(desk, time, 0.6)
    assert await told(co, "Welcome back: 1 request waits for you") == {MARA: 1}
    await pass_by(desk, time, 0.1)
    assert await told(co, "Welcome back") == {MARA: 1}
