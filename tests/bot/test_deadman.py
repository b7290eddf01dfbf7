"""The dead man's switch: called while all is well, and never a reason to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from bot.deadman import DeadMan
from bot.secret import Secret
from tests.bot.logged import logged

PATH = "/ping/6d7f3a1e-secret"


@dataclass
class Service:
    """A watching service that notes its calls and answers as told."""

    status: int = 200
    calls: list[str] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.calls.append(f"{request.method} {request.path}")
        self.called.set()
        if self.hold is not None:
            await self.hold.wait()
        headers = {"Location": "/elsewhere"} if self.status == 302 else {}
        return web.Response(status=self.status, headers=headers)


@asynccontextmanager
async def service(status: int = 200) -> AsyncIterator[Service]:
    made = Service(status)
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", made.answer)
    async with TestServer(application) as running:
        made.url = str(running.make_url(PATH))
        yield made


async def ended(deadman: DeadMan) -> None:
    """Return when the call that is under way has ended."""
    assert deadman._under_way is not None
    await deadman._under_way


async def test_it_is_called_when_all_is_well_and_not_otherwise() -> None:
    async with service() as watched:
        deadman = DeadMan(Secret(watched.url))
        with logged() as lines:
            deadman.tell(all_well=False)
            assert deadman._under_way is None
            deadman.tell(all_well=True)
            await ended(deadman)
        assert watched.calls == [f"GET {PATH}"]
    assert lines == []


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_refusal_is_logged_without_the_address_and_leads_nowhere_else(status: int) -> None:
    async with service(status) as watched:
        with logged() as lines:
            await DeadMan(Secret(watched.url)).call()
        assert watched.calls == [f"GET {PATH}"], "no redirect is followed"
    [line] = lines
    assert (line["event"], line["status"], line["host"]) == (
        "deadman_refused",
        status,
        "127.0.0.1",
    )
    assert "secret" not in repr(lines)


async def test_what_cannot_be_reached_is_logged_without_the_address() -> None:
    with logged() as lines:
        await DeadMan(Secret(f"http://127.0.0.1:{unused_port()}{PATH}")).call()
        await DeadMan(Secret(f"http://host.invalid:99999{PATH}")).call()
    assert [line["event"] for line in lines] == ["deadman_not_reached"] * 2
    assert "secret" not in repr(lines)


async def test_a_service_that_does_not_answer_is_given_up() -> None:
    async with service() as watched:
        watched.hold = asyncio.Event()
        with logged() as lines:
            await DeadMan(Secret(watched.url), seconds=0.05).call()
        watched.hold.set()
    assert [line["reason"] for line in lines] == ["TimeoutError"]


async def test_one_call_is_under_way_at_a_time_and_a_stop_waits_for_none() -> None:
    async with service() as watched:
        watched.hold = asyncio.Event()
        deadman = DeadMan(Secret(watched.url))
        deadman.tell(all_well=True)
        first = deadman._under_way
        assert first is not None
        await watched.called.wait()
        deadman.tell(all_well=True)
        assert deadman._under_way is first
        await deadman.stop()
        assert first.cancelled()
        watched.hold.set()
        deadman.tell(all_well=True)
        await ended(deadman)
        assert len(watched.calls) == 2
        await deadman.stop()
