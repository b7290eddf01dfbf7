"""The stream of an open page over HTTP: what it says, and to whom."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.web.inbox.app import build
from adapters.web.inbox.live import MOST_OF_ONE, Live, Looking
from tests.adapters.web.inbox.rig import Inbox
from tests.core.builders import MARA
from tests.core.shown import BOB

STREAM = "/inbox/stream"
Client = TestClient[web.Request, web.Application]


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def here() -> Inbox:
    return Inbox()


@pytest.fixture
async def client(here: Inbox, live: Live) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(build(here.door, here.desk, live))
    async with TestClient(TestServer(app)) as made:
        yield made
        live.stop()


async def test_an_open_page_hears_of_a_change_and_ends_when_the_server_stops(
    client: Client, live: Live
) -> None:
    async with client.get(STREAM) as answer:
        assert answer.content_type == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.content.readuntil(b"\n\n") == b"retry: 3000\n\n"
        live.changed("R1", [MARA])
        live.tick()
        assert await answer.content.readuntil(b"\n\n") == b"event: changed\ndata: {}\n\n"
        live.stop()
        assert await answer.content.read() == b""


async def test_a_requests_page_hears_at_once_how_the_request_stands(
    client: Client, here: Inbox
) -> None:
    async with client.get(STREAM, params={"about": "R1"}) as answer:
        await answer.content.readuntil(b"\n\n")
        said = b'event: now\ndata: {"version": %d}\n\n' % here.service.state.version
        assert await answer.content.readuntil(b"\n\n") == said
    assert f'data-version="{here.service.state.version}"' in (await here.look()).html


async def test_a_browser_that_goes_is_forgotten(client: Client, live: Live) -> None:
    async with client.get(STREAM) as answer:
        await answer.content.readuntil(b"\n\n")
        assert live.is_watched
    async with asyncio.timeout(5):
        while live.is_watched:
            live.tick()
            await asyncio.sleep(0)


async def test_a_request_that_one_may_not_see_is_not_followed(
    client: Client, here: Inbox, live: Live
) -> None:
    here.become(BOB)
    said = []
    for about in ("R1", "R9"):
        async with client.get(STREAM, params={"about": about}) as answer:
            said.append((answer.status, await answer.text()))
    assert said[0] == said[1]
    assert said[0][0] == 404
    assert not live.is_watched


async def test_who_has_too_many_pages_is_told_to_stay_away(client: Client, live: Live) -> None:
    async def holds() -> bool:
        return True

    for _ in range(MOST_OF_ONE):
        live.begin(Looking(MARA, "", holds))
    async with client.get(STREAM) as answer:
        assert answer.status == 204


async def test_whoever_comes_while_the_server_stops_is_let_go_and_comes_back(
    client: Client, live: Live
) -> None:
    live.stop()
    async with client.get(STREAM) as answer:
        assert await answer.content.read() == b"retry: 3000\n\n"


async def test_head_ends_at_once(client: Client, live: Live) -> None:
    async with client.head(STREAM) as answer:
        assert answer.status == 200
    assert not live.is_watched


async def test_fixed_addresses_are_no_requests(client: Client) -> None:
    for path, said in (("mine", "My requests"), ("new", "Ask for approval"), ("away", "Set one")):
        async with client.get(f"/inbox/{path}") as answer:
            assert said in await answer.text(), path
