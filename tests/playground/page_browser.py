"""The page in headless Chromium over a playground that only pretends: it keeps what was asked."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright

from playground.page import page_routes
from tests.playground.page_state import state

Json = dict[str, Any]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")


@dataclass(eq=False)
class Pretended:
    """What the page sees and what it asked for; `answer` is given to every act."""

    state: Json = field(default_factory=state)
    acts: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)
    answer: Json = field(default_factory=lambda: {"ok": True, "status": 200, "ms": 1.0, "body": ""})
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def change(self) -> None:
        """Say that `state` is another one now."""
        self.state["revision"] += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def read(self, request: web.Request) -> web.Response:
        """GET /_play/state."""
        if int(request.query["since"]) == self.state["revision"]:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 5)
        return web.json_response(self.state)

    async def act(self, request: web.Request) -> web.Response:
        """POST an act, to either platform."""
        self.acts.put_nowait(await request.json())
        return web.json_response(self.answer)

    async def faults(self, request: web.Request) -> web.Response:
        """PUT /_play/faults."""
        self.state["faults"] = await request.json()
        self.change()
        return web.json_response(self.state["faults"])

    async def letter(self, _: web.Request) -> web.Response:
        """GET one letter, which links somewhere."""
        link = '<a href="/elsewhere">Approve</a>'
        text = f'<!doctype html><base target="_blank"><h1>New ERP system</h1>{link}'
        return web.Response(text=text, content_type="text/html")

    def app(self) -> web.Application:
        """The page's own files over this pretended playground."""
        app = web.Application()
        app.add_routes(page_routes())
        app.add_routes(
            [
                web.get("/_play/state", self.read),
                web.post("/_play/slack/act", self.act),
                web.post("/_play/teams/act", self.act),
                web.put("/_play/faults", self.faults),
                web.get("/_play/mail/{number}", self.letter),
            ]
        )
        return app


@dataclass(frozen=True)
class Visit:
    """An open page, the playground behind it, and what the browser complained about."""

    page: Page
    play: Pretended
    complaints: list[str]

    async def act(self) -> Json:
        """Return the next act that the page sent, waiting for it."""
        return await asyncio.wait_for(self.play.acts.get(), 5)


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start one browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def visit(
    browser: Browser,
    email: str = "",
    play: Pretended | None = None,
    size: tuple[int, int] = (1440, 900),
    cards: str = "own",
) -> AsyncIterator[Visit]:
    """Open the page as a person and wait until it is drawn; `cards` chooses the renderer."""
    play = play or Pretended()
    server = TestServer(play.app())
    await server.start_server()
    width, height = size
    page = await browser.new_page(viewport={"width": width, "height": height}, timezone_id="UTC")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        await page.goto(f"{server.make_url('/')}?cards={cards}#as={email}")
        await page.get_by_test_id("person-alice@example.com").wait_for()
        yield Visit(page, play, complaints)
    finally:
        await page.close()
        await server.close()
