"""What runs is what was approved: changes asked for, edits, and attempts, on every platform."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import rfc8785

from tests.e2e.company import Company, Json, Time, company
from tests.e2e.looking import buttons, says, trail_holds
from tests.e2e.rulebook import ALICE, FINN, MARA, Desk
from tests.e2e.test_rules_time import fill
from tests.e2e.test_slack_acts import Slack

POLICY = """\
version: 1
defaults: {expires_in: 24h}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    editable: [amount, purpose]
    max_attempts: 3
    stages: [{name: Manager, approvers: [mara@example.com]}]
  - name: expense
    when: request.action.type == "expense"
    category: review
    editable: [amount, vendor]
    max_attempts: 3
    stages: [{name: Finance, approvers: [finn@example.com]}]
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
TITLE = "New ERP system"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, at=Time()) as co:
        yield Desk(co, await co.key("submit", "read"))


def action(kind: str, **params: Any) -> Json:
    return {"type": kind, "params": params}


async def order(desk: Desk, **params: Any) -> Json:
    """A purchase order that waits for Mara in Slack."""
    wanted = {"purpose": "ERP", "amount": 120000} | params
    return await desk.ask(title=TITLE, action=action("purchase_order", **wanted))


async def redeem(desk: Desk, token: str, run: Json) -> tuple[int, Json]:
    executor = await desk.co.key("redeem")
    return await desk.co.call(
        "POST", "/v1/tokens/redeem", executor, {"token": token, "action": run}
    )


async def claims(co: Company, token: str) -> Json:
    """What the token states, as another library reads it with the published keys."""
    _, jwks = await co.call("GET", "/.well-known/jwks.json")
    kid = jwt.get_unverified_header(token)["kid"]
    (key,) = (jwt.PyJWK(k) for k in jwks["keys"] if k["kid"] == kid)
    found: Json = jwt.decode(token, key, algorithms=["EdDSA"])
    return found


def digest(run: Json) -> str:
    return hashlib.sha256(rfc8785.dumps(run)).hexdigest()


async def check_runs(desk: Desk, asked: Json, edited: Json) -> None:
    """The token is for the edited action and nothing else, and redeeming it shows that."""
    found = await desk.see(asked)
    assert found["status"] == "approved"
    assert found["action"] == edited
    stated = await claims(desk.co, found["token"])
    assert (stated["request"], stated["revision"]) == (asked["id"], 2)
    assert stated["action_digest"] == digest(edited) != digest(asked["action"])
    assert stated["digest"] == found["revision"]["digest"] != asked["revision"]["digest"]
    status, refused = await redeem(desk, found["token"], asked["action"])
    assert (status, refused["reason"]) == (403, "other_action")
    status, used = await redeem(desk, found["token"], edited)
    assert (status, used["action"], used["revision"]["number"]) == (200, edited, 2)
    assert await trail_holds(desk.co, asked["id"])


async def test_changes_are_asked_for_in_slack_answered_by_the_agent_and_approved(
    desk: Desk,
) -> None:
    co = desk.co
    asked = await order(desk)
    slack = Slack(co, desk.agent, asked["id"])
    old = await co.slack_card(MARA, TITLE)
    await slack.choose(MARA, "Request changes")
    await slack.fill(MARA, reason="Ask for less")
    waiting = await co.get(desk.agent, asked["id"], wait=10)
    assert waiting["status"] == "changes_requested"
    assert (waiting["feedback"]["by"], waiting["feedback"]["reason"]) == (MARA, "Ask for less")
    assert "Ask for less" in json.dumps(await co.slack_card(ALICE, "asks for changes"))
    await co.until(lambda: _without_decision(co))
    less = {"action": {"params": {"purpose": "ERP", "amount": 60000}}, "revision": 1}
    revised = await desk.done(desk.agent, asked, "revisions", less)
    assert (revised["status"], revised["revision"]["number"]) == ("pending", 2)

    async def asked_anew() -> Json | None:
        found = [m for m in await co.slack_messages(MARA) if says(m, "60,000")]
        return next((m for m in found if "Approve" in buttons(m)), None)

    card = await co.until(asked_anew)
    assert says(card, "Ask for less"), "the card says which wish it answers"
    # The card that was shown before is about another action.
    await co.slack_click(MARA, old, "Approve")
    assert (await desk.see(asked))["status"] == "pending"
    await co.slack_click(MARA, card, "Approve")
    await check_runs(desk, asked, action("purchase_order", purpose="ERP", amount=60000))


async def _without_decision(co: Company) -> bool:
    return "Approve" not in buttons(await co.slack_card(MARA, TITLE))


