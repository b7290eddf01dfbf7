"""LangGraph: a node or a tool interrupts its graph until people decide, and runs what is approved.

    @approved_tool(countersign, "purchase_order", "Buy from {vendor}", requester=ALICE)
    def buy(vendor: str, amount: int) -> str: ...

    graph.invoke(state, config)  # stops where people are asked; the process may end
    done = resume_when_decided(graph, config, countersign)  # in this process or another one

A graph runs a node again from its start. Nothing here goes by what the graph was resumed with: how
the request stands is read from the server each time, so whoever resumes a graph approves nothing.
https://docs.langchain.com/oss/python/langgraph/interrupts
"""

import inspect
from collections.abc import Callable, Generator
from typing import Any, Final, Protocol, TypeVar

from countersign_client.aio import AsyncCountersign
from countersign_client.asking import Ask, Told, ask_for
from countersign_client.errors import CountersignError, NotApproved
from countersign_client.flows import ended
from countersign_client.frameworks import missing
from countersign_client.frameworks.again import key_of
from countersign_client.gate import ApprovalGate, AsyncApprovalGate, disguised, tool
from countersign_client.outcomes import Approved, Outcome
from countersign_client.request import Action, Request
from countersign_client.stages import changes_of
from countersign_client.sync import Countersign

try:
    from langchain_core.tools import BaseTool, StructuredTool, ToolException
    from langgraph.config import get_config
    from langgraph.types import interrupt
except ImportError as error:
    raise missing("langgraph", error) from error

T = TypeVar("T")

WAITS_FOR: Final = "countersign_request"
"""The member of an interrupt's value that has the request's id."""

Redraft = Callable[[Request], Ask | None]
"""Makes the revision that answers the wish in `request.reason`; None to leave it."""
Steps = Generator[Any, Any, T]
"""Yields what a client's call gave, an answer or something to await, and is sent the answer."""


class Node(Protocol):
    """What a graph runs, ordinary or async: the state in, what changes in it out."""

    def __call__(self, state: Any) -> Any: ...


def ask_people(
    client: Countersign, ask: Ask, *, name: str = "", redraft: Redraft | None = None
) -> Outcome:
    """In a node or tool: ask, interrupt the graph, and give the outcome once there is one.

    It is one request, however often the node runs again: by thread, task, action and `name`, which
    tells apart what is asked twice in one task. `ask` must be the same each time. With `redraft` a
    wish for changes is answered with a revision, and people are asked again.
    """
    return _driven(_asking(client, ask, name, redraft))


async def ask_people_async(
    client: AsyncCountersign, ask: Ask, *, name: str = "", redraft: Redraft | None = None
) -> Outcome:
    """The same in an async node or tool."""
    return await _driven_async(_asking(client, ask, name, redraft))


def approval_node(
    client: Countersign | AsyncCountersign,
    *,
    ask: Callable[[Any], Ask],
    execute: Callable[[Action], Any],
    otherwise: Callable[[Outcome], Any],
    redraft: Callable[[Any, Request], Ask | None] | None = None,
) -> Node:
    """A node that asks for what `ask` makes of the state, and updates the state with what
    `execute` gives for the approved action, edits included, or `otherwise` for any other outcome.

    It is async with an AsyncCountersign; `execute` may then be too. Raises TokenProblem where the
    approval was used before, as by a crash while it ran: it is not run twice.
    """

    def steps(state: Any) -> Steps[Any]:
        drafting = None if redraft is None else (lambda request: redraft(state, request))
        outcome = yield from _asking(client, ask(state), "", drafting)
        if not isinstance(outcome, Approved):
            return otherwise(outcome)
        return (yield _gate(client).use(outcome, execute))

    def node(state: Any) -> Any:
        return _driven(steps(state))

    async def async_node(state: Any) -> Any:
        return await _driven_async(steps(state))

    return async_node if isinstance(client, AsyncCountersign) else node


def approved_tool(
    client: Countersign | AsyncCountersign, action: str, title: Told, **ask: Any
) -> Callable[[Callable[..., Any]], BaseTool]:
    """Decorate a function: a tool for LangChain and LangGraph that asks people about each call and
    runs what they approved. Further names are those of `Ask`.

    The model is told why, where a call is not run. Give each call a task of its own, with `Send`:
    a task with several calls runs all of them again when one is decided.
    """

    def decorate(function: Callable[..., Any]) -> BaseTool:
        guarded = tool(action, function)
        if inspect.iscoroutinefunction(function) != isinstance(client, AsyncCountersign):
            raise TypeError(f"{function.__name__} and its client are not both async, or neither")

        def steps(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Steps[Any]:
            called = ask_for(guarded.called(args, kwargs), title, ask)
            outcome = yield from _asking(client, called, "", None)
            if not isinstance(outcome, Approved):
                raise NotApproved(outcome.sentence, outcome)
            return (yield _gate(client).run(guarded, outcome.action, outcome.token))

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return _driven(steps(args, kwargs))
            except NotApproved as refused:
                raise ToolException(f"Not run: {refused}") from refused

        async def async_call(*args: Any, **kwargs: Any) -> Any:
            try:
                return await _driven_async(steps(args, kwargs))
            except NotApproved as refused:
                raise ToolException(f"Not run: {refused}") from refused

        if isinstance(client, AsyncCountersign):
            waiting = disguised(async_call, function)
            return StructuredTool.from_function(coroutine=waiting, handle_tool_error=True)
        return StructuredTool.from_function(disguised(call, function), handle_tool_error=True)

    return decorate


def _asking(
    client: Countersign | AsyncCountersign, ask: Ask, name: str, redraft: Redraft | None
) -> Steps[Outcome]:
    """Goes by how the request stands, whatever the graph was resumed with."""
    config = get_config()["configurable"]
    if "thread_id" not in config:
        raise CountersignError(
            "Compile the graph with a checkpointer, and run it with a thread_id."
        )
    task = config["checkpoint_ns"]
    key = key_of("langgraph", config["thread_id"], task, name, ask.action.as_json())
    made: Request = yield client.submit(ask, idempotency_key=key)
    while True:
        found: Request = yield client.get(made.id)  # a repeated submission shows no token
        if found.status == "pending":
            interrupt({WAITS_FOR: found.id, "title": ask.title})
        elif found.status == "changes_requested" and redraft and (draft := redraft(found)):
            yield client.revise(found, **changes_of(draft))
        else:
            return ended(found)


def _gate(client: Countersign | AsyncCountersign) -> Any:
    if isinstance(client, AsyncCountersign):
        return AsyncApprovalGate(client)
    return ApprovalGate(client)


def _driven(steps: Steps[T]) -> T:
    sent: Any = None
    while True:
        try:
            sent = steps.send(sent)
        except StopIteration as done:
            result: T = done.value
            return result


async def _driven_async(steps: Steps[T]) -> T:
    sent: Any = None
    while True:
        try:
            step = steps.send(sent)
        except StopIteration as done:
            result: T = done.value
            return result
        sent = await step
