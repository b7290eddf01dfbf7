"""The OpenAI Agents SDK: a tool call that needs approval interrupts the run until people decide.

    approvals = Approvals(countersign, requester="alice@example.com")

    @approvals.tool("purchase_order", "Buy from {vendor} for {amount}")
    def buy(vendor: str, amount: int) -> str: ...

    result = await approvals.run(Agent(name="Buyer", tools=[buy]), "Two chairs, please")

https://openai.github.io/openai-agents-python/human_in_the_loop/
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from countersign_client.aio import AsyncCountersign
from countersign_client.arguments import Signature
from countersign_client.asking import Told
from countersign_client.errors import CountersignError, NotApproved
from countersign_client.frameworks import missing
from countersign_client.frameworks.again import ask_or_revise, key_of, withdraw
from countersign_client.frameworks.openai_agents_calls import Asked, Wording, call_key, plainly
from countersign_client.gate import AsyncApprovalGate
from countersign_client.outcomes import Approved, ChangesRequested, Outcome
from countersign_client.request import Action

try:
    from agents import (
        Agent,
        FunctionTool,
        Runner,
        RunResult,
        RunState,
        ToolApprovalItem,
        default_tool_error_function,
        function_tool,
    )
    from agents.tool_context import ToolContext
except ImportError as error:
    raise missing("openai-agents", error) from error

__all__ = ["Approvals", "Asked"]

_log = logging.getLogger("countersign_client")

State = RunState[Any, Agent[Any]]


class Approvals:
    """Asks people about the tool calls of runs. Further names are those of `Ask`.

    `tool` makes tools that run exactly what was approved, edits included, and nothing else,
    whatever approves the call in the state. Any other tool with `needs_approval` is asked for
    under the kind of action that `actions` gives its name; the SDK cannot change the arguments of
    such a call, so an approval with edits is told to the model and not run.
    """

    def __init__(
        self, client: AsyncCountersign, *, actions: Mapping[str, str] | None = None, **ask: Any
    ) -> None:
        self._client, self._gate = client, AsyncApprovalGate(client)
        self._actions, self._more = dict(actions or {}), ask
        self._ours: dict[Any, Wording] = {}
        self._approved: dict[tuple[str, str, str], Approved] = {}

    def tool(
        self, action: str, title: Told, **ask: Any
    ) -> Callable[[Callable[..., Any]], FunctionTool]:
        """Decorate a function: the tool of its name, whose every call is asked for. `title` and
        `description` may be functions of the arguments. Raises TypeError for a function whose
        calls people could not see, as one that takes the run's context."""

        def decorate(function: Callable[..., Any]) -> FunctionTool:
            inner = function_tool(function, failure_error_function=None)
            signature = Signature(function)
            if hidden := signature.names - set(inner.params_json_schema["properties"]):
                raise TypeError(f"{inner.name} takes {sorted(hidden)}, which people cannot see")

            async def invoke(context: ToolContext[Any], given: str) -> Any:
                key = (inner.name, context.tool_call_id, given)
                return await self._run(inner, context, self._approved.pop(key, None))

            self._ours[invoke] = Wording(action, title, self._more | ask, signature)
            return FunctionTool(
                name=inner.name,
                description=inner.description,
                params_json_schema=inner.params_json_schema,
                on_invoke_tool=invoke,
                strict_json_schema=inner.strict_json_schema,
                needs_approval=True,
            )

        return decorate

    async def run(
        self,
        agent: Agent[Any],
        input: str | list[Any] | State,
        *,
        timeout: float | None = None,
        scope: str = "",
        **run: Any,
    ) -> RunResult:
        """`Runner.run`, with every interruption decided by people, as long as it takes.

        Raises WaitedTooLong after `timeout` seconds of waiting for one of them.
        """
        asked, result = Asked(), await Runner.run(agent, input, **run)
        while result.interruptions:
            state = result.to_state()
            asked = await self.settle(state, await self.ask(state, asked, scope=scope), timeout)
            result = await Runner.run(agent, state, **run)
        for request_id in asked.open.values():
            await withdraw(self._client, request_id, "The agent went on without it.")
        return result

    async def ask(self, state: State, before: Asked | None = None, *, scope: str = "") -> Asked:
        """Ask for every call that interrupts the run, and do not wait.

        `before` is what `settle` gave the last time. `scope` tells conversations apart where the
        model's calls have no ids of their own. Called again it is the same requests.
        """
        asked = Asked(open=dict(before.open) if before else {})
        for item in state.get_interruptions():
            try:
                ask = self._wording(item).ask(item)
            except (TypeError, ValueError, KeyError):
                continue  # nobody is asked about what cannot be run; `settle` tells the model
            key = key_of("openai-agents", scope, *call_key(item))
            if (revises := asked.open.pop(call_key(item)[0], None)) is not None:
                ask = replace(ask, previous=revises)
            request = await ask_or_revise(self._client, ask, key)
            asked.calls[call_key(item)[1]] = request.id
        return asked

    async def settle(self, state: State, asked: Asked, timeout: float | None = None) -> Asked:
        """Wait for the decisions, then approve and reject in the state with the reasons.

        Raises WaitedTooLong, the state being as it was. What it gives is for the next `ask`.
        """
        items = [(each, asked.calls.get(call_key(each)[1])) for each in state.get_interruptions()]
        waits = [self._client.wait(found, timeout=timeout) for _, found in items if found]
        outcomes = {one.request.id: one for one in await asyncio.gather(*waits)}
        after = Asked(open=dict(asked.open))
        for item, request_id in items:
            outcome = outcomes.get(request_id or "")
            if (refusal := await self._refusal(item, outcome)) is None:
                state.approve(item)
            else:
                state.reject(item, rejection_message=refusal)
            if isinstance(outcome, ChangesRequested):
                after.open[call_key(item)[0]] = outcome.request.id
        return after

    async def _refusal(self, item: ToolApprovalItem, outcome: Outcome | None) -> str | None:
        """What the model is told instead of a result; None where the call may run."""
        if outcome is None:
            return "Not run, and nobody was asked: the arguments do not fit this tool."
        if not isinstance(outcome, Approved):
            return f"Not run: {outcome.sentence}"
        wording = self._wording(item)
        if (refusal := wording.refusal(item, outcome)) is not None:
            return refusal
        if wording.signature is not None:
            self._approved[call_key(item)] = outcome
            return None
        try:
            await self._client.redeem(outcome.token, outcome.action)
        except NotApproved as error:
            return f"Not run: {error}"
        return None

    async def _run(
        self, inner: FunctionTool, context: ToolContext[Any], approved: Approved | None
    ) -> Any:
        if approved is None:
            _log.warning("A call of %s had no approval of Countersign: it was not run", inner.name)
            return "Not run: nobody approved this call at Countersign."

        async def execute(action: Action) -> Any:
            return await inner.on_invoke_tool(context, json.dumps(dict(action.params)))

        try:
            return await self._gate.use(approved, execute)
        except CountersignError as error:
            return f"Not run: {error}"
        except Exception as error:
            return default_tool_error_function(context, error)

    def _wording(self, item: ToolApprovalItem) -> Wording:
        name = call_key(item)[0]
        named = [t for t in item.agent.tools if isinstance(t, FunctionTool) and t.name == name]
        found = self._ours.get(named[0].on_invoke_tool) if named else None
        return found or plainly(name, self._actions.get(name, name), self._more)
