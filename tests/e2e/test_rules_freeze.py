"""`countersign freeze` while people click: once it has returned, nothing more is approved."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.signing_keys import new_pem
from storage.database import Storage, open_storage
from storage.migrate import upgrade
from tests.contract.postgres import NoServer, drop_database, make_database, server
from tests.e2e.company import SMALL, Company, Json
from tests.e2e.looking import buttons, ephemerals, says
from tests.e2e.served import command
from tests.e2e.test_two_servers import ANN, DIRECTORY, POLICY, key, serving

CLIENTS = 8
REFUSALS = 100
"""So many clicks are refused after the freeze has returned."""

MARA = "mara@example.com"
APPROVE = {"decision": "approve"}
Headers = dict[str, str]


class Site:
    """One or two servers on a database, an agent and Ann, who approves."""

    def __init__(
        self, url: str, servers: list[str], http: aiohttp.ClientSession, storage: Storage
    ) -> None:
        self.url, self.servers, self.http, self.storage = url, servers, http, storage
        self.agent: Headers = {}
        self.ann: Headers = {}
        self.executor: Headers = {}

    async def key(self, *scopes: str, person: str | None = None) -> Headers:
        return await key(self.storage, *scopes, person=person)

    async def call(
        self, number: int, method: str, path: str, who: Headers, body: object = None
    ) -> tuple[int, Json]:
        """One call; the servers take turns by the number."""
        url = self.servers[number % len(self.servers)] + path
        async with self.http.request(method, url, json=body, headers=who) as answer:
            return answer.status, json.loads(await answer.text())

    async def submit(self, number: int) -> str:
        body = {"title": f"P{number}", "action": {"type": "payment", "params": {"n": number}}}
        status, made = await self.call(number, "POST", "/v1/requests", self.agent, body)
        assert status == 201, made
        return str(made["id"])

    async def approve(self, number: int, request: str) -> tuple[int, Json]:
        path = f"/v1/requests/{request}/decisions"
        return await self.call(number, "POST", path, self.ann, APPROVE)

    async def approved(self) -> set[str]:
        """The ids of everything that is approved now."""
        found: set[str] = set()
        cursor = ""
        while True:
            path = f"/v1/requests?status=approved&limit=200{cursor}"
            status, page = await self.call(0, "GET", path, self.agent)
            assert status == 200, page
            found |= {item["id"] for item in page["items"]}
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"


@asynccontextmanager
async def site(
    folder: Path, url: str, servers: int, policy: str = POLICY, directory: str = DIRECTORY
) -> AsyncIterator[Site]:
    """So many server processes on this database."""
    (folder / "policy.yaml").write_text(policy)
    (folder / "directory.yaml").write_text(directory)
    (folder / "key.pem").write_text(new_pem())
    (folder / "key.pem").chmod(0o600)
    await asyncio.to_thread(upgrade, url)
    async with AsyncExitStack() as stack:
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        running = [await stack.enter_async_context(serving(folder, n, url)) for n in range(servers)]
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Site(url, running, http, storage)
        made.agent = await made.key("submit", "read")
        made.ann = await made.key("decide", "read", person=ANN)
        made.executor = await made.key("redeem")
        yield made


@asynccontextmanager
async def pair(
    folder: Path, policy: str = POLICY, directory: str = DIRECTORY
) -> AsyncIterator[Site]:
    """Two servers on a PostgreSQL of their own; skips where there is none."""
    try:
        with server() as cluster:
            url = make_database(cluster)
            async with site(folder, url, 2, policy, directory) as there:
                yield there
            drop_database(cluster, url)
    except NoServer as reason:
        pytest.skip(str(reason))


async def race(there: Site) -> None:
    """Clicks run on while the freeze is set; it holds from its return on, until it is undone."""
    answers: dict[str, int] = {}
    enough = asyncio.Event()
    goal = REFUSALS

    async def clicking(client: int) -> None:
        while not enough.is_set():
            request = await there.submit(client)
            answers[request], told = await there.approve(client + 1, request)
            assert answers[request] == 200 or told["reason"] == "frozen", told
            if list(answers.values()).count(409) >= goal:
                enough.set()

    clients = [asyncio.create_task(clicking(n)) for n in range(CLIENTS)]
    code, said = await command(there.url, "freeze")
    assert code == 0, said
    before = await there.approved()
    goal += list(answers.values()).count(409)
    await asyncio.gather(*clients)
    assert await there.approved() == before
    assert {r for r, status in answers.items() if status == 200} == before
    assert len(before) > CLIENTS, "the freeze came before any click: no race"
    await held(there, before)
    code, said = await command(there.url, "unfreeze")
    assert code == 0, said
    refused = [r for r, status in answers.items() if status == 409]
    for number, request in enumerate(refused[:20]):
        assert (await there.approve(number, request))[0] == 200


async def held(there: Site, approved: set[str]) -> None:
    """While frozen no approval is used, and what can be done besides is done."""
    request = next(iter(approved))
    _, found = await there.call(0, "GET", f"/v1/requests/{request}", there.agent)
    body = {"token": found["token"], "action": found["action"]}
    status, refused = await there.call(1, "POST", "/v1/tokens/redeem", there.executor, body)
    assert (status, refused["reason"]) == (409, "frozen")
    for number in range(2):
        made = await there.submit(10_000 + number)
        assert (await there.approve(number, made))[1]["reason"] == "frozen"
    code, said = await command(there.url, "freeze")
    assert (code, "frozen already" in said) == (0, True)


async def test_on_sqlite_with_the_command_beside_the_server(tmp_path: Path) -> None:
    async with site(tmp_path, f"sqlite:///{tmp_path}/countersign.db", 1) as there:
        await race(there)


async def test_on_postgresql_with_two_servers(tmp_path: Path) -> None:
    async with pair(tmp_path) as there:
        await race(there)


async def test_a_click_in_chat_is_told_why_and_counts_after_the_freeze(co: Company) -> None:
    agent = await co.key("submit", "read")
    asked = await co.submit(agent, SMALL)
    card = await co.slack_card(MARA, "chairs")
    assert (await command(co.database, "freeze"))[0] == 0
    await co.slack_click(MARA, card, "Approve")
    user = co.people[MARA]["slack_user"]

    async def told() -> bool:
        return "Approvals are frozen by an administrator" in str(ephemerals(await co.state(), user))

    await co.until(told)
    assert (await co.get(agent, asked["id"]))["status"] == "pending"
    assert "Approve" in buttons(await co.slack_card(MARA, "chairs")), "it waits for the end"
    paper = {**SMALL, "action": {"type": "purchase_order", "params": {"amount": 20}}}
    status, refused = await co.call("POST", "/v1/requests", agent, paper)
    assert (status, refused["reason"]) == (409, "frozen"), "nor does anything pass by itself"
    assert (await command(co.database, "unfreeze"))[0] == 0
    await co.slack_click(MARA, card, "Approve")
    assert (await co.get(agent, asked["id"]))["status"] == "approved"

    async def agrees() -> bool:
        return says(await co.slack_card(MARA, "chairs"), "Approved by Mara")

    await co.until(agrees)
