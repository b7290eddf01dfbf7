"""`countersign demo`: the playground and the server as child processes, and a sample agent.

The three know one another by ports and environment only. Everything lies in one folder,
so that a second run goes on where the first one stopped.
"""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.files import load
from bot.sample import DIRECTORY, POLICY, agent
from bot.sample.world import APP_ID, new_secrets, world

MODEL = "good"
"""How the simulated model behaves: its page can change that."""

READY_WITHIN = 30.0
STOP_WITHIN = 10.0
HIGHEST_PORT = 65535


class DemoError(Exception):
    """The demo cannot go on; the text says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """Where the two listen; kept, since posted messages point back to the playground."""

    page: int
    server: int


def run_demo(folder: Path, *, fresh: bool, port: int | None, history: bool = False) -> None:
    """Run until Ctrl-C; `port` is the page's, and with `history` there are weeks to look back on.
    Raises DemoError."""
    if port is not None:
        _check_port(port, None if fresh else _kept_port(folder), folder)
    _make_folder(folder, fresh=fresh)
    with suppress(KeyboardInterrupt):
        asyncio.run(_Demo(folder, port, history=history).run())


def _kept_port(folder: Path) -> int | None:
    """The page's port in a folder that a demo has used before."""
    path = folder / "ports.json"
    return int(json.loads(path.read_text())["page"]) if path.is_file() else None


def _check_port(wanted: int, kept: int | None, folder: Path) -> None:
    """Refuse a port that this demo would not use, before anything is forgotten or made."""
    if kept is None:
        if not _is_free(wanted):
            raise DemoError(f"Port {wanted} is in use or not allowed. Name another with --port.")
    elif kept != wanted:
        raise DemoError(
            f"The demo kept in {folder} is on port {kept}, and its messages point there. "
            f"Go on without --port, or start over on port {wanted} with --fresh."
        )


def _make_folder(folder: Path, *, fresh: bool) -> None:
    try:
        if fresh and folder.exists():
            _refuse_to_delete(folder)
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(
            f"The demo's folder {folder} cannot be made: {error.strerror}. "
            "Name another with --folder."
        ) from None


def _refuse_to_delete(folder: Path) -> None:
    """Raise DemoError for a folder that is not a demo's own, or that a demo is using now."""
    kept = _kept_port(folder)
    if kept is None and any(folder.iterdir()):
        raise DemoError(
            f"{folder} holds no demo, so --fresh does not delete it. Name another with --folder."
        )
    if kept is not None and not _is_free(kept):
        raise DemoError(f"The demo in {folder} is running on port {kept}. Stop it first.")


