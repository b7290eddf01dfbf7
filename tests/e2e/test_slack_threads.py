"""Conversations in Slack threads, end to end: over the real core, storage, relay and HTTP."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.company import ERP, Company, Time, company
from tests.e2e.looking import ephemerals, everything_is_delivered

Json = dict[str, Any]

ROOM = "C0APPROVALS"
POLICY = f"""
version: 1
defaults: {{expires_in: 24h, sla: 60m}}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    channel: slack:{ROOM}
    stages:
      - {{name: Manager, approvers: ["manager_of:requester"], remind_at: [50%]}}
fallback: {{category: review, stages: [{{name: Review, approvers: ["group:admins"]}}]}}
last_resort: group:admins
"""
ALICE, MARA, FAYE = (f"{n}@example.com" for n in ("alice", "mara", "faye"))
STRANGER = {
    "name": "Sam",
    "email": "sam@elsewhere.example",
    "slack_user": "U0SAM",
    "teams_oid": "11111111-2222-3333-4444-555555555555",
}


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def co(tmp_path: Path, time: Time) -> AsyncIterator[Company]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, at=time, strangers=[STRANGER]) as running:
        yield running


class Asked:
    """One request, and what people write about it."""

    def __init__(self, co: Company, key: str, request: str) -> None:
        self.co, self.key, self.request = co, key, request

    async def comments(self) -> list[tuple[str, str, bool]]:
        found = (await self.co.get(self.key, self.request))["comments"]
        return [(c["person"], c["text"], c["question"]) for c in found]

    async def room_card(self) -> Json:
        """The card in the room."""

        async def look() -> Json | None:
            room = (await self.co.state())["slack"]["conversations"].get(ROOM)
            cards = [m for m in room["messages"] if m["blocks"]] if room else []
            return cards[0] | {"channel": ROOM} if cards else None

        card: Json = await self.co.until(look)
        return card

    async def settled(self) -> None:
        await self.co.until(lambda: everything_is_delivered(self.co))

    async def replies(self, person: str, to: Json, text: str) -> Json:
        # Nobody answers in the milliseconds before what was posted is recorded.
        await self.settled()
        where = {"channel": to["channel"], "thread_ts": to["ts"]}
        done = await self.co.slack(person, "message", **where, text=text)
        assert done["status"] == 200, done
        return done

    async def is_told(self, user: str, words: str) -> str:
        """What this user alone is shown, with these words in it."""

        async def look() -> str | None:
            shown = ephemerals(await self.co.state(), user)
            return next((text for text in shown if words in text), None)

        found: str = await self.co.until(look)
        return found


@pytest.fixture
async def asked(co: Company) -> Asked:
    key = await co.key("submit", "read", "read_all")
    request = await co.submit(key, ERP)
    return Asked(co, key, request["id"])


async def test_a_question_below_the_card_is_answered_below_the_notice(asked: Asked) -> None:
    card = await asked.co.slack_card(MARA, "New ERP system")
    await asked.replies(MARA, card, "Is training included?")
    notice = await asked.co.slack_card(ALICE, "Is training included?")
    assert "Reply in a thread here to answer" in json.dumps(notice)
    await asked.replies(ALICE, notice, "Yes, for <one> year.".replace("<", "&lt;"))
    answer = await asked.co.slack_card(MARA, "Open your card")
    assert "Yes, for" in json.dumps(answer)
    assert await asked.comments() == [
        (MARA, "Is training included?", True),
        (ALICE, "Yes, for <one> year.", False),
    ]


async def test_the_card_in_the_room_says_who_decides_and_its_thread_is_heard(asked: Asked) -> None:
    card = await asked.room_card()
    assert "Only those it waits for can decide: Mara" in json.dumps(card)
    await asked.replies(FAYE, card, "Which vendor?")
    await asked.co.slack_card(ALICE, "Which vendor?")
    done = await asked.co.slack_click(FAYE, card, "Approve")
    assert done["status"] == 200
    await asked.is_told(asked.co.people[FAYE]["slack_user"], "not one of the people asked")


async def test_words_do_not_decide(asked: Asked) -> None:
    card = await asked.co.slack_card(MARA, "New ERP system")
    await asked.replies(MARA, card, "approve")
    user = asked.co.people[MARA]["slack_user"]
    assert "decides nothing" in await asked.is_told(user, "recorded as a comment")
    assert (await asked.co.get(asked.key, asked.request))["status"] == "pending"
    assert await asked.comments() == [(MARA, "approve", False)]


async def test_a_stranger_is_told_once_and_nothing_is_kept(asked: Asked) -> None:
    card = await asked.room_card()
    await asked.settled()
    for text in ("Approve!", "Hello?"):
        where = {"channel": ROOM, "thread_ts": card["ts"], "text": text}
        body = {"user": "U0SAM", "do": "message", **where}
        await asked.co._act("slack", body)
    said = await asked.is_told("U0SAM", "not recorded")
    assert "not linked" in said
    assert "New ERP" not in said
    assert len(ephemerals(await asked.co.state(), "U0SAM")) == 1
    assert await asked.comments() == []


async def test_what_slack_delivers_twice_is_one_comment(asked: Asked) -> None:
    card = await asked.co.slack_card(MARA, "New ERP system")
    await asked.co.faults(to_bot={"twice": True})
    await asked.replies(MARA, card, "Once.")
    await asked.co.faults()
    assert await asked.comments() == [(MARA, "Once.", False)]


async def test_who_writes_to_the_app_is_told_where_to_write(asked: Asked) -> None:
    await asked.co.slack(FAYE, "message", text="approve")
    # Slack keeps no message that only one person sees: who writes once more sees what was said.
    answer = await asked.co.slack_card(FAYE, "not recorded")
    assert "in the thread of a card" in json.dumps(answer)


async def test_a_reminder_links_to_the_card_of_its_reader(asked: Asked, time: Time) -> None:
    card = await asked.co.slack_card(MARA, "New ERP system")
    time.ahead += 31 * 60_000
    await asked.co.app.scheduler.sweep()
    reminder = await asked.co.slack_card(MARA, "Reminder: ")
    link = f"/slack/archives/{card['channel']}/p{card['ts'].replace('.', '')}|Open your card>"
    assert link in json.dumps(reminder)
