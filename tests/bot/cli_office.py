"""A real server without chat platforms, and the command line beside it, as a person uses both."""

import asyncio
import hashlib
import json
import os
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot import cli_decide, clock, ids
from bot.app import Sources, compose, running
from bot.books import Books
from bot.cli import app
from bot.files import load
from bot.sample import DIRECTORY, POLICY
from bot.server import listening
from bot.settings import ScimSettings, Secret, Settings
from bot.signing_keys import load_ring, new_pem
from core.events import Actor
from core.rows import ApiKey
from storage.database import Storage, open_storage
from tests.storage.fresh import migrate

Json = dict[str, Any]
OURS = ("COUNTERSIGN_", "SLACK_", "MICROSOFT_", "TEAMS_")
MANAGER, FINANCE, OTHER_FINANCE, DIRECTOR, REQUESTER, ADMIN = (
    f"{name}@example.com" for name in ("mara", "finn", "faye", "dana", "alice", "ada")
)
ERP: Json = {
    "title": "New ERP system",
    "description": "Replaces three old ones.",
    "requester": REQUESTER,
    "action": {
        "type": "purchase_order",
        "params": {"purpose": "New ERP system", "amount": 120000},
    },
}


_POWERS = """\
    on_reject: previous_stage
    break_glass: {role: director, tell: ["group:admins"]}
"""
RULES = POLICY.read_text().replace("    on_reject: terminate\n", _POWERS)
"""The sample policy, with what else a person may do."""


class Office:
    """The server's address, its database, and what is typed at the terminal beside it."""

    def __init__(self, url: str, storage: Storage, loop: asyncio.AbstractEventLoop) -> None:
        self.url, self._storage, self._loop = url, storage, loop
        self.database = ""
        self._tickets = 0
        self.agent = self.key("submit", "read", "redeem", name="purchasing")

    def key(self, *scopes: str, name: str = "key", person: str | None = None) -> str:
        """A new key's secret."""
        secret = f"cs_{ids.new_id()}"
        row = ApiKey(
            id=ids.new_id(),
            name=name,
            scopes=scopes,
            hash=hashlib.sha256(secret.encode()).hexdigest(),
            person=person,
        )
        self._done(self._storage.keys.add_key(row))
        return secret

    def of(self, person: str) -> str:
        """A key with which a person decides."""
        return self.key("decide", "read", name=f"{person}'s terminal", person=person)

    def run(self, key: str, *arguments: str, typed: str | None = None) -> Result:
        """`countersign ARGUMENTS` with a key, outside a terminal."""
        env = {"COUNTERSIGN_URL": self.url, "COUNTERSIGN_KEY": key}
        return CliRunner().invoke(app, list(arguments), input=typed, env=env)

    def operate(self, *arguments: str, database: str | None = None) -> Result:
        """`countersign ARGUMENTS` directly on the database, or on another."""
        env = {"COUNTERSIGN_DATABASE_URL": database or self.database}
        return CliRunner().invoke(app, list(arguments), env=env)

    def at_terminal(
        self, patch: pytest.MonkeyPatch, key: str, *arguments: str, typed: str
    ) -> Result:
        """The same where a person reads and types."""
        with patch.context() as now:
            now.setattr(cli_decide, "in_terminal", lambda: True)
            return self.run(key, *arguments, typed=typed)

    def submit(self, **fields: Any) -> str:
        """The id of a new request, for an action that nobody has asked for before."""
        self._tickets += 1
        body = {**ERP, **fields}
        params = body["action"]["params"] | {"ticket": f"T-{self._tickets}"}
        body["action"] = body["action"] | {"params": params}
        made = self.run(self.agent, "submit", "-", "--json", typed=json.dumps(body))
        assert made.exit_code == 0, made.output
        return str(json.loads(made.stdout)["id"])

    def decide(self, person: str, id: str, **body: str) -> None:
        """Decide over HTTP, while a command runs that has standard output for itself."""
        call = urllib.request.Request(
            f"{self.url}/v1/requests/{id}/decisions",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.of(person)}", "Content-Type": "application/json"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call) as answer:
            assert answer.status == 200

    @contextmanager
    def rejected_meanwhile(self, id: str) -> Iterator[None]:
        """The request is rejected while the block waits for it."""
        body = {"decision": "reject", "comment": "No"}
        later = threading.Timer(0.3, self.decide, (MANAGER, id), body)
        later.start()
        yield
        later.join()

    def read(self, id: str) -> Json:
        """The request as its agent sees it."""
        found: Json = json.loads(self.run(self.agent, "status", id, "--json").stdout)
        return found

    def _done(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@contextmanager
def office(
    folder: Path, *, from_file: bool = True, scim: ScimSettings | None = None
) -> Iterator[Office]:
    """The server, running in a thread of its own, with no other Countersign's settings around."""
    url = f"sqlite:///{folder}/countersign.db"
    migrate(url)
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def done(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(OURS)]:
            patch.delenv(name)
        patch.setenv("TZ", "UTC")
        patch.chdir(folder)
        try:
            address, storage = done(_start(stack, folder, url, from_file, scim))
            running_office = Office(address, storage, loop)
            running_office.database = url
            yield running_office
        finally:
            done(stack.aclose())
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _start(
    stack: AsyncExitStack, folder: Path, url: str, from_file: bool, scim: ScimSettings | None
) -> tuple[str, Storage]:
    policy = folder / "policy.yaml"
    policy.write_text(RULES)
    rules, people = load(str(policy), str(DIRECTORY))
    storage = open_storage(url)
    stack.push_async_callback(storage.close)
    pem = Secret(new_pem())
    settings = Settings(
        database_url=Secret(url),
        policy=str(policy),
        directory=str(DIRECTORY),
        signing_key=pem,
        scim=scim,
    )
    made = compose(
        settings,
        Books(rules, people, from_file=from_file),
        storage,
        Sources(clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt),
        load_ring(pem, settings.database_url),
    )
    await made.governance.adopt(rules, Actor(via="system"))
    await stack.enter_async_context(running(made))
    return await stack.enter_async_context(listening(made.http, "127.0.0.1", 0)), storage