class _Demo:
    def __init__(self, folder: Path, port: int | None, *, history: bool = False) -> None:
        self._folder = folder
        self._history = history
        self._shared = _kept(folder / "secrets.json", new_secrets)
        ports = _kept(folder / "ports.json", lambda: _new_ports(port))
        self._ports = Ports(page=int(ports["page"]), server=int(ports["server"]))
        self._children: list[asyncio.subprocess.Process] = []
        self._mail = _first_free(min(self._ports.server + 1, HIGHEST_PORT - 100))

    @property
    def _server(self) -> str:
        return f"http://127.0.0.1:{self._ports.server}"

    @property
    def _page(self) -> str:
        return f"http://127.0.0.1:{self._ports.page}"

    async def run(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        working: asyncio.Task[None] | None = None
        try:
            await self._start()
            working = asyncio.create_task(agent.run(self._server, await self._key(), _say))
            await self._until(stop)
        finally:
            if working is not None:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            await self._stop()
        _say("Stopped. Run it again to go on with the same data; --fresh starts over.")

    async def _start(self) -> None:
        for name, port in (("page", self._ports.page), ("server", self._ports.server)):
            if not _is_free(port):
                raise DemoError(
                    f"Port {port} (the demo's {name}) is in use. Stop what uses it, "
                    "or start over on other ports with --fresh."
                )
        self._write_world()
        if self._history:
            await self._live()
        self._children.append(await self._playground())
        await self._ready(f"{self._page}/", self._children[0], "playground")
        self._children.append(await self._serve())
        await self._ready(f"{self._server}/readyz", self._children[1], "server")
        await self._install()
        _say("")
        _say(f"  Open {self._page} and be anyone: the cards are really posted there.")
        _say("  Request changes on a card: the agent sends one revision and waits again.")
        _say(f"  Inbox and dashboard: {self._server}/signin")
        _say(f"  The API's own pages: {self._server}/docs     Ctrl-C ends the demo.")
        _say("")

    async def _live(self) -> None:
        """Weeks of requests, in a demo in which nothing has happened yet."""
        if (self._folder / "countersign.db").exists():
            _say("This demo goes on with its data. With --fresh, the weeks are made first.")
            return
        _say("Six weeks of requests are made, to look back on ...")
        child = await self._child("history", ["-m", "bot.sample.history"], self._environment())
        self._children.append(child)
        if await child.wait() != 0:
            raise DemoError(f"The history was not made; see {self._folder}/history.log")
        self._children.remove(child)

    async def _install(self) -> None:
        """Install the Teams app for everyone, as an administrator does for a company."""
        people = json.loads((self._folder / "world.json").read_text())["people"]
        async with aiohttp.ClientSession() as session:
            for person in people:
                if person["teams_oid"] is not None:
                    body = {"oid": person["teams_oid"], "do": "install"}
                    async with session.post(f"{self._page}/_play/teams/act", json=body) as answer:
                        await answer.read()

    async def _until(self, stop: asyncio.Event) -> None:
        stopped = asyncio.create_task(stop.wait())
        ends = [asyncio.create_task(child.wait()) for child in self._children]
        await asyncio.wait([stopped, *ends], return_when=asyncio.FIRST_COMPLETED)
        for task in (stopped, *ends):
            task.cancel()
        if not stop.is_set():
            raise DemoError(f"A part of the demo ended by itself; see {self._folder}/*.log")

    async def _stop(self) -> None:
        """The server first, so that its last words still find the playground."""
        for child in reversed(self._children):
            if child.returncode is None:
                child.send_signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(child.wait(), STOP_WITHIN)
                except TimeoutError:
                    child.kill()
                    await child.wait()

    def _write_world(self) -> None:
        policy, directory = load(POLICY, DIRECTORY)
        described = world(directory, policy, self._shared)
        _write_private(self._folder / "world.json", json.dumps(described, indent=1))

    async def _playground(self) -> asyncio.subprocess.Process:
        return await self._child(
            "playground",
            [
                *["-m", "playground", "--port", str(self._ports.page)],
                *["--world", str(self._folder / "world.json")],
                *["--data", str(self._folder / "playground")],
                *["--slack-url", f"{self._server}/slack/events"],
                *["--teams-url", f"{self._server}/api/messages"],
                *["--mail-port", str(self._mail)],
            ],
            {},
        )

    async def _serve(self) -> asyncio.subprocess.Process:
        port = str(self._ports.server)
        arguments = ["-m", "bot", "serve", "--host", "127.0.0.1", "--port", port]
        return await self._child("server", arguments, self._environment())

    async def _child(
        self, name: str, arguments: list[str], environment: dict[str, str]
    ) -> asyncio.subprocess.Process:
        """A child in a session of its own, so that Ctrl-C reaches only this process."""
        with (self._folder / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                env={**_inherited(), **environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        tenant = json.loads((self._folder / "world.json").read_text())["teams"]["tenant"]
        return {
            "COUNTERSIGN_DATABASE_URL": f"sqlite:///{self._folder.resolve()}/countersign.db",
            "COUNTERSIGN_POLICY": str(POLICY),
            "COUNTERSIGN_DIRECTORY": str(DIRECTORY),
            "COUNTERSIGN_PUBLIC_URL": self._server,
            "COUNTERSIGN_CALLBACK_HOSTS": "localhost",
            "SMTP_URL": f"smtp://127.0.0.1:{self._mail}",
            "COUNTERSIGN_MAIL_FROM": "Countersign <approvals@example.com>",
            "SLACK_BOT_TOKEN": self._shared["slack_bot_token"],
            "SLACK_SIGNING_SECRET": self._shared["slack_signing_secret"],
            "SLACK_API_URL": f"{self._page}/slack/api/",
            "MICROSOFT_APP_ID": APP_ID,
            "MICROSOFT_APP_PASSWORD": self._shared["teams_app_password"],
            "MICROSOFT_APP_TYPE": "SingleTenant",
            "MICROSOFT_APP_TENANT_ID": tenant,
            "MICROSOFT_OPENID_METADATA_URL": (
                f"{self._page}/teams/v1/.well-known/openidconfiguration"
            ),
            "MICROSOFT_LOGIN_URL": f"{self._page}/teams/login",
            "COUNTERSIGN_OIDC_ISSUER": f"{self._page}/oidc",
            "COUNTERSIGN_OIDC_CLIENT_ID": APP_ID,
            "COUNTERSIGN_OIDC_CLIENT_SECRET": self._shared["teams_app_password"],
            "OPENAI_BASE_URL": f"{self._page}/model/v1",
            "OPENAI_MODEL": MODEL,
        }

    async def _ready(self, url: str, child: asyncio.subprocess.Process, name: str) -> None:
        async with aiohttp.ClientSession() as session:
            for _ in range(int(READY_WITHIN / 0.1)):
                if child.returncode is not None:
                    break
                with suppress(aiohttp.ClientError):
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)
        raise DemoError(f"The {name} did not start; see {self._folder / name}.log")

    async def _key(self) -> str:
        """The agent's API key, made once by the same command that everyone uses."""
        path = self._folder / "agent.key"
        if not path.exists():
            making = await asyncio.create_subprocess_exec(
                sys.executable,
                *["-m", "bot", "keys", "create", "--name", "purchasing-agent"],
                *["--scope", "submit", "--scope", "read"],
                env={**_inherited(), **self._environment()},
                stdout=asyncio.subprocess.PIPE,
            )
            printed, _ = await making.communicate()
            if making.returncode != 0:
                raise DemoError("The agent's API key could not be made.")
            _write_private(path, printed.decode().strip().splitlines()[-1])
        return path.read_text()


def _inherited() -> dict[str, str]:
    """The environment without settings of another Countersign."""
    ours = ("COUNTERSIGN_", "SLACK_", "MICROSOFT_", "TEAMS_", "OPENAI_", "AZURE_OPENAI_", "SMTP_")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)}


def _new_ports(wanted: int | None) -> dict[str, str]:
    first = wanted or 8420
    page = _first_free(first)
    # Beside the page's, but there is nothing above the last port.
    server = _first_free(page + 1 if page < HIGHEST_PORT else first - 100)
    return {"page": str(page), "server": str(server)}


def _first_free(start: int) -> int:
    found = (p for p in range(start, min(start + 100, HIGHEST_PORT + 1)) if _is_free(p))
    port = next(found, None)
    if port is None:
        raise DemoError(f"No free port from {start} on.")
    return port


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _kept(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What was made once and is kept in a file."""
    if not path.exists():
        _write_private(path, json.dumps(make()))
    found: dict[str, str] = json.loads(path.read_text())
    return found


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, complete or not at all."""
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what the command is for
