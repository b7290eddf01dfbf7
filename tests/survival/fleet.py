"""A town whose servers are processes that can be killed, frozen and started again at once."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import aiohttp

from bot.files import load
from bot.sample import DIRECTORY, POLICY
from bot.sample.world import world
from playground.app import start
from playground.faults import Fault
from playground.world import parse
from storage.database import open_storage
from storage.migrate import upgrade
from tests.e2e.company import Json, Town, kept_secrets
from tests.e2e.served import inherited, settings
from tests.survival.rules import RULES

BORN_WITHIN = READY_WITHIN = 30.0
LEASE, SEND_WITHIN = 4_000, 2_500
PATCHES = {
    # A dead sender's work is taken over after four seconds, not three quarters of a minute.
    "bot.relay.LEASE": LEASE,
    "bot.relay.SEND_WITHIN": SEND_WITHIN,
    # Other servers are not told what one of them has written: they look again this often.
    "bot.relay.IDLE": 500,
    "storage.backoff.FIRST": 100,
}


class Nursery:
    """The process that makes the servers."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "tests.survival.nursery"],
            env=inherited() | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    async def born(self, env: Mapping[str, str], log: Path) -> int:
        """A new server's process id."""
        order = json.dumps({"env": dict(env), "log": str(log), "patches": PATCHES})
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._ask, order), BORN_WITHIN)
        except TimeoutError:
            self._process.send_signal(signal.SIGABRT)  # so that it says where it hangs
            raise

    def _ask(self, order: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # One after the other: the answers tell no orders apart, and of two threads in `readline`
        # the one who waited for the other may wait for a line that lies in the buffer already.
        with self._turn:
            self._process.stdin.write(f"{order}\n".encode())
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it, and with it every server that still runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)


@dataclass(kw_only=True)
class Server:
    """One place for a server: the process that is there now, and its address once it is ready."""

    number: int
    folder: Path
    env: Mapping[str, str]
    nursery: Nursery = field(repr=False)
    lives: int = 0
    pid: int | None = None
    url: str = ""

    async def begin(self) -> None:
        """Start, without waiting until it is ready."""
        assert self.pid is None, "it runs already"
        self.lives += 1
        self.url = ""
        self.pid = await self.nursery.born(self.env, self._log)

    async def ready(self) -> None:
        """Wait until it answers."""
        deadline = asyncio.get_running_loop().time() + READY_WITHIN
        while not (found := self._address()):
            assert self.runs(), f"the server did not start; see {self._log}"
            assert asyncio.get_running_loop().time() < deadline, f"too slow; see {self._log}"
            await asyncio.sleep(0.01)
        self.url = found

    async def kill(self) -> None:
        """SIGKILL: nothing of it runs on, nothing is said goodbye to."""
        self.signal(signal.SIGKILL)
        while self.runs():  # noqa: ASYNC110 - a process that is gone tells nobody
            await asyncio.sleep(0.001)
        self.pid, self.url = None, ""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.pid is not None
        os.kill(self.pid, number)

    def runs(self) -> bool:
        """Whether the process is there, if only frozen."""
        if self.pid is None:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    @property
    def _log(self) -> Path:
        return self.folder / f"server-{self.number}-{self.lives}.log"

    def _address(self) -> str:
        with suppress(FileNotFoundError):
            for line in self._log.read_bytes().splitlines(keepends=True):
                if b'"ready"' in line and line.endswith(b"\n"):
                    return str(json.loads(line)["url"])
        return ""


@dataclass(kw_only=True)
class Fleet(Town):
    """Some servers on one database, and the platforms around them.

    `lies` counts the calls that were done although the platform said nothing or otherwise, by
    platform and method.
    """

    servers: Sequence[Server]
    lies: list[tuple[str, str]] = field(default_factory=list)

    def point_at(self, base_url: str) -> None:
        """Where agents call and the platforms deliver."""
        self.base_url = base_url
        self.play.place.slack_url = f"{base_url}/slack/events"
        self.play.place.teams_url = f"{base_url}/api/messages"

    def note_lies(self) -> None:
        """Keep count of the faults after which something was done all the same."""
        faults = self.play.place.faults
        take = faults.take

        def noted(platform: str, operation: str) -> Fault | None:
            fault = take(platform, operation)
            if fault is not None and fault.do in {"5xx_after_accept", "drop_answer", "slow"}:
                self.lies.append((platform, operation))
            return fault

        faults.take = noted  # type: ignore[method-assign] # it is this one object's


@asynccontextmanager
async def fleet(folder: Path, url: str, count: int) -> AsyncIterator[Fleet]:
    """The playground and so many servers, none of them started; all are ended with the context."""
    (folder / "policy.yaml").write_text(RULES)
    rules, people = load(POLICY, DIRECTORY)
    shared = kept_secrets(folder / "shared.json")
    described: Json = world(people, rules, shared)
    await asyncio.to_thread(upgrade, url)
    async with AsyncExitStack() as stack:
        nursery = await asyncio.to_thread(Nursery)
        stack.callback(nursery.close)
        play = await start(parse(described), folder / "playground")
        stack.push_async_callback(play.aclose)
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        env = settings(url, play.base_url, described["teams"]["tenant"], shared)
        env |= {
            "COUNTERSIGN_POLICY": str(folder / "policy.yaml"),
            "COUNTERSIGN_SIGNING_KEY": shared["signing_key"],
        }
        town = Fleet(
            play=play,
            base_url="",
            database=url,
            storage=storage,
            http=await stack.enter_async_context(aiohttp.ClientSession()),
            people={p["email"]: p for p in described["people"]},
            servers=[
                Server(number=n, folder=folder, env=env, nursery=nursery) for n in range(count)
            ],
        )
        town.note_lies()
        yield town
