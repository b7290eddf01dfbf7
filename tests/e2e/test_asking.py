"""People ask in Slack, end to end: the form, the approver's click, the word back; and figures."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.company import Company, company

Json = dict[str, Any]

POLICY = """
version: 1
defaults: {expires_in: 24h, sla: 60m}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order" && request.amount <= 5000
    category: review
    stages:
      - {name: Manager, approvers: ["manager_of:requester"]}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
ALICE, MARA = "alice@example.com", "mara@example.com"
CHAIRS = {"kind": "purchase_order", "title": "New chairs", "amount": "1200", "currency": "EUR"}


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy) as running:
        yield running


async def modal(co: Company, person: str) -> Json:
    user = co.people[person]["slack_user"]
    view: Json = (await co.state())["slack"]["modals"][user][-1]
    return view


async def fill(co: Company, person: str, **entries: str) -> Json:
    view = await modal(co, person)
    values = {f"countersign_ask_{part}": {part: text} for part, text in entries.items()}
    return await co.slack(person, "submit", view_id=view["id"], values=values)


def said(shown: Json) -> str:
    return json.dumps(shown, ensure_ascii=False)


async def ask(co: Company, **entries: str) -> str:
    """Alice asks by the form; the id of her request."""
    told = await co.slack(ALICE, "command", command="/approvals", text="request")
    assert told["ok"], told
    done = await fill(co, ALICE, **CHAIRS | entries)
    assert done["ok"], done
    shown = said((await modal(co, ALICE))["blocks"])
    assert "Your request is sent. Waiting for Manager (stage 1 of 1)." in shown
    return shown.partition("Request ")[2].partition(" ")[0]


async def test_a_person_asks_the_approver_approves_the_person_is_told(co: Company) -> None:
    await ask(co)
    card = await co.slack_card(MARA, "New chairs")
    assert "Alice" in said(card)
    assert "through agent" not in said(card), "nobody else asked"
    await co.slack_click(MARA, card, "Approve")
    result = await co.slack_card(ALICE, "Approved by Mara")
    assert "New chairs" in said(result)


async def test_feedback_is_answered_from_the_notice(co: Company) -> None:
    request = await ask(co)
    card = await co.slack_card(MARA, "New chairs")
    options = {
        o["text"]["text"]: o["value"]
        for b in card["blocks"]
        for e in b.get("elements", [])
        for o in e.get("options", [])
    }
    where = {"channel": card["channel"], "ts": card["ts"], "as_seen": card}
    chosen = options["Request changes"]
    await co.slack(MARA, "select", **where, action_id="countersign_menu", value=chosen)
    view = await modal(co, MARA)
    assert "Alice" in said(view), "who reads the feedback is a person"
    block = next(b for b in view["blocks"] if b["type"] == "input")
    values = {block["block_id"]: {"reason": "Four are enough"}}
    await co.slack(MARA, "submit", view_id=view["id"], values=values)
    notice = await co.slack_card(ALICE, "Four are enough")
    await co.slack_click(ALICE, notice, "Change and send again")
    form = await modal(co, ALICE)
    assert "Four are enough" in said(form["blocks"][0])
    done = await fill(co, ALICE, amount="800")
    assert done["ok"], done
    assert "Revision 2 is sent." in said(await modal(co, ALICE))

    async def shown_to_mara() -> bool:
        return "800 EUR" in said(await co.slack_card(MARA, "Asked by"))

    await co.until(shown_to_mara)
    await co.slack_click(MARA, await co.slack_card(MARA, "Asked by"), "Approve")
    await co.slack_card(ALICE, "Approved by Mara")
    key = await co.key("read_all")
    found = await co.get(key, request)
    assert (found["status"], found["revision"]["number"], found["agent"]) == ("approved", 2, "chat")


async def test_a_shortcut_opens_the_form_and_a_wrong_amount_is_mended(co: Company) -> None:
    told = await co.slack(ALICE, "shortcut", callback_id="countersign_request")
    assert told["ok"], told
    wrong = await fill(co, ALICE, **CHAIRS | {"amount": "1.200,00"})
    (complaint,) = wrong["errors"].values()
    assert complaint.startswith("“1.200,00” can be read in two ways.")
    missing = await fill(co, ALICE, kind="purchase_order", title="New chairs")
    assert list(missing["errors"]) == ["countersign_ask_amount"], "the rule needs one"
    done = await fill(co, ALICE, **CHAIRS)
    assert done["ok"], done
    await co.slack_card(MARA, "New chairs")


async def test_figures_tell_what_was_decided(co: Company) -> None:
    await ask(co)
    card = await co.slack_card(MARA, "New chairs")
    await co.slack_click(MARA, card, "Approve")
    await co.slack_card(ALICE, "Approved by Mara")
    told = await co.slack(MARA, "command", command="/approvals", text="stats")
    shown = said(told["body"])
    assert "Decided in the last 7 days: 1 approved, 0 rejected" in shown
    assert "less than a minute" in shown
    assert "1 approved, 0 rejected, 0 expired" in shown
    assert "by itself: 0%" in shown
