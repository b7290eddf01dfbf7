"""What comes to /slack/events without Slack's signature, or is no payload, is turned away."""

import json
import time

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.app import build
from tests.adapters.slack.conftest import SECRET, Recording, Rig, interaction, signed
from tests.ports import a_chat

CLICK = {
    "type": "block_actions",
    "user": {"id": "U00FINN", "team_id": "T0EXAMPLE"},
    "actions": [
        {
            "action_id": "countersign_approve",
            "block_id": "b",
            "type": "button",
            "value": '[1,["req_1",1,"abc",1,0]]',
        }
    ],
}


async def test_a_signed_click_counts(rig: Rig) -> None:
    assert await rig.send(CLICK) == (200, "")
    assert len(rig.conversations.clicks) == 1


async def test_a_replayed_request_asks_the_core_again_with_the_same_evidence(rig: Rig) -> None:
    body = interaction(CLICK)
    headers = signed(body)
    assert await rig.post(body, headers) == await rig.post(body, headers) == (200, "")
    first, second = rig.conversations.clicks
    assert first == second


async def test_another_secret_is_turned_away(rig: Rig) -> None:
    body = interaction(CLICK)
    status, text = await rig.post(body, signed(body, secret="x" * 32))
    assert (status, text) == (401, "The request is not signed by Slack, or is too old.")
    assert rig.conversations.clicks == []


async def test_a_body_changed_after_signing_is_turned_away(rig: Rig) -> None:
    body = interaction(CLICK)
    status, _ = await rig.post(body.replace(b"req_1", b"req_2"), signed(body))
    assert status == 401


@pytest.mark.parametrize("late", [-301, 301])
async def test_a_stale_or_future_timestamp_is_turned_away(rig: Rig, late: int) -> None:
    body = interaction(CLICK)
    status, _ = await rig.post(body, signed(body, at=time.time() + late))
    assert status == 401


@pytest.mark.parametrize(
    "timestamp", ["abc", "", "1e9", "-1", "１７９５２３３６００", "9" * 5000, "1795233600.5"]
)
async def test_a_timestamp_that_is_no_number_is_turned_away(rig: Rig, timestamp: str) -> None:
    body = interaction(CLICK)
    headers = {**signed(body), "X-Slack-Request-Timestamp": timestamp}
    status, _ = await rig.post(body, headers)
    assert status == 401


@pytest.mark.parametrize("signature", ["", "v0=", "v1=" + "0" * 64, "v0=" + "é" * 64, "0" * 64])
async def test_a_malformed_signature_is_turned_away(rig: Rig, signature: str) -> None:
    body = interaction(CLICK)
    status, _ = await rig.post(body, {**signed(body), "X-Slack-Signature": signature})
    assert status == 401


async def test_without_the_headers_nothing_is_parsed(rig: Rig) -> None:
    assert (await rig.post(b"payload=%7Bnot+json", {}))[0] == 401
    assert (await rig.post(b"ssl_check=1&token=x", {}))[0] == 401
    assert (await rig.post(b"", {}))[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=not+json",
        b"payload=null",
        b"payload=%5B1%5D",
        b"payload=%22text%22",
        b"payload=7",
        b"{",
        b"{" + b'"a":{' * 50_000,
        b"\xff\xfe",
        interaction({"type": "block_actions", "user": 7, "team": 9}),
        interaction({"type": "block_actions", "actions": []}),
    ],
)
async def test_a_signed_body_that_is_no_payload_is_a_bad_request(rig: Rig, body: bytes) -> None:
    status, _ = await rig.post(body, signed(body))
    assert status == 400


@pytest.mark.parametrize("body", [b"[" * 100_000, b'"text"', b"[]", b"NaN", b"\xef\xbb\xbf{}"])
async def test_a_signed_json_body_that_is_no_payload_is_a_bad_request(
    rig: Rig, body: bytes
) -> None:
    kind = {"Content-Type": "application/json"}
    assert (await rig.post(body, {**signed(body), **kind}))[0] == 400


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "actions": {}},
        {"type": "block_actions", "actions": [{}]},
        {"type": "view_submission"},
        {"type": "view_submission", "view": []},
        {"type": "unheard_of"},
        {"type": 7},
        {},
        {"type": "message_action", "callback_id": "x"},
        {"type": "event_callback", "event": {"type": "message"}},
    ],
)
async def test_an_unknown_kind_of_payload_is_never_a_fault_of_ours(
    rig: Rig, payload: dict[str, object]
) -> None:
    status, _ = await rig.send(payload)
    assert status in {200, 400, 404}


async def test_a_charset_that_does_not_exist_changes_nothing(rig: Rig) -> None:
    body = interaction(CLICK)
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}
    assert (await rig.post(body, {**signed(body), **kind}))[0] == 200


async def test_a_body_beyond_a_megabyte_is_refused(rig: Rig) -> None:
    body = b"payload=" + b"x" * (1024 * 1024)
    assert (await rig.post(body, signed(body)))[0] == 413


async def test_a_body_of_slacks_largest_size_is_read(rig: Rig) -> None:
    body = interaction({**CLICK, "message": {"text": "x" * 900_000}})
    assert (await rig.post(body, signed(body)))[0] == 200


async def test_other_methods_do_not_exist(rig: Rig) -> None:
    async with rig.http.get(rig.url) as reply:
        assert reply.status == 405


async def test_slacks_question_for_the_address_is_answered(rig: Rig) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c4"}).encode()
    headers = {**signed(body), "Content-Type": "application/json"}
    status, text = await rig.post(body, headers)
    assert (status, json.loads(text)) == (200, {"challenge": "c4"})


async def test_before_the_start_it_says_that_it_is_not_ready() -> None:
    platform = build(a_chat(Recording()), bot_token="xoxb-1", signing_secret=SECRET)
    app = web.Application()
    app.add_routes(platform.routes)
    async with TestClient(TestServer(app)) as client:
        assert (await client.post("/slack/events")).status == 503


def test_a_token_in_the_environment_is_not_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    build(a_chat(Recording()), bot_token="xoxb-1", signing_secret=SECRET)
    assert caplog.messages == []
    AsyncApp(client=AsyncWebClient("xoxb-1"), signing_secret=SECRET)
    assert caplog.messages == ["As you gave `client` as well, `token` will be unused."]


def test_an_empty_secret_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="signing_secret"):
        build(a_chat(Recording()), bot_token="xoxb-1", signing_secret=" ")


async def test_it_starts_and_answers_clicks_while_slack_is_down() -> None:
    recording = Recording()
    platform = build(
        a_chat(recording),
        bot_token="xoxb-1",
        signing_secret=SECRET,
        api_url="http://127.0.0.1:9/api/",
    )
    app = web.Application()
    app.add_routes(platform.routes)
    async with TestClient(TestServer(app)) as client:
        await platform.start()
        body = interaction(CLICK)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **signed(body)}
        reply = await client.post("/slack/events", data=body, headers=headers)
        assert reply.status == 200
        await platform.stop()
    assert recording.clicks[0].binding.request == "req_1"
