"""DBOS: an asynchronous workflow that waits in `recv`, woken with `send`; its system database on
SQLite or PostgreSQL, its settings as they come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dbos import DBOS, SetWorkflowID  # type: ignore[import-not-found]  # peers' own

from bench.peers.work import Json, main

DAY = 86_400
TOPIC = "decision"
DECISION = {"decision": "approve", "by": "mia@example.com"}


async def _approval(request: Any) -> Any:
    decision = await DBOS.recv_async(TOPIC, timeout_seconds=DAY)
    return {"title": request["title"], "decision": decision}


approval = DBOS.workflow()(_approval)


class Workflows:
    """A launched DBOS, and the workflows that wait."""

    def __init__(self, job: Json) -> None:
        self._body = job["body"]
        self._handles: dict[str, Any] = {}

    async def create(self, id: str) -> None:
        with SetWorkflowID(id):
            self._handles[id] = await DBOS.start_workflow_async(approval, self._body)

    async def decide(self, id: str) -> None:
        await DBOS.send_async(id, DECISION, TOPIC)
        found = await self._handles.pop(id).get_result()
        assert found["decision"] == DECISION


@asynccontextmanager
async def opened(job: Json) -> AsyncIterator[Workflows]:
    """Over the job's database."""
    url = f"sqlite:///{job['database']}" if job["backend"] == "sqlite" else job["database"]
    config = {
        "name": "bench",
        "system_database_url": url,
        "run_admin_server": False,
        "application_version": "1",
        "executor_id": "bench",
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    try:
        yield Workflows(job)
    finally:
        DBOS.destroy(workflow_completion_timeout_sec=0)


if __name__ == "__main__":
    main(opened)
