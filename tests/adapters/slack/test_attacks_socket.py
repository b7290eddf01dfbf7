"""Accidents of a connection: what says nothing, what is no envelope, what is very deep."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.slack import socket_mode
from adapters.slack.app import build
from playground.app import start
from playground.slack import sockets
from playground.world import parse
from tests.adapters.slack.conftest import TOKEN, WORLD, Recording
from tests.adapters.slack.test_socket_mode import Office
from tests.ports import a_chat


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(socket_mode, "FIRST_PAUSE", 0.01)
    slack = await start(parse(WORLD), tmp_path / "slack")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(slack.aclose)
        yield Office(slack, stack, monkeypatch)


@pytest.mark.parametrize(
    "text",
    [
        '{"envelope_id": "e1", "payload": {}}',
        '{"type": "interactive", "envelope_id": "e1", "payload": {"a": ' + "[" * 9000,
        '{"type": "interactive", "envelope_id": "e1", "payload": {"a": '
        + "[" * 9000
        + "]" * 9000
        + "}}",
    ],
    ids=["no type", "deep and broken", "deep"],
)
async def test_what_is_no_envelope_does_not_end_the_connection(office: Office, text: str) -> None:
    await office.serve(Recording())
    [one] = sockets._sockets(office.slack.place).opened
    await one.channel.send_str(text)
    assert (await office.act("command", command="/approvals"))["ok"] is True
    assert sockets._sockets(office.slack.place).opened == [one]


async def test_a_connection_on_which_nobody_greets_is_given_up(office: Office) -> None:
    mute, serve = [True], sockets._serve

    async def serving(*given: object) -> None:
        if mute.pop() if mute else False:
            _, _, one = given
            assert isinstance(one, sockets._Socket)
            async for _ in one.channel:
                pass
        else:
            await serve(*given)  # type: ignore[arg-type]

    office.monkeypatch.setattr(sockets, "_serve", serving)
    office.monkeypatch.setattr(socket_mode, "GREETED_WITHIN", 0.05)
    platform = build(
        a_chat(Recording()),
        bot_token=TOKEN,
        app_token="xapp-sample",
        api_url=office.slack.slack_api_url,
        paced=False,
    )
    await platform.start()
    office.stack.push_async_callback(platform.stop)
    await office.until(lambda: office.connections == 1)
    assert (await office.act("command", command="/approvals"))["ok"] is True
    assert office.opened == 2
