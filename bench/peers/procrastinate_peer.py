"""Procrastinate, on PostgreSQL. A job queue has no pending approval: creating one is putting a job
on a queue that nobody works, deciding it is putting its continuation on another queue and waiting
until a worker of this process has run that."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import procrastinate  # type: ignore[import-not-found]  # peers' own

from bench.peers.work import Json, main

AT_ONCE = 32
DECISION = "approve"
SETTLED = 1.0
"""Seconds until its worker listens."""


class Queue:
    """An opened app whose worker runs."""

    def __init__(self, app: Any, job: Json) -> None:
        self._body = job["body"]
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._held = app.task(name="held", queue="held")(self._never)
        self._decided = app.task(name="decided", queue="decided")(self._wake)

    async def create(self, id: str) -> None:
        await self._held.defer_async(id=id, request=self._body)

    async def decide(self, id: str) -> None:
        woken = self._waiting[id] = asyncio.get_running_loop().create_future()
        await self._decided.defer_async(id=id, decision=DECISION)
        await woken

    async def _never(self, **what: Any) -> None:
        raise AssertionError(f"nobody works this queue: {what}")

    async def _wake(self, id: str, decision: str) -> None:
        assert decision == DECISION
        self._waiting.pop(id).set_result(None)


@asynccontextmanager
async def opened(job: Json) -> AsyncIterator[Queue]:
    """Over the job's database, which is new."""
    logging.disable(logging.CRITICAL)
    connector = procrastinate.PsycopgConnector(conninfo=job["database"], min_size=4, max_size=16)
    app = procrastinate.App(connector=connector)
    made = Queue(app, job)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=["decided"], concurrency=AT_ONCE, install_signal_handlers=False
            )
        )
        await asyncio.sleep(SETTLED)
        yield made
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


if __name__ == "__main__":
    main(opened)
