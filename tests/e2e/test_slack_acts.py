"""Every act in Slack, end to end: menus, lists and forms over the real core, told honestly."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.company import ERP, Company, company

Json = dict[str, Any]

POLICY = """
version: 1
defaults: {expires_in: 24h, sla: 60m}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    editable: [amount, purpose]
    break_glass: {role: finance_analyst, tell: [ada@example.com]}
    stages:
      - {name: Manager, approvers: ["manager_of:requester"], escalate_to: [faye@example.com]}
      - {name: Finance, approvers: ["group:finance"]}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
ALICE, MARA, FAYE, ADA = (f"{n}@example.com" for n in ("alice", "mara", "faye", "ada"))


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy) as running:
        yield running


class Slack:
    """One person's hands on one request."""

    def __init__(self, co: Company, key: str, request: str) -> None:
        self.co, self.key, self.request = co, key, request

    async def choose(self, person: str, label: str) -> Json:
        """Choose from the menu of the newest card, or from the list behind it."""
        card = await self.co.slack_card(person, "New ERP system")
        options = menu(card)
        value = options.get(label) or options["More…"]
        where = {"channel": card["channel"], "ts": card["ts"], "as_seen": card}
        done = await self.co.slack(
            person, "select", **where, action_id="countersign_menu", value=value
        )
        if label in options:
            return done
        view = await self.modal(person)
        buttons = [e for b in view["blocks"] for e in b.get("elements", [])]
        (action,) = (e["action_id"] for e in buttons if e["text"]["text"] == label)
        return await self.co.slack(person, "click", view_id=view["id"], action_id=action)

    async def modal(self, person: str) -> Json:
        user = self.co.people[person]["slack_user"]
        view: Json = (await self.co.state())["slack"]["modals"][user][-1]
        return view

    async def fill(self, person: str, **entered: str) -> Json:
        """Send the open form."""
        view = await self.modal(person)
        values: Json = {}
        for block in (b for b in view["blocks"] if b["type"] == "input"):
            name = block["element"]["action_id"]
            if name in entered:
                values[block["block_id"]] = {name: entered[name]}
        return await self.co.slack(person, "submit", view_id=view["id"], values=values)

    async def shown(self) -> Json:
        return await self.co.get(self.key, self.request)


def menu(card: Json) -> dict[str, str]:
    return {
        o["text"]["text"]: o["value"]
        for b in card["blocks"]
        for e in b.get("elements", [])
        if e["type"] == "overflow"
        for o in e["options"]
    }


def said(view_or_answer: Json) -> str:
    return json.dumps(view_or_answer, ensure_ascii=False)


@pytest.fixture
async def slack(co: Company) -> Slack:
    key = await co.key("submit", "read", "read_all")
    asked = await co.submit(key, ERP)
    return Slack(co, key, asked["id"])


async def test_a_question_reaches_the_requester_and_everybodys_card(slack: Slack) -> None:
    await slack.choose(MARA, "Ask a question")
    answer = await slack.fill(MARA, reason="Is *training* <included>?")
    assert answer["body"] == {"response_action": "clear"}, answer

    async def remarked() -> bool:
        card = await slack.co.slack_card(MARA, "New ERP system")
        return "Is *training* &lt;included&gt;?" in said(card)

    await slack.co.until(remarked)
    notice = await slack.co.slack_card(ALICE, "included")
    assert "Show the request" in said(notice)


async def test_a_delegation_lets_the_other_person_decide(slack: Slack) -> None:
    await slack.choose(MARA, "Delegate")
    wrong = await slack.fill(MARA, to="U0ALICE")
    assert "errors" in wrong, wrong
    twice = await slack.fill(MARA, to="U0ADA", to_address=ADA)
    assert "Give the person once" in said(twice["errors"]), twice
    done = await slack.fill(MARA, to_address=ADA, reason="I am away")
    assert "Ada" in said(done["body"]["view"]), done
    card = await slack.co.slack_card(ADA, "New ERP system")
    await slack.co.until(lambda: has_approve(slack, ADA))
    card = await slack.co.slack_card(ADA, "Asked by")
    await slack.co.slack_click(ADA, card, "Approve")

    async def moved() -> bool:
        return bool((await slack.shown())["current_stage"] == 2)

    await slack.co.until(moved)


