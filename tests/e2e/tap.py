"""A listener on the line between a platform and the server: keeps each call and passes it on.

What it keeps can be sent again, byte for byte, as somebody could who had overheard it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

_HOP_BY_HOP = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Heard:
    """One call as it came."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Tap:
    """The line: `url` for the platform, `heard` in the order of arrival."""

    target: str
    http: aiohttp.ClientSession
    url: str = ""
    heard: list[Heard] = field(default_factory=list)

    async def again(self, call: Heard) -> tuple[int, str]:
        """Send a call once more; status and body of the answer."""
        async with self.http.post(self.target, data=call.body, headers=call.headers) as answer:
            return answer.status, await answer.text()

    async def _pass_on(self, request: web.Request) -> web.Response:
        kept = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        call = Heard(kept, await request.read())
        self.heard.append(call)
        async with self.http.post(self.target, data=call.body, headers=call.headers) as answer:
            body = await answer.read()
            return web.Response(status=answer.status, body=body, content_type=answer.content_type)


@asynccontextmanager
async def tapped(target: str, http: aiohttp.ClientSession) -> AsyncIterator[Tap]:
    """A tap before this address."""
    tap = Tap(target, http)
    app = web.Application()
    app.router.add_post("/", tap._pass_on)
    async with TestServer(app) as server:
        tap.url = str(server.make_url("/"))
        yield tap
