"""Agents that speak A2A as the draft or the validation of the four stages; needs the extra `a2a`.

An agent is sent one message with one data part, and answers with a data part, in a message or as
the artifact of a task. What it answers comes from outside: it is checked, and never run.
https://a2a-protocol.org/latest/specification/
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from countersign_client.a2a_answers import AgentProblem, ask_of, one_object, validation_of
from countersign_client.asking import Ask, Validation
from countersign_client.frameworks import missing
from countersign_client.request import Json
from countersign_client.stages import Feedback

try:
    import httpx
    from a2a.client import (
        A2ACardResolver,
        A2AClientTimeoutError,
        Client,
        ClientConfig,
        ClientFactory,
    )
    from a2a.helpers import get_data_parts, get_message_text, new_data_message
    from a2a.types import GetTaskRequest, Message, Role, SendMessageRequest, Task, TaskState
    from a2a.utils.errors import A2AError
    from google.protobuf.json_format import ParseError
except ImportError as error:
    raise missing("a2a", error) from error

__all__ = ["A2AAgent", "AgentProblem", "a2a_agent", "blocking"]

T = TypeVar("T")
R = TypeVar("R")

PAUSE: Final = 0.5
"""Seconds between two looks at a task that goes on after the answer."""
LONGEST: Final = 500
"""Characters of what an agent says of its failure."""

_GOES_ON: Final = (TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING)


class A2AAgent:
    """An agent at an address; `draft` and `validate` are for `run_stages_async`.

    `draft` sends `{"stage": "draft", "task", "feedback"}`, `feedback` being None at first and then
    `{"reason", "attempt", "status", "request_id"}`; the answer is the body of POST /v1/requests.
    `validate` sends `{"stage": "validate", "task", "ask"}`; the answer is `{"score", "issues"}`.
    Both raise AgentProblem.
    """

    def __init__(
        self, url: str, *, task: Any = None, timeout: float = 60.0, headers: Mapping[str, str]
    ) -> None:
        self._url, self._task, self._timeout = url.rstrip("/"), task, timeout
        self._headers = dict(headers)
        self._context: str | None = None

    async def draft(self, feedback: Feedback | None) -> Ask:
        """A draft; those that follow one another are one conversation with the agent."""
        context = None if feedback is None else self._context
        told = {"feedback": feedback and _feedback(feedback)}
        answer = await self._asked("draft", told, context)
        self._context = answer.context_id or None
        return ask_of(_data(answer))

    async def validate(self, ask: Ask) -> Validation:
        """What the agent says of a draft."""
        return validation_of(_data(await self._asked("validate", {"ask": ask.as_json()}, None)))

    async def _asked(self, stage: str, told: Json, context: str | None) -> Task | Message:
        sent = {"stage": stage, "task": self._task, **told}
        message = new_data_message(sent, context_id=context, role=Role.ROLE_USER)
        try:
            async with asyncio.timeout(self._timeout), self._client() as client:
                return await _answer(client, message)
        except (TimeoutError, A2AClientTimeoutError):
            raise AgentProblem("timeout", f"{self._url} gave no answer in time.") from None
        except (A2AError, httpx.HTTPError) as error:
            why = type(error).__name__
            raise AgentProblem("unreachable", f"No answer from {self._url} ({why}).") from None
        except (ParseError, ValueError) as error:
            why = type(error).__name__
            raise AgentProblem("answer", f"{self._url} is no A2A agent ({why}).") from None

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Client]:
        # The time of a call is longer than that of all calls together, which `_asked` keeps.
        async with httpx.AsyncClient(headers=self._headers, timeout=self._timeout + 60) as http:
            card = await A2ACardResolver(http, self._url).get_agent_card()
            near = [i for i in card.supported_interfaces if _origin(i.url) == _origin(self._url)]
            if not near:
                # The headers, which may hold a secret, go only to the server that was named.
                raise AgentProblem("elsewhere", f"The card of {self._url} names another server.")
            del card.supported_interfaces[:]
            card.supported_interfaces.extend(near)
            config = ClientConfig(streaming=False, httpx_client=http)
            yield ClientFactory(config).create(card)


def a2a_agent(
    url: str,
    *,
    task: Any = None,
    timeout: float = 60.0,
    headers: Mapping[str, str] | None = None,
) -> A2AAgent:
    """The agent whose card lies at this address. `task` is sent along as JSON, `timeout` is for one
    draft or validation, in seconds; `headers` go to this server alone."""
    return A2AAgent(url, task=task, timeout=timeout, headers=headers or {})


def blocking(function: Callable[[T], Awaitable[R]]) -> Callable[[T], R]:
    """The same for ordinary code, in which no event loop runs: for `run_stages`."""

    def call(given: T) -> R:
        async def awaited() -> R:
            return await function(given)

        return asyncio.run(awaited())

    return call


async def _answer(client: Client, message: Message) -> Task | Message:
    """The message, or the task once it is over."""
    async for event in client.send_message(SendMessageRequest(message=message)):
        if not event.HasField("task"):
            return event.message
        task = event.task
        while task.status.state in _GOES_ON:
            await asyncio.sleep(PAUSE)
            task = await client.get_task(GetTaskRequest(id=task.id))
        return task
    raise ValueError


def _data(answer: Task | Message) -> Json:
    if isinstance(answer, Task):
        if answer.status.state != TaskState.TASK_STATE_COMPLETED:
            state = TaskState.Name(answer.status.state).removeprefix("TASK_STATE_").lower()
            said = get_message_text(answer.status.message)[:LONGEST]
            raise AgentProblem("failed", f"The agent ended with {state}{said and f': {said!r}'}")
        parts = [part for artifact in answer.artifacts for part in artifact.parts]
    else:
        parts = list(answer.parts)
    return one_object(get_data_parts(parts))


def _feedback(feedback: Feedback) -> Json:
    request = None if feedback.outcome is None else feedback.outcome.request
    return {
        "reason": feedback.reason,
        "attempt": feedback.attempt,
        "status": request and request.status,
        "request_id": request and request.id,
    }


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
