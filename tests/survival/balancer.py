"""A load balancer, as stands before several servers: each call goes to the next of them.

One that cannot be reached is passed over; a call that was cut off or takes too long is answered
with 502 or 504, since nobody knows what became of it, and its server gets a rest.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.survival.fleet import Server

PATIENCE = aiohttp.ClientTimeout(total=2.0)
REST = 1.0
_OWN = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding"})


class Balancer:
    """Passes calls on, round robin."""

    def __init__(self, servers: Sequence[Server], http: aiohttp.ClientSession) -> None:
        self._servers = servers
        self._http = http
        self._turn = 0
        self._resting: dict[int, float] = {}

    async def pass_on(self, request: web.Request) -> web.Response:
        """To the next server that can be reached."""
        body = await request.read()
        for _ in self._servers:
            server = self._next()
            if server is None:
                continue
            try:
                return await self._through(server, request, body)
            except aiohttp.ClientConnectorError:
                continue  # it has heard nothing of the call
            except TimeoutError:
                self._rest(server)
                return web.Response(status=504)
            except aiohttp.ClientError:
                self._rest(server)
                return web.Response(status=502)
        return web.Response(status=503)

    async def _through(self, server: Server, request: web.Request, body: bytes) -> web.Response:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _OWN}
        async with self._http.request(
            request.method,
            f"{server.url}{request.path_qs}",
            data=body,
            headers=headers,
            timeout=PATIENCE,
        ) as answer:
            kind = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
            return web.Response(status=answer.status, body=await answer.read(), headers=kind)

    def _next(self) -> Server | None:
        self._turn += 1
        server = self._servers[self._turn % len(self._servers)]
        rests = self._resting.get(server.number, 0) > asyncio.get_running_loop().time()
        return None if rests or not server.url else server

    def _rest(self, server: Server) -> None:
        self._resting[server.number] = asyncio.get_running_loop().time() + REST


@asynccontextmanager
async def balanced(servers: Sequence[Server], http: aiohttp.ClientSession) -> AsyncIterator[str]:
    """The address before these servers."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", Balancer(servers, http).pass_on)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")
