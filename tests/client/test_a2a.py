"""Drafts and validations by A2A agents: the official SDK's server over loopback, and hostile
answers by hand."""

import asyncio
import importlib
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from a2a.helpers import get_data_parts, new_data_message, new_data_part, new_task, new_text_message
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, TaskState
from starlette.applications import Starlette

from countersign_client import (
    Action,
    AsyncCountersign,
    Validation,
    run_stages_async,
)
from countersign_client.a2a_agents import AgentProblem, a2a_agent, blocking
from countersign_client.a2a_answers import EXACT, ask_of, one_object, validation_of
from tests.client.test_against_server import decide
from tests.e2e.company import Json, company

DRAFT: Json = {
    "action": {"type": "purchase_order", "params": {"vendor": "Nordwind", "amount": 5000}},
    "title": "Servers",
    "requester": "alice@example.com",
}
Answering = Callable[[Json], Any]


@dataclass
class Agent(AgentExecutor):
    """An agent that answers with what `answers` gives: an object as the artifact of a task, a
    text as the reason of a failure, a list of objects as a message."""

    answers: Answering
    told: list[Json] = field(default_factory=list)
    contexts: list[str | None] = field(default_factory=list)

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        assert context.message is not None
        (told,) = get_data_parts(context.message.parts)
        self.told.append(told)
        self.contexts.append(context.context_id)
        answer = self.answers(told)
        if isinstance(answer, list):
            message = new_data_message(answer[0], context_id=context.context_id)
            message.parts.extend(map(new_data_part, answer[1:]))
            await event_queue.enqueue_event(message)
            return
        assert context.task_id is not None
        assert context.context_id is not None
        begun = new_task(context.task_id, context.context_id, TaskState.TASK_STATE_SUBMITTED)
        await event_queue.enqueue_event(begun)
        task = TaskUpdater(event_queue, context.task_id, context.context_id)
        if isinstance(answer, str):
            await task.failed(new_text_message(answer))
        else:
            await task.add_artifact([new_data_part(answer)])
            await task.complete()

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        raise NotImplementedError


