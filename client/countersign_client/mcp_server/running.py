"""Runs the tools: on standard input and output with one key, or over HTTP with every caller's."""

import logging
import uuid

from mcp.server.stdio import stdio_server

from countersign_client.aio import AsyncCountersign, connections
from countersign_client.mcp_server.acting import Acts, Progress
from countersign_client.mcp_server.asked import Memory
from countersign_client.mcp_server.over_http import PATH, CannotListen, Place, app, bound, serving
from countersign_client.mcp_server.serving import Context, server

__all__ = ["CannotListen", "Place", "over_http", "over_stdio"]

_log = logging.getLogger("countersign_client.mcp_server")


async def over_stdio(url: str, key: str, with_tokens: bool) -> None:
    """Serve the one client at the other end until it leaves."""
    memory = Memory(lambda: str(uuid.uuid4()))
    async with AsyncCountersign(url, key) as client:

        def calling(_: Context, progress: Progress) -> Acts:
            return Acts(client, "", memory, progress, with_tokens)

        tools = server(calling)
        async with stdio_server() as (receiving, sending):
            await tools.run(receiving, sending, tools.create_initialization_options())


async def over_http(url: str, place: Place, with_tokens: bool) -> None:
    """Serve whoever calls until told to stop."""
    _log.setLevel(logging.INFO)
    async with connections(url) as http:
        application = app(url, http, place, with_tokens)
        with bound(place) as listening:
            host = f"[{place.host}]" if ":" in place.host else place.host
            _log.info("Listening on http://%s:%s%s", host, listening.getsockname()[1], PATH)
            await serving(application).serve([listening])
