"""Connections that say nothing, or not enough: few, cheap and short-lived."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from bot import door
from bot.server import build_server, listening

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
GET = b"GET /fine HTTP/1.1\r\nHost: x\r\n\r\n"


async def fine(request: web.Request) -> web.StreamResponse:
    return web.Response(text=f"fine {len(await request.read())}")


@pytest.fixture
async def port() -> AsyncIterator[int]:
    routes = [web.get("/fine", fine), web.post("/fine", fine)]
    async with listening(build_server(routes, lambda: "id"), "127.0.0.1", 0) as url:
        yield int(url.rpartition(":")[2])


@asynccontextmanager
async def connected(port: int, said: bytes = b"") -> AsyncIterator[Pair]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def told(pair: Pair) -> bytes:
    """All that comes until the server closes."""
    async with asyncio.timeout(10):
        return await pair[0].read()


async def answer(pair: Pair) -> bytes:
    async with asyncio.timeout(10):
        return await pair[0].readuntil(b"fine 0")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HEAD_SECONDS", 0.05)
    monkeypatch.setattr(door, "SWEEP", 0.01)


@pytest.mark.usefixtures("hurried")
async def test_who_says_nothing_is_closed_and_who_says_half_is_told_408(port: int) -> None:
    async with connected(port) as silent, connected(port, b"GET /fine HT") as half:
        assert await told(silent) == b""
        assert (await told(half)).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.usefixtures("hurried")
async def test_who_is_let_in_has_no_hurry_any_more(port: int) -> None:
    async with connected(port, GET) as guest, connected(port) as silent:
        await answer(guest)
        await told(silent)
        guest[1].write(GET)
        await answer(guest)


async def test_a_head_in_pieces_and_what_comes_behind_it_arrive(port: int) -> None:
    async with connected(port) as pair:
        head = b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
        for piece in (head[:3], head[3:-1], head[-1:] + b"bo", b"dy" + GET):
            pair[1].write(piece)
            await pair[1].drain()
            await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            assert b"fine 4" in await pair[0].readuntil(b"fine 4")
        await answer(pair)


async def test_of_too_many_the_one_that_came_first_gives_way(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST", 2)
    async with connected(port, b"G") as first, connected(port, b"G") as second:
        # Each call is answered after those before it have been taken up.
        async with connected(port, GET) as guest:
            await answer(guest)
            assert b" 408 " in await told(first)
        async with connected(port) as third:
            second[1].write(GET[1:])
            await answer(second)
            third[1].write(GET)
            await answer(third)


async def test_a_head_without_end_is_left_to_the_parser_that_bounds_it(port: int) -> None:
    async with connected(port, b"GET /fine HTTP/1.1\r\nX: " + b"x" * 17_000) as endless:
        assert b" 400 " in await told(endless)


async def test_a_server_that_stops_waits_for_nobody_at_the_door() -> None:
    application = build_server([web.get("/fine", fine)], lambda: "id")
    async with listening(application, "127.0.0.1", 0) as url:
        port = int(url.rpartition(":")[2])
        silent = await asyncio.open_connection("127.0.0.1", port)
        async with connected(port, GET) as guest:
            await answer(guest)
    assert await told(silent) == b""
    silent[1].close()


@pytest.mark.usefixtures("hurried")
async def test_empty_lines_open_no_door(port: int) -> None:
    async with connected(port, b"\r\n\r\n") as empty, connected(port, b"\r\n" + GET) as guest:
        await answer(guest)
        assert await told(empty) == b""


async def test_of_too_many_inside_an_idle_one_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_INSIDE", 2)
    came, go = asyncio.Event(), asyncio.Event()

    async def held(_: web.Request) -> web.StreamResponse:
        came.set()
        await go.wait()
        return web.Response(text="held")

    application = build_server([web.get("/fine", fine), web.get("/held", held)], lambda: "id")
    async with listening(application, "127.0.0.1", 0) as url:
        port = int(url.rpartition(":")[2])
        async with connected(port, GET.replace(b"fine", b"held")) as busy, asyncio.timeout(10):
            await came.wait()
            async with connected(port, GET) as idle:
                await answer(idle)
                async with connected(port, GET) as guest:
                    await answer(guest)
                    assert await told(idle) == b""
            go.set()
            await busy[0].readuntil(b"held")


async def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(door, "STUCK", 0.05)
    sent = asyncio.Event()

    async def long(request: web.Request) -> web.StreamResponse:
        try:
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(bytes(1 << 20))
        finally:
            sent.set()

    application = build_server([web.get("/fine", long)], lambda: "id")
    async with (
        listening(application, "127.0.0.1", 0) as url,
        connected(int(url.rpartition(":")[2]), GET),
        asyncio.timeout(10),
    ):
        await sent.wait()
