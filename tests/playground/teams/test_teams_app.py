"""The Teams side inside the whole playground, as its page and other programs reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from playground.app import Running, start

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playground.world import World
    from tests.playground.teams.conftest import Bot, Kit


@pytest.fixture
async def running(world: World, tmp_path: Path, bot: Bot) -> AsyncIterator[Running]:
    made = await start(world, tmp_path, teams_url=bot.url)
    yield made
    await made.aclose()


class _Outside:
    """A program that has nothing but the playground's address."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        url = f"{self._base_url}{path}"
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            return await answer.json()


@pytest.fixture
async def outside(running: Running) -> AsyncIterator[_Outside]:
    async with aiohttp.ClientSession() as http:
        yield _Outside(http, running.base_url)


async def _token(running: Running, kit: Kit) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": kit.app,
        "client_secret": kit.secret,
        "scope": "https://api.botframework.com/.default",
    }
    url = f"{running.base_url}/teams/login/{kit.tenant_id}/oauth2/v2.0/token"
    async with aiohttp.ClientSession() as http, http.post(url, data=form) as answer:
        return str((await answer.json())["access_token"])


async def test_a_card_goes_out_is_clicked_and_is_edited(
    running: Running, outside: _Outside, bot: Bot, kit: Kit
) -> None:
    bearer = {"Authorization": f"Bearer {await _token(running, kit)}"}
    chats = "/teams/connector/v3/conversations"
    chat = (await outside.ask("POST", chats, kit.opening(kit.ann), **bearer))["id"]
    card = kit.with_card(kit.card())
    message = (await outside.ask("POST", f"{chats}/{chat}/activities", card, **bearer))["id"]
    bot.answers_card(kit.card(actions=[]))
    click = {"oid": kit.ann, "do": "execute", "conversation": chat, "activity": message}
    told = await outside.ask("POST", "/_play/teams/act", {**click, "action": {"id": "approve"}})
    assert (told["ok"], told["status"]) == (True, 200)
    state = (await outside.ask("GET", "/_play/state"))["teams"]
    assert state["views"] == {f"{message}|{kit.ann}": kit.card(actions=[])}
    path = f"{chats}/{chat}/activities/{message}"
    await outside.ask("PUT", path, kit.with_card(kit.card(body=[])), **bearer)
    state = (await outside.ask("GET", "/_play/state"))["teams"]
    [shown] = state["conversations"][chat]["activities"]
    assert (shown["edited"], state["views"]) == (True, {})
    assert (await outside.ask("GET", "/_play/log"))["calls"][-1]["method"] == "PUT activities"


async def test_switches_and_keys_are_turned_over_http(
    outside: _Outside, bot: Bot, kit: Kit
) -> None:
    faults = {"teams": {"keys": [{"do": "500", "status": 503}]}, "to_bot": {"twice": True}}
    assert (await outside.ask("PUT", "/_play/faults", faults))["to_bot"] == {"twice": True}
    assert (await outside.ask("GET", "/teams/keys"))["error"]["code"] == "ServiceError"
    [before] = (await outside.ask("GET", "/teams/keys"))["keys"]
    turned = await outside.ask("POST", "/_play/teams/rotate_keys", {})
    [after] = (await outside.ask("GET", "/teams/keys"))["keys"]
    assert (after["kid"], after["kid"] == before["kid"]) == (turned["kid"], False)
    told = await outside.ask(
        "POST", "/_play/teams/act", {"oid": kit.ann, "do": "message", "text": "queue"}
    )
    assert told["ok"]
    assert bot.received[0] == bot.received[1]


async def test_an_operation_that_does_not_exist_cannot_be_switched(outside: _Outside) -> None:
    wrong = {"teams": {"POST activitys": [{"do": "500"}]}}
    told = await outside.ask("PUT", "/_play/faults", wrong)
    assert told["ok"] is False
    assert "POST activities" in told["error"]
