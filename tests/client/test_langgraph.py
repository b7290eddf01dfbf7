"""Graphs of LangGraph that stop until people at the real server have decided, and go on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, TypedDict

import pytest
import pytest_asyncio
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt

from countersign_client import (
    Action,
    Ask,
    AsyncCountersign,
    Countersign,
    CountersignError,
    Outcome,
    Request,
    TokenProblem,
    WaitedTooLong,
)
from countersign_client.frameworks.langgraph import Node, approval_node, approved_tool
from countersign_client.frameworks.langgraph_resuming import (
    Graph,
    resume_when_decided,
    resume_when_decided_async,
)
from tests.client.answering import answer, both, titled
from tests.e2e.company import Company, company

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def co(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with company(tmp_path_factory.mktemp("company")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def key(co: Company) -> str:
    return await co.key("submit", "read", "redeem")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(co: Company, key: str) -> AsyncIterator[AsyncCountersign]:
    async with AsyncCountersign(co.base_url, key) as made:
        yield made


@pytest.fixture(scope="module")
def plain(co: Company, key: str) -> Any:
    with Countersign(co.base_url, key) as made:
        yield made


class State(TypedDict, total=False):
    vendor: str
    amount: int
    said: str


@dataclass
class Shop:
    """What was really ordered, and a process whose graph may order it."""

    client: Countersign | AsyncCountersign
    saver: InMemorySaver = field(default_factory=InMemorySaver)
    orders: list[tuple[str, int]] = field(default_factory=list)
    breaks: bool = False
    redraft: Callable[[State, Request], Ask | None] | None = None

    def starts(self) -> Graph:
        node = approval_node(
            self.client,
            ask=lambda state: ask(state["vendor"], state["amount"]),
            execute=self.order,
            otherwise=self.tell,
            redraft=self.redraft,
        )
        graph = StateGraph(State)
        graph.add_node("buy", node)
        graph.add_edge(START, "buy")
        graph.add_edge("buy", END)
        return graph.compile(checkpointer=self.saver)

    def order(self, action: Action) -> State:
        self.orders.append((action.params["vendor"], action.params["amount"]))
        if self.breaks:
            raise RuntimeError("out of stock")
        return {"said": f"ordered for {action.params['amount']}"}

    def tell(self, outcome: Outcome) -> State:
        return {"said": outcome.sentence}


def ask(vendor: str, amount: int) -> Ask:
    action = Action("purchase_order", {"vendor": vendor, "amount": amount})
    return Ask(action=action, title=f"Buy from {vendor}", requester="alice@example.com")


def order(vendor: str) -> tuple[Any, RunnableConfig]:
    return {"vendor": vendor, "amount": 5000}, {"configurable": {"thread_id": vendor}}


async def test_a_graph_goes_on_with_what_was_approved_in_another_process(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    state, config = order("Edited")
    paused = await shop.starts().ainvoke(state, config)
    (one,) = paused["__interrupt__"]
    assert one.value["title"] == "Buy from Edited"
    with pytest.raises(WaitedTooLong) as caught:
        await resume_when_decided_async(shop.starts(), config, client, timeout=0)
    assert caught.value.request_id == one.value["countersign_request"]
    await answer(co, "Buy from Edited", "approve", edits={"amount": 4500})
    done = await resume_when_decided_async(shop.starts(), config, client)
    assert (done["said"], shop.orders) == ("ordered for 4500", [("Edited", 4500)])
    (request,) = await titled(co, "Buy from Edited")
    assert request["execution"] == "succeeded"


async def test_an_ordinary_graph_does_the_same(co: Company, plain: Countersign) -> None:
    shop = Shop(plain)
    state, config = order("Ordinary")
    graph = shop.starts()

    def run() -> Any:
        graph.invoke(state, config)
        return resume_when_decided(graph, config, plain, timeout=20)

    yes = answer(co, "Buy from Ordinary", "approve")
    assert (await both(asyncio.to_thread(run), yes))["said"] == "ordered for 5000"


async def test_what_is_not_approved_is_told_to_the_graph(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    state, config = order("Rejected")
    await shop.starts().ainvoke(state, config)
    await answer(co, "Buy from Rejected", "reject", comment="Too dear")
    done = await resume_when_decided_async(shop.starts(), config, client)
    assert done["said"] == "rejected by mara@example.com: Too dear"
    assert shop.orders == []


async def test_who_resumes_the_graph_by_hand_approves_nothing(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    state, config = order("By hand")
    graph = shop.starts()
    await graph.ainvoke(state, config)
    for lie in ("approved", {"type": "approve"}):
        paused = await graph.ainvoke(Command(resume=lie), config)
        assert paused["__interrupt__"]
    assert shop.orders == []
    assert len(await titled(co, "Buy from By hand")) == 1  # however often the node ran
    await answer(co, "Buy from By hand", "approve")
    await resume_when_decided_async(graph, config, client)
    assert shop.orders == [("By hand", 5000)]


async def test_a_crash_while_it_ran_does_not_run_it_twice(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client, breaks=True)
    state, config = order("Broken")
    graph = shop.starts()
    await graph.ainvoke(state, config)
    await answer(co, "Buy from Broken", "approve")
    with pytest.raises(RuntimeError, match="out of stock"):
        await resume_when_decided_async(graph, config, client)
    with pytest.raises(TokenProblem) as caught:
        await graph.ainvoke(None, config)
    assert caught.value.kind == "used"
    assert shop.orders == [("Broken", 5000)]


async def test_a_wish_is_answered_with_a_revision(co: Company, client: AsyncCountersign) -> None:
    def cheaper(state: State, request: Request) -> Ask:
        assert request.reason == "Cheaper"
        return ask(state["vendor"], state["amount"] - 1000)

    shop = Shop(client, redraft=cheaper)
    state, config = order("Revised")
    await shop.starts().ainvoke(state, config)
    done = await both(
        resume_when_decided_async(shop.starts(), config, client),
        answer(co, "Buy from Revised", "request_changes", comment="Cheaper"),
        answer(co, "Buy from Revised", "approve"),
    )
    assert (done["said"], shop.orders) == ("ordered for 4000", [("Revised", 4000)])
    (request,) = await titled(co, "Buy from Revised")
    assert request["revision"]["number"] == 2


async def test_a_wish_that_nobody_answers_is_an_outcome(
    co: Company, client: AsyncCountersign
) -> None:
    shop = Shop(client)
    state, config = order("Wished")
    await shop.starts().ainvoke(state, config)
    await answer(co, "Buy from Wished", "request_changes", comment="Cheaper")
    done = await resume_when_decided_async(shop.starts(), config, client)
    assert done["said"] == "changes requested by mara@example.com: Cheaper"


async def test_a_graph_that_keeps_nothing_cannot_ask(client: AsyncCountersign) -> None:
    shop = Shop(client)
    graph = StateGraph(State)
    graph.add_node("buy", shop.starts().nodes["buy"].bound)
    graph.add_edge(START, "buy")
    with pytest.raises(CountersignError, match="checkpointer"):
        await graph.compile().ainvoke(order("Nowhere")[0])


# --- several at once -------------------------------------------------------------------------


class Several(TypedDict, total=False):
    one: str
    two: str
    asked: str


def branching(client: Countersign | AsyncCountersign, prefix: str) -> Graph:
    """Two branches that ask people, and one that asks somebody else."""
    graph = StateGraph(Several)

    def branch(name: str) -> Node:
        return approval_node(
            client,
            ask=lambda _: ask(f"{prefix} {name}", 5000),
            execute=lambda action: {name: f"ordered for {action.params['amount']}"},
            otherwise=lambda outcome: {name: outcome.sentence},
        )

    def other(state: Several) -> Several:
        return {"asked": interrupt("Another question")}

    graph.add_node("ask_one", branch("one"))
    graph.add_node("ask_two", branch("two"))
    graph.add_node("ask_other", other)
    for name in ("ask_one", "ask_two", "ask_other"):
        graph.add_edge(START, name)
    return graph.compile(checkpointer=InMemorySaver())


async def test_branches_go_on_as_they_are_decided_and_other_questions_stay(
    co: Company, client: AsyncCountersign, plain: Countersign
) -> None:
    config: RunnableConfig = {"configurable": {"thread_id": "branches"}}
    graph = branching(client, "Async")
    await graph.ainvoke({}, config)
    done = await both(
        resume_when_decided_async(graph, config, client),
        answer(co, "Buy from Async two", "reject", comment="No"),
        answer(co, "Buy from Async one", "approve"),
    )
    assert done == {"one": "ordered for 5000", "two": "rejected by mara@example.com: No"}
    assert [each.value for each in graph.get_state(config).interrupts] == ["Another question"]

    ordinary = branching(plain, "Ordinary")
    await asyncio.to_thread(ordinary.invoke, {}, config)
    with pytest.raises(WaitedTooLong):
        await asyncio.to_thread(resume_when_decided, ordinary, config, plain, timeout=0)
    await answer(co, "Buy from Ordinary two", "approve")
    await answer(co, "Buy from Ordinary one", "approve")
    done = await asyncio.to_thread(resume_when_decided, ordinary, config, plain)
    assert done == {"one": "ordered for 5000", "two": "ordered for 5000"}


# --- tools -----------------------------------------------------------------------------------


def agent(client: Countersign | AsyncCountersign, orders: list[tuple[str, int]]) -> Graph:
    """What calls a tool as a model asked for it."""
    decorate = approved_tool(
        client, "purchase_order", "Buy from {vendor}", requester="alice@example.com"
    )

    async def buy_async(vendor: str, amount: int) -> str:
        """Order something."""
        orders.append((vendor, amount))
        return f"ordered for {amount}"

    def buy(vendor: str, amount: int) -> str:
        """Order something."""
        orders.append((vendor, amount))
        return f"ordered for {amount}"

    made = decorate(buy_async if isinstance(client, AsyncCountersign) else buy)
    made.name = "buy"
    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode([made]))
    graph.add_edge(START, "tools")
    return graph.compile(checkpointer=InMemorySaver())


def call(vendor: str) -> Any:
    one = {"name": "buy", "args": {"vendor": vendor, "amount": 5000}, "id": f"call-{vendor}"}
    return {"messages": [AIMessage("", tool_calls=[one | {"type": "tool_call"}])]}


async def test_a_tool_runs_what_was_approved_and_the_model_hears_a_no(
    co: Company, client: AsyncCountersign
) -> None:
    orders: list[tuple[str, int]] = []
    graph = agent(client, orders)
    config: RunnableConfig = {"configurable": {"thread_id": "tool"}}
    await graph.ainvoke(call("Tool"), config)
    await answer(co, "Buy from Tool", "approve", edits={"amount": 4500})
    done = await resume_when_decided_async(graph, config, client)
    assert (done["messages"][-1].content, orders) == ("ordered for 4500", [("Tool", 4500)])

    await graph.ainvoke(call("No tool"), config)
    await answer(co, "Buy from No tool", "reject", comment="Too dear")
    done = await resume_when_decided_async(graph, config, client)
    told = done["messages"][-1]
    assert isinstance(told, ToolMessage)
    assert (told.status, told.content) == (
        "error",
        "Not run: rejected by mara@example.com: Too dear",
    )
    assert orders == [("Tool", 4500)]


async def test_an_ordinary_tool_does_the_same(co: Company, plain: Countersign) -> None:
    orders: list[tuple[str, int]] = []
    graph = agent(plain, orders)
    config: RunnableConfig = {"configurable": {"thread_id": "ordinary tool"}}

    def run() -> Any:
        graph.invoke(call("Plain tool"), config)
        done = resume_when_decided(graph, config, plain)
        graph.invoke(call("Plain no"), config)
        return [*done["messages"], *resume_when_decided(graph, config, plain)["messages"]]

    yes = answer(co, "Buy from Plain tool", "approve")
    no = answer(co, "Buy from Plain no", "reject", comment="No")
    messages = await both(asyncio.to_thread(run), yes, no)
    assert orders == [("Plain tool", 5000)]
    assert messages[-1].content == "Not run: rejected by mara@example.com: No"


async def test_a_tool_and_its_client_are_of_one_kind(client: AsyncCountersign) -> None:
    def buy(amount: int) -> None:
        """Order something."""

    with pytest.raises(TypeError, match="both async"):
        approved_tool(client, "purchase_order", "Buy")(buy)
