"""The whole thing as it runs in production: `countersign serve`, with the playground as Slack
and Teams, everything on loopback.

The playground gives what it would send to the bot to the bench instead: so the bench can carry
real activities, with their real tokens, to the bot by itself and see how long that takes.
"""

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench import scenario
from bench.children import (
    NotMeasured,
    child,
    first_line,
    free_port,
    open_local,
    until_ready,
)
from bot.files import load
from bot.sample.world import world

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Carried:
    """One activity as the playground sent it."""

    authorization: str
    activity: Json


@dataclass(frozen=True, slots=True)
class Place:
    """The playground, and what it has sent."""

    address: str
    carried: list[Carried]

    def act(self, what: Json) -> None:
        """Let a person do something in the simulated Teams."""
        asked = urllib.request.Request(
            f"{self.address}/_play/teams/act",
            json.dumps(what).encode(),
            {"Content-Type": "application/json"},
        )
        with open_local(asked, timeout=30) as answer:
            done = json.loads(answer.read())
        if not done["ok"]:
            raise NotMeasured(f"the playground: {done.get('error')}")


@contextmanager
def playground(folder: Path) -> Iterator[tuple[Place, dict[str, str]]]:
    """The playground, and the settings of a server that speaks to it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = scenario.environment(folder, address)
    policy, directory = load(*scenario.write_files(folder))
    described = world(directory, policy, _secrets(environment))
    described["teams"]["app_id"] = scenario.APP_ID
    (folder / "world.json").write_text(json.dumps(described))
    with ExitStack() as stack:
        carried: list[Carried] = []
        mailbox = stack.enter_context(_mailbox(carried))
        arguments = [
            *["-m", "playground", "--port", str(port), "--world", str(folder / "world.json")],
            *["--data", str(folder / "playground"), "--teams-url", mailbox],
        ]
        process = stack.enter_context(child(folder, "playground", arguments))
        first_line(process, folder, "playground")
        yield Place(address, carried), environment


@contextmanager
def serve(
    folder: Path, environment: dict[str, str], port: int
) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """`countersign serve`, and how many seconds passed until it was ready."""
    arguments = ["-m", "bot", "serve", "--host", "127.0.0.1", "--port", str(port)]
    begun = time.perf_counter()
    with child(folder, "serve", arguments, environment) as process:
        until_ready(f"http://127.0.0.1:{port}/readyz", process, folder, "serve")
        yield process, time.perf_counter() - begun


def _secrets(environment: dict[str, str]) -> dict[str, str]:
    return {
        "slack_bot_token": environment["SLACK_BOT_TOKEN"],
        "slack_signing_secret": environment["SLACK_SIGNING_SECRET"],
        "teams_app_password": environment["MICROSOFT_APP_PASSWORD"],
    }


@contextmanager
def _mailbox(carried: list[Carried]) -> Iterator[str]:
    """A server that keeps what comes in and answers 200; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            carried.append(Carried(self.headers["Authorization"], json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/messages"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
