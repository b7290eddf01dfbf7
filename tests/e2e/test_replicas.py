"""Several servers on one PostgreSQL: what one does, the others know, and finish if it dies."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from msgspec.structs import replace

from bot import app as composition
from bot import clock, hearing, ids, scheduler
from bot.app import App, Sources, compose, running
from bot.books import Books
from bot.documents import read_document
from bot.relay import Relay
from bot.server import listening
from bot.settings import Secret, Settings
from core.content import Content
from core.directory.people import Directory
from core.directory.text import read_directory
from core.policy.text import read_policy
from core.ports import Outcome
from core.rows import Delivery, Recipient
from storage.database import Storage, open_storage
from storage.migrate import upgrade
from tests.bot.delivering import SHOWABLE, FakeChannel, person, posted
from tests.contract.postgres import NoServer, drop_database, make_database, server
from tests.e2e.test_two_servers import key
from tests.storage.purchase import BOB, BOB_IN_SLACK, Function, body_of, rid, submit

ANN = "ann@example.com"
POLICY = """\
version: 1
rules:
  - name: quick
    when: request.action.type == "quick"
    category: review
    stages: [{name: Finance, approvers: [ann@example.com], sla: 1s, on_timeout: reject}]
fallback: {category: review, stages: [{name: Review, approvers: [ann@example.com]}]}
last_resort: group:finance
"""
DIRECTORY = f"people: [{{email: {ANN}, name: Ann Able, groups: [finance]}}]"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    try:
        with server() as url:
            yield url
    except NoServer as reason:
        pytest.skip(str(reason))


@pytest.fixture
def database(cluster: str) -> Iterator[str]:
    url = make_database(cluster)
    upgrade(url)
    yield url
    drop_database(cluster, url)


@dataclass
class Server:
    app: App
    storage: Storage
    url: str
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, key: dict[str, str], body: Any = None) -> Any:
        async with self.http.request(method, self.url + path, json=body, headers=key) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def ask(self, agent: dict[str, str], kind: str = "other") -> str:
        body = {"title": "Chairs", "action": {"type": kind, "params": {}}}
        return str((await self.call("POST", "/v1/requests", agent, body))["id"])

    async def decide(self, ann: dict[str, str], request: str) -> None:
        await self.call("POST", f"/v1/requests/{request}/decisions", ann, {"decision": "approve"})


@asynccontextmanager
async def replica(url: str) -> AsyncIterator[Server]:
    """One server without platforms, in this process."""
    storage = open_storage(url, replica=ids.new_id())
    people = read_directory(read_document(DIRECTORY))
    policy = read_policy(read_document(POLICY), POLICY, people)
    settings = Settings(database_url=Secret(url), policy="policy.yaml", directory="people.yaml")
    sources = Sources(clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt)
    app = compose(settings, Books(policy, people, from_file=True), storage, sources)
    try:
        async with (
            running(app),
            listening(app.http, "127.0.0.1", 0) as address,
            aiohttp.ClientSession() as http,
        ):
            yield Server(app, storage, address, http)
    finally:
        await storage.close()


async def until_it_listens(server: Server) -> None:
    async with asyncio.timeout(20):
        while not server.app.hearing.is_on:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)


@pytest.fixture
async def two(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Server, ...]]:
    """Two servers that look at nothing in intervals: what they know, they were told."""
    monkeypatch.setattr(composition, "REFRESH_SECONDS", 3600)
    monkeypatch.setattr(scheduler, "SAFETY_SECONDS", 3600)
    async with replica(database) as one, replica(database) as other:
        await until_it_listens(one)
        await until_it_listens(other)
        yield one, other


async def test_who_waits_at_one_server_wakes_with_a_decision_at_the_other(
    two: tuple[Server, Server],
) -> None:
    here, there = two
    agent = await key(here.storage, "submit", "read")
    ann = await key(here.storage, "decide", person=ANN)
    asked = await here.ask(agent)
    watch = here.app.waiters.watch(asked)
    answer = asyncio.ensure_future(here.call("GET", f"/v1/requests/{asked}?wait=30", agent))
    await there.decide(ann, asked)
    await asyncio.wait_for(watch._left, 20)
    watch.close()
    assert (await answer)["status"] == "approved"


async def test_fifty_equal_posts_over_both_servers_at_once_are_one_request(
    two: tuple[Server, Server],
) -> None:
    agent = await key(two[0].storage, "submit", "read")
    once, body = agent | {"Idempotency-Key": "k-1"}, {"title": "Chairs", "action": {"type": "x"}}
    posts = [two[n % 2].call("POST", "/v1/requests", once, body) for n in range(50)]
    answers = await asyncio.gather(*posts)
    # How far its cards are is told as of the moment of each answer.
    assert len({json.dumps(a | {"deliveries": None}) for a in answers}) == 1
    [there] = (await two[1].call("GET", "/v1/requests", agent))["items"]
    assert there["id"] == answers[0]["id"]


async def test_a_deadline_that_one_server_made_is_kept_by_the_other(
    two: tuple[Server, Server],
) -> None:
    """The one that took the request does nothing any more; the other was told when it is due."""
    here, there = two
    agent = await key(here.storage, "submit", "read")
    await there.app.scheduler.stop()
    asked = await there.ask(agent, "quick")
    watch = here.app.waiters.watch(asked)
    await asyncio.wait_for(watch._left, 20)
    watch.close()
    seen = await here.call("GET", f"/v1/requests/{asked}", agent)
    assert seen["status"] == "rejected"
    assert seen["decided_at"] == seen["stages"][0]["sla_deadline"]


async def test_each_deadline_is_kept_once_though_all_servers_wake_for_it(
    two: tuple[Server, Server],
) -> None:
    here = two[0]
    agent = await key(here.storage, "submit", "read")
    ticked: list[str] = []
    for each in two:
        each.app.scheduler.observe(lambda t, _now: ticked.extend(its for _, its in t.claimed))
    asked = [await two[n % 2].ask(agent, "quick") for n in range(20)]
    watches = [here.app.waiters.watch(each) for each in asked]
    await asyncio.wait_for(asyncio.gather(*(w._left for w in watches)), 20)
    for watch in watches:
        watch.close()
    # Whoever ticked it hears of that a moment later than who waits for it.
    async with asyncio.timeout(20):
        while len(ticked) < len(asked):  # noqa: ASYNC110 - the observer tells nobody
            await asyncio.sleep(0.02)
    assert sorted(ticked) == sorted(asked)
    for request in asked:
        found = await here.call("GET", f"/v1/requests/{request}/events", agent)
        assert [e["type"] for e in found["items"]].count("finished") == 1


async def test_what_was_decided_while_the_connection_was_broken_is_found_when_it_is_back(
    two: tuple[Server, Server], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    agent = await key(here.storage, "submit", "read")
    ann = await key(here.storage, "decide", person=ANN)
    asked = await here.ask(agent)
    await here.app.hearing.stop()
    watch = here.app.waiters.watch(asked)
    await there.decide(ann, asked)
    assert not watch._left.done()
    monkeypatch.setattr(hearing, "FIRST_PAUSE", 0.05)
    here.app.hearing.start()
    await asyncio.wait_for(watch._left, 20)
    watch.close()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'countersign-listener'"
        )
    again = await there.ask(agent)
    watch = here.app.waiters.watch(again)
    await there.decide(ann, again)
    await asyncio.wait_for(watch._left, 20)
    watch.close()


async def test_a_server_without_signals_finds_the_decision_by_looking(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "REFRESH_SECONDS", 0.05)
    async with replica(database) as here, replica(database) as there:
        await here.app.hearing.stop()
        agent = await key(here.storage, "submit", "read")
        ann = await key(here.storage, "decide", person=ANN)
        asked = await here.ask(agent)
        watch = here.app.waiters.watch(asked)
        await there.decide(ann, asked)
        await asyncio.wait_for(watch._left, 20)
        watch.close()


def showable(number: int, to: Recipient, far: int) -> Function:
    """A new request of which a card can be made."""
    made = submit(rid(number), audience=(to,), expires_at=far)
    content = Content(id=body_of(rid(number)).id, salt="5" * 32, body=SHOWABLE)
    return lambda loaded: replace(made(loaded), content=(content,))


async def delivery(storage: Storage, number: int) -> Delivery:
    found = await storage.store.snapshot(rid(number))
    assert found is not None
    [only] = found.deliveries
    return only


async def test_what_a_killed_server_had_claimed_is_delivered_by_another_after_its_lease(
    database: str,
) -> None:
    """Three cards in two places: one in each place was being sent, the third only claimed."""
    storage = open_storage(database)
    channel = Recipient(platform="slack", id="C1", kind="channel")
    far = clock.now() + 10**9
    for number, to in ((1, BOB_IN_SLACK), (2, BOB_IN_SLACK), (3, channel)):
        await storage.store.transact(rid(number), showable(number, to, far))
    doomed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.e2e.hanging", database, "2500"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)},
        cwd=Path(__file__).parents[2],
    )
    assert doomed.stdout is not None
    begun = {(await doomed.stdout.readline()).decode().strip() for _ in range(2)}
    assert begun == {rid(1), rid(3)}
    taken: list[int] = []

    async def take(request: str) -> Outcome:
        taken.append(clock.now())
        return await posted(request)

    slack = FakeChannel("slack", take)
    channels, people = {"slack": slack}, Directory([person(BOB, "slack")])
    relay = Relay(storage.store, storage.deliveries, channels, lambda: people, clock.now)
    doomed.send_signal(signal.SIGKILL)
    await doomed.wait()
    leased_until = min([(await delivery(storage, number)).next_at for number in (1, 2, 3)])
    relay.start()
    async with asyncio.timeout(20):
        while [n for n in (1, 2, 3) if not (await delivery(storage, n)).shown]:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    await relay.stop()
    assert sorted(card.request for card, *_ in slack.shown) == [rid(1), rid(2), rid(3)]
    assert min(taken) >= leased_until, "until then it was the other server's"
    await storage.close()
