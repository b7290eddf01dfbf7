"""Two servers on one PostgreSQL, two approvers, 32 clients at once, 1,000 requests."""

import asyncio
import hashlib
import json
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import ids
from bot.signing_keys import new_pem
from core.rows import ApiKey
from storage.database import Storage, open_storage
from storage.migrate import upgrade
from tests.contract.postgres import NoServer, drop_database, make_database, server
from tests.e2e.served import READY_WITHIN, _address, inherited

REQUESTS = 1000
CLIENTS = 32
ANN, BOB = "ann@example.com", "bob@example.com"

POLICY = """\
version: 1
rules:
  - name: payment
    when: request.action.type == "payment"
    category: review
    stages: [{name: Finance, approvers: ["group:finance"]}]
fallback: {category: review, stages: [{name: Review, approvers: ["group:finance"]}]}
last_resort: group:finance
"""
DIRECTORY = f"""\
people:
  - {{email: {ANN}, name: Ann Able, groups: [finance]}}
  - {{email: {BOB}, name: Bob Baker, groups: [finance]}}
"""


@asynccontextmanager
async def serving(folder: Path, number: int, url: str) -> AsyncIterator[str]:
    """One server process on the shared database; its address."""
    log = folder / f"server-{number}.log"
    env = inherited() | {
        "COUNTERSIGN_DATABASE_URL": url,
        "COUNTERSIGN_POLICY": str(folder / "policy.yaml"),
        "COUNTERSIGN_DIRECTORY": str(folder / "directory.yaml"),
        "COUNTERSIGN_SIGNING_KEY": str(folder / "key.pem"),
    }
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "serve", "--port", "0", "--log-json"),
            env=env,
            stdout=out,
            stderr=out,
        )
    try:
        async with asyncio.timeout(READY_WITHIN):
            while (address := _address(log)) is None:
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def key(storage: Storage, *scopes: str, person: str | None = None) -> dict[str, str]:
    """The header of a new key."""
    secret = f"cs_test_{ids.new_id()}"
    digest = hashlib.sha256(secret.encode()).hexdigest()
    await storage.keys.add_key(
        ApiKey(id=ids.new_id(), name="load", scopes=scopes, hash=digest, person=person)
    )
    return {"Authorization": f"Bearer {secret}"}


async def at_once(work: list[Any], do: Any) -> list[Any]:
    """Every piece of work, by so many clients that each take the next one."""
    waiting = iter(work)
    results: list[Any] = []

    async def client() -> None:
        results.extend([await do(piece) for piece in waiting])

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return results


async def test_a_thousand_races_over_two_servers_have_one_outcome_each(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "directory.yaml").write_text(DIRECTORY)
    (tmp_path / "key.pem").write_text(new_pem())
    (tmp_path / "key.pem").chmod(0o600)
    try:
        with server() as cluster:
            url = make_database(cluster)
            await asyncio.to_thread(upgrade, url)
            await _race(tmp_path, url)
            drop_database(cluster, url)
    except NoServer as reason:
        pytest.skip(str(reason))


async def _race(folder: Path, url: str) -> None:
    storage = open_storage(url)
    try:
        agent = await key(storage, "submit", "read")
        people = {who: await key(storage, "decide", person=who) for who in (ANN, BOB)}
        async with (
            serving(folder, 1, url) as first,
            serving(folder, 2, url) as second,
            aiohttp.ClientSession() as http,
        ):
            made = await _submit_all(http, (first, second), agent)
            answers = await _decide_all(http, {ANN: first, BOB: second}, people, made)
            await _judge(http, first, agent, made, answers)
    finally:
        await storage.close()


async def _submit_all(
    http: aiohttp.ClientSession, servers: tuple[str, str], agent: dict[str, str]
) -> list[str]:
    async def submit(number: int) -> str:
        body = {
            "title": f"Payment {number}",
            "action": {"type": "payment", "params": {"number": number}},
        }
        url = f"{servers[number % 2]}/v1/requests"
        async with http.post(url, json=body, headers=agent) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["id"])

    return await at_once(list(range(REQUESTS)), submit)


async def _decide_all(
    http: aiohttp.ClientSession,
    servers: dict[str, str],
    people: dict[str, dict[str, str]],
    made: list[str],
) -> dict[str, list[tuple[str, int, str]]]:
    """Ann approves on one server while Bob rejects on the other; who is first, varies."""
    answers: dict[str, list[tuple[str, int, str]]] = {request: [] for request in made}
    order = random.Random(7)
    clicks = [(request, who) for request in made for who in order.sample([ANN, BOB], k=2)]

    async def click(what: tuple[str, str]) -> None:
        request, who = what
        body = {"decision": "approve"} if who == ANN else {"decision": "reject", "comment": "No"}
        url = f"{servers[who]}/v1/requests/{request}/decisions"
        async with http.post(url, json=body, headers=people[who]) as answer:
            told = await answer.json()
            answers[request].append((who, answer.status, str(told.get("detail", ""))))

    await at_once(clicks, click)
    return answers


async def _judge(
    http: aiohttp.ClientSession,
    server: str,
    agent: dict[str, str],
    made: list[str],
    answers: dict[str, list[tuple[str, int, str]]],
) -> None:
    wins = {ANN: 0, BOB: 0}
    for request in made:
        async with http.get(f"{server}/v1/requests/{request}", headers=agent) as answer:
            found = await answer.json()
        [winner] = [who for who, status, _ in answers[request] if status == 200]
        [(_, status, told)] = [a for a in answers[request] if a[0] != winner]
        assert found["status"] == ("approved" if winner == ANN else "rejected")
        assert found["decision"]["by"] == [winner]
        assert status == 409
        assert winner in told or (found["status"] in told and winner.split("@")[0] in told.lower())
        async with http.get(f"{server}/v1/requests/{request}/events", headers=agent) as answer:
            events = json.loads(await answer.text())["items"]
        assert [e["type"] for e in events].count("finished") == 1
        wins[winner] += 1
    assert min(wins.values()) > 0, "one side won every race: they were no races"
