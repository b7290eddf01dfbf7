"""What a person does reaches the bot as Slack would send it: signed, in shape, within 3 seconds."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from playground import slack
from playground.app import Running
from playground.slack import events, outgoing
from tests.playground.conftest import SECRET, Act, Bot, Clock, Json, Received, State


class _At:
    """The verifier's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.at


@pytest.fixture
def verifier(clock: Clock) -> SignatureVerifier:
    return SignatureVerifier(SECRET, _At(clock))  # type: ignore[arg-type] # any object with now()


def valid(verifier: SignatureVerifier, received: Received) -> bool:
    """Whether the SDK takes the signature."""
    return verifier.is_valid_request(received.body, received.headers)


def approve(value: str = "v1") -> Json:
    """A card with one button and a menu."""
    text = {"type": "plain_text", "text": "Approve"}
    button = {"type": "button", "action_id": "approve", "text": text, "value": value}
    options = [
        {"text": {"type": "plain_text", "text": name.title()}, "value": name}
        for name in ("details", "delegate")
    ]
    menu = {"type": "overflow", "action_id": "more", "options": options}
    return {
        "type": "actions",
        "block_id": "b1",
        "elements": [{**button, "style": "primary"}, menu],
    }


async def post(client: AsyncWebClient, channel: str = "U00ALICE", **fields: Any) -> Json:
    """Post a card and return {channel, ts}."""
    fields = {"text": "card", "blocks": [approve()], **fields}
    answer = await client.chat_postMessage(channel=channel, **fields)
    return {"channel": answer["channel"], "ts": answer["ts"]}


async def test_click_is_block_actions_in_slacks_shape(
    client: AsyncWebClient, act: Act, bot: Bot, verifier: SignatureVerifier, running: Running
) -> None:
    metadata: Json = {"event_type": "card", "event_payload": {"id": "r1"}}
    card = await post(client, metadata=metadata)
    answer = await act("U00ALICE", "click", **card, action_id="approve", block_id="b1")
    assert (answer["ok"], answer["status"], answer["body"]) == (True, 200, "")
    (received,) = bot.got
    assert valid(verifier, received)
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
    payload = received.payload
    url, trigger = payload.pop("response_url"), payload.pop("trigger_id")
    assert url.startswith(f"{running.base_url}/slack/response/")
    assert len(trigger.split(".")) == 3
    message = payload.pop("message")
    assert (message["ts"], message["bot_id"]) == (card["ts"], "B0BOT")
    assert message["metadata"] == metadata
    assert message["blocks"][0]["elements"][0]["value"] == "v1"
    assert payload == {
        "type": "block_actions",
        "user": {"id": "U00ALICE", "username": "alice", "name": "alice", "team_id": "T0EXAMPLE"},
        "api_app_id": "A0APP",
        "token": "playground",
        "team": {"id": "T0EXAMPLE", "domain": "playground"},
        "enterprise": None,
        "is_enterprise_install": False,
        "container": {
            "type": "message",
            "message_ts": card["ts"],
            "channel_id": card["channel"],
            "is_ephemeral": False,
        },
        "channel": {"id": card["channel"], "name": "directmessage"},
        "state": {"values": {}},
        "actions": [
            {
                "action_id": "approve",
                "block_id": "b1",
                "type": "button",
                "text": {"type": "plain_text", "text": "Approve", "emoji": True},
                "value": "v1",
                "style": "primary",
                "action_ts": "1790000000.000001",
            }
        ],
    }


async def test_choice_in_a_menu_carries_the_selected_option(
    client: AsyncWebClient, act: Act, bot: Bot
) -> None:
    card = await post(client, "C0FINANCE")
    await act("U00ALICE", "select", **card, action_id="more", value="delegate")
    option = {
        "text": {"type": "plain_text", "text": "Delegate", "emoji": True},
        "value": "delegate",
    }
    await act("U00ALICE", "select", **card, action_id="more", selected_option=option)
    assert len(bot.got) == 2
    for received in bot.got:
        (done,) = received.payload["actions"]
        assert (done["type"], done["selected_option"]) == ("overflow", option)
        assert received.payload["channel"] == {"id": "C0FINANCE", "name": "finance"}
    with pytest.raises(slack.BadAct, match="no option 'burn'"):
        await act("U00ALICE", "select", **card, action_id="more", value="burn")