async def test_an_edit_in_slack_is_what_runs(desk: Desk) -> None:
    asked = await order(desk)
    slack = Slack(desk.co, desk.agent, asked["id"])
    await slack.choose(MARA, "Edit and approve")
    wrong = await slack.fill(MARA, amount="90,000")
    assert "plain number" in json.dumps(wrong["body"]), wrong
    await slack.fill(MARA, amount="90000", reason="Half of it")
    await check_runs(desk, asked, action("purchase_order", purpose="ERP", amount=90000))
    seen = await desk.see(asked)
    assert (seen["revision"]["edited_by"], seen["revision"]["edited"]) == (MARA, ["amount"])


async def test_an_edit_in_teams_is_what_runs(desk: Desk) -> None:
    co = desk.co
    params = {"amount": "900.50", "vendor": "ACME *Ltd*", "items": [1, 2.5, None]}
    asked = await desk.ask(title=TITLE, action=action("expense", **params))
    card = await co.teams_card(FINN, TITLE)
    form = await co.teams_click(FINN, card, "Edit and approve")
    assert form["ok"], form
    entered = {"edit:amount": "many", "edit:vendor": "ACME *Ltd*"}
    wrong = await fill(co, FINN, card, "Change and approve", **entered)
    assert (await desk.see(asked))["status"] == "pending", wrong
    entered["edit:amount"] = "450.25"
    done = await fill(co, FINN, card, "Change and approve", **entered)
    assert done["ok"], done
    edited = action("expense", amount="450.25", vendor="ACME *Ltd*", items=[1, 2.5, None])
    await check_runs(desk, asked, edited)
    seen = await desk.see(asked)
    assert (seen["revision"]["edited_by"], seen["revision"]["edited"]) == (FINN, ["amount"])
    assert seen["stages"][0]["votes"][0]["via"] == "teams"


async def test_a_form_about_an_older_revision_approves_nothing(desk: Desk) -> None:
    """The agent revises while somebody fills in the form."""
    co = desk.co
    asked = await order(desk)
    slack = Slack(co, desk.agent, asked["id"])
    await slack.choose(MARA, "Edit and approve")
    other = {"action": {"params": {"purpose": "Mainframe", "amount": 120000}}}
    await desk.done(desk.agent, asked, "revisions", other)
    told = await slack.fill(MARA, amount="90,000")
    seen = await desk.see(asked)
    assert (seen["status"], seen["stages"][0]["votes"]) == ("pending", []), told
    assert seen["action"]["params"] == other["action"]["params"]
    assert "out of date" in json.dumps(told["body"]), told


async def test_attempts_are_a_chain_that_ends(desk: Desk) -> None:
    no = {"decision": "reject", "comment": "Too dear"}
    chain = [await order(desk)]
    await desk.done(MARA, chain[0], "decisions", no)
    for _ in range(2):
        body = chain[0]["action"]
        follow = {"title": TITLE, "action": body, "previous_request_id": chain[-1]["id"]}
        again = await desk.ask(**follow)
        assert (again["previous_request_id"], again["attempt"]) == (
            chain[-1]["id"],
            len(chain) + 1,
        )
        chain.append(again)
        await desk.done(MARA, again, "decisions", no)
    follow["previous_request_id"] = chain[-1]["id"]
    status, refused = await desk.co.call("POST", "/v1/requests", desk.agent, follow)
    assert (status, refused["reason"]) == (409, "too_many_attempts")
    path = f"/v1/requests/{chain[1]['id']}/attempts"
    _, listed = await desk.co.call("GET", path, desk.agent)
    assert listed["items"] == [each["id"] for each in chain]


async def test_asking_again_unlinked_disturbs_nobody_and_another_action_is_new(
    desk: Desk,
) -> None:
    co = desk.co
    asked = await order(desk)
    no = {"decision": "reject", "comment": "Too dear"}
    await desk.done(MARA, asked, "decisions", no)
    body = {"title": "Please!", "requester": ALICE, "action": asked["action"]}
    for _ in range(3):
        status, found = await co.call("POST", "/v1/requests", desk.agent, body)
        assert (status, found["id"], found["answered_from_record"]) == (200, asked["id"], True)
        assert (found["status"], found["decision"]["reason"]) == ("rejected", "Too dear")
    # The same digest, however it is written; another one is another action.
    body["action"] = {"params": {"amount": 120000.0, "purpose": "ERP"}, "type": "purchase_order"}
    assert (await co.call("POST", "/v1/requests", desk.agent, body))[0] == 200
    body["action"]["params"]["amount"] = 120001
    assert (await co.call("POST", "/v1/requests", desk.agent, body))[0] == 201
    await co.slack_card(MARA, "Please!")
    titles = [m for m in await co.slack_messages(MARA) if says(m, "Please!")]
    assert len(titles) == 1
