"""A server that is told to stop ends in time, whatever hangs, and a second time at once."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from storage.database import open_storage
from tests.e2e.served import READY_WITHIN, _address, inherited
from tests.e2e.test_two_servers import DIRECTORY, POLICY, key

SERVE = ("-m", "bot")
STUCK = (
    "-c",
    "import asyncio\n"
    "from bot.__main__ import main\n"
    "from storage.database import Storage\n"
    "async def hangs(self): await asyncio.Event().wait()\n"
    "Storage.close = hangs\n"
    "main()\n",
)
"""A server whose last step never ends."""

HUNG = (
    "-c",
    "import asyncio, sys\n"
    "from bot import serve\n"
    "from bot.__main__ import main\n"
    "def hangs(*_):\n"
    '    print(\'{"event": "hangs"}\', file=sys.stderr, flush=True)\n'
    "    while True: sum(range(1000))\n"
    "def soon(_): asyncio.get_running_loop().call_later(2, hangs)\n"
    "serve._answer_waiters_at_shutdown = soon\n"
    "main()\n",
)
"""A server whose event loop comes to nothing any more."""


@dataclass
class Running:
    process: asyncio.subprocess.Process
    log: Path
    url: str
    dsn: str

    def told(self) -> list[str]:
        return [str(json.loads(line)["event"]) for line in self.log.read_text().splitlines()]

    async def says(self, event: str) -> None:
        async with asyncio.timeout(20):
            while event not in self.told():  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        await self.says("stopping")

    async def upload(self) -> asyncio.StreamWriter:
        """A call of which the rest never comes; the server is busy with it."""
        host, port = self.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n{")
        await writer.drain()
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/healthz") as answer:
            assert answer.status == 200, "what was sent before this is being handled"
        return writer


@asynccontextmanager
async def serving(folder: Path, seconds: str, program: Sequence[str]) -> AsyncIterator[Running]:
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "directory.yaml").write_text(DIRECTORY)
    log, dsn = folder / "server.log", f"sqlite:///{folder}/test.db"
    env = inherited() | {
        "COUNTERSIGN_DATABASE_URL": dsn,
        "COUNTERSIGN_POLICY": str(folder / "policy.yaml"),
        "COUNTERSIGN_DIRECTORY": str(folder / "directory.yaml"),
        "COUNTERSIGN_STOP_SECONDS": seconds,
        "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path),
    }
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *program, "serve", "--port", "0", "--log-json"),
            env=env,
            cwd=folder,
            stdout=out,
            stderr=out,
        )
    try:
        async with asyncio.timeout(READY_WITHIN):
            while (address := _address(log)) is None:
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield Running(process, log, address, dsn)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(running: Running) -> int:
    async with asyncio.timeout(30):
        return await running.process.wait()


async def test_who_waits_is_answered_and_a_call_that_never_ends_is_cut_off(tmp_path: Path) -> None:
    async with serving(tmp_path, "4", SERVE) as running, aiohttp.ClientSession() as http:
        storage = open_storage(running.dsn)
        agent = await key(storage, "submit", "read")
        await storage.close()
        body = {"title": "Pay", "action": {"type": "payment", "params": {}}}
        async with http.post(f"{running.url}/v1/requests", json=body, headers=agent) as answer:
            made = (await answer.json())["id"]

        async def wait() -> Any:
            url = f"{running.url}/v1/requests/{made}?wait=60"
            async with http.get(url, headers=agent) as answer:
                return await answer.json()

        waiting = asyncio.create_task(wait())
        upload = await running.upload()
        await running.stop()
        assert (await asyncio.wait_for(waiting, 20))["status"] == "pending"
        assert await ended(running) == 0
        assert "stopped_late" not in running.told()
        upload.close()


async def test_the_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """The call that never ends could keep it for minutes by these settings."""
    async with serving(tmp_path, "600", SERVE) as running:
        upload = await running.upload()
        await running.stop()
        running.process.send_signal(signal.SIGTERM)
        assert await ended(running) == 128 + signal.SIGTERM
        assert running.told()[-1] == "stopped_at_once"
        upload.close()


async def test_whatever_hangs_it_ends_within_its_bound_and_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path, "1", STUCK) as running:
        running.process.send_signal(signal.SIGTERM)
        assert await ended(running) == 1
        assert running.told()[-1] == "stopped_late"


async def test_a_server_whose_event_loop_hangs_ends_within_its_bound(tmp_path: Path) -> None:
    async with serving(tmp_path, "1", HUNG) as running:
        await running.says("hangs")
        running.process.send_signal(signal.SIGTERM)
        assert await ended(running) == 1
        assert running.told()[-1] == "stopped_late"


async def test_the_second_signal_ends_it_at_once_though_its_event_loop_hangs(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, "600", HUNG) as running:
        await running.says("hangs")
        # Two of one kind that wait would be one; of two kinds the lower number comes first.
        running.process.send_signal(signal.SIGINT)
        running.process.send_signal(signal.SIGTERM)
        assert await ended(running) == 128 + signal.SIGTERM
        assert running.told()[-1] == "stopped_at_once"
