"""Callbacks to agents at the API: which addresses are taken, who is shown them, sending again."""

from typing import Any

import pytest
from msgspec.structs import replace

from adapters.webhook.callback_secrets import CallbackSeal, written
from core.callbacks import Again, SealedSecret
from core.content import Text, row
from core.rows import CallbackRow, QueuedCallback
from tests.adapters.webhook.conftest import Api, a_body
from tests.adapters.webhook.fake_service import a_snapshot
from tests.bot.test_slack_settings import KEY, OTHER_KEY

NOW = 1_790_000_000_000
URL = "https://hooks.example.com/in/s3cret"
ROW = CallbackRow(
    request="r1",
    sequence=7,
    id="msg_1",
    type="request.approved",
    key="key-1",
    host="hooks.example.com",
    status="approved",
    revision=2,
    at=1_767_600_000_123,
)


def a_secret(id: str, key: str = "key-1", seal: CallbackSeal | None = None) -> SealedSecret:
    made = (seal or CallbackSeal([KEY])).close(key, id, written(id.encode() * 16))
    return SealedSecret(key=key, id=id, sealed=made, created_at=NOW)


def plain(id: str) -> str:
    return written(id.encode() * 16)


# --- at the submission -----------------------------------------------------------------------


@pytest.fixture
def on(api: Api) -> Api:
    """The API of a server that sends callbacks, to an agent that has a secret."""
    api.hosts("hooks.example.com, *.corp.example")
    api.callbacks.kept.append(a_secret("s1"))
    return api


async def test_an_allowed_address_goes_with_the_submission(on: Api) -> None:
    reply = await on.post("/v1/requests", a_body(callback_url=URL))
    assert reply.status == 201
    assert on.service.calls[-1][1][0].callback_url == URL


async def test_what_was_answered_is_answered_again_where_the_address_is_taken_no_more(
    on: Api,
) -> None:
    once, body = {"Idempotency-Key": "once"}, a_body(callback_url=URL)
    made = (await on.post("/v1/requests", body, headers=once)).json["id"]
    on.callbacks.kept.clear()
    again = await on.post("/v1/requests", body, headers=once)
    assert (again.status, again.json["id"]) == (201, made)
    assert again.headers["Idempotent-Replayed"] == "true"
    for headers in ({}, {"Idempotency-Key": "twice"}):
        assert (await on.post("/v1/requests", body, headers=headers)).status == 422


async def test_without_hosts_a_callback_is_refused_with_the_way_to_wait(api: Api) -> None:
    reply = await api.post("/v1/requests", a_body(callback_url=URL))
    assert (reply.status, reply.reason) == (422, "invalid_input")
    [error] = reply.json["errors"]
    assert error["problem"] == (
        "this server sends no callbacks: COUNTERSIGN_CALLBACK_HOSTS is not set"
    )
    assert "wait with GET /v1/requests/{id}?wait=30" in error["remedy"]
    assert not api.service.calls


async def test_a_key_without_a_secret_is_told_how_to_get_one(on: Api) -> None:
    on.callbacks.kept[0] = replace(on.callbacks.kept[0], key="another's")
    reply = await on.post("/v1/requests", a_body(callback_url=URL))
    [error] = reply.json["errors"]
    assert error["problem"] == "this key has no secret to sign callbacks with"
    assert "countersign callbacks secret key-1" in error["remedy"]
    assert not on.service.calls


