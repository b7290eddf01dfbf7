"""From the approval to the action that ran: tokens over HTTP, as agents and executors use them."""

from typing import Any

import pytest

from core.content import Action
from core.events import Actor
from core.tokens.token import covers, read_token
from tests.e2e.company import SMALL, Company, Json

MANAGER, ADMIN = "mara@example.com", "ada@example.com"


class Agent:
    """An agent whose small purchase was approved, and the service that would buy."""

    def __init__(self, co: Company, key: str, executor: str, request: Json) -> None:
        self.co = co
        self.key = key
        self.executor = executor
        self.request = request
        self.path = f"/v1/requests/{request['id']}"

    @property
    def token(self) -> str:
        found: str = self.request["token"]
        return found

    async def redeem(self, action: Any = None, key: str = "", **headers: str) -> tuple[int, Json]:
        body = {"token": self.token, "action": action or SMALL["action"]}
        return await self.co.call(
            "POST", "/v1/tokens/redeem", key or self.executor, body, **headers
        )


@pytest.fixture
async def agent(co: Company) -> Agent:
    key = await co.key("submit", "read")
    made = await co.submit(key, SMALL)
    assert made["token"] is None
    manager = await co.key("decide", person=MANAGER)
    path = f"/v1/requests/{made['id']}"
    status, decided = await co.call("POST", f"{path}/decisions", manager, {"decision": "approve"})
    assert (status, decided["status"], decided["token"]) == (200, "approved", None)
    return Agent(co, key, await co.key("redeem"), await co.get(key, made["id"], wait=5))


async def test_a_token_proves_the_approval_with_the_public_keys_alone(agent: Agent) -> None:
    status, keys = await agent.co.call("GET", "/.well-known/jwks.json")
    assert status == 200
    claims = read_token(agent.token, keys, agent.co.app.approvals.world.clock())
    assert claims.request == agent.request["id"]
    assert claims.approvers == (MANAGER,)
    assert claims.digest == agent.request["revision"]["digest"]
    assert covers(claims, Action(**SMALL["action"]))


async def test_nobody_but_the_submitting_key_gets_it(agent: Agent) -> None:
    co = agent.co
    for key in (
        await co.key("read", person=MANAGER),
        await co.key("read_all"),
        await co.key("admin", person=ADMIN),
    ):
        assert (await co.get(key, agent.request["id"]))["token"] is None
    _, listed = await co.call("GET", "/v1/requests", agent.key)
    assert [item["token"] for item in listed["items"]] == [None]


async def test_it_is_redeemed_once_for_exactly_the_approved_action(agent: Agent) -> None:
    other = {"type": "purchase_order", "params": {"purpose": "Chairs", "amount": 841}}
    status, refused = await agent.redeem(other)
    assert (status, refused["reason"]) == (403, "other_action")
    status, used = await agent.redeem(Idempotency_Key="run-1")
    assert (status, used["id"], used["action"]) == (200, agent.request["id"], SMALL["action"])
    status, again = await agent.redeem(Idempotency_Key="run-1")
    assert (status, again["id"]) == (200, used["id"])
    for headers in ({}, {"Idempotency_Key": "run-2"}):
        status, refused = await agent.redeem(**headers)
        assert (status, refused["reason"]) == (409, "token_used")


async def test_only_a_key_with_the_scope_redeems(agent: Agent) -> None:
    for key in (agent.key, await agent.co.key("admin")):
        status, refused = await agent.redeem(key=key)
        assert (status, refused["reason"]) == (403, "scope_missing")
    assert (await agent.redeem())[0] == 200


@pytest.mark.parametrize("spoil", [lambda t: t[:-8] + "AAAAAAAA", lambda t: t + "x", lambda _: "x"])
async def test_a_spoiled_token_is_422(agent: Agent, spoil: Any) -> None:
    agent.request["token"] = spoil(agent.token)
    status, refused = await agent.redeem()
    assert (status, refused["reason"]) == (422, "token_invalid")


async def test_a_revoked_token_is_not_taken_and_not_shown(agent: Agent) -> None:
    co = agent.co
    path = f"{agent.path}/token/revoke"
    status, refused = await co.call("POST", path, await co.key("decide", person=MANAGER))
    assert (status, refused["reason"]) == (403, "not_admin")
    admin = await co.key("admin")
    assert (await co.call("POST", path, admin, {"reason": "Wrong vendor"}))[0] == 200
    assert (await co.get(agent.key, agent.request["id"]))["token"] is None
    status, refused = await agent.redeem()
    assert (status, refused["reason"]) == (409, "token_revoked")


async def test_while_frozen_nothing_is_redeemed_or_approved_but_rejecting_works(
    agent: Agent,
) -> None:
    co, operator = agent.co, Actor(via="cli", person=ADMIN)
    waiting = await co.submit(agent.key, SMALL | {"title": "Two more chairs"})
    await co.app.governance.freeze(operator)
    status, refused = await agent.redeem()
    assert (status, refused["reason"]) == (409, "frozen")
    manager = await co.key("decide", person=MANAGER)
    path = f"/v1/requests/{waiting['id']}/decisions"
    status, refused = await co.call("POST", path, manager, {"decision": "approve"})
    assert (status, refused["reason"], refused["type"]) == (409, "frozen", "/docs#error-frozen")
    rejection = {"decision": "reject", "comment": "Not now"}
    assert (await co.call("POST", path, manager, rejection))[1]["status"] == "rejected"
    await co.app.governance.unfreeze(operator)
    assert (await agent.redeem())[0] == 200


async def test_the_agent_reports_how_it_went_and_the_first_report_stands(agent: Agent) -> None:
    co, path = agent.co, f"{agent.path}/execution"
    assert agent.request["execution"] == "not_started"
    other = await co.key("submit", "read_all")
    status, refused = await co.call("POST", path, other, {"outcome": "succeeded"})
    assert (status, refused["reason"]) == (403, "not_the_agent")
    report = {"outcome": "failed", "detail": "The shop was closed."}
    status, told = await co.call("POST", path, agent.key, report)
    assert (status, told["execution"]) == (200, "failed")
    assert told["execution_report"]["detail"] == "The shop was closed."
    status, refused = await co.call("POST", path, agent.key, {"outcome": "succeeded"})
    assert (status, refused["reason"]) == (409, "execution_reported")


async def test_what_happened_stands_in_the_trail(agent: Agent) -> None:
    await agent.redeem()
    await agent.co.call("POST", f"{agent.path}/execution", agent.key, {"outcome": "succeeded"})
    _, trail = await agent.co.call("GET", f"{agent.path}/events", agent.key)
    types = [event["type"] for event in trail["items"]]
    assert types[-4:] == ["finished", "token_minted", "token_redeemed", "execution_reported"]
    assert agent.token not in str(trail)
