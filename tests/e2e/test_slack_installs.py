"""Slack installed with OAuth, over the real core: not there, there, removed, there again."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.settings import Secret, Settings
from bot.slack_settings import InstallSettings
from playground.slack import sockets
from tests.e2e.company import ERP, Company, company

Json = dict[str, Any]
MARA = "mara@example.com"
PUBLIC = "http://127.0.0.1:1"
NOT_THERE = "Countersign was removed from this workspace: install it again"


def by_oauth(settings: Settings) -> Settings:
    assert settings.slack is not None
    installs = InstallSettings(
        client_id="1000.2000", client_secret=Secret("sample-client-secret"), public_url=PUBLIC
    )
    slack = dataclasses.replace(settings.slack, bot_token=Secret(""), installs=installs)
    return dataclasses.replace(settings, slack=slack)


def by_socket(settings: Settings) -> Settings:
    assert settings.slack is not None
    slack = dataclasses.replace(
        settings.slack, signing_secret=Secret(""), app_token=Secret("xapp-sample")
    )
    return dataclasses.replace(settings, slack=slack)


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    async with company(tmp_path, change=by_oauth) as running:
        yield running


async def install(co: Company) -> None:
    """Go through Slack's page, as a browser does."""
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        async with http.get(f"{co.base_url}/slack/install") as page:
            text, cookie = await page.text(), page.headers["Set-Cookie"].partition(";")[0]
        link = text.split('href="')[1].split('"')[0].replace("&amp;", "&")
        agreed = link.replace("/authorize?", "/authorize/agreed?") + "&chosen=T0EXAMPLE"
        async with http.get(agreed, allow_redirects=False) as answer:
            back = answer.headers["Location"].removeprefix(PUBLIC)
        async with http.get(f"{co.base_url}{back}", headers={"Cookie": cookie}) as done:
            assert done.status == 200, await done.text()


async def delivery(co: Company, key: str, request: str) -> Json:
    found = await co.get(key, request)
    [one] = [d for d in found["deliveries"] if d["recipient"] == MARA and d["platform"] == "slack"]
    return dict(one)


async def test_cards_wait_for_the_installation_and_come_back_after_a_removal(co: Company) -> None:
    key = await co.key("submit", "read_all")
    request = (await co.submit(key, ERP))["id"]

    async def dead() -> bool:
        return (await delivery(co, key, request)).get("reason") == NOT_THERE

    await co.until(dead)
    await install(co)
    card = await co.slack_card(MARA, "New ERP system")
    await co.slack(MARA, "remove_app")
    assert (await co.call("POST", f"/v1/requests/{request}/cancel", key, {}))[0] == 200
    await co.until(dead)
    await install(co)

    async def final() -> bool:
        messages = await co.slack_messages(MARA)
        [shown] = [m for m in messages if m["ts"] == card["ts"]]
        return "Withdrawn" in str(shown["blocks"])

    await co.until(final)


async def test_a_decision_over_a_socket(tmp_path: Path) -> None:
    async with company(tmp_path, change=by_socket) as co:
        co.play.place.slack_url = ""
        assert await co.until(lambda: connected(co))
        key = await co.key("submit", "read_all")
        request = (await co.submit(key, ERP))["id"]
        card = await co.slack_card(MARA, "New ERP system")
        assert (await co.slack_click(MARA, card, "Approve"))["ok"] is True
        votes = (await co.get(key, request))["stages"][0]["votes"]
        assert [vote["person"] for vote in votes] == [MARA]
        assert (await co.call("POST", "/slack/events"))[0] == 404


async def connected(co: Company) -> bool:
    return sockets.connections(co.play.place) == 1
