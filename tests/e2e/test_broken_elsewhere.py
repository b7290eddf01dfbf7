"""How a comparable product broke when it was tried, each try made on ours, by HTTP.

Tries about crashes are in `test_crash_points`, those about two decisions at once in one
process in `test_races`. A policy that changes at run time does not exist here.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import clock, ids
from bot.app import App, Sources, compose, running
from bot.books import Books
from bot.files import load
from bot.sample import DIRECTORY, POLICY
from bot.server import listening
from bot.settings import Secret, Settings
from core.rows import ApiKey
from storage.database import Storage, open_storage
from storage.migrate import upgrade
from tests.e2e.company import ERP, SMALL, Company, Json

MANAGER = "mara@example.com"
DAY = 24 * 3_600_000


class Replica:
    """One server of ours with its own connections, without chat platforms."""

    def __init__(self, url: str, app: App, storage: Storage, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.app = app
        self.storage = storage
        self.http = http

    async def key(self, *scopes: str, person: str | None = None) -> tuple[str, str]:
        """A new key's id and secret."""
        secret = f"cs_test_{ids.new_id()}"
        digest = hashlib.sha256(secret.encode()).hexdigest()
        row = ApiKey(id=ids.new_id(), name="agent", scopes=scopes, hash=digest, person=person)
        await self.storage.keys.add_key(row)
        return row.id, secret

    async def call(self, method: str, path: str, key: str, body: Any = None) -> tuple[int, Json]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        return await self.send(method, path, key, data)

    async def send(
        self, method: str, path: str, key: str, data: Any, **headers: str
    ) -> tuple[int, Json]:
        sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(method, self.url + path, data=data, headers=sent) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else {}

    async def stored(self) -> list[Json]:
        """Every request there is."""
        _, key = await self.key("read_all")
        status, page = await self.call("GET", "/v1/requests?limit=200", key)
        assert status == 200
        items: list[Json] = page["items"]
        return items


@asynccontextmanager
async def replica(folder: Path, at: Callable[[], int] = clock.now) -> AsyncIterator[Replica]:
    """A server over the folder's database, which others may use at the same time."""
    url = f"sqlite:///{folder}/countersign.db"
    await asyncio.to_thread(upgrade, url)
    policy, directory = load(POLICY, DIRECTORY)
    settings = Settings(database_url=Secret(url), policy="", directory="")
    sources = Sources(clock=at, new_id=ids.new_id, new_salt=ids.new_salt)
    async with AsyncExitStack() as stack:
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        app = compose(settings, Books(policy, directory, from_file=True), storage, sources)
        await stack.enter_async_context(running(app, relay=False))
        address = await stack.enter_async_context(listening(app.http, "127.0.0.1", 0))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Replica(address, app, storage, http)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Replica]:
    async with replica(tmp_path) as started:
        yield started


async def test_opposite_decisions_through_two_replicas_have_one_winner(tmp_path: Path) -> None:
    async with replica(tmp_path) as one, replica(tmp_path) as other:
        _, agent = await one.key("submit", "read")
        _, yes = await one.key("decide", person=MANAGER)
        _, no = await one.key("decide", person=MANAGER)
        for _ in range(40):
            asked = (await one.call("POST", "/v1/requests", agent, SMALL))[1]
            path = f"/v1/requests/{asked['id']}/decisions"
            answers = await asyncio.gather(
                one.call("POST", path, yes, {"decision": "approve"}),
                other.call("POST", path, no, {"decision": "reject", "comment": "No"}),
            )
            assert sorted(status for status, _ in answers) == [200, 409]
            final = (await other.call("GET", f"/v1/requests/{asked['id']}", agent))[1]
            winner = next(body["status"] for status, body in answers if status == 200)
            assert final["status"] == winner
            trail = (await one.call("GET", f"/v1/requests/{asked['id']}/events", agent))[1]
            assert [e["type"] for e in trail["items"]].count("voted") == 1


async def test_time_that_passes_never_turns_a_no_into_anything_else(tmp_path: Path) -> None:
    now = [clock.now()]
    async with replica(tmp_path, lambda: now[0]) as server:
        _, agent = await server.key("submit", "read")
        _, manager = await server.key("decide", person=MANAGER)
        asked = (await server.call("POST", "/v1/requests", agent, SMALL))[1]
        path = f"/v1/requests/{asked['id']}"
        no = {"decision": "reject", "comment": "No budget"}
        assert (await server.call("POST", f"{path}/decisions", manager, no))[0] == 200
        before = (await server.call("GET", f"{path}/events", agent))[1]
        now[0] += 30 * DAY
        await server.app.scheduler.sweep()
        assert (await server.call("GET", path, agent))[1]["status"] == "rejected"
        assert (await server.call("GET", f"{path}/events", agent))[1] == before


