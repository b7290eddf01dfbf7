"""The main job, end to end: an agent asks, people click in Slack and Teams, the agent hears."""

import asyncio
import json
from pathlib import Path

from core.audit.chain import broken_at
from core.events import read_recorded
from core.evolve import fold
from core.request import RequestState
from tests.e2e.company import ERP, SMALL, Company, company, slack_labels, teams_titles

ALICE = "alice@example.com"
MANAGER = "mara@example.com"
FINANCE_TEAMS = "finn@example.com"
FINANCE_BOTH = "faye@example.com"
DIRECTOR_TEAMS = "dana@example.com"
DEPUTY_SLACK = "dev@example.com"


async def test_three_stages_over_both_platforms_and_the_agent_is_told(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    assert (asked["status"], asked["current_stage"], asked["total_stages"]) == ("pending", 1, 3)
    waiting = asyncio.create_task(co.get(key, asked["id"], wait=30))

    card = await co.slack_card(MANAGER, "New ERP system")
    assert (await co.slack_click(MANAGER, card, "Approve"))["status"] == 200
    card = await co.teams_card(FINANCE_TEAMS, "New ERP system")
    answer = await co.teams_click(FINANCE_TEAMS, card, "Approve")
    assert answer["ok"], answer
    card = await co.slack_card(DEPUTY_SLACK, "New ERP system")
    await co.slack_click(DEPUTY_SLACK, card, "Approve")

    decided = await asyncio.wait_for(waiting, 10)
    assert decided["status"] == "approved"
    assert decided["decision"]["by"] == [MANAGER, FINANCE_TEAMS, DEPUTY_SLACK]
    assert [s["votes"][0]["via"] for s in decided["stages"]] == ["slack", "teams", "slack"]


async def test_all_cards_everywhere_agree_after_the_last_click(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    await co.slack_click(MANAGER, await co.slack_card(MANAGER, "ERP"), "Approve")
    await co.slack_click(FINANCE_BOTH, await co.slack_card(FINANCE_BOTH, "ERP"), "Approve")
    await co.teams_card(FINANCE_TEAMS, "ERP")
    await co.slack_card(DEPUTY_SLACK, "ERP")
    card = await co.teams_card(DIRECTOR_TEAMS, "ERP")
    await co.teams_click(DIRECTOR_TEAMS, card, "Approve")

    async def all_final() -> bool:
        slack = [(await co.slack_messages(p)) for p in (MANAGER, FINANCE_BOTH, DEPUTY_SLACK)]
        teams = [(await co.teams_messages(p)) for p in (FINANCE_TEAMS, DIRECTOR_TEAMS)]
        cards = [m for found in (*slack, *teams) for m in found if "ERP" in json.dumps(m)]
        texts = [json.dumps(m) for m in cards]
        return len(texts) >= 5 and all("Approved by" in text for text in texts)

    await co.until(all_final)
    for person in (MANAGER, FINANCE_BOTH, DEPUTY_SLACK):
        card = await co.slack_card(person, "ERP")
        assert slack_labels(card) == []
        assert "Dana" in json.dumps(card)
    for person in (FINANCE_TEAMS, DIRECTOR_TEAMS):
        card = await co.teams_card(person, "ERP")
        assert teams_titles(card) == []

    async def recorded() -> bool:
        shown = await co.get(key, asked["id"])
        return {d["state"] for d in shown["deliveries"]} == {"shown"}

    await co.until(recorded)


async def test_a_rejection_in_slack_needs_a_reason_and_reaches_everyone(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    card = await co.slack_card(MANAGER, "ERP")
    await co.slack_reject(MANAGER, card, "   ")
    assert (await co.get(key, asked["id"]))["status"] == "pending"
    await co.slack_reject(MANAGER, await co.slack_card(MANAGER, "ERP"), "No budget this year")
    decided = await co.get(key, asked["id"], wait=10)
    assert (decided["status"], decided["decision"]["reason"]) == ("rejected", "No budget this year")

    async def told() -> bool:
        found = await co.slack_messages(ALICE)
        return any("No budget this year" in json.dumps(m) for m in found)

    await co.until(told)


async def test_a_rejection_in_teams_needs_a_reason(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    await co.slack_click(MANAGER, await co.slack_card(MANAGER, "ERP"), "Approve")
    card = await co.teams_card(FINANCE_TEAMS, "ERP")
    reject = next(t for t in reversed(teams_titles(card)) if "eject" in t)
    refused = await co.teams_click(FINANCE_TEAMS, card, reject)
    assert not refused["ok"], "the client asks for the required reason"
    field = _input(card)
    answer = await co.teams_click(FINANCE_TEAMS, card, reject, {field: "Wrong vendor"})
    assert answer["ok"], answer
    decided = await co.get(key, asked["id"], wait=10)
    assert (decided["status"], decided["decision"]["reason"]) == ("rejected", "Wrong vendor")


def _input(card: dict[str, object]) -> str:
    text = json.dumps(card)
    found = [n for n in _nodes(json.loads(text)) if n.get("isRequired")]
    return str(found[0]["id"])


def _nodes(node: object) -> list[dict[str, object]]:
    if isinstance(node, list):
        return [n for item in node for n in _nodes(item)]
    if not isinstance(node, dict):
        return []
    return [node, *[n for value in node.values() for n in _nodes(value)]]


async def test_small_auto_approved_and_prohibited_requests(co: Company) -> None:
    key = await co.key("submit", "read")
    small = await co.submit(key, SMALL)
    assert small["total_stages"] == 1
    paper = {**SMALL, "action": {"type": "purchase_order", "params": {"amount": 20}}}
    passed = await co.submit(key, paper)
    assert (passed["status"], passed["category"]) == ("approved", "auto_approve")
    never = {**SMALL, "action": {"type": "delete_customer", "params": {"id": "4711"}}}
    refused = await co.submit(key, never)
    assert (refused["status"], refused["category"]) == ("prohibited", "prohibited")
    assert refused["decision"]["outcome"] == "prohibited"


async def test_commands_show_the_queue_and_a_request_on_both_platforms(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    queue = await co.slack(MANAGER, "command", command="/approvals", text="")
    assert "New ERP system" in json.dumps(queue)
    status = await co.slack(MANAGER, "command", command="/approvals", text=f"status {asked['id']}")
    assert "Waiting for Manager" in json.dumps(status)
    other = await co.teams(FINANCE_TEAMS, "message", text=f"status {asked['id']}")
    assert other["ok"]
    await co.teams(FINANCE_TEAMS, "message", text="queue")

    async def answered() -> bool:
        found = json.dumps(await co.teams_messages(FINANCE_TEAMS))
        return "Waiting for Manager" in found

    await co.until(answered)


async def test_a_cancelled_request_shows_so_on_every_card(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, ERP)
    await co.slack_card(MANAGER, "ERP")
    status, found = await co.call("POST", f"/v1/requests/{asked['id']}/cancel", key, {})
    assert (status, found["status"]) == (200, "cancelled")

    async def withdrawn() -> bool:
        return "Withdrawn" in json.dumps(await co.slack_card(MANAGER, "ERP"))

    await co.until(withdrawn)


async def test_a_decision_over_the_api_counts_as_its_person(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, SMALL)
    deciding = await co.key("decide", person=MANAGER)
    path = f"/v1/requests/{asked['id']}/decisions"
    status, found = await co.call("POST", path, deciding, {"decision": "approve"})
    assert (status, found["status"]) == (200, "approved")
    assert found["stages"][0]["votes"][0]["person"] == MANAGER


async def test_a_decision_retried_with_its_key_is_one_vote_and_another_body_is_refused(
    co: Company,
) -> None:
    asked = await co.submit(await co.key("submit"), ERP)
    deciding = await co.key("decide", person=MANAGER)
    path = f"/v1/requests/{asked['id']}/decisions"
    for _ in range(3):
        status, found = await co.call(
            "POST", path, deciding, {"decision": "approve"}, Idempotency_Key="one"
        )
        assert (status, found["current_stage"]) == (200, 2)
    assert len(found["stages"][0]["votes"]) == 1
    body = {"decision": "reject", "comment": "no"}
    status, problem = await co.call("POST", path, deciding, body, Idempotency_Key="one")
    assert (status, problem["reason"]) == (422, "idempotency_mismatch")


async def test_the_stored_trail_verifies_and_replays_to_the_same_state(co: Company) -> None:
    key = await co.key("submit", "read")
    asked = await co.submit(key, SMALL)
    await co.slack_click(MANAGER, await co.slack_card(MANAGER, "chairs"), "Approve")
    await co.get(key, asked["id"], wait=10)
    links = await co.storage.store.links(asked["id"])
    assert [link.type for link in links] == [
        "submitted",
        "rationale_recorded",
        "stage_opened",
        "voted",
        "stage_approved",
        "finished",
        "token_minted",
    ]
    assert broken_at(asked["id"], [(link.body, link.hash) for link in links]) is None
    replayed = fold(RequestState(id=asked["id"]), [read_recorded(link.body) for link in links])
    found = await co.storage.store.snapshot(asked["id"])
    assert found is not None
    assert replayed == found.state


async def test_a_second_start_goes_on_with_the_same_data(tmp_path: Path) -> None:
    async with company(tmp_path) as first:
        key = await first.key("submit", "read")
        asked = await first.submit(key, SMALL)
        await first.slack_card(MANAGER, "chairs")
    async with company(tmp_path) as second:
        card = await second.slack_card(MANAGER, "chairs")
        await second.slack_click(MANAGER, card, "Approve")
        decided = await second.get(key, asked["id"], wait=10)
        assert decided["status"] == "approved"

        async def updated() -> bool:
            return slack_labels(await second.slack_card(MANAGER, "chairs")) == []

        await second.until(updated)
        assert len(await second.slack_messages(MANAGER)) == 1
