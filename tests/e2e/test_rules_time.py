"""What time does to a request: reminders, escalation and deadlines, each once and on its moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sample import DIRECTORY
from tests.e2e.company import Company, Json, Time, company
from tests.e2e.looking import buttons, event_types, everything_is_delivered, says, trail_holds
from tests.e2e.rulebook import ADA, ALICE, DANA, FAYE, FINN, MARA, Desk
from tests.e2e.test_slack_acts import Slack

POLICY = """\
version: 1
defaults: {expires_in: 10d}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    stages:
      - name: Manager
        approvers: [mara@example.com]
        sla: 4h
        remind_at: [50%, 75%]
        escalate_to: [dana@example.com]
  - name: expense
    when: request.action.type == "expense"
    category: review
    stages: [{name: Manager, approvers: [mara@example.com], sla: 1h, on_timeout: reject}]
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
TITLE = "New ERP system"
HOUR = 3_600_000


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def desk(tmp_path: Path, time: Time) -> AsyncIterator[Desk]:
    """Faye reads her cards in Teams here; in Slack others can name her."""
    policy, people = tmp_path / "policy.yaml", tmp_path / "people.yaml"
    policy.write_text(POLICY)
    people.write_text(DIRECTORY.read_text().replace("[slack, teams]", "[teams, slack]"))
    async with company(tmp_path, policy=policy, directory=people, at=time) as co:
        yield Desk(co, await co.key("submit", "read"))


async def pass_by(desk: Desk, time: Time, hours: float) -> None:
    """So many hours later; many sweeps notice it at once."""
    time.ahead += int(hours * HOUR)
    await asyncio.gather(*(desk.co.app.scheduler.sweep() for _ in range(5)))
    desk.co.app.relay.changed([])
    await desk.co.until(lambda: everything_is_delivered(desk.co))


async def told(co: Company, person: str, text: str) -> int:
    """How many messages of the bot to this person say so."""
    on_slack = person in (MARA, ALICE, ADA)
    messages = await (co.slack_messages(person) if on_slack else co.teams_messages(person))
    return sum(text in json.dumps(m, ensure_ascii=False) for m in messages)


async def with_button(co: Company, person: str, title: str, label: str = "Approve") -> Json:
    """The person's card in Teams, once it has this button."""

    async def look() -> Json | None:
        about = [m for m in await co.teams_messages(person) if title in json.dumps(m)]
        cards = [m for m in about if m["attachments"] and label in buttons(m)]
        return cards[-1] if cards else None

    card: Json = await co.until(look)
    return card


async def fill(co: Company, person: str, card: Json, submit: str, **inputs: str) -> Json:
    """Send the form in the dialog that is open above this card in Teams."""
    where = {"conversation": card["conversation"], "activity": card["id"]}
    action = {"title": submit}
    return await co.teams(person, "send", **where, action=action, inputs=inputs)


async def test_handed_on_in_slack_and_decided_in_teams(desk: Desk) -> None:
    co = desk.co
    asked = await desk.ask("purchase_order", title=TITLE)
    slack = Slack(co, desk.agent, asked["id"])
    await slack.choose(MARA, "Delegate")
    done = await slack.fill(MARA, to="U0FAYE", reason="You know the vendor")
    assert "Faye" in json.dumps(done["body"]), done
    card = await with_button(co, FAYE, TITLE)
    assert says(card, "You are asked for Mara Miller as Manager")
    await co.until(lambda: told(co, FAYE, "asks you to decide in their place"))
    assert await told(co, FAYE, "Reason: You know the vendor") == 1
    await co.teams_click(FAYE, card, "Approve")
    done = await desk.see(asked)
    (vote,) = done["stages"][0]["votes"]
    assert (vote["person"], vote["on_behalf_of"], vote["via"]) == (FAYE, MARA, "teams")
    (delegation,) = done["delegations"]
    assert (delegation["from"], delegation["to"]) == (MARA, FAYE)
    await co.until(lambda: _says(co, MARA, "Approved by Faye"))
    assert await trail_holds(co, asked["id"])


async def test_handed_on_in_teams_and_decided_in_slack(desk: Desk) -> None:
    co = desk.co
    asked = await desk.ask("purchase_order", title=TITLE)
    await desk.done(MARA, asked, "delegations", {"to": FINN})
    card = await with_button(co, FINN, TITLE)
    form = await co.teams_click(FINN, card, "Delegate")
    assert form["ok"], form
    wrong = await fill(co, FINN, card, "Delegate", to_address=MARA)
    assert "that would be a circle" in json.dumps(wrong["body"]), wrong
    done = await fill(co, FINN, card, "Delegate", to_address=ADA, reason="Your turn")
    assert done["ok"], done
    await co.until(lambda: told(co, ADA, "Reason: Your turn"))

    async def offered() -> Json | None:
        found = [m for m in await co.slack_messages(ADA) if "Approve" in buttons(m)]
        return found[-1] if found else None

    await co.slack_click(ADA, await co.until(offered), "Approve")
    (vote,) = (await desk.see(asked))["stages"][0]["votes"]
    assert (vote["person"], vote["on_behalf_of"], vote["via"]) == (ADA, MARA, "slack")