async def test_a_request_past_its_end_cannot_be_approved(tmp_path: Path) -> None:
    now = [clock.now()]
    async with replica(tmp_path, lambda: now[0]) as server:
        _, agent = await server.key("submit", "read")
        _, manager = await server.key("decide", person=MANAGER)
        asked = (await server.call("POST", "/v1/requests", agent, SMALL))[1]
        now[0] += 2 * DAY
        path = f"/v1/requests/{asked['id']}"
        status, found = await server.call(
            "POST", f"{path}/decisions", manager, {"decision": "approve"}
        )
        assert (status, found["reason"]) == (409, "finished")
        assert (await server.call("GET", path, agent))[1]["status"] == "expired"


@pytest.mark.parametrize("expiry", [{"expires_at": 1577836800}, {"expires_in": "-1h"}])
async def test_an_end_in_the_past_is_refused(server: Replica, expiry: Json) -> None:
    _, agent = await server.key("submit")
    status, found = await server.call("POST", "/v1/requests", agent, SMALL | expiry)
    assert (status, [e["field"] for e in found["errors"]]) == (422, list(expiry))
    assert await server.stored() == []


async def test_a_platform_that_is_down_at_submit_gets_its_card_later(co: Company) -> None:
    key = await co.key("submit", "read")
    await co.faults(slack={"chat.postMessage": [{"do": "500", "times": 2}]})
    asked = await co.submit(key, SMALL)
    card = await co.slack_card(MANAGER, "Two chairs")
    assert card["text"]
    assert (await co.get(key, asked["id"]))["status"] == "pending"


async def test_a_platform_that_hangs_never_holds_a_decision_up(co: Company) -> None:
    agent = await co.key("submit", "read")
    manager = await co.key("decide", person=MANAGER)
    asked = await co.submit(agent, SMALL)
    await co.slack_card(MANAGER, "Two chairs")
    await co.faults(slack={"*": [{"do": "hang", "times": 5}]})
    start = asyncio.get_running_loop().time()
    path = f"/v1/requests/{asked['id']}/decisions"
    status, found = await co.call("POST", path, manager, {"decision": "approve"})
    assert asyncio.get_running_loop().time() - start < 1.0
    assert (status, found["status"]) == (200, "approved")
    await co.faults(slack={})


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b'{"title": ', 400, "malformed_json"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 413, "body_too_large"),
        (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 422, "invalid_input"),
        (b"[" * 50_000, 422, "invalid_input"),
        (b'{"title":NaN}', 400, "malformed_json"),
    ],
)
async def test_malformed_and_deep_json_is_refused_and_nothing_is_stored(
    server: Replica, body: bytes, status: int, reason: str
) -> None:
    _, agent = await server.key("submit")
    found = await server.call("POST", "/v1/requests", agent, body)
    assert (found[0], found[1]["reason"]) == (status, reason)
    assert await server.stored() == []


async def test_a_body_of_a_megabyte_is_413_plain_or_chunked(server: Replica) -> None:
    _, agent = await server.key("submit")
    body = json.dumps(SMALL).encode().ljust(1_000_010)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]

    for data in (body, pieces()):
        status, found = await server.send("POST", "/v1/requests", agent, data)
        assert (status, found["reason"]) == (413, "body_too_large")
    assert await server.stored() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"urgency": "bogus"}, "urgency"),
        ({"expires_in": "garbage"}, "expires_in"),
        ({"action": {"type": "purchase_order", "params": "str"}}, "action.params"),
        ({"risk_score": "high"}, "risk_score"),
        ({"approvers": ["ceo@example.com"]}, "approvers"),
        ({"decidedBy": "slack:UCEO"}, "decidedBy"),
    ],
)
async def test_wrong_types_and_unknown_words_are_refused_not_defaulted(
    server: Replica, change: Json, field: str
) -> None:
    _, agent = await server.key("submit")
    status, found = await server.call("POST", "/v1/requests", agent, SMALL | change)
    assert (status, [e["field"] for e in found["errors"]]) == (422, [field])
    assert await server.stored() == []


async def test_one_idempotency_key_three_times_is_one_request(server: Replica) -> None:
    _, agent = await server.key("submit", "read")
    body = json.dumps(SMALL).encode()
    answers = [
        await server.send("POST", "/v1/requests", agent, body, Idempotency_Key="once")
        for _ in range(3)
    ]
    assert [status for status, _ in answers] == [201, 201, 201]
    assert len({found["id"] for _, found in answers}) == 1
    assert len(await server.stored()) == 1


