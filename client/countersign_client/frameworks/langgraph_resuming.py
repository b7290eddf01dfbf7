"""Goes on with a graph of LangGraph that was interrupted by `frameworks.langgraph`, once people
have decided; in the process that ran it, or in any other one with its checkpoints.
"""

import asyncio
import time
from typing import Any, Final

from countersign_client.aio import AsyncCountersign
from countersign_client.errors import WaitedTooLong
from countersign_client.frameworks import missing
from countersign_client.frameworks.langgraph import WAITS_FOR
from countersign_client.sync import Countersign

try:
    from langchain_core.runnables import RunnableConfig
    from langgraph.pregel import Pregel
    from langgraph.types import Command, StateSnapshot
except ImportError as error:
    raise missing("langgraph", error) from error

Graph = Pregel[Any, Any, Any, Any]
Waits = dict[str, str]
"""The request that each interrupt waits for, by the interrupt's id."""

TURN: Final = 2.0
"""Seconds that each of several requests is waited for in its turn."""


def resume_when_decided(
    graph: Graph, config: RunnableConfig, client: Countersign, *, timeout: float | None = None
) -> dict[str, Any]:
    """Wait and resume until nothing of the thread waits for people; gives its state then.

    Interrupts of others are left. `client` has the key that asked. Raises WaitedTooLong after
    `timeout` seconds in all; call it again, on another day too.

        graph.invoke(state, config)
        done = resume_when_decided(graph, config, countersign)
    """
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        found = graph.get_state(config)
        waits = _waits(found)
        if not waits:
            values: dict[str, Any] = found.values
            return values
        graph.invoke(Command(resume=_decided(client, waits, end)), config)


async def resume_when_decided_async(
    graph: Graph, config: RunnableConfig, client: AsyncCountersign, *, timeout: float | None = None
) -> dict[str, Any]:
    """The same for a graph that is awaited."""
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        found = await graph.aget_state(config)
        waits = _waits(found)
        if not waits:
            values: dict[str, Any] = found.values
            return values
        await graph.ainvoke(Command(resume=await _decided_async(client, waits, end)), config)


def _waits(found: StateSnapshot) -> Waits:
    return {
        each.id: each.value[WAITS_FOR]
        for each in found.interrupts
        if isinstance(each.value, dict) and WAITS_FOR in each.value
    }


def _decided(client: Countersign, waits: Waits, end: float | None) -> dict[str, str]:
    """What to resume with: the status of the first that is decided, by its interrupt."""
    while True:
        for interrupt, request_id in waits.items():
            left = None if end is None else max(0.0, end - time.monotonic())
            turn = left if len(waits) == 1 else min(TURN, TURN if left is None else left)
            try:
                return {interrupt: client.wait(request_id, timeout=turn).request.status}
            except WaitedTooLong:
                if left == 0.0:
                    raise


async def _decided_async(
    client: AsyncCountersign, waits: Waits, end: float | None
) -> dict[str, str]:
    left = None if end is None else max(0.0, end - time.monotonic())
    tasks = {
        asyncio.ensure_future(client.wait(request_id, timeout=left)): interrupt
        for interrupt, request_id in waits.items()
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return {tasks[each]: each.result().request.status for each in done}
    finally:
        for each in tasks:
            each.cancel()
