"""The bot's own tokens: one login request per expiry, and what a refused login means."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from adapters.teams.app import build
from adapters.teams.errors import NoToken, outcome
from adapters.teams.tokens import Credential, client_secret, managed_identity
from core.ports import Dead, Delivered, RetryAt
from core.rows import Recipient
from tests.adapters.teams.cards import NOW, a_card
from tests.adapters.teams.conftest import APP, FINN, SECRET, Rig, delivery, person

TO_FINN = Recipient(platform="teams", id="finn@example.com")


@dataclass
class Login:
    """A token endpoint that answers as told and counts."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    lifetime: float = 3600
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        sent = await request.post() if request.method == "POST" else request.query
        self.asked.append({name: str(value) for name, value in sent.items()})
        await asyncio.sleep(0.01)
        granted = {
            "access_token": f"t{len(self.asked)}",
            "expires_in": self.lifetime,
            "expires_on": "4102444800",
            "token_type": "Bearer",
            "resource": "r",
        }
        body = granted if self.body is None else self.body
        return web.json_response(body, status=self.status, headers=self.headers)


@pytest.fixture
async def login() -> AsyncIterator[Login]:
    made = Login()
    app = web.Application()
    app.router.add_route("*", "/token", made.handle)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/token"))
        yield made


@pytest.fixture
async def credential(login: Login) -> AsyncIterator[Credential]:
    async with ClientSession() as http:
        yield Credential(client_secret(lambda: http, login.url, APP, SECRET, lambda: NOW))


async def test_however_many_ask_at_once_the_login_is_asked_once(
    login: Login, credential: Credential
) -> None:
    tokens = await asyncio.gather(*(credential.token() for _ in range(20)))
    assert tokens == ["t1"] * 20
    assert await credential.token() == "t1"
    assert login.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": APP,
            "client_secret": SECRET,
            "scope": "https://api.botframework.com/.default",
        }
    ]


async def test_an_expired_token_is_replaced(login: Login, credential: Credential) -> None:
    login.lifetime = 0.1
    assert await credential.token() == "t1"
    await asyncio.sleep(0.06)
    assert await credential.token() == "t2"


async def test_a_token_that_was_refused_is_replaced_but_not_a_newer_one(
    login: Login, credential: Credential
) -> None:
    first = await credential.token()
    credential.forget("something older")
    assert await credential.token() == first
    credential.forget(first)
    assert await credential.token() == "t2"


@pytest.mark.parametrize(("status", "body"), [(401, None), (400, {"error": "x"}), (403, "no")])
async def test_a_refused_login_is_dead_with_the_settings_to_check(
    login: Login, credential: Credential, status: int, body: Any
) -> None:
    login.status, login.body = status, body or {"error": "invalid_client", "error_codes": [7000215]}
    with pytest.raises(NoToken) as caught:
        await credential.token()
    result = outcome(caught.value)
    assert isinstance(result, Dead)
    assert "MICROSOFT_APP_PASSWORD" in result.reason
    assert SECRET not in result.reason
    if body is None:
        assert "401 invalid_client AADSTS7000215" in result.reason


async def test_a_throttled_login_stops_the_whole_channel_for_as_long_as_it_says(
    login: Login, credential: Credential
) -> None:
    login.status, login.body, login.headers = 429, {"error": "busy"}, {"Retry-After": "9"}
    with pytest.raises(NoToken) as caught:
        await credential.token()
    assert outcome(caught.value) == RetryAt(
        reason="the login answered 429 busy", after=9000, whole_channel=True
    )


async def test_an_answer_that_is_no_token_is_tried_again(
    login: Login, credential: Credential
) -> None:
    login.body = {"access_token": 5}
    with pytest.raises(NoToken) as caught:
        await credential.token()
    assert isinstance(outcome(caught.value), RetryAt)


async def test_a_login_that_is_not_there_is_tried_again() -> None:
    async with ClientSession() as http:
        fetch = client_secret(lambda: http, "http://127.0.0.1:9/token", APP, SECRET, lambda: NOW)
        with pytest.raises(NoToken) as caught:
            await Credential(fetch).token()
    assert isinstance(outcome(caught.value), RetryAt)


async def test_a_managed_identity_gives_tokens_without_a_secret(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    # https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity
    monkeypatch.setenv("IDENTITY_ENDPOINT", login.url)
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    monkeypatch.delenv("IDENTITY_SERVER_THUMBPRINT", raising=False)
    with ThreadPoolExecutor(max_workers=1) as pool:
        credential = Credential(managed_identity(APP, pool))
        assert await credential.token() == "t1"
        assert await credential.token() == "t1"
    assert [asked["client_id"] for asked in login.asked] == [APP]


async def test_a_managed_identitys_token_that_teams_refused_is_not_given_again(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", login.url)
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    monkeypatch.delenv("IDENTITY_SERVER_THUMBPRINT", raising=False)
    with ThreadPoolExecutor(max_workers=1) as pool:
        credential = Credential(managed_identity(APP, pool))
        credential.forget(await credential.token())
        assert await credential.token() == "t2"


async def test_a_managed_identity_elsewhere_is_tried_again(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", login.url)
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    login.status, login.body = 500, {"error": "down"}
    with ThreadPoolExecutor(max_workers=1) as pool, pytest.raises(NoToken) as caught:
        await Credential(managed_identity("another-app", pool)).token()
    assert isinstance(outcome(caught.value), RetryAt)


async def test_twenty_cards_need_one_login(rig: Rig) -> None:
    for _ in range(20):
        await rig.shown()
    assert len(rig.calls("token")) == 1


async def test_a_token_that_teams_no_longer_takes_is_replaced_within_the_call(rig: Rig) -> None:
    await rig.shown()
    rig.teams.place.now = _ahead(rig, seconds=7200)
    await rig.shown()
    assert len(rig.calls("token")) == 2
    assert [c["status"] for c in rig.calls("POST activities")] == [201, 401, 201]


def _ahead(rig: Rig, seconds: float) -> Any:
    now = rig.teams.place.now
    return lambda: now() + seconds


async def test_when_no_token_is_taken_it_is_dead_after_one_more_try(rig: Rig) -> None:
    await rig.shown()
    rig.fault("POST activities", "error", error="Unauthorized", status=401, times=2)
    result = await rig.platform.channel.show(a_card(), TO_FINN, person(FINN), delivery())
    assert isinstance(result, Dead)
    assert result.reason.startswith("Teams answered 401 (Unauthorized): check MICROSOFT_APP_ID")


async def test_a_wrong_secret_is_dead_and_never_shown(rig: Rig) -> None:
    settings = replace(rig.settings, app_password="wrong~secret")
    platform = build(rig.ports, rig.shelf, settings, clock=lambda: NOW)
    await platform.start()
    result = await platform.channel.show(a_card(), TO_FINN, person(FINN), delivery())
    await platform.stop()
    assert isinstance(result, Dead)
    assert "AADSTS7000215" in result.reason
    assert "wrong~secret" not in result.reason
    assert "wrong~secret" not in repr(settings)


async def test_the_login_is_asked_again_once_it_works(rig: Rig) -> None:
    rig.fault("token", "500")
    first = await rig.platform.channel.show(a_card(), TO_FINN, person(FINN), delivery())
    assert isinstance(first, RetryAt)
    second = await rig.platform.channel.show(a_card(), TO_FINN, person(FINN), delivery())
    assert isinstance(second, Delivered)
