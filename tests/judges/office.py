"""Our server for the Agents Playground: Teams only, unsigned calls, people of that world."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot import clock, ids
from bot.app import Sources, compose, running
from bot.books import Books
from bot.files import load
from bot.server import listening
from bot.settings import Secret, Settings, TeamsSettings
from bot.signing_keys import load_ring, new_pem
from core.events import Actor
from core.rows import ApiKey
from storage.database import open_storage
from tests.judges.agents_playground import TENANT, Json
from tests.storage.fresh import migrate

SECRET = "cs_test_judge"


@dataclass(frozen=True)
class Office:
    """A running server: where it is, and how an agent asks."""

    url: str
    http: aiohttp.ClientSession

    async def ask(self, title: str, requester: str, kind: str = "purchase") -> str:
        """A new request of an agent; its id."""
        action = {"type": kind, "params": {"purpose": title, "amount": 1200}}
        body = {"title": title, "requester": requester, "action": action, "currency": "EUR"}
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with self.http.post(f"{self.url}/v1/requests", json=body, headers=headers) as reply:
            made: Json = await reply.json()
            assert reply.status == 201, made
            return str(made["id"])

    async def status(self, request: str, wait: int = 10) -> Json:
        """How a request stands, waiting some seconds for its end."""
        headers = {"Authorization": f"Bearer {SECRET}"}
        at = f"{self.url}/v1/requests/{request}?wait={wait}"
        async with self.http.get(at, headers=headers) as reply:
            found: Json = await reply.json()
            return found


@asynccontextmanager
async def office(folder: Path, policy: Json, people: Sequence[Json]) -> AsyncIterator[Office]:
    """Serve that policy for these people of the Agents Playground."""
    # Both files are YAML, of which JSON is a part.
    rules, known = folder / "policy.yaml", folder / "directory.yaml"
    rules.write_text(json.dumps(policy))
    known.write_text(json.dumps({"people": [_entry(person) for person in people]}))
    url = f"sqlite:///{folder}/countersign.db"
    migrate(url)
    async with AsyncExitStack() as stack:
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        settings = _settings(url, rules, known)
        books = Books(*load(str(rules), str(known)), from_file=True)
        sources = Sources(clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt)
        ring = load_ring(settings.signing_key, settings.database_url)
        app = compose(settings, books, storage, sources, ring)
        await app.governance.adopt(books.policy(), Actor(via="system"))
        await stack.enter_async_context(running(app))
        at = await stack.enter_async_context(listening(app.http, "127.0.0.1", 0))
        hashed = hashlib.sha256(SECRET.encode()).hexdigest()
        key = ApiKey(id=ids.new_id(), name="agent", scopes=("submit", "read"), hash=hashed)
        await storage.keys.add_key(key)
        yield Office(at, await stack.enter_async_context(aiohttp.ClientSession()))


def _entry(person: Json) -> Json:
    account = {"tenant": TENANT, "aad_object_id": person["aadObjectId"]}
    return {
        "email": person["email"],
        "name": person["name"],
        "identities": {"teams": account},
    }


def _settings(url: str, policy: Path, directory: Path) -> Settings:
    return Settings(
        database_url=Secret(url),
        policy=str(policy),
        directory=str(directory),
        signing_key=Secret(new_pem()),
        teams=TeamsSettings(
            app_id="", app_password=Secret(""), tenant_id=TENANT, allow_anonymous=True
        ),
    )