async def _says(co: Company, person: str, text: str) -> bool:
    return any(says(m, text) for m in await co.slack_messages(person) if says(m, TITLE))


async def test_reminders_come_once_each_and_after_a_long_delay_only_one(
    desk: Desk, time: Time
) -> None:
    co = desk.co
    await desk.ask("purchase_order", title="One by one")
    await pass_by(desk, time, 2.01)
    assert await told(co, MARA, "Reminder: ") == 1
    late = await desk.ask("purchase_order", title="Late")
    await pass_by(desk, time, 1)
    assert await told(co, MARA, "Reminder: ") == 2
    await co.app.scheduler.sweep()
    # Both reminders of the second one are overdue by now, and the first one's deadline is past.
    await pass_by(desk, time, 2.5)
    assert await told(co, MARA, "Reminder: ") == 3
    assert (await event_types(co, late["id"]))["reminded"] == 1


async def test_a_deadline_asks_the_next_level_and_tells_everybody_once(
    desk: Desk, time: Time
) -> None:
    co = desk.co
    asked = await desk.ask("purchase_order", title=TITLE)
    await pass_by(desk, time, 4.01)
    card = await with_button(co, DANA, TITLE)
    for _ in range(3):
        await pass_by(desk, time, 0)
    assert await told(co, DANA, "You are asked now, since") == 1
    assert await told(co, MARA, "You may still decide it.") == 1
    assert await told(co, ALICE, "Your request was escalated at Manager") == 1
    (stage,) = (await desk.see(asked))["stages"]
    assert (stage["escalated"], stage["status"]) == (True, "pending")
    assert (await event_types(co, asked["id"]))["escalated"] == 1
    await co.teams_click(DANA, card, "Approve")
    done = await desk.see(asked)
    assert (done["status"], done["decision"]["by"]) == ("approved", [DANA])
    await co.until(lambda: _says(co, MARA, "Approved by Dana Director"))


async def test_at_the_top_it_is_held_and_the_administrators_are_told_once(
    desk: Desk, time: Time
) -> None:
    co = desk.co
    asked = await desk.ask("purchase_order", title=TITLE)
    for _ in range(6):
        await pass_by(desk, time, 4.01)
    seen = await desk.see(asked)
    assert (seen["status"], seen["stages"][0]["votes"]) == ("pending", []), "never passed silently"
    types = await event_types(co, asked["id"])
    assert types["held"] == 1, types
    assert await told(co, ADA, "It may still be decided; reassign it") == 1
    assert await told(co, ALICE, "The administrators were told.") == 1


async def test_a_click_after_the_deadline_never_beats_the_clock(desk: Desk, time: Time) -> None:
    """Nothing sweeps; the click itself brings the rejection about, on the moment it was due."""
    co = desk.co
    asked = await desk.ask("expense", title=TITLE)
    card = await co.slack_card(MARA, TITLE)
    await co.app.scheduler.stop()
    time.ahead += 2 * HOUR
    await co.slack_click(MARA, card, "Approve")
    seen = await desk.see(asked)
    assert (seen["status"], seen["stages"][0]["votes"]) == ("rejected", [])
    assert (seen["decision"]["by"], seen["token"]) == ([], None)
    assert seen["decided_at"] == seen["stages"][0]["sla_deadline"]
    types = await event_types(co, asked["id"])
    assert (types["finished"], types["voted"]) == (1, 0)
    await co.until(lambda: _says(co, MARA, "ejected"))
    assert buttons(await co.slack_card(MARA, TITLE)) == []
    path = {"decision": "approve"}
    assert await desk.refused(MARA, asked, "decisions", path) == (409, "finished")


async def test_a_click_in_time_stands_though_the_sweep_comes_much_later(
    desk: Desk, time: Time
) -> None:
    asked = await desk.ask("expense", title=TITLE)
    card = await desk.co.slack_card(MARA, TITLE)
    time.ahead += HOUR - 60_000
    await desk.co.slack_click(MARA, card, "Approve")
    await pass_by(desk, time, 5)
    assert (await desk.see(asked))["status"] == "approved"


async def test_expiry_comes_on_its_moment_and_is_told(desk: Desk, time: Time) -> None:
    co = desk.co
    asked = await desk.ask("purchase_order", title=TITLE, expires_in="3h")
    card = await co.slack_card(MARA, TITLE)
    await pass_by(desk, time, 30)
    seen = await desk.see(asked)
    assert (seen["status"], seen["decided_at"]) == ("expired", seen["expires_at"])
    assert (await event_types(co, asked["id"]))["escalated"] == 0
    await co.slack_click(MARA, card, "Approve")
    assert (await desk.see(asked))["status"] == "expired"
    assert await told(co, ALICE, "Expired") == 1
