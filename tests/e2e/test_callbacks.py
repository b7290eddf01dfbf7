"""An agent that is called back: over HTTP, signed with its own secret, read by its own client."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.webhook.callback_secrets import BYTES, CallbackSeal, written
from adapters.webhook.hosts import read_hosts
from bot import clock, ids
from bot.encryption_keys import load_keys
from bot.settings import CallbackSettings, Secret, Settings
from core.callbacks import SealedSecret
from core.events import Actor
from countersign_client import Callback, Receiver
from tests.e2e.company import SMALL, Company, Json, Town, company
from tests.e2e.served import served

MARA = "mara@example.com"
NOTHING = {"type": "delete_customer", "params": {"id": 1}}
"""What the sample policy prohibits: it ends with its submission."""


@dataclass
class Agent:
    """An agent's own server, which believes only what its secrets signed. Each answer is one of
    `answers`, then 200; while it hangs there is none."""

    url: str = ""
    key: str = ""
    key_id: str = ""
    secrets: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    got: list[Callback] = field(default_factory=list)
    hangs: bool = False

    async def take(self, call: web.Request) -> web.Response:
        told = Receiver(self.secrets).read(call.headers, await call.read(), time.time())
        self.tried.append(told.id)
        if self.hangs:
            await asyncio.Event().wait()
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        if status == 200:
            self.got.append(told)
        return web.Response(status=status, headers=headers)

    def about(self, request: Json) -> list[tuple[str, int]]:
        """What it was told of a request, in order, with the places in its trail."""
        return [(t.type, t.sequence) for t in self.got if t.request_id == request["id"]]

    def small(self, path: str = "") -> Json:
        """A purchase that a manager decides."""
        return {**SMALL, "callback_url": self.url + path}


@pytest.fixture
async def agent() -> AsyncIterator[Agent]:
    made = Agent()
    app = web.Application()
    app.router.add_post("/s3cret/{tail:.*}", made.take)
    async with TestServer(app) as server:
        made.url = f"http://localhost:{server.port}/s3cret/"
        yield made


async def give_key(town: Town, agent: Agent, database: str) -> None:
    """A key of its own, and a secret for its callbacks."""
    agent.key = await town.key("submit", "read", name="called")
    [row] = [k for k in await town.storage.keys.all_keys() if k.name == "called"]
    agent.key_id = row.id
    await give_secret(town, agent, database)


async def give_secret(town: Town, agent: Agent, database: str, overlap: int | None = None) -> None:
    seal = CallbackSeal(load_keys(None, Secret(database)))
    secret, its_id = written(secrets.token_bytes(BYTES)), ids.new_id()
    row = SealedSecret(
        key=agent.key_id,
        id=its_id,
        sealed=seal.close(agent.key_id, its_id, secret),
        created_at=clock.now(),
    )
    by = Actor(via="cli")
    await town.storage.callback_secrets.add_secret(row, overlap, by)
    agent.secrets.append(secret)


@pytest.fixture
async def co(agent: Agent, tmp_path: Path) -> AsyncIterator[Company]:
    def change(settings: Settings) -> Settings:
        return replace(settings, callbacks=CallbackSettings(hosts=read_hosts("localhost")))

    async with company(tmp_path, change=change) as made:
        await give_key(made, agent, made.database)
        yield made


async def decide(co: Company, request: Json, decision: str, revision: int = 1) -> None:
    key = await co.key("decide", person=MARA)
    body = {"decision": decision, "comment": "Two are too many", "revision": revision}
    status, answer = await co.call("POST", f"/v1/requests/{request['id']}/decisions", key, body)
    assert status == 200, answer


async def told(co: Company, agent: Agent, count: int) -> None:
    async def enough() -> bool:
        return len(agent.got) >= count

    await co.until(enough)


async def called(co: Company, agent: Agent, request: Json, state: str) -> Json:
    """What the request says of its callbacks, once it says this."""

    async def found() -> Json | None:
        deliveries = (await co.get(agent.key, request["id"]))["deliveries"]
        own = [d for d in deliveries if d["platform"] == "callback"]
        return own[0] if own and own[0]["state"] == state else None

    delivery: Json = await co.until(found)
    return delivery


async def test_an_agent_is_told_in_order_also_where_its_receiver_fails_at_first(
    co: Company, agent: Agent
) -> None:
    at_once = {"Retry-After": "0"}
    agent.answers += [(500, at_once), (401, at_once), (503, at_once)]
    request = await co.submit(agent.key, agent.small())
    assert request["callback_url"] == agent.url
    await decide(co, request, "request_changes")
    path = f"/v1/requests/{request['id']}"
    code, _ = await co.call("POST", f"{path}/revisions", agent.key, {"title": "One chair"})
    assert code == 200
    await decide(co, request, "approve", revision=2)
    await told(co, agent, 3)
    types = ["request.changes_requested", "request.revised", "request.approved"]
    assert [type_ for type_, _ in agent.about(request)] == types
    places = [place for _, place in agent.about(request)]
    assert places == sorted(places)
    assert agent.tried[:4] == [agent.got[0].id] * 4
    # The token travels by no callback: the agent reads it.
    seen = await co.get(agent.key, request["id"])
    assert seen["token"] not in str([each.raw for each in agent.got])
    delivery = await called(co, agent, request, "shown")
    assert (delivery["recipient"], delivery["wanted"]) == ("localhost", places[-1])
    # Nobody else is shown the address, nor where the trail is read.
    other = await co.key("read_all")
    assert (await co.get(other, request["id"]))["callback_url"] is None
    for key, shown in ((agent.key, True), (other, False)):
        _, trail = await co.call("GET", f"{path}/events", key)
        assert ("s3cret" in str(trail)) is shown


async def test_what_was_given_up_holds_up_nothing_and_is_sent_again_by_hand(
    co: Company, agent: Agent
) -> None:
    agent.answers.append((410, {}))
    request = await co.submit(agent.key, agent.small())
    await decide(co, request, "request_changes")
    dead = await called(co, agent, request, "dead")
    assert dead["reason"] == "the receiver wants no more of it (410)"
    path = f"/v1/requests/{request['id']}"
    assert (await co.call("POST", f"{path}/cancel", agent.key, {}))[0] == 200
    await told(co, agent, 1)
    assert agent.about(request)[0][0] == "request.cancelled"
    await called(co, agent, request, "dead")  # one of them still is
    code, answer = await co.call("POST", f"{path}/callbacks/replay", agent.key)
    assert (code, answer) == (200, {"queued": 2})
    await told(co, agent, 3)
    again = [type_ for type_, _ in agent.about(request)[1:]]
    assert again == ["request.changes_requested", "request.cancelled"]
    assert len(set(agent.tried)) == 2
    await called(co, agent, request, "shown")


async def test_after_an_exchange_both_secrets_are_believed_and_then_the_new_one(
    co: Company, agent: Agent
) -> None:
    prohibited = {**SMALL, "action": NOTHING, "callback_url": agent.url}
    old = agent.secrets[0]
    await give_secret(co, agent, co.database, overlap=60_000)
    for known in ([old], agent.secrets[1:]):
        agent.secrets = known
        before = len(agent.got)
        await co.submit(agent.key, prohibited)
        await told(co, agent, before + 1)
    assert {each.type for each in agent.got} == {"request.prohibited"}


async def test_erased_with_the_request_the_address_is_gone_and_nothing_is_sent(
    co: Company, agent: Agent
) -> None:
    from core.content import Text, row
    from storage.erasure import Erasing

    agent.answers.append((410, {}))
    request = await co.submit(agent.key, {**SMALL, "action": NOTHING, "callback_url": agent.url})
    await called(co, agent, request, "dead")
    reason = row(ids.new_id(), ids.new_salt(), Text(text="asked for"))
    erasing = Erasing(actor=Actor(via="cli"), at=clock.now(), reason=reason)
    await co.storage.erasure.request(request["id"], erasing)
    assert (await co.get(agent.key, request["id"]))["callback_url"] is None
    await co.call("POST", f"/v1/requests/{request['id']}/callbacks/replay", agent.key)

    async def given_up() -> bool:
        [found] = await co.storage.callbacks.of_request(request["id"])
        return found.reason == "its address was erased"

    await co.until(given_up)
    assert len(agent.tried) == 1


async def test_a_submission_is_refused_whose_callback_would_never_come(
    co: Company, agent: Agent
) -> None:
    for url in ("http://localhost.evil.example/s3cret", "https://10.0.0.7/s3cret"):
        status, answer = await co.call(
            "POST", "/v1/requests", agent.key, {**SMALL, "callback_url": url}
        )
        assert (status, answer["errors"][0]["field"]) == (422, "callback_url")
        assert "s3cret" not in str(answer)
    silent = await co.key("submit")
    status, answer = await co.call("POST", "/v1/requests", silent, agent.small())
    assert status == 422
    assert "countersign callbacks secret" in answer["errors"][0]["remedy"]


# --- a server that dies ----------------------------------------------------------------------


async def test_a_crash_before_and_during_the_call_loses_no_callback(
    agent: Agent, tmp_path: Path
) -> None:
    hosts = {"COUNTERSIGN_CALLBACK_HOSTS": "localhost"}
    async with served(tmp_path, env=hosts) as town:
        await give_key(town, agent, town.database)
        agent.hangs = True
        asked = [
            await town.submit(
                agent.key, {**SMALL, "action": NOTHING, "callback_url": agent.url, "title": str(n)}
            )
            for n in range(6)
        ]

        async def some_hang() -> bool:
            return len(agent.tried) == 4  # the others are committed, and wait for their turn

        await town.until(some_hang)
        await town.kill()
        before, agent.hangs = set(agent.tried), False
        await town.restart()

        async def all_came() -> bool:
            return {each.request_id for each in agent.got} == {each["id"] for each in asked}

        await town.until(all_came)
        assert len(agent.got) == 6
        assert before < {each.id for each in agent.got}  # the same messages again
        log = (tmp_path / "server-2.log").read_text() + (tmp_path / "server-1.log").read_text()
        assert "s3cret" not in log
