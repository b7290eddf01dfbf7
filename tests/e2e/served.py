"""`countersign serve` as a process of its own, which can be killed; the playground stays here.

The server gets its settings by environment only, as `countersign demo` gives them. What the
tests know of it they know by HTTP, by its database and by what the playground received.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.sample import DIRECTORY, POLICY
from bot.sample.world import APP_ID, world
from playground.app import start
from playground.world import parse
from storage.database import open_storage
from tests.e2e.company import Json, Town, admit, kept_port, kept_secrets
from tests.e2e.known import known
from tests.storage.fresh import migrate

READY_WITHIN = 30.0
_OTHERS = ("COUNTERSIGN_", "SLACK_", "MICROSOFT_", "TEAMS_", "OPENAI_", "SMTP_", "OTEL_")


@dataclass(kw_only=True)
class Served(Town):
    """A town whose server is a child process; `env` are its settings."""

    folder: Path
    env: Mapping[str, str]
    options: Sequence[str] = ()
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    starts: int = 0

    async def start(self) -> None:
        """Start the server and point the platforms to it."""
        self.starts += 1
        log = self.folder / f"server-{self.starts}.log"
        with log.open("wb") as out:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "serve", "--port", "0", "--log-json", *self.options),
                env=self.env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        self.base_url = await asyncio.wait_for(self._ready(log), READY_WITHIN)
        self.play.place.slack_url = f"{self.base_url}/slack/events"
        self.play.place.teams_url = f"{self.base_url}/api/messages"

    async def kill(self) -> None:
        """SIGKILL: nothing of the server runs on, nothing is said goodbye to."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, as an operator stops it."""
        await self._end(signal.SIGTERM)

    async def restart(self) -> None:
        """Start again after a kill, when the leases of the dead server have ended."""
        self.end_leases()
        await self.start()

    def end_leases(self) -> None:
        """Let the time pass after which a dead sender's work may be taken over.

        Only while no server runs: the test need not sit out the real three quarters of a minute.
        """
        assert self.process is None, "the leases of a server that runs are its own"
        connection = sqlite3.connect(self.database.removeprefix("sqlite:///"), timeout=5)
        with connection:
            for table in ("deliveries", "outbox", "callbacks"):
                connection.execute(f"UPDATE {table} SET next_at = 1 WHERE lease_until IS NOT NULL")
        connection.close()

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run `countersign ARGUMENTS` beside the server: exit code and all it printed."""
        return await command(self.database, *arguments)

    async def _end(self, number: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            process.send_signal(number)
            await process.wait()

    async def _ready(self, log: Path) -> str:
        assert self.process is not None
        while self.process.returncode is None:
            if (url := _address(log)) is not None:
                return url
            await asyncio.sleep(0.02)
        raise AssertionError(f"the server did not start; see {log}")


def _address(log: Path) -> str | None:
    """Where the server listens, once its log says that it is ready."""
    for line in log.read_bytes().splitlines(keepends=True):
        if b'"ready"' in line and line.endswith(b"\n"):
            return str(json.loads(line)["url"])
    return None


@asynccontextmanager
async def served(
    folder: Path,
    *,
    strangers: Sequence[Json] = (),
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> AsyncIterator[Served]:
    """The playground and a server, running; both are ended with the context. `env` is set
    beside the usual settings, or in their place, `options` are given to the command."""
    rules, people = known(POLICY, DIRECTORY)
    shared = kept_secrets(folder / "shared.json")
    described = world(people, rules, shared)
    admit(described, strangers)
    url = f"sqlite:///{folder}/countersign.db"
    await asyncio.to_thread(migrate, url)
    async with AsyncExitStack() as stack:
        play = await start(parse(described), folder / "playground", port=kept_port(folder))
        stack.push_async_callback(play.aclose)
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        town = Served(
            play=play,
            base_url="",
            database=url,
            storage=storage,
            http=await stack.enter_async_context(aiohttp.ClientSession()),
            people={p["email"]: p for p in described["people"]},
            folder=folder,
            options=options,
            env={
                **settings(url, play.base_url, described["teams"]["tenant"], shared),
                **(env or {}),
            },
        )
        stack.push_async_callback(town.kill)
        await town.start()
        await town.install()
        yield town


async def command(database: str, *arguments: str) -> tuple[int, str]:
    """Run `countersign ARGUMENTS` on a database: exit code and all it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env=inherited() | {"COUNTERSIGN_DATABASE_URL": database},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


def inherited() -> dict[str, str]:
    """The environment without the settings of another Countersign."""
    return {k: v for k, v in os.environ.items() if not k.startswith(_OTHERS)}


def settings(url: str, play: str, tenant: str, shared: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server beside this playground."""
    return {
        **inherited(),
        "COUNTERSIGN_DATABASE_URL": url,
        "COUNTERSIGN_POLICY": str(POLICY),
        "COUNTERSIGN_DIRECTORY": str(DIRECTORY),
        "SLACK_BOT_TOKEN": shared["slack_bot_token"],
        "SLACK_SIGNING_SECRET": shared["slack_signing_secret"],
        "SLACK_API_URL": f"{play}/slack/api/",
        "SLACK_PACE": "0",
        "TEAMS_PACE": "0",
        "MICROSOFT_APP_ID": APP_ID,
        "MICROSOFT_APP_PASSWORD": shared["teams_app_password"],
        "MICROSOFT_APP_TYPE": "SingleTenant",
        "MICROSOFT_APP_TENANT_ID": tenant,
        "MICROSOFT_OPENID_METADATA_URL": f"{play}/teams/v1/.well-known/openidconfiguration",
        "MICROSOFT_LOGIN_URL": f"{play}/teams/login",
    }
