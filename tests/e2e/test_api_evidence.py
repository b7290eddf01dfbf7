"""Policy versions and the signed trail over HTTP, as an administrator and an auditor use them."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from bot import clock, ids
from bot.app import Sources, compose, running
from bot.books import open_books
from bot.sample import DIRECTORY
from bot.server import listening
from bot.settings import Secret, Settings
from core.audit.verifying import Trust, verify
from core.rows import ApiKey
from core.tokens.signing import KeyRing, SigningKey
from storage.database import open_storage
from storage.migrate import upgrade
from tests.e2e.company import Json
from tests.e2e.rulebook import POLICY, body_of

ADMIN, READER, AGENT = "cs_admin", "cs_reader", "cs_agent"


class Server:
    """A server whose policy lies in the database, with three keys."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.http = http

    async def call(
        self, method: str, path: str, key: str, body: object = None, data: bytes | None = None
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {key}"}
        if data is not None:
            headers["Content-Type"] = "text/yaml"
        async with self.http.request(
            method, self.url + path, json=body, data=data, headers=headers
        ) as answer:
            return answer.status, await answer.read()

    async def json(self, method: str, path: str, key: str, body: object = None) -> tuple[int, Json]:
        status, said = await self.call(method, path, key, body)
        found: Json = json.loads(said)
        return status, found


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    url = f"sqlite:///{tmp_path}/countersign.db"
    await asyncio.to_thread(upgrade, url)
    settings = Settings(database_url=Secret(url), policy=None, directory=str(DIRECTORY))
    async with AsyncExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).chdir(tmp_path)
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        for name, scope in ((ADMIN, "admin"), (READER, "read_all"), (AGENT, "submit")):
            digest = hashlib.sha256(name.encode()).hexdigest()
            row = ApiKey(id=ids.new_id(), name=name, scopes=(scope,), hash=digest)
            await storage.keys.add_key(row)
        books = await open_books(settings, storage.store)
        sources = Sources(clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt)
        app = compose(settings, books, storage, sources, KeyRing(SigningKey(bytes(32))))
        await stack.enter_async_context(running(app, relay=False))
        base = await stack.enter_async_context(listening(app.http, "127.0.0.1", 0))
        yield Server(base, await stack.enter_async_context(aiohttp.ClientSession()))


async def test_a_policy_is_put_and_holds_for_what_comes_next(server: Server) -> None:
    ask = ("POST", "/v1/requests", AGENT, body_of())
    _, before = await server.json(*ask)
    assert before["policy"]["rule"] == "fallback"
    status, put = await server.call("PUT", "/v1/policy", ADMIN, data=POLICY.encode())
    assert status == 200, put
    status, now = await server.json("GET", "/v1/policy", READER)
    assert (now["text"], now["source"]) == (POLICY, "database")
    _, after = await server.json(*ask)
    assert after["policy"] == {"rule": "expense", "version": now["version"]}
    _, still = await server.json("GET", f"/v1/requests/{before['id']}", AGENT)
    assert still["policy"] == before["policy"]


async def test_a_policy_with_mistakes_changes_nothing_and_all_are_named(server: Server) -> None:
    _, before = await server.json("GET", "/v1/policy", READER)
    bad = POLICY.replace("quorum: 2", "quorum: 9").replace("admins", "nobody")
    status, refused = await server.json("PUT", "/v1/policy", ADMIN, {"text": bad})
    assert (status, refused["reason"]) == (422, "policy_invalid")
    assert len(refused["errors"]) >= 3
    assert all(error["field"].startswith("text:") for error in refused["errors"])
    assert await server.json("GET", "/v1/policy", READER) == (200, before)


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, "a: &a [*a]", "{" * 100, "- " * 30_000, "\t", "x\x00y", "!!python/x 1", "5"],
)
async def test_a_hostile_policy_is_422(server: Server, text: str) -> None:
    for path in ("/v1/policy", "/v1/policy/backtest"):
        method = "PUT" if path == "/v1/policy" else "POST"
        status, refused = await server.json(method, path, ADMIN, {"text": text})
        assert (status, refused["reason"]) == (422, "policy_invalid")


async def test_versions_explain_and_backtest(server: Server) -> None:
    await server.json("POST", "/v1/requests", AGENT, body_of())
    await server.json("PUT", "/v1/policy", ADMIN, {"text": POLICY})
    _, listed = await server.json("GET", "/v1/policy/versions", READER)
    newest = listed["items"][0]
    assert newest["in_force"] is True
    _, old = await server.json("GET", f"/v1/policy?version={newest['version']}", READER)
    assert old["text"] == POLICY
    status, explained = await server.json("POST", "/v1/policy/explain", AGENT, body_of())
    assert (status, explained["rule"]) == (200, "expense")
    assert explained["policy_version"] == newest["version"]
    status, report = await server.json("POST", "/v1/policy/backtest", ADMIN, {"text": POLICY})
    assert (status, [r["after"]["rule"] for r in report["requests"]]) == (200, ["expense"])


async def test_the_export_can_be_checked_with_the_public_keys_alone(server: Server) -> None:
    await server.json("POST", "/v1/requests", AGENT, body_of())
    await server.json("PUT", "/v1/policy", ADMIN, {"text": POLICY})
    status, lines = await server.call("GET", "/v1/audit/export", READER)
    assert status == 200
    _, keys = await server.json("GET", "/.well-known/jwks.json", READER)
    whole = verify(io.BytesIO(lines), len(lines), Trust(keys))
    assert whole.events >= 7
    _, page = await server.json("GET", "/v1/audit/checkpoints", READER)
    received = {c["checkpoint"]["number"]: c for c in page["items"]}
    assert whole.last is not None
    assert whole.last.number in received
    status, _ = await server.json("GET", f"/v1/audit/export?since={whole.last.last + 1}", READER)
    assert status == 422
