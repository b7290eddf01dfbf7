"""LangGraph: one node that interrupts, resumed with a command; its own SQLite and PostgreSQL
checkpointers. A job's `durability` is "sync" or "exit"; with both the checkpoint is on disk when
the call returns."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from bench.peers.work import Json, main

DECISION = {"decision": "approve", "by": "mia@example.com"}
CONNECTIONS = 8
"""To PostgreSQL; with more it is slower on two cores."""


class State(TypedDict, total=False):
    """Of the graph."""

    request: Any
    decision: Any


def approve(state: State) -> State:
    """The node that waits for a person."""
    return {"decision": interrupt({"title": state["request"]["title"]})}


class LangGraph:
    """A compiled graph over a checkpointer."""

    def __init__(self, saver: Any, job: Json) -> None:
        graph = StateGraph(State)
        graph.add_node("approve", approve)
        graph.add_edge(START, "approve")
        graph.add_edge("approve", END)
        self._graph: Any = graph.compile(checkpointer=saver)
        self._saver = saver
        self._body = job["body"]
        self._durability = job["durability"]

    async def create(self, id: str) -> None:
        found = await self._invoke({"request": self._body}, id)
        assert found["__interrupt__"]

    async def decide(self, id: str) -> None:
        found = await self._invoke(Command(resume=DECISION), id)
        assert found["decision"] == DECISION

    async def pending(self) -> AsyncGenerator[str, None]:
        """There is no index of what is interrupted: every checkpoint is looked at, newest first,
        and the newest of each thread says what it waits for."""
        seen: set[str] = set()
        async with aclosing(self._saver.alist(None)) as checkpoints:
            async for each in checkpoints:
                thread = each.config["configurable"]["thread_id"]
                if thread in seen:
                    continue
                seen.add(thread)
                if any(write[1] == "__interrupt__" for write in each.pending_writes or ()):
                    yield thread

    async def _invoke(self, given: Any, thread: str) -> Any:
        config = {"configurable": {"thread_id": thread}}
        return await self._graph.ainvoke(given, config, durability=self._durability)


@asynccontextmanager
async def opened(job: Json) -> AsyncIterator[LangGraph]:
    """Over the job's database."""
    saver = _sqlite if job["backend"] == "sqlite" else _postgresql
    async with saver(job["database"]) as made:
        await made.setup()
        yield LangGraph(made, job)


@asynccontextmanager
async def _sqlite(path: str) -> AsyncIterator[Any]:
    from langgraph.checkpoint.sqlite.aio import (  # type: ignore[import-not-found]  # peers' own
        AsyncSqliteSaver,
    )

    async with AsyncSqliteSaver.from_conn_string(path) as saver:
        yield saver


@asynccontextmanager
async def _postgresql(dsn: str) -> AsyncIterator[Any]:
    from langgraph.checkpoint.postgres.aio import (  # type: ignore[import-not-found]  # peers' own
        AsyncPostgresSaver,
    )
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool  # type: ignore[import-not-found]  # peers' own

    # What its documentation asks of a pool's connections.
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(
        dsn, min_size=CONNECTIONS, max_size=CONNECTIONS, kwargs=options
    ) as pool:
        yield AsyncPostgresSaver(pool)


if __name__ == "__main__":
    main(opened)