async def test_inputs_of_a_message_come_with_every_click(
    client: AsyncWebClient, act: Act, bot: Bot
) -> None:
    picker = {"type": "users_select", "action_id": "who"}
    date = {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-21"}
    blocks = [approve(), {"type": "actions", "block_id": "b2", "elements": [picker, date]}]
    card = await post(client, blocks=blocks)
    await act("U00ALICE", "select", **card, action_id="who", value="U00BOB")
    await act("U00ALICE", "click", **card, action_id="approve", state={"b2": {"who": "U00BOB"}})
    untouched = {"type": "datepicker", "selected_date": "2026-11-21"}
    chosen = {"type": "users_select", "selected_user": "U00BOB"}
    for received in bot.got:
        assert received.payload["state"]["values"] == {"b2": {"who": chosen, "day": untouched}}
    assert bot.got[0].payload["actions"][0]["selected_user"] == "U00BOB"


async def test_click_on_what_was_seen_before_an_update_still_goes_out(
    client: AsyncWebClient, act: Act, bot: Bot
) -> None:
    posted = await client.chat_postMessage(channel="U00ALICE", text="card", blocks=[approve("v1")])
    card = {"channel": posted["channel"], "ts": posted["ts"]}
    await client.chat_update(**card, text="card", blocks=[approve("v2")])
    await act("U00ALICE", "click", **card, action_id="approve", value="v1")
    await client.chat_update(**card, text="done")
    seen = posted["message"]
    await act("U00ALICE", "click", **card, action_id="approve", as_seen=seen)
    assert [r.payload["actions"][0]["value"] for r in bot.got] == ["v1", "v1"]
    with pytest.raises(slack.BadAct, match="nothing with action_id 'approve'"):
        await act("U00ALICE", "click", **card, action_id="approve")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"action_id": "approve", "state": "x"}, "expected {block_id"),
        ({"action_id": "approve", "state": {"b2": "x"}}, "expected {block_id"),
        ({"action_id": "approve", "state": {"b9": {"a": "x"}}}, "there is no input"),
        ({"action_id": "approve", "as_seen": "x"}, "as_seen: expected a message"),
        ({"action_id": "approve", "as_seen": {"blocks": [{}]}}, "as_seen: invalid_blocks"),
        ({"action_id": "more"}, "more: choose one of its options"),
        ({"action_id": "who", "value": 5}, "who: expected str, not 5"),
        ({"action_id": 5}, "action_id: expected a non-empty string"),
    ],
)
async def test_act_that_makes_no_sense_is_refused_with_the_reason(
    client: AsyncWebClient, act: Act, bot: Bot, fields: Json, message: str
) -> None:
    picker = {"type": "users_select", "action_id": "who"}
    blocks = [approve(), {"type": "actions", "block_id": "b2", "elements": [picker]}]
    card = await post(client, blocks=blocks)
    with pytest.raises(slack.BadAct, match=message):
        await act("U00ALICE", "click", **card, **fields)
    assert bot.got == []


async def test_person_acts_only_where_they_are(client: AsyncWebClient, act: Act, bot: Bot) -> None:
    card = await post(client)
    with pytest.raises(slack.BadAct, match="U00BOB is not in a conversation"):
        await act("U00BOB", "click", **card, action_id="approve")
    with pytest.raises(slack.BadAct, match="no Slack user 'U0NOBODY'"):
        await act("U0NOBODY", "click", **card, action_id="approve")
    with pytest.raises(slack.BadAct, match="do: expected one of"):
        await act("U00ALICE", "dance")
    assert bot.got == []


