"""Installing the simulated app with OAuth: codes, tokens that expire, two workspaces, removal."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground import slack
from playground.app import Running, start
from playground.world import parse
from tests.playground.conftest import WORLD, Bot, Clock, refused

Json = dict[str, Any]
# slack_sdk still uses what aiohttp is about to remove.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

BACK = "http://127.0.0.1:1/slack/oauth_redirect"
APP: Json = {"client_id": "1000.2000", "client_secret": "sample-client-secret"}
OTHER: Json = {
    **WORLD["slack"],
    "team": "T0OTHER",
    "bot_user": "U0BOT2",
    "bot_token": "xoxb-unused",
    "domain": "other",
    "enterprise": "E1",
    "channels": [],
}
TWO: Json = {
    **WORLD,
    "people": [
        *WORLD["people"],
        {"name": "Olga", "email": "olga@o.com", "slack_user": "U0OLGA", "slack_team": "T0OTHER"},
    ],
    "slack": {**WORLD["slack"], "rotates": True, "enterprise": "E1"},
    "more_slacks": [OTHER],
}


@pytest.fixture
async def running(tmp_path: Path, bot: Bot, clock: Clock) -> AsyncIterator[Running]:
    found = await start(parse(TWO), tmp_path / "data", bot.url)
    found.place.now = clock
    yield found
    await found.aclose()


@pytest.fixture
async def plain(running: Running) -> AsyncIterator[AsyncWebClient]:
    """A client without a token."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(base_url=running.slack_api_url, session=session)


async def agreed(running: Running, team: str, **more: str) -> dict[str, str]:
    """What the browser carries back after somebody chose that workspace."""
    query = {"client_id": "1000.2000", "redirect_uri": BACK, "state": "s1", "chosen": team, **more}
    url = f"{running.base_url}/slack/oauth/v2/authorize/agreed"
    async with (
        aiohttp.ClientSession() as http,
        http.get(url, params=query, allow_redirects=False) as answer,
    ):
        assert answer.status == 302
        back = urlsplit(answer.headers["Location"])
    return {name: values[0] for name, values in parse_qs(back.query).items()}


async def installed(running: Running, plain: AsyncWebClient, team: str, **more: str) -> Json:
    code = (await agreed(running, team, **more))["code"]
    answer = await plain.oauth_v2_access(**APP, code=code, redirect_uri=BACK)
    assert isinstance(answer.data, dict)
    return answer.data


async def test_each_workspace_gets_a_token_of_its_own(
    running: Running, plain: AsyncWebClient
) -> None:
    first = await installed(running, plain, "T0EXAMPLE")
    second = await installed(running, plain, "T0OTHER")
    assert (first["team"]["id"], second["team"]["id"]) == ("T0EXAMPLE", "T0OTHER")
    assert first["expires_in"] == 43_200
    assert (await plain.auth_test(token=second["access_token"]))["team_id"] == "T0OTHER"
    await plain.chat_postMessage(token=second["access_token"], channel="U0OLGA", text="Hello")
    wrong = plain.chat_postMessage(token=first["access_token"], channel="U0OLGA", text="Hello")
    assert await refused(wrong) == "channel_not_found"
    [direct] = slack.state(running.place, "T0OTHER")["conversations"].values()
    assert [message["text"] for message in direct["messages"]] == ["Hello"]


async def test_oauth_refuses(running: Running, plain: AsyncWebClient, clock: Clock) -> None:
    async def error(**given: str) -> str:
        return await refused(plain.oauth_v2_access(**{**APP, "redirect_uri": BACK, **given}))

    code = (await agreed(running, "T0OTHER"))["code"]
    assert await error(code=code, client_id="9") == "invalid_client_id"
    assert await error(code=code, client_secret="no") == "bad_client_secret"
    assert await error(code="made-up") == "invalid_code"
    assert await error(code=code, redirect_uri="http://127.0.0.1:1/x") == "bad_redirect_uri"
    await plain.oauth_v2_access(**APP, code=code, redirect_uri=BACK)
    assert await error(code=code) == "code_already_used"
    late = (await agreed(running, "T0OTHER"))["code"]
    clock.at += 601
    assert await error(code=late) == "invalid_code"


async def test_a_refresh_token_works_once(
    running: Running, plain: AsyncWebClient, clock: Clock
) -> None:
    first = await installed(running, plain, "T0OTHER")
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await plain.oauth_v2_access(**APP, **refresh)
    assert await refused(plain.oauth_v2_access(**APP, **refresh)) == "invalid_refresh_token"
    await plain.auth_test(token=first["access_token"])  # good until its own end
    clock.at += 43_200
    assert await refused(plain.auth_test(token=second["access_token"])) == "token_expired"


async def test_a_token_that_is_taken_back_is_refused(
    running: Running, plain: AsyncWebClient
) -> None:
    token = (await installed(running, plain, "T0OTHER"))["access_token"]
    assert (await plain.auth_revoke(token=token))["revoked"] is True
    assert await refused(plain.auth_test(token=token)) == "token_revoked"


async def test_an_organisations_token_is_good_in_its_workspaces(
    running: Running, plain: AsyncWebClient
) -> None:
    whole = await installed(running, plain, "T0EXAMPLE", whole="1")
    assert (whole["team"], whole["enterprise"]["id"]) == (None, "E1")
    assert whole["is_enterprise_install"] is True
    found = await plain.auth_teams_list(token=whole["access_token"])
    assert [team["id"] for team in found["teams"]] == ["T0EXAMPLE", "T0OTHER"]


async def test_removing_the_app_kills_its_tokens_and_tells_it(
    running: Running, plain: AsyncWebClient, bot: Bot
) -> None:
    token = (await installed(running, plain, "T0OTHER"))["access_token"]
    told = await slack.act(running.place, {"user": "U0OLGA", "do": "remove_app"})
    assert told["ok"] is True
    assert [got.payload["event"]["type"] for got in bot.got] == [
        "tokens_revoked",
        "app_uninstalled",
    ]
    assert {got.payload["team_id"] for got in bot.got} == {"T0OTHER"}
    assert await refused(plain.auth_test(token=token)) == "account_inactive"
    with pytest.raises(slack.BadAct):
        await slack.act(running.place, {"user": "U0OLGA", "do": "remove_app"})
    again = await installed(running, plain, "T0OTHER")
    await plain.auth_test(token=again["access_token"])


async def test_the_page_asks_and_can_be_refused(running: Running) -> None:
    url = f"{running.base_url}/slack/oauth/v2/authorize"
    query = {"client_id": "1000.2000", "redirect_uri": BACK, "scope": "chat:write", "state": "s1"}
    async with aiohttp.ClientSession() as http:
        async with http.get(url, params=query) as page:
            text = await page.text()
        assert "chat:write" in text
        assert "T0OTHER" in text
        async with http.get(f"{url}/refused", params=query, allow_redirects=False) as back:
            assert back.headers["Location"] == f"{BACK}?error=access_denied&state=s1"
        async with http.get(url, params={**query, "client_id": "2"}) as other:
            assert other.status == 400
