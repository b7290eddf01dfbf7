"""A person whose channel is a webhook of their own: told there, decides over the API."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from adapters.webhook.hosts import read_hosts
from bot.sample import DIRECTORY
from bot.settings import Secret, Settings, WebhookSettings
from tests.e2e.company import SMALL, Company, Json, company, kept_secrets

MARA = "mara@example.com"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Pager:
    """Somebody's own server, which believes only what is signed."""

    status: int = 200
    got: list[Json] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    url: str = ""

    async def take(self, call: web.Request) -> web.Response:
        if self.status != 200:
            return web.Response(status=self.status)
        self.ids.append(call.headers["webhook-id"])
        self.got.append(Webhook(SECRET).verify(await call.read(), dict(call.headers)))
        return web.Response()

    def cards(self, request: str) -> list[Json]:
        cards = [m["data"]["card"] for m in self.got if m["type"] == "approval.card"]
        return [card for card in cards if card["request"] == request]


@pytest.fixture
async def pager() -> AsyncIterator[Pager]:
    made = Pager()
    app = web.Application()
    app.router.add_post("/mara", made.take)
    async with TestServer(app) as server:
        made.url = f"http://localhost:{server.port}/mara"
        yield made


@pytest.fixture
async def co(pager: Pager, tmp_path: Path) -> AsyncIterator[Company]:
    directory = tmp_path / "directory.yaml"
    directory.write_text(_with_webhook(DIRECTORY.read_text(), pager.url))
    hooks = WebhookSettings(hosts=read_hosts("localhost"), secret=Secret(SECRET))

    def change(settings: Settings) -> Settings:
        return replace(settings, webhook=hooks)

    kept_secrets(tmp_path / "shared.json")
    async with company(tmp_path, directory=directory, change=change) as made:
        yield made


def _with_webhook(text: str, url: str) -> str:
    """Mara is told by her webhook first, and in her other channel after that."""
    head, mara, tail = text.partition(f"email: {MARA}")
    entry, identities, rest = tail.partition("    identities:\n")
    assert "- email" not in entry
    return f'{head}{mara}{entry}{identities}      webhook: {{url: "{url}"}}\n{rest}'


async def test_a_card_comes_signed_and_its_person_decides_over_the_api(
    co: Company, pager: Pager
) -> None:
    request = await co.submit(await co.key("submit", "read"), SMALL)
    await co.until(lambda: _there(pager, request["id"], 1))
    (card,) = pager.cards(request["id"])
    assert card["title"] == "Two chairs"
    assert card["buttons"][0]["verb"] == "approve"
    assert "asked" not in card
    path = card["decide"].pop("path")
    body = {"decision": "approve", **card["decide"]}
    key = await co.key("decide", person=MARA)
    status, answer = await co.call("POST", path, key, body)
    assert status == 200, answer
    await co.until(lambda: _there(pager, request["id"], 2))
    newest = pager.cards(request["id"])[-1]
    assert newest["version"] > card["version"]
    assert (newest["buttons"], newest["status"]) == ([], "approved")
    assert newest["decide"] is None
    assert len(set(pager.ids)) == len(pager.ids)


async def _there(pager: Pager, request: str, count: int) -> bool:
    return len(pager.cards(request)) >= count


async def test_where_the_webhook_is_dead_the_next_channel_has_the_card_and_status_says_why(
    co: Company, pager: Pager
) -> None:
    pager.status = 404
    reading = await co.key("submit", "read")
    request = await co.submit(reading, SMALL)
    await co.slack_card(MARA, "Two chairs")

    async def shown() -> dict[str, Json] | None:
        found = (await co.get(reading, request["id"]))["deliveries"]
        mine = {d["platform"]: d for d in found if d["recipient"] == MARA}
        return mine if "shown" in [d["state"] for d in mine.values()] else None

    mine = await co.until(shown)
    assert mine["webhook"]["state"] == "dead"
    assert mine["webhook"]["reason"] == "the receiver refuses it (404)"
    assert mine["slack"]["state"] == "shown"
    assert pager.url not in json.dumps(mine)


async def test_a_busy_receiver_gets_the_newest_card_once_it_can(
    co: Company, pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.backoff.FIRST", 50)
    pager.status = 503
    request = await co.submit(await co.key("submit", "read"), SMALL)
    await asyncio.sleep(0.1)
    assert pager.cards(request["id"]) == []
    pager.status = 200
    await co.until(lambda: _there(pager, request["id"], 1))