async def test_command_is_a_signed_form_and_its_answer_is_shown(
    act: Act, bot: Bot, verifier: SignatureVerifier, state: State
) -> None:
    bot.says({"text": "Your queue is empty."})
    answer = await act("U00ALICE", "command", command="/approvals", text="", channel="C0FINANCE")
    assert answer["ok"] is True
    (received,) = bot.got
    assert valid(verifier, received)
    fields = received.form
    assert fields.pop("response_url")
    assert fields.pop("trigger_id")
    assert fields == {
        "token": "playground",
        "team_id": "T0EXAMPLE",
        "team_domain": "playground",
        "channel_id": "C0FINANCE",
        "channel_name": "finance",
        "user_id": "U00ALICE",
        "user_name": "alice",
        "command": "/approvals",
        "text": "",
        "api_app_id": "A0APP",
        "is_enterprise_install": "false",
    }
    (shown,) = state()["ephemerals"]
    assert (shown["text"], shown["user"]) == ("Your queue is empty.", "U00ALICE")


async def test_command_answered_in_channel_is_posted(act: Act, bot: Bot, state: State) -> None:
    bot.says({"response_type": "in_channel", "text": "All done."})
    await act("U00ALICE", "command", command="/approvals", text="", channel="C0FINANCE")
    (posted,) = state()["conversations"]["C0FINANCE"]["messages"]
    assert (posted["text"], posted["user"]) == ("All done.", "U0BOT")
    assert state()["ephemerals"] == []


