"""Socket Mode of the simulated Slack: envelopes, acknowledgements, lost connections."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from playground import slack
from playground.app import Running, start
from playground.slack import sockets
from playground.world import World
from tests.playground.conftest import TOKEN, refused

Json = dict[str, Any]
ALICE = "U00ALICE"


@pytest.fixture
async def running(world: World, tmp_path: Path) -> AsyncIterator[Running]:
    found = await start(world, tmp_path / "data")
    yield found
    await found.aclose()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def connected(
    running: Running, http: aiohttp.ClientSession
) -> aiohttp.ClientWebSocketResponse:
    client = AsyncWebClient(base_url=running.slack_api_url, session=http)
    opened = await client.apps_connections_open(app_token="xapp-sample")
    socket = await http.ws_connect(opened["url"])
    assert (await socket.receive_json())["type"] == "hello"
    return socket


def command(running: Running, text: str = "") -> "asyncio.Task[Json]":
    wanted = {"user": ALICE, "do": "command", "command": "/approvals", "text": text}
    return asyncio.create_task(slack.act(running.place, wanted))


async def test_a_connection_is_opened_with_the_app_token_only(
    running: Running, http: aiohttp.ClientSession
) -> None:
    client = AsyncWebClient(base_url=running.slack_api_url, session=http)
    wrong = client.apps_connections_open(app_token=TOKEN)
    assert await refused(wrong) == "not_allowed_token_type"
    opened = await client.apps_connections_open(app_token="xapp-sample")
    await (await http.ws_connect(opened["url"])).close()
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(opened["url"])


async def test_a_command_travels_in_an_envelope_and_its_answer_back(
    running: Running, http: aiohttp.ClientSession
) -> None:
    socket = await connected(running, http)
    acting = command(running, "help")
    envelope = await socket.receive_json()
    assert envelope["type"] == "slash_commands"
    assert envelope["payload"]["text"] == "help"
    answer = {"envelope_id": envelope["envelope_id"], "payload": {"text": "Here you are."}}
    await socket.send_json(answer)
    assert (await acting)["ok"] is True
    [shown] = slack.state(running.place)["ephemerals"]
    assert shown["text"] == "Here you are."
    await socket.close()


async def test_an_envelope_whose_connection_is_lost_goes_out_again_on_the_next(
    running: Running, http: aiohttp.ClientSession
) -> None:
    first = await connected(running, http)
    acting = command(running)
    lost = await first.receive_json()
    await first.close()
    second = await connected(running, http)
    again = await second.receive_json()
    assert again["payload"] == lost["payload"]
    assert (again["retry_attempt"], "retry_attempt" in lost) == (1, False)
    await second.send_json({"envelope_id": again["envelope_id"]})
    assert (await acting)["ok"] is True
    await second.close()


async def test_events_come_as_events(running: Running, http: aiohttp.ClientSession) -> None:
    socket = await connected(running, http)
    wanted = {"user": ALICE, "do": "home"}
    acting = asyncio.create_task(slack.act(running.place, wanted))
    envelope = await socket.receive_json()
    assert envelope["type"] == "events_api"
    assert envelope["payload"]["event"]["type"] == "app_home_opened"
    await socket.send_json({"envelope_id": envelope["envelope_id"]})
    assert (await acting)["ok"] is True
    await socket.close()


async def test_slack_says_when_it_wants_another_connection(
    running: Running, http: aiohttp.ClientSession
) -> None:
    socket = await connected(running, http)
    await sockets.disconnect(running.place)
    assert await socket.receive_json() == {"type": "disconnect", "reason": "refresh_requested"}
    await sockets.cut(running.place)
    assert sockets.connections(running.place) == 0
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    await socket.close()