async def test_a_key_that_may_only_submit_decides_nothing_and_changes_no_policy(
    server: Replica,
) -> None:
    _, agent = await server.key("submit")
    asked = (await server.call("POST", "/v1/requests", agent, SMALL))[1]
    path = f"/v1/requests/{asked['id']}"
    as_somebody = {"decision": "approve", "decidedBy": "slack:UCEO"}
    for body in (as_somebody, {"decision": "approve"}):
        status, found = await server.call("POST", f"{path}/decisions", agent, body)
        assert (status, found["reason"]) == (403, "scope_missing")
    assert (await server.call("POST", "/v1/policies", agent, {}))[0] == 404
    status, found = await server.call("PUT", "/v1/policy", agent, {"text": "version: 1"})
    assert (status, found["reason"]) == (403, "scope_missing")
    assert (await server.call("GET", path, agent))[1]["status"] == "pending"


async def test_who_decides_is_the_keys_person_whatever_the_body_says(server: Replica) -> None:
    _, agent = await server.key("submit", "read")
    _, alice = await server.key("decide", person="alice@example.com")
    asked = (await server.call("POST", "/v1/requests", agent, SMALL))[1]
    path = f"/v1/requests/{asked['id']}/decisions"
    named = {"decision": "approve", "person": MANAGER}
    assert (await server.call("POST", path, alice, named))[0] == 422
    status, found = await server.call("POST", path, alice, {"decision": "approve"})
    assert (status, found["reason"]) == (403, "self_approval")


async def test_a_key_that_may_only_read_makes_and_decides_nothing(server: Replica) -> None:
    _, agent = await server.key("submit", "read")
    asked = (await server.call("POST", "/v1/requests", agent, SMALL))[1]
    _, reader = await server.key("read", "read_all", person=MANAGER)
    path = f"/v1/requests/{asked['id']}"
    tries: list[tuple[str, Json]] = [
        ("/v1/requests", SMALL),
        (f"{path}/decisions", {"decision": "approve"}),
        (f"{path}/cancel", {}),
    ]
    for where, body in tries:
        status, found = await server.call("POST", where, reader, body)
        assert (where, status, found["reason"]) == (where, 403, "scope_missing")
    assert [item["status"] for item in await server.stored()] == ["pending"]


@pytest.mark.parametrize(
    "params",
    [
        {"action": "purchase_order", "amount": 10},
        {"action": {"type": "purchase_order"}, "amount": 10},
        {"type": "purchase_order", "amount": 10},
        {"request.action.type": "purchase_order", "amount": 10},
        {"request": {"action": {"type": "purchase_order"}, "amount": 10}},
    ],
)
async def test_a_parameter_never_stands_for_the_action(server: Replica, params: Json) -> None:
    _, agent = await server.key("submit")
    body = {"title": "Delete it", "action": {"type": "delete_customer", "params": params}}
    status, found = await server.call("POST", "/v1/requests", agent, body)
    assert (status, found["status"]) == (201, "prohibited")
    assert found["policy"]["rule"] == "never-delete-customers"


@pytest.mark.parametrize("method", ["HEAD", "GET", "PUT", "OPTIONS"])
async def test_only_a_post_decides(server: Replica, method: str) -> None:
    _, agent = await server.key("submit", "read")
    _, manager = await server.key("decide", person=MANAGER)
    asked = (await server.call("POST", "/v1/requests", agent, SMALL))[1]
    path = f"/v1/requests/{asked['id']}"
    for query in ("", "?decision=approve"):
        status, _ = await server.call(
            method, f"{path}/decisions{query}", manager, {"decision": "approve"}
        )
        assert status == 405
    assert (await server.call("GET", path, agent))[1]["status"] == "pending"


async def test_a_key_revoked_on_one_replica_is_refused_by_the_other_at_once(
    tmp_path: Path,
) -> None:
    async with replica(tmp_path) as one, replica(tmp_path) as other:
        name, agent = await one.key("submit", "read")
        asked = (await other.call("POST", "/v1/requests", agent, SMALL))[1]
        assert (await other.call("GET", f"/v1/requests/{asked['id']}", agent))[0] == 200
        assert await one.storage.keys.revoke_key(name, clock.now())
        tries: list[tuple[str, str, Json | None]] = [
            ("POST", "/v1/requests", ERP),
            ("POST", f"/v1/requests/{asked['id']}/cancel", {}),
            ("GET", f"/v1/requests/{asked['id']}", None),
        ]
        for method, path, body in tries:
            status, found = await other.call(method, path, agent, body)
            assert (method, status, found["reason"]) == (method, 401, "key_revoked")
        assert [item["status"] for item in await one.stored()] == ["pending"]
