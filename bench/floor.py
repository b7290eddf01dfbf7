"""Floors: bare aiohttp handlers that group-commit the product's rows and do nothing else.

No key, no validation beyond decoding, no policy, no hashes, no encoding. Ways of
writing: `core` (SQLAlchemy Core, a savepoint for each command and an execute for each of its
tables), `raw` (the same with Python's sqlite3 alone) and `many` (SQLAlchemy Core, one
executemany a table for the whole batch, no savepoints). On PostgreSQL also `each`, which commits
nothing together: asynchronous SQLAlchemy Core, a transaction for each command.
"""

import asyncio
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web

from bench.floor_writers import WRITERS, Command, Commit, Each
from bench.template import Template, load
from bot.server import listening
from storage.engine import open_engines
from storage.migrate import upgrade

MOST_TOGETHER = 256


class Action(msgspec.Struct):
    """As the agent sends it."""

    type: str
    params: dict[str, Any]


class Submission(msgspec.Struct):
    """The same body that the product gets."""

    action: Action
    title: str
    description: str
    requester: str
    currency: str
    risk_score: int
    labels: list[str]
    context: dict[str, Any]


class Decision(msgspec.Struct):
    """The same body that the product gets."""

    decision: str


_submission = msgspec.json.Decoder(Submission).decode
_decision = msgspec.json.Decoder(Decision).decode


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command and who waits for it."""

    command: Command
    future: asyncio.Future[None]


class Writer:
    """A thread that commits whatever waits, together."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._queue: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._work, daemon=True).start()

    async def write(self, command: Command) -> None:
        """Return once it is committed."""
        future = self._loop.create_future()
        self._queue.put(Waiting(command, future))
        await future

    def _work(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < MOST_TOGETHER:
                try:
                    batch.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            try:
                self._commit([waiting.command for waiting in batch])
            except BaseException:
                traceback.print_exc()
                os._exit(1)  # nobody is to wait for an answer that never comes
            self._loop.call_soon_threadsafe(_answer, batch)


def _answer(batch: list[Waiting]) -> None:
    for waiting in batch:
        waiting.future.set_result(None)


def application(writer: Writer | Each, template: Template) -> web.Application:
    """The two routes."""

    async def submit(request: web.Request) -> web.Response:
        _submission(await request.read())
        new = f"{time.time_ns() // 1_000_000:012x}{os.urandom(7).hex()}"
        rows = [write.fresh(new) for write in template.submit]
        await writer.write(Command(new, decides=False, rows=rows))
        return _json({"id": new, "status": "pending"}, 201)

    async def decide(request: web.Request) -> web.Response:
        _decision(await request.read())
        given = request.match_info["id"]
        rows = [write.fresh(given) for write in template.decide]
        await writer.write(Command(given, decides=True, rows=rows))
        return _json({"id": given, "status": "approved"}, 200)

    app = web.Application()
    app.router.add_post("/v1/requests", submit)
    app.router.add_post("/v1/requests/{id}/decisions", decide)
    return app


def _json(answer: dict[str, str], status: int) -> web.Response:
    body = msgspec.json.encode(answer)
    return web.Response(body=body, status=status, content_type="application/json")


async def serve(make: Callable[[], Writer | Each], template: Template) -> None:
    """Serve on a free port until SIGTERM; the address is printed once it is ready."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    app = application(make(), template)
    async with listening(app, "127.0.0.1", 0) as address:
        print(address, flush=True)
        await stop.wait()


def main() -> None:
    """Arguments: the way of writing, the template's file, the database's URL."""
    way, template, dsn = sys.argv[1], load(Path(sys.argv[2])), sys.argv[3]
    upgrade(dsn)
    if way == "each":
        uvloop.run(serve(lambda: Each(dsn, template), template))
    else:
        commit = WRITERS[way](open_engines(dsn).writer, template)
        uvloop.run(serve(lambda: Writer(commit), template))


if __name__ == "__main__":
    main()
