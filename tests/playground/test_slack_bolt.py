"""Slack's own framework, unmodified, as the bot: it takes what the playground sends."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from playground import slack
from playground.app import Running, start
from playground.world import World
from tests.playground.conftest import SECRET, TOKEN, Json

ASK: Json = {
    "type": "modal",
    "callback_id": "reject",
    "title": {"type": "plain_text", "text": "Reject"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "why"},
        }
    ],
}
CARD: list[Json] = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": name, "text": {"type": "plain_text", "text": name}}
            for name in ("approve", "reject")
        ],
    }
]


def listen(app: AsyncApp, heard: list[str]) -> None:
    """Add a small approval bot's listeners."""

    @app.action("approve")
    async def approve(ack: Any, body: Json, client: Any, respond: Any) -> None:
        heard.append(f"approve by {body['user']['id']}")
        at = {"channel": body["channel"]["id"], "ts": body["container"]["message_ts"]}
        await client.chat_update(**at, text="Approved")
        await respond(text="Thank you", replace_original=False)
        await ack()

    @app.action("reject")
    async def reject(ack: Any, body: Json, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=ASK)
        await ack()

    @app.view("reject")
    async def rejected(ack: Any, view: Json) -> None:
        heard.append(view["state"]["values"]["reason"]["why"]["value"])
        await ack()

    @app.command("/approvals")
    async def queue(ack: Any, command: Json) -> None:
        await ack(text=f"You asked for {command['text']}.")

    @app.event("app_home_opened")
    async def home(event: Json, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": []})


@pytest.fixture
async def heard() -> list[str]:
    return []


@pytest.fixture
async def bolted(world: World, tmp_path: Path, heard: list[str]) -> AsyncIterator[Running]:
    """A playground whose bot is a Bolt app."""
    running = await start(world, tmp_path)
    client = AsyncWebClient(token=TOKEN, base_url=running.slack_api_url)
    app = AsyncApp(client=client, signing_secret=SECRET, process_before_response=True)
    listen(app, heard)

    async def events(request: web.Request) -> web.Response:
        answer = await app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    server = web.Application()
    server.router.add_post("/slack/events", events)
    async with TestServer(server) as listening:
        running.place.slack_url = str(listening.make_url("/slack/events"))
        yield running
        await running.aclose()


async def card(running: Running) -> Json:
    """Post a card and return where it stands."""
    client = AsyncWebClient(token=TOKEN, base_url=running.slack_api_url)
    posted = await client.chat_postMessage(channel="U00ALICE", text="card", blocks=CARD)
    return {"channel": posted["channel"], "ts": posted["ts"]}


async def test_bolt_handles_a_click_and_answers_through_every_door(
    bolted: Running, heard: list[str]
) -> None:
    at = await card(bolted)
    act = {"user": "U00ALICE", "do": "click", **at, "action_id": "approve"}
    answer = await slack.act(bolted.place, act)
    assert (answer["ok"], answer["status"]) == (True, 200)
    assert heard == ["approve by U00ALICE"]
    state = slack.state(bolted.place)
    (message,) = state["conversations"][at["channel"]]["messages"]
    assert (message["text"], message["blocks"]) == ("Approved", [])
    assert [one["text"] for one in state["ephemerals"]] == ["Thank you"]


async def test_bolt_opens_a_form_and_takes_its_submission(
    bolted: Running, heard: list[str]
) -> None:
    at = await card(bolted)
    who = {"user": "U00ALICE"}
    await slack.act(bolted.place, {**who, "do": "click", **at, "action_id": "reject"})
    (view,) = slack.state(bolted.place)["modals"]["U00ALICE"]
    values = {"reason": {"why": "Too dear"}}
    submitted = {**who, "do": "submit", "view_id": view["id"], "values": values}
    assert (await slack.act(bolted.place, submitted))["ok"] is True
    assert heard == ["Too dear"]
    assert slack.state(bolted.place)["modals"] == {}


async def test_bolt_answers_a_command_and_publishes_a_home(bolted: Running) -> None:
    who = {"user": "U00ALICE"}
    asked = {**who, "do": "command", "command": "/approvals", "text": "status"}
    assert (await slack.act(bolted.place, asked))["ok"] is True
    assert (await slack.act(bolted.place, {**who, "do": "home"}))["ok"] is True
    state = slack.state(bolted.place)
    assert [one["text"] for one in state["ephemerals"]] == ["You asked for status."]
    assert state["homes"]["U00ALICE"]["type"] == "home"


async def test_bolt_refuses_what_is_signed_wrongly(bolted: Running) -> None:
    for switch in ("tamper_signature", "stale_timestamp"):
        bolted.place.faults.replace_all({"to_bot": {switch: True}})
        asked = {"user": "U00ALICE", "do": "command", "command": "/approvals"}
        answer = await slack.act(bolted.place, asked)
        assert (answer["ok"], answer["status"], answer["error"]) == (False, 401, "dispatch_failed")
