"""The server's own manner, whatever is mounted on it."""

import asyncio
import json
import logging
from itertools import count

import aiohttp
import pytest
from aiohttp import web

from bot import log
from bot.server import build_server, listening
from tests.bot.logged import logged


async def fine(_: web.Request) -> web.StreamResponse:
    return web.Response(text=log.request_id.get())


async def broken(_: web.Request) -> web.StreamResponse:
    raise ZeroDivisionError("secret")


async def unauthorised(_: web.Request) -> web.StreamResponse:
    return web.json_response({"type": "application/vnd.microsoft.error"}, status=401)


async def teapot(_: web.Request) -> web.StreamResponse:
    raise web.HTTPGone


async def elsewhere(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/fine")


async def reads(request: web.Request) -> web.StreamResponse:
    return web.Response(text=str(len(await request.read())))


def server() -> web.Application:
    ids = count(1)
    routes = [
        web.get("/fine", fine),
        web.get("/broken", broken),
        web.post("/api/messages", unauthorised),
        web.get("/gone", teapot),
        web.get("/elsewhere", elsewhere),
        web.post("/slack/events", reads),
    ]
    return build_server(routes, lambda: f"id-{next(ids)}")


async def test_a_call_s_id_is_known_while_it_is_answered() -> None:
    async with listening(server(), "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
        async with http.get(f"{url}/fine", headers={"X-Request-Id": "mine"}) as answer:
            assert (await answer.text(), answer.headers["X-Request-Id"]) == ("mine", "mine")
        async with http.get(f"{url}/fine") as answer:
            assert (await answer.text(), answer.headers["X-Request-Id"]) == ("id-1", "id-1")
        assert answer.headers["Server"] == "countersign"
    assert log.request_id.get() == ""


async def test_the_log_names_the_route_and_never_the_address() -> None:
    with logged() as lines:
        async with listening(server(), "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
            for path in ("/fine?token=s3cret", "/decide/s3cret", "/broken?token=s3cret"):
                async with http.get(url + path):
                    pass
    told = [(line["event"], line["route"]) for line in lines]
    assert told == [
        ("answered", "/fine"),
        ("answered", ""),
        ("request_failed", "/broken"),
        ("answered", "/broken"),
    ]
    assert "s3cret" not in repr(lines)


async def test_calls_at_once_do_not_share_an_id() -> None:
    async with listening(server(), "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:

        async def one(name: str) -> str:
            async with http.get(f"{url}/fine", headers={"X-Request-Id": name}) as answer:
                return await answer.text()

        names = [f"n{i}" for i in range(50)]
        assert await asyncio.gather(*map(one, names)) == names


async def test_a_platform_s_own_answer_is_left_as_it_is() -> None:
    async with (
        listening(server(), "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as http,
        http.post(f"{url}/api/messages") as answer,
    ):
        assert answer.status == 401
        assert await answer.json() == {"type": "application/vnd.microsoft.error"}


async def test_errors_of_any_route_are_problems() -> None:
    async with listening(server(), "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
        async with http.get(f"{url}/broken") as answer:
            found = await answer.json(content_type="application/problem+json")
            assert (answer.status, found["reason"]) == (500, "internal_error")
            assert "secret" not in json.dumps(found)
        async with http.get(f"{url}/gone") as answer:
            found = await answer.json(content_type="application/problem+json")
            assert (answer.status, found["status"]) == (410, 410)
        async with http.get(f"{url}/elsewhere") as answer:
            assert await answer.text() != ""
            assert answer.url.path == "/fine"


async def test_the_body_limit_holds_for_every_route() -> None:
    async with listening(server(), "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
        async with http.post(f"{url}/slack/events", data=b"x" * 256 * 1024) as answer:
            assert await answer.text() == "262144"
        async with http.post(f"{url}/slack/events", data=b"x" * (256 * 1024 + 1)) as answer:
            assert answer.status == 413
            assert answer.content_type == "application/problem+json"


async def test_a_stranger_who_sends_no_http_leaves_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        async with listening(server(), "127.0.0.1", 0) as url:
            port = int(url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /fine HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            await writer.wait_closed()
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert caplog.records == []


async def test_a_body_that_does_not_arrive_ends_with_408_on_every_route(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.server.BODY_SECONDS", 0.05)
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    with caplog.at_level(logging.ERROR):
        async with listening(server(), "127.0.0.1", 0) as url:
            port = int(url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head + b"half")
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"reason":"body_too_slow"' in answer
    assert caplog.records == []


async def test_the_address_of_a_free_port_is_told_also_for_ipv6() -> None:
    async with listening(server(), "127.0.0.1", 0) as url:
        assert url.startswith("http://127.0.0.1:")
        assert not url.endswith(":0")
    try:
        async with listening(server(), "::1", 0) as url:
            assert url.startswith("http://[::1]:")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


async def test_a_port_in_use_is_an_os_error_and_leaves_nothing_open() -> None:
    async with listening(server(), "127.0.0.1", 0) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            async with listening(server(), "127.0.0.1", port):
                raise AssertionError("two servers on one port")
