"""Who may call: every token that is not Bot Framework's for this bot and this call is 401."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botbuilder.schema import Activity

from adapters.teams import keys
from adapters.teams.addresses import Trusted
from adapters.teams.app import TeamsPlatform, build
from adapters.teams.auth import Authentication, TokenCheck
from adapters.teams.connectors import Connectors
from adapters.teams.settings import TeamsSettings
from adapters.teams.tokens import Credential
from tests.adapters.teams.authority import Authority
from tests.adapters.teams.cards import DATA, NOW
from tests.adapters.teams.conftest import APP, FINN, TENANT, Json
from tests.adapters.teams.fakes import Recording, Shelf
from tests.ports import a_chat

SERVICE = "https://smba.example.com/emea/"


def activity(**changed: object) -> Json:
    """Finn presses Approve in his chat."""
    made: Json = {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "id": "f:1",
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "from": {"id": "29:1finn", "aadObjectId": FINN},
        "recipient": {"id": f"28:{APP}"},
        "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
        "value": {
            "action": {
                "type": "Action.Execute",
                "verb": "approve",
                "data": {**DATA, "verb": "approve"},
            }
        },
    }
    return {**made, **changed}


@dataclass
class Door:
    """The bot's endpoint and the authority that vouches for its callers."""

    authority: Authority
    conversations: Recording
    platform: TeamsPlatform
    url: str
    http: aiohttp.ClientSession
    authority_url: str = ""

    async def knock(self, header: str | None, body: Any = None) -> int:
        headers = {} if header is None else {"Authorization": header}
        sent = activity() if body is None else body
        async with self.http.post(self.url, json=sent, headers=headers) as answer:
            return answer.status

    async def with_token(self, token: str, body: Any = None) -> int:
        return await self.knock(f"Bearer {token}", body)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    authority, conversations = Authority(APP, SERVICE), Recording()
    app = web.Application()
    app.add_routes(authority.routes())
    async with TestServer(app) as away, aiohttp.ClientSession() as http:
        settings = TeamsSettings(
            app_id=APP,
            app_password="s",
            tenant=TENANT,
            metadata_url=str(away.make_url("/metadata")),
            service_hosts=("smba.example.com",),
        )
        platform = build(a_chat(conversations), Shelf(), settings, clock=lambda: NOW)
        bot = web.Application()
        bot.add_routes(platform.routes)
        async with TestServer(bot) as here:
            await platform.start()
            url = str(here.make_url("/api/messages"))
            yield Door(authority, conversations, platform, url, http, settings.metadata_url)
            await platform.stop()