async def test_a_secret_that_this_server_cannot_open_is_said_at_once(on: Api) -> None:
    own = CallbackSeal([OTHER_KEY])  # the secret was sealed with another key
    vars(on.agents)["_opens"] = lambda sealed: own.open(sealed) is not None
    reply = await on.post("/v1/requests", a_body(callback_url=URL))
    [error] = reply.json["errors"]
    assert error["problem"] == "the secret that signs this key's callbacks cannot be opened"
    assert "--rotate" in error["remedy"]
    assert not on.service.calls


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.com/s3cret",
        "http://hooks.example.com/s3cret",
        "https://user:s3cret@hooks.example.com/",
        "https://hooks.example.com@127.0.0.1/s3cret",
        "https://hooks.example.com:0/s3cret",
        "https://hooks.example.com:s3cret/",
        "https://127.0.0.1/s3cret",
        "https://127.0.0.1./s3cret",
        "https://2130706433/s3cret",
        "https://017700000001/s3cret",
        "https://0x7f.0.0.1/s3cret",
        "https://[::1]/s3cret",
        "https://[::ffff:7f00:1]/s3cret",
        "https://[64:ff9b::7f00:1]/s3cret",
        "https://[2002:7f00:1::]/s3cret",
        "https://[fe80::1%25eth0]/s3cret",
        "https://[v1.a.corp.example]/s3cret",
        "https://hooks.example.com\\@evil.example/s3cret",
        "ftp://hooks.example.com/s3cret",
        "s3cret",
        "",
        URL + "a" * 2000,
    ],
)
async def test_any_other_address_is_refused_and_not_repeated(on: Api, url: str) -> None:
    reply = await on.post("/v1/requests", a_body(callback_url=url))
    assert (reply.status, reply.reason, list(reply.fields)) == (
        422,
        "invalid_input",
        ["callback_url"],
    )
    assert "s3cret" not in reply.text
    assert not on.service.calls


# --- who is shown it -------------------------------------------------------------------------


def with_callback(agent_key: str) -> Any:
    found = a_snapshot()
    address = row("r1.c1", "00" * 16, Text(text=URL))
    told = QueuedCallback(row=ROW, state="dead", reason="the receiver answers 500")
    return replace(
        found,
        state=replace(found.state, agent_key=agent_key, callback="r1.c1"),
        contents={**found.contents, address.id: address.body},
        callbacks=(QueuedCallback(row=replace(ROW, sequence=4), state="done"), told),
    )


async def test_only_the_key_that_asked_is_shown_the_address(api: Api) -> None:
    api.service.requests["r1"] = with_callback("key-1")
    assert (await api.get("/v1/requests/r1")).json["callback_url"] == URL
    api.service.requests["r1"] = with_callback("another's")
    seen = await api.get("/v1/requests/r1")
    assert seen.json["callback_url"] is None
    assert "s3cret" not in seen.text
    assert "s3cret" not in (await api.get("/v1/requests")).text


async def test_deliveries_say_what_became_of_the_callbacks(api: Api) -> None:
    api.service.requests["r1"] = with_callback("another's")
    seen = await api.get("/v1/requests/r1")
    [told] = [d for d in seen.json["deliveries"] if d["platform"] == "callback"]
    assert (told["recipient"], told["state"]) == ("hooks.example.com", "dead")
    assert (told["wanted"], told["shown"]) == (7, 4)
    assert told["reason"] == "the receiver answers 500"


# --- again -----------------------------------------------------------------------------------


async def test_the_key_that_asked_has_its_callbacks_sent_again(api: Api) -> None:
    api.service.requests["r1"] = with_callback("key-1")
    reply = await api.post("/v1/requests/r1/callbacks/replay")
    assert (reply.status, reply.json) == (200, {"queued": 2})
    [(what, by)] = api.callbacks.replayed
    assert what == Again(request="r1")
    assert (by.via, by.agent) == ("api", "key-1")
    assert api.callbacks.woken == 1


async def test_nobody_else_has_them_sent_but_an_administrator(api: Api) -> None:
    api.service.requests["r1"] = with_callback("another's")
    assert (await api.post("/v1/requests/r1/callbacks/replay")).reason == "not_the_agent"
    assert not api.callbacks.replayed
    admin = api.keys.make("cs_admin", "admin")
    reply = await api.post("/v1/requests/r1/callbacks/replay", key=admin)
    assert reply.status == 200
