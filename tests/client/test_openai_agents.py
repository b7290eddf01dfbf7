"""Runs of the OpenAI Agents SDK, with its scripted model, that people at the real server decide."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import pytest
import pytest_asyncio
from agents import Agent, FunctionTool, RunConfig, Runner, RunState, function_tool
from agents.run_context import RunContextWrapper
from agents.testing import ScriptedModel, assistant_message, function_call
from agents.tool_context import ToolContext

from countersign_client import (
    Action,
    Approved,
    Ask,
    AsyncCountersign,
    Outcome,
    Request,
    WaitedTooLong,
)
from countersign_client.frameworks.again import withdraw
from countersign_client.frameworks.openai_agents import Approvals, Asked
from tests.client.answering import answer, both, pending, titled
from tests.e2e.company import Company, company

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUIET = RunConfig(tracing_disabled=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def co(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with company(tmp_path_factory.mktemp("company")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(co: Company) -> AsyncIterator[AsyncCountersign]:
    key = await co.key("submit", "read", "redeem")
    async with AsyncCountersign(co.base_url, key) as made:
        yield made


@dataclass
class Shop:
    """What was really ordered, and a process that may order it: its model says these steps."""

    client: AsyncCountersign
    orders: list[tuple[str, int]] = field(default_factory=list)
    breaks: bool = False

    def starts(self, *steps: Any) -> "Process":
        approvals = Approvals(
            self.client, actions={"pay": "purchase_order"}, requester="alice@example.com"
        )

        def buy(vendor: str, amount: int = 5000) -> str:
            """Order something."""
            self.orders.append((vendor, amount))
            if self.breaks:
                raise RuntimeError("password=hunter2")
            return f"ordered for {amount}"

        guarded = approvals.tool("purchase_order", "Buy from {vendor}")(buy)
        pay = function_tool(buy, name_override="pay", needs_approval=True)
        model = ScriptedModel(steps)
        tools: list[Any] = [guarded, pay]
        return Process(approvals, model, Agent(name="Buyer", model=model, tools=tools), guarded)


@dataclass
class Process:
    approvals: Approvals
    model: ScriptedModel
    agent: Agent[Any]
    tool: FunctionTool

    async def run(self, **more: Any) -> Any:
        return await self.approvals.run(self.agent, "Go", run_config=QUIET, **more)

    async def interrupted(self) -> RunState[Any, Agent[Any]]:
        result = await Runner.run(self.agent, "Go", run_config=QUIET)
        assert len(result.interruptions) == 1
        return result.to_state()

    def heard(self) -> str:
        """What the model was told last of its calls."""
        call = self.model.last_call
        assert call is not None
        told = [i for i in call.input if isinstance(i, dict)]
        return str([i["output"] for i in told if i.get("type") == "function_call_output"][-1])


def call(vendor: str, call_id: str = "", name: str = "buy", **more: Any) -> list[Any]:
    arguments = {"vendor": vendor, "amount": 5000} | more
    return [function_call(name, arguments, call_id=call_id or f"call-{vendor}")]


DONE = [assistant_message("Done")]


async def test_what_runs_is_what_was_approved_edits_included(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    process = shop.starts(call("Edited"), DONE)
    yes = answer(co, "Buy from Edited", "approve", edits={"amount": 4500})
    result = await both(process.run(), yes)
    assert result.final_output == "Done"
    assert shop.orders == [("Edited", 4500)]
    assert process.heard() == "ordered for 4500"
    (request,) = await titled(co, "Buy from Edited")
    assert (request["requester"], request["execution"]) == ("alice@example.com", "succeeded")


async def test_the_model_hears_why_it_was_rejected(co: Company, client: AsyncCountersign) -> None:
    shop = Shop(client)
    process = shop.starts(call("Rejected"), call("Rejected", "again"), DONE)
    no = answer(co, "Buy from Rejected", "reject", comment="Too dear")
    await both(process.run(), no)
    assert shop.orders == []
    assert process.heard() == "Not run: rejected by mara@example.com: Too dear"
    (request,) = await titled(co, "Buy from Rejected")  # nobody was asked a second time
    assert request["status"] == "rejected"


async def test_another_process_goes_on_another_day(co: Company, client: AsyncCountersign) -> None:
    shop = Shop(client)
    before = shop.starts(call("Later"))
    state = await before.interrupted()
    asked = await before.approvals.ask(state)
    assert await before.approvals.ask(state) == asked  # as after a crash before this was kept
    kept = json.dumps([state.to_json(), asdict(asked)])
    with pytest.raises(WaitedTooLong):
        await before.approvals.settle(state, asked, timeout=0)
    await answer(co, "Buy from Later", "approve", edits={"amount": 10})

    after = shop.starts(DONE)
    found, also = json.loads(kept)
    state = await RunState.from_json(after.agent, found)
    await after.approvals.settle(state, Asked(**also))
    result = await Runner.run(after.agent, state, run_config=QUIET)
    assert (result.final_output, shop.orders) == ("Done", [("Later", 10)])
    assert len(await titled(co, "Buy from Later")) == 1

    # A crash right after the order: whoever goes on from the same state does not order again.
    twice = shop.starts(DONE)
    state = await RunState.from_json(twice.agent, found)
    await twice.approvals.settle(state, Asked(**also))
    await Runner.run(twice.agent, state, run_config=QUIET)
    assert "used" in twice.heard()
    assert shop.orders == [("Later", 10)]


async def test_who_approves_in_the_state_approves_nothing(client: AsyncCountersign) -> None:
    shop = Shop(client)
    process = shop.starts(call("By hand"), DONE)
    state = await process.interrupted()
    state.approve(state.get_interruptions()[0])
    await Runner.run(process.agent, state, run_config=QUIET)
    assert shop.orders == []
    assert process.heard() == "Not run: nobody approved this call at Countersign."


async def test_other_arguments_than_the_approved_call_had_do_not_run(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    process = shop.starts(call("Swapped"), DONE)
    state = await process.interrupted()
    asked = await process.approvals.ask(state)
    await answer(co, "Buy from Swapped", "approve")
    await process.approvals.settle(state, asked)
    other = json.dumps({"vendor": "Swapped", "amount": 9999})
    context = ToolContext(None, tool_name="buy", tool_call_id="call-Swapped", tool_arguments=other)
    told = await process.tool.on_invoke_tool(context, other)
    assert (told, shop.orders) == ("Not run: nobody approved this call at Countersign.", [])


async def test_what_was_kept_beside_another_state_runs_nothing() -> None:
    class Server:
        """Whatever it is asked is approved; here that is only to look."""

        async def submit(self, ask: Ask, *, idempotency_key: str) -> Request:
            return stands(ask.action.type, ask.action, "pending")

        async def wait(self, request_id: str, **_: Any) -> Outcome:
            action = Action(request_id, {"vendor": "X", "amount": 5000})
            return Approved(stands(request_id, action, "approved"), "t")

    def stands(id: str, action: Action, status: str) -> Request:
        return Request(id, status, 1, action.type, action.params, (), None, (), None, False, {})

    server: Any = Server()
    approvals = Approvals(server)
    paid: list[str] = []

    @approvals.tool("pay", "Pay")
    def pay(vendor: str, amount: int) -> None:
        paid.append(vendor)

    @approvals.tool("look", "Look")
    def look(vendor: str, amount: int) -> None: ...

    model = ScriptedModel([call("X", "one", "pay") + call("X", "two", "look")])
    agent = Agent(name="Buyer", model=model, tools=[pay, look])
    state = (await Runner.run(agent, "Go", run_config=QUIET)).to_state()
    asked = await approvals.ask(state)
    given = state.get_interruptions()[0].arguments or ""
    await approvals.settle(state, Asked(calls=dict.fromkeys(asked.calls, "look")))
    context = ToolContext(None, tool_name="pay", tool_call_id="one", tool_arguments=given)
    told = await pay.on_invoke_tool(context, given)
    assert (told, paid) == ("Not run: nobody approved this call at Countersign.", [])


async def test_what_the_server_would_not_take_is_told_to_the_model_and_ends_no_run() -> None:
    process = Shop(cast("AsyncCountersign", None)).starts(call("Big", name="pay", amount=2**53))
    state = await process.interrupted()
    assert await process.approvals.ask(state) == Asked()


async def test_a_wish_is_answered_by_the_next_call_as_a_revision(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    process = shop.starts(call("Revised"), call("Revised", "cheaper", amount=4000), DONE)
    await both(
        process.run(),
        answer(co, "Buy from Revised", "request_changes", comment="Cheaper"),
        answer(co, "Buy from Revised", "approve"),
    )
    assert shop.orders == [("Revised", 4000)]
    (request,) = await titled(co, "Buy from Revised")
    assert request["revision"]["number"] == 2


async def test_a_wish_that_the_model_leaves_is_withdrawn(
    co: Company, client: AsyncCountersign
) -> None:
    process = Shop(client).starts(call("Left"), DONE)
    wish = answer(co, "Buy from Left", "request_changes", comment="Cheaper")
    await both(process.run(), wish)
    assert process.heard() == "Not run: changes requested by mara@example.com: Cheaper"
    (request,) = await titled(co, "Buy from Left")
    assert request["status"] == "cancelled"


async def test_withdrawing_what_is_over_changes_nothing(
    co: Company, client: AsyncCountersign
) -> None:
    action = Action("purchase_order", {"vendor": "Over", "amount": 5000})
    ask = Ask(action=action, title="Buy from Over", requester="alice@example.com")
    outcome = await both(client.request_approval(ask), answer(co, ask.title, "approve"))
    await withdraw(client, outcome.request.id, "The agent went on without it.")
    assert (await client.get(outcome.request.id)).status == "approved"


async def test_calls_of_one_turn_are_decided_each(co: Company, client: AsyncCountersign) -> None:
    shop = Shop(client)
    process = shop.starts(call("One") + call("Two"), DONE)
    no = answer(co, "Buy from Two", "reject", comment="No")
    await both(process.run(), no, answer(co, "Buy from One", "approve"))
    assert shop.orders == [("One", 5000)]


async def test_what_does_not_fit_the_tool_is_shown_to_nobody(client: AsyncCountersign) -> None:
    shop = Shop(client)
    process = shop.starts([function_call("buy", {"seller": "?"}, call_id="unfit")], DONE)
    await process.run()
    assert process.heard().startswith("Not run, and nobody was asked")
    assert shop.orders == []


async def test_a_failure_is_reported_and_the_model_hears_no_more_than_that(
    co: Company, client: AsyncCountersign
) -> None:
    process = Shop(client, breaks=True).starts(call("Broken"), DONE)
    await both(process.run(), answer(co, "Buy from Broken", "approve"))
    assert "hunter2" not in process.heard()
    (request,) = await titled(co, "Buy from Broken")
    assert request["execution"] == "failed"


# --- tools of others -------------------------------------------------------------------------


def title_of(vendor: str) -> str:
    return f"pay {{'vendor': '{vendor}', 'amount': 5000}}"


async def test_another_tool_runs_as_it_was_called_and_uses_the_approval(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    process = shop.starts(call("Plain", name="pay"), DONE)
    await both(process.run(), answer(co, title_of("Plain"), "approve"))
    assert shop.orders == [("Plain", 5000)]
    (request,) = await titled(co, title_of("Plain"))
    _, trail = await co.call(
        "GET", f"/v1/requests/{request['id']}/events", await co.key("read_all")
    )
    assert "token_redeemed" in json.dumps(trail)


async def test_another_tool_never_runs_what_an_approver_changed(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    process = shop.starts(call("Changed", name="pay"), DONE)
    yes = answer(co, title_of("Changed"), "approve", edits={"amount": 4500})
    await both(process.run(), yes)
    assert shop.orders == []
    assert process.heard().endswith('only with them: {"amount": 4500, "vendor": "Changed"}')


async def test_another_tool_is_not_run_twice_for_one_approval(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    process = shop.starts(call("Once", name="pay"), DONE)
    state = await process.interrupted()
    asked = await process.approvals.ask(state)
    await answer(co, title_of("Once"), "approve")
    await process.approvals.settle(state, asked)
    again = shop.starts(call("Once", name="pay"), DONE)
    state = await again.interrupted()
    await again.approvals.settle(state, asked)
    await Runner.run(again.agent, state, run_config=QUIET)
    assert "used" in again.heard()
    assert shop.orders == []


async def test_a_tool_that_takes_what_nobody_sees_is_refused(client: AsyncCountersign) -> None:
    def buy(context: RunContextWrapper[Any], amount: int) -> None: ...

    wrapped: Callable[..., Any] = Approvals(client).tool("purchase_order", "Buy")
    with pytest.raises(TypeError, match="context"):
        wrapped(buy)


async def test_a_call_may_wait_in_the_queue(co: Company, client: AsyncCountersign) -> None:
    process = Shop(client).starts(call("Slow"))
    with pytest.raises(WaitedTooLong) as caught:
        await process.run(timeout=0)
    assert (await pending(co, "Buy from Slow"))["id"] == caught.value.request_id