def part(value: object) -> str:
    """One part of a token, as JSON that a library would not write."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(claims: str) -> str:
    return f"{part({'alg': 'RS256', 'kid': 'a', 'typ': 'JWT'})}.{claims}.{part('x')}"


def alg_none(authority: Authority) -> str:
    claims = jwt.decode(authority.token(), options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "a"})


def hs256(authority: Authority) -> str:
    claims = jwt.decode(authority.token(), options={"verify_signature": False})
    return jwt.encode(claims, "x" * 40, algorithm="HS256", headers={"kid": "a"})


GOOD: dict[str, Callable[[Authority], str]] = {
    "fresh": lambda a: a.token(),
    "expired four minutes ago, within the allowed skew": lambda a: a.token(age=3600 + 240),
    "a key that names no channel": lambda a: a.token(kid="b", signer="b"),
    "the same app as one of several audiences": lambda a: a.token(aud=[APP, "other"]),
}
BAD: dict[str, Callable[[Authority], str]] = {
    "expired an hour ago": lambda a: a.token(age=7200),
    "not valid yet": lambda a: a.token(nbf=4102444800, exp=4102448400),
    "no exp": lambda a: a.token(without=("exp",)),
    "no aud": lambda a: a.token(without=("aud",)),
    "no iss": lambda a: a.token(without=("iss",)),
    "no serviceurl": lambda a: a.token(without=("serviceurl",)),
    "exp is text": lambda a: a.token(exp="soon"),
    "exp is endless": lambda a: unsigned(part({"exp": float("inf"), "aud": APP})),
    "another bot's": lambda a: a.token(aud="44444444-0000-0000-0000-000000000000"),
    "audience of a wrong type": lambda a: unsigned(part({"aud": {"a": 1}, "exp": 9e9})),
    "another issuer": lambda a: a.token(iss="https://evil.example"),
    "an emulator's issuer": lambda a: a.token(
        iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"
    ),
    "for another address": lambda a: a.token(serviceurl="https://evil.example/"),
    "serviceurl of a wrong type": lambda a: a.token(serviceurl=[SERVICE]),
    "forged under a known key id": lambda a: a.token(signer="c"),
    "an unknown key": lambda a: a.token(kid="c", signer="c"),
    "no key id": lambda a: a.token(kid=None),
    "a key for another channel": lambda a: a.token(kid="c", signer="c"),
    "alg none": alg_none,
    "HS256": hs256,
    "garbage": lambda a: "abc",
    "three parts of garbage": lambda a: "a.b.c",
    "claims that are a list": lambda a: unsigned(part([1])),
    "claims cut short": lambda a: unsigned(part({"aud": APP})[:-8]),
    "claims nested deep": lambda a: unsigned(base64.urlsafe_b64encode(b"[" * 3000).decode()),
    "empty": lambda a: "",
}


@pytest.mark.parametrize("case", GOOD)
async def test_a_good_token_is_accepted(door: Door, case: str) -> None:
    door.authority.published = {"a": ["msteams"], "b": None}
    assert await door.with_token(GOOD[case](door.authority)) == 200
    assert len(door.conversations.clicks) == 1


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_token_is_401_and_decides_nothing(door: Door, case: str) -> None:
    if case == "a key for another channel":
        door.authority.published = {"a": ["msteams"], "c": ["webchat", "directline"]}
    assert await door.with_token(BAD[case](door.authority)) == 401
    assert door.conversations.clicks == []


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "bearer"])
async def test_a_header_without_a_token_is_401(door: Door, header: str | None) -> None:
    assert await door.knock(header) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"serviceUrl": None},
        {"serviceUrl": ""},
        {"serviceUrl": "https://evil.example/"},
        {"channelId": "directline"},
        {"channelId": None},
    ],
)
async def test_an_activity_that_the_token_was_not_made_for_is_401(
    door: Door, changed: Json
) -> None:
    assert await door.with_token(door.authority.token(), activity(**changed)) == 401
    assert door.conversations.clicks == []


async def test_a_bad_token_is_401_even_when_the_body_is_broken_too(door: Door) -> None:
    assert await door.with_token("abc", "not an activity") == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"conversation": {"id": "a:1", "tenantId": "other"}, "channelData": {}},
        {"channelData": {"tenant": {"id": "other"}}},
        {"conversation": {"id": "a:1", "tenantId": "other"}},
        {"conversation": {"id": "a:1"}, "channelData": None},
    ],
)
async def test_an_activity_of_another_tenant_or_of_none_is_403(door: Door, changed: Json) -> None:
    assert await door.with_token(door.authority.token(), activity(**changed)) == 403
    assert door.conversations.clicks == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("text", 400),
        ([], 400),
        ({}, 400),
        ({"type": 5}, 400),
        (activity(**{"from": "somebody"}), 400),
        (activity(timestamp="yesterday"), 400),
        (activity(entities=5), 400),
        (activity(text="x" * 300_000), 413),
    ],
)
async def test_a_body_that_is_no_activity_is_refused(door: Door, body: Any, status: int) -> None:
    assert await door.with_token(door.authority.token(), body) == status


@pytest.mark.parametrize(
    "sent", [b"{", b"\xff\xfe", b'{"type": NaN}', b"[" * 100_000, b'{"a":' * 50_000, b""]
)
async def test_bytes_that_are_no_json_are_400(door: Door, sent: bytes) -> None:
    headers = {
        "Authorization": f"Bearer {door.authority.token()}",
        "Content-Type": "application/json",
    }
    async with door.http.post(door.url, data=sent, headers=headers) as answer:
        assert answer.status == 400


async def test_another_content_type_is_415(door: Door) -> None:
    headers = {"Authorization": f"Bearer {door.authority.token()}", "Content-Type": "text/plain"}
    async with door.http.post(door.url, data=b"{}", headers=headers) as answer:
        assert answer.status == 415


async def test_a_new_key_is_accepted_at_once_and_a_withdrawn_one_no_longer(door: Door) -> None:
    assert await door.with_token(door.authority.token()) == 200
    door.authority.published = {"b": ["msteams"]}
    assert await door.with_token(door.authority.token(kid="b", signer="b")) == 200
    assert await door.with_token(door.authority.token()) == 401


async def test_many_requests_under_a_new_key_fetch_the_keys_once(door: Door) -> None:
    assert await door.with_token(door.authority.token()) == 200
    before = door.authority.fetched
    door.authority.published = {"b": ["msteams"]}
    token = door.authority.token(kid="b", signer="b")
    answers = await asyncio.gather(*(door.with_token(token) for _ in range(10)))
    assert answers == [200] * 10
    assert door.authority.fetched == before + 1


async def test_made_up_key_ids_cannot_make_us_hammer_the_authority(door: Door) -> None:
    for number in range(20):
        assert await door.with_token(door.authority.token(kid=f"made-up-{number}")) == 401
    assert door.authority.fetched <= 6
    assert await door.with_token(door.authority.token()) == 200


async def test_a_few_made_up_key_ids_do_not_stand_in_the_way_of_a_new_key(door: Door) -> None:
    assert await door.with_token(door.authority.token()) == 200
    for number in range(4):
        assert await door.with_token(door.authority.token(kid=f"made-up-{number}")) == 401
    door.authority.published = {"b": ["msteams"]}
    assert await door.with_token(door.authority.token(kid="b", signer="b")) == 200


async def test_a_flood_of_made_up_key_ids_delays_a_new_key_for_one_interval_only(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_NEXT_LOOK_SECONDS", 0.2)
    for number in range(20):
        await door.with_token(door.authority.token(kid=f"made-up-{number}"))
    door.authority.published = {"b": ["msteams"]}
    await asyncio.sleep(0.2)
    # The flood goes on and takes the next look; what it finds is there for everybody.
    await door.with_token(door.authority.token(kid="made-up-again"))
    assert await door.with_token(door.authority.token(kid="b", signer="b")) == 200


async def test_a_token_not_addressed_to_us_never_causes_a_fetch(door: Door) -> None:
    assert await door.with_token(door.authority.token()) == 200
    before = door.authority.fetched
    for number in range(5):
        token = door.authority.token(kid=f"made-up-{number}", aud="another app")
        assert await door.with_token(token) == 401
    assert door.authority.fetched == before


async def test_without_any_keys_a_caller_is_asked_to_come_again(door: Door) -> None:
    door.authority.down = True
    fresh = Authority(APP, SERVICE)
    settings = TeamsSettings(
        app_id=APP, app_password="s", tenant=TENANT, metadata_url="http://127.0.0.1:9/metadata"
    )
    platform = build(a_chat(Recording()), Shelf(), settings, clock=lambda: NOW)
    app = web.Application()
    app.add_routes(platform.routes)
    async with TestServer(app) as server:
        await platform.start()
        other = Door(fresh, Recording(), platform, str(server.make_url("/api/messages")), door.http)
        # However often: as long as there are no keys, nobody was found to be nobody.
        assert [await other.with_token(fresh.token()) for _ in range(10)] == [503] * 10
        await platform.stop()


async def test_known_keys_stay_good_while_the_authority_is_down(door: Door) -> None:
    assert await door.with_token(door.authority.token()) == 200
    door.authority.down = True
    token = door.authority.token(kid="b", signer="b")
    assert [await door.with_token(token) for _ in range(10)] == [503] * 10
    assert await door.with_token(door.authority.token()) == 200


async def test_old_keys_are_fetched_anew_but_stay_good_while_that_fails(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await door.with_token(door.authority.token()) == 200
    before = door.authority.fetched
    monkeypatch.setattr(keys, "_OLD_SECONDS", -1.0)
    assert await door.with_token(door.authority.token()) == 200
    assert door.authority.fetched == before + 1
    door.authority.down = True
    assert await door.with_token(door.authority.token()) == 200
    assert door.authority.fetched == before + 2


async def test_bot_frameworks_own_seam_checks_the_same(door: Door) -> None:
    async with aiohttp.ClientSession() as http:
        ring = keys.KeyRing(lambda: http, door.authority_url)
        connectors = Connectors(lambda: http, Credential(None), lambda: NOW, Trusted())
        seam = Authentication(TokenCheck(APP, ring), connectors)
        told = Activity().deserialize(activity())
        accepted = await seam.authenticate_request(told, f"Bearer {door.authority.token()}")
        assert accepted.connector_factory is connectors
        with pytest.raises(PermissionError):
            await seam.authenticate_request(told, f"Bearer {door.authority.token(signer='c')}")
        with pytest.raises(PermissionError):
            await seam.authenticate_streaming_request("Bearer x", "msteams")
        assert seam.create_connector_factory(accepted.claims_identity) is connectors


async def test_before_start_the_answer_is_503(door: Door) -> None:
    await door.platform.stop()
    assert await door.with_token(door.authority.token()) == 503


async def test_without_an_app_id_anybody_on_loopback_is_let_in_but_only_for_the_tenant() -> None:
    conversations = Recording()
    settings = TeamsSettings(app_id="", tenant=TENANT, allow_anonymous=True)
    platform = build(a_chat(conversations), Shelf(), settings, clock=lambda: NOW)
    app = web.Application()
    app.add_routes(platform.routes)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        await platform.start()
        door = Door(
            Authority("", SERVICE),
            conversations,
            platform,
            str(server.make_url("/api/messages")),
            http,
        )
        local = activity(serviceUrl="http://localhost:56150/_connector")
        assert await door.knock(None, local) == 200
        assert await door.knock("Bearer garbage", local) == 200
        assert await door.knock(None, activity(serviceUrl="http://evil.example/")) == 403
        assert await door.knock(None, activity(channelData={"tenant": {"id": "x"}})) == 403
        await platform.stop()
    assert len(conversations.clicks) == 2