@asynccontextmanager
async def served(agent: Agent, elsewhere: str | None = None) -> AsyncIterator[str]:
    """The address of this agent; its card names another one if wanted."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    card = AgentCard(
        name="Buyer",
        description="Drafts purchases",
        version="1",
        capabilities=AgentCapabilities(streaming=False),
        default_input_modes=["application/json"],
        default_output_modes=["application/json"],
        supported_interfaces=[
            AgentInterface(
                url=f"{elsewhere or url}/rpc", protocol_binding="JSONRPC", protocol_version="1.0"
            )
        ],
    )
    handler = DefaultRequestHandler(agent, InMemoryTaskStore(), card)
    routes = [*create_agent_card_routes(card), *create_jsonrpc_routes(handler, "/rpc")]
    config = uvicorn.Config(Starlette(routes=routes), ws="none", log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listening]))
    yield url
    server.should_exit = True
    server.force_exit = True
    await task
    listening.close()


async def test_an_agent_drafts_from_feedback_and_another_validates(tmp_path: Path) -> None:
    def drafted(told: Json) -> Json:
        if told["feedback"] is None:
            return DRAFT
        params = {**DRAFT["action"]["params"], "amount": 4000}
        return {**DRAFT, "action": {"type": "purchase_order", "params": params}}

    drafter = Agent(drafted)
    judge = Agent(lambda told: [{"score": 0.9, "issues": []}])
    done: list[Action] = []
    async with company(tmp_path) as co, served(drafter) as one, served(judge) as two:
        key = await co.key("submit", "read", "redeem")
        async with AsyncCountersign(co.base_url, key) as client:
            running = run_stages_async(
                client,
                draft=a2a_agent(one, task="Buy servers", headers={"X-Key": "k"}).draft,
                validate=a2a_agent(two).validate,
                execute=done.append,
                timeout=30,
            )

            async def deciding() -> None:
                await decide(co, decision="reject", comment="Cheaper")
                await decide(co, decision="approve")

            finished, _ = await asyncio.gather(running, deciding())
    assert (finished.executed, finished.attempts) == (True, 2)
    assert finished.validation == Validation(0.9, [])
    assert done == [Action("purchase_order", {"vendor": "Nordwind", "amount": 4000})]
    assert type(done[0].params["amount"]) is int
    first, second = drafter.told
    assert first == {"stage": "draft", "task": "Buy servers", "feedback": None}
    assert (second["feedback"]["reason"], second["feedback"]["status"]) == ("Cheaper", "rejected")
    assert len(set(drafter.contexts)) == 1
    assert judge.told[0]["ask"] == DRAFT
    assert len(set(judge.contexts)) == 2


async def problem(agent: Agent) -> AgentProblem:
    """What is raised for what this agent does."""
    async with served(agent) as url:
        with pytest.raises(AgentProblem) as caught:
            await a2a_agent(url).draft(None)
    return caught.value


async def test_a_failure_of_the_agent_is_told_with_its_words() -> None:
    found = await problem(Agent(lambda _: "No\nbudget"))
    assert found.kind == "failed"
    assert str(found) == r"The agent ended with failed: 'No\nbudget'"


async def test_an_agent_that_is_silent_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        agent = a2a_agent(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        with pytest.raises(AgentProblem) as caught:
            await agent.draft(None)
    assert caught.value.kind == "timeout"


async def test_an_agent_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(AgentProblem) as caught:
        await a2a_agent("http://127.0.0.1:1", headers={"X-Key": "secret"}).draft(None)
    assert caught.value.kind == "unreachable"
    assert "secret" not in str(caught.value)


async def test_a_card_that_names_another_server_gets_no_headers() -> None:
    other = Agent(lambda _: DRAFT)
    async with served(other) as far, served(Agent(lambda _: DRAFT), elsewhere=far) as url:
        with pytest.raises(AgentProblem) as caught:
            await a2a_agent(url, headers={"X-Key": "secret"}).draft(None)
    assert (caught.value.kind, other.told) == ("elsewhere", [])


async def test_an_answer_without_or_with_two_data_parts_is_none() -> None:
    assert (await problem(Agent(lambda _: [DRAFT, DRAFT]))).kind == "answer"


async def test_ordinary_code_uses_an_agent_too() -> None:
    async with served(Agent(lambda _: [{"score": 0.2, "issues": ["No receipt"]}])) as url:
        validate = blocking(a2a_agent(url).validate)
        found = await asyncio.to_thread(validate, ask_of(DRAFT))
    assert found == Validation(0.2, ["No receipt"])


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "countersign_client.a2a_agents")
    monkeypatch.setitem(sys.modules, "a2a.client", None)
    with pytest.raises(ImportError, match=r"pip install 'countersign-client\[a2a\]'"):
        importlib.import_module("countersign_client.a2a_agents")


# --- answers by hand -------------------------------------------------------------------------


def test_a_draft_keeps_everything_that_it_says() -> None:
    more = {"labels": ["it"], "context": {"reasoning": "Old"}, "previous_request_id": "R1"}
    assert ask_of({**DRAFT, **more}).as_json() == {**DRAFT, **more}


def test_numbers_are_what_they_were() -> None:
    found = one_object(["x", {"a": 4000.0, "b": 0.5, "c": [{"d": -3.0}], "e": True}])
    assert repr(found) == "{'a': 4000, 'b': 0.5, 'c': [{'d': -3}], 'e': True}"


@pytest.mark.parametrize("found", [{"a": float(EXACT)}, {"a": [float("inf")]}, {"a": float("nan")}])
def test_numbers_that_cannot_be_trusted_are_refused(found: Json) -> None:
    with pytest.raises(AgentProblem):
        one_object([found])


@pytest.mark.parametrize(
    "change",
    [
        {"status": "approved"},
        {"validation": {}},
        {"action": "buy"},
        {"action": {"type": 7}},
        {"action": {"type": "buy", "params": []}},
        {"title": None},
        {"context": []},
        {"labels": "it"},
        {"labels": [1]},
    ],
)
def test_a_draft_that_is_none_is_refused(change: Json) -> None:
    with pytest.raises(AgentProblem, match="not as it must be"):
        ask_of({**DRAFT, **change})


@pytest.mark.parametrize("found", [{"score": "high"}, {"score": True}, {"issues": "none"}])
def test_a_validation_that_is_none_is_refused(found: Json) -> None:
    with pytest.raises(AgentProblem, match="not as it must be"):
        validation_of(found)


def test_a_validation_may_say_little() -> None:
    assert validation_of({}) == Validation(None, [])
    assert validation_of({"score": 1, "issues": ["x"]}) == Validation(1, ["x"])
