"""The client against the real server over HTTP, with people who decide: ordinary and async."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from countersign_client import (
    Action,
    ApprovalGate,
    Approved,
    Ask,
    AsyncApprovalGate,
    AsyncCountersign,
    Cancelled,
    ChangesRequested,
    Countersign,
    CountersignError,
    NotApproved,
    Outcome,
    Prohibited,
    Refused,
    Rejected,
    TokenProblem,
    Unavailable,
    WaitedTooLong,
    requires_approval,
)
from tests.e2e.company import Company, Json, company

MARA = "mara@example.com"
CHAIRS = Action("purchase_order", {"vendor": "Office Example", "amount": 840})
SERVERS = Action("purchase_order", {"vendor": "Nordwind", "amount": 5000, "purpose": "Servers"})


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    async with company(tmp_path) as made:
        yield made


@pytest.fixture
async def client(co: Company) -> AsyncIterator[AsyncCountersign]:
    key = await co.key("submit", "read", "redeem")
    async with AsyncCountersign(co.base_url, key) as made:
        yield made


def ask(action: Action = CHAIRS, **more: Any) -> Ask:
    return Ask(action=action, title="Chairs", requester="alice@example.com", **more)


async def decide(co: Company, person: str = MARA, **decision: Any) -> Json:
    """Mara, or somebody else, decides the newest request, once one waits for them."""
    key = await co.key("decide", "read_all", person=person)

    async def newest() -> Json | None:
        _, found = await co.call("GET", f"/v1/requests?status=pending&approver={person}", key)
        return found["items"][0] if found["items"] else None

    request: Json = await co.until(newest)
    path = f"/v1/requests/{request['id']}/decisions"
    code, answer = await co.call("POST", path, key, decision)
    assert code == 200, answer
    return answer


async def meanwhile(asking: Awaitable[Any], deciding: Awaitable[Any]) -> Any:
    """What came of asking while somebody decided."""
    found, _ = await asyncio.gather(asking, deciding)
    return found


# --- outcomes ------------------------------------------------------------------------------


async def test_an_approval_brings_a_token_that_stands_and_is_used_once(
    co: Company, client: AsyncCountersign
) -> None:
    outcome = await meanwhile(client.request_approval(ask()), decide(co, decision="approve"))
    assert isinstance(outcome, Approved)
    assert (outcome.action, outcome.edited, outcome.request.by) == (CHAIRS, (), (MARA,))
    claims = await client.verify(outcome.token, CHAIRS)
    assert (claims.request, claims.approvers) == (outcome.request.id, (MARA,))
    used = await client.redeem(outcome.token, CHAIRS)
    assert used.id == outcome.request.id
    with pytest.raises(TokenProblem) as caught:
        await client.redeem(outcome.token, CHAIRS)
    assert caught.value.kind == "used"
    reported = await client.report(used.id, succeeded=True, detail="Ordered")
    assert reported.raw["execution"] == "succeeded"
    wrong = await client.incident(used.id, "Chairs for children came", kind="wrong")
    assert wrong.raw["incidents"] == 1


async def test_another_action_is_refused_offline_and_by_the_server(
    co: Company, client: AsyncCountersign
) -> None:
    outcome = await meanwhile(client.request_approval(ask()), decide(co, decision="approve"))
    more = Action("purchase_order", {"vendor": "Office Example", "amount": 841})
    for check in (client.verify, client.redeem):
        with pytest.raises(TokenProblem) as caught:
            await check(outcome.token, more)
        assert caught.value.kind == "other_action"
    assert (await client.redeem(outcome.token, CHAIRS)).status == "approved"


async def test_edits_of_an_approver_are_what_runs_with_their_types(
    co: Company, client: AsyncCountersign
) -> None:
    edits = decide(co, decision="approve", edits={"amount": 4500})
    outcome = await meanwhile(client.request_approval(ask(SERVERS)), edits)
    assert isinstance(outcome, Approved)
    assert outcome.edited == ("amount",)
    assert outcome.action.params == {"vendor": "Nordwind", "amount": 4500, "purpose": "Servers"}
    assert type(outcome.action.params["amount"]) is int


async def test_a_rejection_says_why_and_is_remembered(
    co: Company, client: AsyncCountersign
) -> None:
    no = decide(co, decision="reject", comment="Not this year")
    outcome = await meanwhile(client.request_approval(ask()), no)
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.request.by) == ("Not this year", (MARA,))
    again = await client.request_approval(ask())
    assert isinstance(again, Rejected)
    assert again.request.from_record


async def test_feedback_is_answered_with_a_revision(co: Company, client: AsyncCountersign) -> None:
    wish = decide(co, decision="request_changes", comment="Cheaper")
    outcome = await meanwhile(client.request_approval(ask(SERVERS)), wish)
    assert isinstance(outcome, ChangesRequested)
    assert outcome.reason == "Cheaper"
    revised = await client.revise(outcome.request, action={"params": {"amount": 4000}})
    assert (revised.status, revised.revision) == ("pending", 2)
    yes = decide(co, decision="approve", revision=2, round=revised.raw["stages"][0]["round"])
    final = await meanwhile(client.wait(revised.id), yes)
    assert isinstance(final, Approved)
    assert final.action.params == {"amount": 4000}


async def test_what_the_policy_forbids_is_no_error(client: AsyncCountersign) -> None:
    outcome = await client.request_approval(ask(Action("delete_customer", {"customer": "4711"})))
    assert isinstance(outcome, Prohibited)
    assert outcome.reason == "Only a person may delete a customer account."


async def test_an_agent_may_withdraw_and_may_stop_waiting(client: AsyncCountersign) -> None:
    with pytest.raises(WaitedTooLong) as caught:
        await client.request_approval(ask(), timeout=0.3)
    await client.cancel(caught.value.request_id, "No longer needed")
    assert isinstance(await client.wait(caught.value.request_id), Cancelled)


async def test_the_same_key_is_the_same_request_after_a_restart(
    co: Company, client: AsyncCountersign
) -> None:
    first = await client.submit(ask(), idempotency_key="order-17")
    again = await client.submit(ask(), idempotency_key="order-17")
    assert first.id == again.id
    outcome = await meanwhile(
        client.request_approval(ask(), idempotency_key="order-17"), decide(co, decision="approve")
    )
    assert outcome.request.id == first.id


async def test_what_is_wrong_is_said_field_by_field(client: AsyncCountersign) -> None:
    with pytest.raises(Refused) as caught:
        await client.submit(ask(Action("Purchase Order", {})))
    assert (caught.value.status, caught.value.reason) == (422, "invalid_input")
    assert any(error.startswith("action.type") for error in caught.value.errors)


async def test_a_wrong_key_and_a_wrong_address_are_told_without_the_key(co: Company) -> None:
    async with AsyncCountersign(co.base_url, "cs_wrong_key") as wrong:
        with pytest.raises(Refused) as caught:
            await wrong.get("R1")
        assert caught.value.status == 401
        assert "cs_wrong_key" not in repr(wrong) + str(caught.value)
    async with AsyncCountersign(co.play.base_url, "cs_wrong_key") as elsewhere:
        with pytest.raises((Refused, Unavailable)):
            await elsewhere.get("R1")


async def test_ordinary_code_does_the_same(co: Company) -> None:
    key = await co.key("submit", "read", "redeem")

    def run() -> tuple[Outcome, str]:
        with Countersign(co.base_url, key) as client:
            outcome = client.request_approval(ask(), timeout=20)
            assert isinstance(outcome, Approved)
            client.verify(outcome.token, outcome.action)
            client.redeem(outcome.token, outcome.action)
            client.report(outcome.request.id, succeeded=False, detail="No stock")
            return outcome, str(client.get(outcome.request.id).raw["execution"])

    outcome, execution = await meanwhile(asyncio.to_thread(run), decide(co, decision="approve"))
    assert (outcome.sentence, execution) == (f"approved by {MARA}", "failed")


# --- the decorator ---------------------------------------------------------------------------


@dataclass
class Shop:
    """What was really ordered."""

    orders: list[tuple[str, int]] = field(default_factory=list)
    breaks: bool = False

    def order(self, vendor: str, amount: int) -> str:
        """Order something."""
        self.orders.append((vendor, amount))
        if self.breaks:
            raise RuntimeError("password=hunter2")
        return f"{vendor}: {amount}"


Buy = Callable[..., Awaitable[str]]


def asked_first(shop: Shop, client: AsyncCountersign) -> Buy:
    @requires_approval(
        action="purchase_order",
        title="Buy from {vendor}",
        description=lambda given: f"For {given['amount']}",
        requester="alice@example.com",
        client=client,
        timeout=20,
    )
    async def buy(vendor: str, amount: int = 5000) -> str:
        """Order something."""
        return shop.order(vendor, amount)

    return buy


async def test_a_decorated_call_asks_waits_and_runs_what_was_approved(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop()
    buy = asked_first(shop, client)
    yes = decide(co, decision="approve", edits={"amount": 4500})
    assert await meanwhile(buy("Nordwind"), yes) == "Nordwind: 4500"
    assert shop.orders == [("Nordwind", 4500)]
    _, found = await co.call("GET", "/v1/requests", await co.key("read_all"))
    (request,) = found["items"]
    assert (request["title"], request["description"]) == ("Buy from Nordwind", "For 5000")
    assert (request["execution"], request["execution_report"]["detail"]) == ("succeeded", None)


async def test_a_decorated_call_that_is_rejected_runs_nothing(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop()
    no = decide(co, decision="reject", comment="Too dear")
    with pytest.raises(NotApproved) as caught:
        await meanwhile(asked_first(shop, client)("Nordwind"), no)
    assert isinstance(caught.value.outcome, Rejected)
    assert str(caught.value).endswith("Too dear")
    assert shop.orders == []


async def test_a_failure_is_reported_by_its_name_only_and_raised(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(breaks=True)
    with pytest.raises(RuntimeError, match="hunter2"):
        await meanwhile(asked_first(shop, client)("Nordwind"), decide(co, decision="approve"))
    _, found = await co.call("GET", "/v1/requests", await co.key("read_all"))
    assert found["items"][0]["execution_report"]["detail"] == "RuntimeError"


async def test_an_ordinary_function_takes_its_server_from_the_environment(
    co: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()

    @requires_approval(action="purchase_order", title="Buy", requester="alice@example.com")
    def buy(vendor: str, amount: int) -> str:
        return shop.order(vendor, amount)

    monkeypatch.delenv("COUNTERSIGN_URL", raising=False)
    with pytest.raises(CountersignError, match="COUNTERSIGN_URL and COUNTERSIGN_KEY"):
        buy("Nordwind", 840)
    monkeypatch.setenv("COUNTERSIGN_URL", co.base_url)
    monkeypatch.setenv("COUNTERSIGN_KEY", await co.key("submit", "read", "redeem"))
    call = asyncio.to_thread(buy, "Nordwind", 840)
    assert await meanwhile(call, decide(co, decision="approve")) == "Nordwind: 840"


def test_a_client_of_the_wrong_kind_is_told_at_once() -> None:
    async def wait(amount: int) -> None: ...

    client = Countersign("http://127.0.0.1:1", "k")
    with pytest.raises(TypeError, match="AsyncCountersign"):
        requires_approval(action="wait", title="Wait", client=client)(wait)
    client.close()


# --- the gate --------------------------------------------------------------------------------


@asynccontextmanager
async def gated(shop: Shop, client: AsyncCountersign) -> AsyncIterator[Buy]:
    @AsyncApprovalGate(client).guards("purchase_order")
    async def buy(vendor: str, amount: int) -> str:
        """Order something."""
        return shop.order(vendor, amount)

    yield buy


async def test_a_tool_behind_the_gate_runs_once_and_only_what_was_approved(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop()
    async with gated(shop, client) as buy:
        with pytest.raises(NotApproved, match="only with an approval"):
            await buy("Office Example", 840)
        with pytest.raises(TokenProblem):
            await buy("Office Example", 840, approval_token="a.b.c")
        outcome = await meanwhile(client.request_approval(ask()), decide(co, decision="approve"))
        with pytest.raises(TokenProblem):
            await buy("Office Example", 8400, approval_token=outcome.token)
        assert shop.orders == []
        bought = await buy("Office Example", 840, approval_token=outcome.token)
        assert bought == "Office Example: 840"
        with pytest.raises(TokenProblem) as caught:
            await buy("Office Example", 840, approval_token=outcome.token)
    assert caught.value.kind == "used"
    assert shop.orders == [("Office Example", 840)]


async def test_many_at_once_with_one_token_run_once(co: Company, client: AsyncCountersign) -> None:
    shop = Shop()
    async with gated(shop, client) as buy:
        outcome = await meanwhile(client.request_approval(ask()), decide(co, decision="approve"))
        calls = [buy("Office Example", 840, approval_token=outcome.token) for _ in range(10)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert len([r for r in results if isinstance(r, TokenProblem)]) == 9
    assert shop.orders == [("Office Example", 840)]


async def test_the_function_behind_the_gate_cannot_be_reached(client: AsyncCountersign) -> None:
    async with gated(Shop(), client) as buy:
        assert not hasattr(buy, "__wrapped__")
        assert inspect.unwrap(buy) is buy
        assert (buy.__name__, buy.__doc__) == ("buy", "Order something.")
        assert list(inspect.signature(buy).parameters) == ["vendor", "amount"]


async def test_an_ordinary_tool_is_guarded_too(co: Company) -> None:
    shop = Shop()
    with Countersign(co.base_url, await co.key("submit", "read", "redeem")) as client:
        order = ApprovalGate(client).guards("purchase_order")(shop.order)
        with pytest.raises(NotApproved):
            order("Office Example", 840)
        asking = asyncio.to_thread(client.request_approval, ask(), timeout=20)
        outcome = await meanwhile(asking, decide(co, decision="approve"))
        token = outcome.token
        done = await asyncio.to_thread(order, "Office Example", 840, approval_token=token)
    assert done == "Office Example: 840"


async def test_a_report_that_fails_does_not_hide_what_was_done(
    co: Company,
    client: AsyncCountersign,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise Unavailable("No answer.")

    monkeypatch.setattr(client, "report", broken)
    shop = Shop()
    async with gated(shop, client) as buy:
        outcome = await meanwhile(client.request_approval(ask()), decide(co, decision="approve"))
        done = await buy("Office Example", 840, approval_token=outcome.token)
    assert done == "Office Example: 840"
    assert "could not be reported" in caplog.text


def test_a_tool_must_not_hide_the_token() -> None:
    def run(approval_token: str) -> None: ...

    client = Countersign("http://127.0.0.1:1", "k")
    with pytest.raises(TypeError, match="of its own"):
        ApprovalGate(client).guards("run")(run)
    client.close()