async def test_bot_slower_than_three_seconds_is_a_timeout(
    act: Act, bot: Bot, client: AsyncWebClient, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    assert outgoing.ANSWER_SECONDS == 3.0
    monkeypatch.setattr(outgoing, "ANSWER_SECONDS", 0.05)

    async def late(_: Received) -> web.Response:
        await asyncio.sleep(0.3)
        return web.json_response({"text": "too late"})

    bot.answer = late
    answer = await act("U00ALICE", "command", command="/approvals", channel="C0FINANCE")
    assert (answer["ok"], answer["status"], answer["error"]) == (False, None, "operation_timeout")
    assert answer["shown"] == '/approvals failed with the error "operation_timeout"'
    card = await post(client)
    answer = await act("U00ALICE", "click", **card, action_id="approve")
    assert answer["error"] == "operation_timeout"
    assert state()["ephemerals"] == []


@pytest.mark.parametrize(("status", "error"), [(500, "http_error"), (404, "http_error")])
async def test_bot_that_fails_is_shown_as_failing(
    act: Act, bot: Bot, client: AsyncWebClient, running: Running, status: int, error: str
) -> None:
    bot.says({}, status)
    card = await post(client)
    answer = await act("U00ALICE", "click", **card, action_id="approve")
    assert (answer["ok"], answer["status"], answer["error"]) == (False, status, error)
    (delivery,) = running.place.store.deliveries()
    assert delivery["kind"] == "block_actions"
    assert (delivery["platform"], delivery["status"], delivery["error"]) == ("slack", status, error)


async def test_bot_that_is_away_is_a_failed_dispatch(act: Act, running: Running) -> None:
    running.place.slack_url = "http://127.0.0.1:1/slack/events"
    answer = await act("U00ALICE", "command", command="/approvals", channel="C0FINANCE")
    assert (answer["ok"], answer["status"], answer["error"]) == (False, None, "dispatch_failed")


async def test_message_to_the_app_is_an_event(
    act: Act, bot: Bot, verifier: SignatureVerifier, state: State
) -> None:
    written = await act("U00ALICE", "message", text="what is open?")
    (received,) = bot.got
    assert valid(verifier, received)
    assert received.headers["Content-Type"] == "application/json"
    envelope = received.payload
    assert (envelope["type"], envelope["team_id"]) == ("event_callback", "T0EXAMPLE")
    assert envelope["authorizations"][0]["user_id"] == "U0BOT"
    assert envelope["event"] == {
        "type": "message",
        "user": "U00ALICE",
        "ts": written["ts"],
        "team": "T0EXAMPLE",
        "text": "what is open?",
        "channel": written["channel"],
        "event_ts": written["ts"],
        "channel_type": "im",
    }
    assert state()["conversations"][written["channel"]]["messages"][0]["text"] == "what is open?"


async def test_app_hears_of_a_channel_only_when_it_is_mentioned(act: Act, bot: Bot) -> None:
    quiet = await act("U00ALICE", "message", channel="C0FINANCE", text="lunch?")
    assert (quiet["ok"], quiet["status"]) == (True, None)
    assert bot.got == []
    await act("U00ALICE", "message", channel="C0FINANCE", text="<@U0BOT> status")
    assert [r.payload["event"]["type"] for r in bot.got] == ["app_mention"]


async def test_opening_the_home_tab_is_an_event(act: Act, bot: Bot, client: AsyncWebClient) -> None:
    await act("U00ALICE", "home")
    await client.views_publish(user_id="U00ALICE", view={"type": "home", "blocks": []})
    await act("U00ALICE", "home")
    first, second = (received.payload["event"] for received in bot.got)
    assert (first["type"], first["tab"], "view" in first) == ("app_home_opened", "home", False)
    assert second["view"]["type"] == "home"
    await act("U00ALICE", "home", tab="messages")
    third = bot.got[-1].payload["event"]
    assert (third["type"], third["tab"], "view" in third) == ("app_home_opened", "messages", False)
    with pytest.raises(slack.BadAct, match="tab"):
        await act("U00ALICE", "home", tab="about")


async def test_event_that_fails_is_sent_again_with_the_reason(
    act: Act, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert events.RETRY_SECONDS == (0.0, 60.0, 300.0)
    monkeypatch.setattr(events, "RETRY_SECONDS", (0.0, 0.01, 0.01))
    done = asyncio.Event()

    async def fail(_: Received) -> web.Response:
        if len(bot.got) == 4:
            done.set()
        return web.Response(status=500)

    bot.answer = fail
    await act("U00ALICE", "event", event={"type": "app_uninstalled"})
    await asyncio.wait_for(done.wait(), 2)
    marks = [
        (r.headers.get("X-Slack-Retry-Num"), r.headers.get("X-Slack-Retry-Reason")) for r in bot.got
    ]
    assert marks == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({r.payload["event_id"] for r in bot.got}) == 1


async def test_event_is_not_sent_again_when_the_bot_says_so(
    act: Act, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "RETRY_SECONDS", (0.0,))

    async def fail(_: Received) -> web.Response:
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    bot.answer = fail
    await act("U00ALICE", "event", event={"type": "app_uninstalled"})
    await asyncio.sleep(0.05)
    assert len(bot.got) == 1


async def test_address_is_verified_by_a_challenge(act: Act, bot: Bot) -> None:
    assert (await act("U00ALICE", "verify"))["error"] == "challenge_failed"

    async def repeat(received: Received) -> web.Response:
        return web.json_response({"challenge": received.payload["challenge"]})

    bot.answer = repeat
    assert (await act("U00ALICE", "verify"))["ok"] is True


@pytest.mark.parametrize("switch", ["tamper_signature", "stale_timestamp", "non_numeric_timestamp"])
async def test_switched_on_fault_makes_requests_that_must_be_refused(
    act: Act, bot: Bot, running: Running, verifier: SignatureVerifier, switch: str
) -> None:
    running.place.faults.switch(switch)
    await act("U00ALICE", "command", command="/approvals", channel="C0FINANCE")
    running.place.faults.switch(switch, on=False)
    await act("U00ALICE", "command", command="/approvals", channel="C0FINANCE")
    bad, good = bot.got
    assert valid(verifier, good)
    if switch == "non_numeric_timestamp":
        assert not bad.headers["X-Slack-Request-Timestamp"].isdecimal()
    else:
        assert not valid(verifier, bad)


async def test_twice_sends_the_same_signed_request_two_times(
    client: AsyncWebClient, act: Act, bot: Bot, running: Running, verifier: SignatureVerifier
) -> None:
    running.place.faults.switch("twice")
    card = await post(client)
    await act("U00ALICE", "click", **card, action_id="approve")
    first, second = bot.got
    assert first.body == second.body
    assert valid(verifier, first)
    assert valid(verifier, second)


def test_signature_is_the_one_of_slacks_documentation() -> None:
    # https://docs.slack.dev/authentication/verifying-requests-from-slack
    path = Path(__file__).parents[3] / "shared" / "data" / "vectors" / "slack_signing.json"
    if not path.exists():
        pytest.skip("Slack's published signature vector is not on this machine")
    vector = json.loads(path.read_text("utf-8"))
    found = outgoing.signature(vector["secret"], vector["timestamp"], vector["body"].encode())
    assert found == vector["signature"]