async def has_approve(slack: Slack, person: str) -> bool:
    return "countersign_approve" in said(await slack.co.slack_card(person, "Asked by"))


async def test_an_edit_makes_a_revision_with_an_approval(slack: Slack) -> None:
    await slack.choose(MARA, "Edit and approve")
    wrong = await slack.fill(MARA, amount="many")
    (complaint,) = wrong["errors"].values()
    assert complaint.startswith("Is no"), complaint
    done = await slack.fill(MARA, amount="90000", reason="Half of it")
    assert done["body"]["response_action"] == "update", done
    shown = await slack.shown()
    assert (shown["revision"]["number"], shown["current_stage"]) == (2, 2), said(done)


async def test_changes_are_requested_and_shown(slack: Slack) -> None:
    await slack.choose(MARA, "Request changes")
    await slack.fill(MARA, reason="Ask for less")
    assert (await slack.shown())["status"] == "changes_requested"


async def test_a_second_level_is_asked_from_the_list(slack: Slack) -> None:
    await slack.choose(MARA, "Escalate")
    done = await slack.fill(MARA, reason="Too much for me")
    assert done["body"]["response_action"] == "update", done
    await slack.co.until(lambda: has_approve(slack, FAYE))


async def test_history_is_told_to_who_may_see_it(slack: Slack) -> None:
    await slack.choose(MARA, "History")
    view = await slack.modal(MARA)
    assert view["title"]["text"] == "History"
    assert "Alice" in said(view)


async def test_break_glass_passes_it_alone_and_is_told_loudly(slack: Slack) -> None:
    co, asked = slack.co, f"status {slack.request}"
    told = await co.slack(FAYE, "command", command="/approvals", text=asked)
    (shown,) = [e for e in (await co.state())["slack"]["ephemerals"] if e["user"] == "U0FAYE"]
    value = menu(shown)["Break glass"]
    where = {"ephemeral": shown["id"], "action_id": "countersign_menu"}
    await co.slack(FAYE, "select", **where, value=value)
    done = await slack.fill(FAYE, reason="The plant stands still")
    assert done["ok"], (told, done)
    assert (await slack.shown())["status"] == "approved"
    notice = await co.slack_card(ADA, "Break-glass")
    assert "The plant stands still" in said(notice)


async def test_the_requester_nudges_and_withdraws(slack: Slack) -> None:
    asked = f"status {slack.request}"
    await slack.co.slack(ALICE, "command", command="/approvals", text=asked)
    told = (await slack.co.state())["slack"]["ephemerals"]
    (shown,) = (e for e in told if e["user"] == "U0ALICE")
    options = menu(shown)
    where = {"ephemeral": shown["id"], "action_id": "countersign_menu"}
    await slack.co.slack(ALICE, "select", **where, value=options["Nudge"])
    await slack.co.slack_card(MARA, "Show the request")
    await slack.co.slack(ALICE, "select", **where, value=options["Withdraw the request"])
    await slack.fill(ALICE, reason="Not needed")
    assert (await slack.shown())["status"] == "cancelled"


async def test_out_of_office_hands_over_what_is_open_and_ends(slack: Slack) -> None:
    co = slack.co
    done = await co.slack(
        MARA, "command", command="/approvals", text="delegate @ada until 2099-12-24"
    )
    assert "Ada" in said(done["body"]), done
    await co.until(lambda: has_approve(slack, ADA))
    found = await co.slack(MARA, "command", command="/approvals", text="ooo")
    line = found["body"]["blocks"][1]["text"]["text"]
    assert "25 Dec 2099 00:00 Europe/Berlin" in line, line
    ended = await co.slack(
        MARA, "command", command="/approvals", text=f"ooo end {line.rpartition(' ')[2]}"
    )
    assert ended["ok"], ended
    left = await co.slack(MARA, "command", command="/approvals", text="ooo list")
    assert "Nobody acts for you" in said(left), said(ended)
