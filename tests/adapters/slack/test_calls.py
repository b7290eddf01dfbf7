"""Every way in which an answer of Slack's can be odd ends in a `Failure`, never in an exception."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.slack.calls import Api, Failure, Method, Wire


class Scripted:
    """A Slack that gives one set answer and keeps what it got."""

    def __init__(self) -> None:
        self.answer: Callable[[], web.Response] = web.Response
        self.got: list[web.Request] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.got.append(request)
        await request.read()
        return self.answer()


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
async def wire(scripted: Scripted) -> AsyncIterator[Wire]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scripted.handle)
    async with TestServer(app) as server:
        made = Wire(str(server.make_url("/api")))
        await made.open()
        yield made
        await made.close()


@pytest.fixture
def api(wire: Wire) -> Api:
    return Api(wire, "xoxb-1")


def says(body: object, status: int = 200, **headers: str) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (
            lambda: says({"ok": False, "error": "invalid_auth"}),
            Failure(error="invalid_auth", status=200),
        ),
        (
            lambda: says({"ok": False, "error": "missing_scope", "needed": "im:write"}),
            Failure(error="missing_scope", status=200, needed="im:write"),
        ),
        (
            lambda: says({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "30"}),
            Failure(error="ratelimited", status=429, retry_after=30_000),
        ),
        (
            lambda: says({"ok": False}, 429, **{"Retry-After": "soon"}),
            Failure(error="http", status=429),
        ),
        (
            lambda: web.Response(status=503, text="<html>", content_type="text/html"),
            Failure(error="http", status=503, maybe_done=True),
        ),
        (
            lambda: web.Response(status=500, text="oops", content_type="text/plain"),
            Failure(error="http", status=500, maybe_done=True),
        ),
        (
            lambda: web.Response(status=502, text="{", content_type="application/json"),
            Failure(error="http", status=502, maybe_done=True),
        ),
        (
            lambda: web.Response(text="ok", content_type="text/plain"),
            Failure(error="http", status=200, maybe_done=True),
        ),
        (lambda: says([1]), Failure(error="http", status=200, maybe_done=True)),
        (lambda: says({"ok": False, "error": 7}), Failure(error="http", status=200)),
        (
            lambda: web.Response(status=404, text="no", content_type="text/html"),
            Failure(error="http", status=404),
        ),
    ],
)
async def test_an_odd_answer_is_a_failure(
    api: Api, scripted: Scripted, answer: Callable[[], web.Response], failure: Failure
) -> None:
    scripted.answer = answer
    assert await api.call(Method.POST, channel="C1", text="x") == failure


async def test_a_good_answer_is_returned_as_it_is(api: Api, scripted: Scripted) -> None:
    scripted.answer = lambda: says({"ok": True, "ts": "1.2"})
    assert await api.call(Method.POST, channel="C1", text="x") == {"ok": True, "ts": "1.2"}
    assert scripted.got[0].headers["Authorization"] == "Bearer xoxb-1"
    assert json.loads(await scripted.got[0].text()) == {"channel": "C1", "text": "x"}


async def test_all_calls_share_one_session(wire: Wire, api: Api, scripted: Scripted) -> None:
    scripted.answer = lambda: says({"ok": True})
    calls = [api.call(Method.HISTORY, channel="D1", limit=5) for _ in range(3)]
    assert await asyncio.gather(*calls) == [{"ok": True}] * 3
    assert wire.client("xoxb-2").session is wire.client("xoxb-1").session is not None
    assert len(scripted.got) == 3


async def test_what_reads_is_asked_with_a_form_since_it_takes_no_json(
    api: Api, scripted: Scripted
) -> None:
    scripted.answer = lambda: says({"ok": True})
    await api.call(Method.HISTORY, channel="D1", limit=5, include_all_metadata=True, cursor=None)
    got = scripted.got[0]
    assert (got.method, got.query_string) == ("POST", "")
    assert dict(await got.post()) == {"channel": "D1", "limit": "5", "include_all_metadata": "true"}


async def test_a_server_error_is_not_retried_by_the_library(api: Api, scripted: Scripted) -> None:
    scripted.answer = lambda: says({"ok": False, "error": "internal_error"}, 500)
    await api.call(Method.POST, channel="C1", text="x")
    assert len(scripted.got) == 1


async def test_a_response_url_that_fails_is_only_false(wire: Wire, scripted: Scripted) -> None:
    assert await wire.respond("", {}) is False
    assert await wire.respond("not an address", {}) is False
    assert await wire.respond("http://127.0.0.1:9/x", {}) is False
    scripted.answer = lambda: web.Response(status=404)
    assert await wire.respond(wire.client().base_url + "response/1", {}) is False
    scripted.answer = lambda: web.Response(text="ok")
    assert await wire.respond(wire.client().base_url + "response/1", {}) is True


async def test_before_the_start_no_response_url_is_used() -> None:
    assert await Wire("http://127.0.0.1:9/").respond("http://127.0.0.1:9/x", {}) is False


def test_a_proxy_from_the_environment_is_not_asked_for_our_own_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert Wire("http://127.0.0.1:8090/slack/api/").client().proxy is None
    assert Wire("https://slack.com/api/").client().proxy == "http://proxy.example.com:3128"
