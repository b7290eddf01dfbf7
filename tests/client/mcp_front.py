"""For the tests of the MCP server: one in front of a Countersign, and models that use its tools."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import jsonschema
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from countersign_client.mcp_server.over_http import Place, app, bound, serving
from countersign_client.mcp_server.shapes import Standing
from tests.e2e.company import Company, Json

CHAIRS: Json = {
    "action_type": "purchase_order",
    "params": {"vendor": "Office Example", "amount": 840},
}
SERVERS: Json = {
    "action_type": "purchase_order",
    "params": {"vendor": "Nordwind", "amount": 5000, "purpose": "Servers"},
}
TITLED: Json = {"title": "Chairs", "requester": "alice@example.com"}
SECRET = "cs_secret_key"
SCOPES = ("submit", "read", "redeem")


@dataclass
class Model:
    """What a model would do with the tools of one connection."""

    client: Client

    async def call(self, tool: str, **arguments: Any) -> Json:
        """An answer that is no error, as the object that the schema promises."""
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        found: Json = result.structured_content
        jsonschema.validate(found, Standing.model_json_schema(mode="serialization"))
        return found

    async def fails(self, tool: str, **arguments: Any) -> str:
        """What an error tells the model."""
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        assert result.structured_content is None
        return text_of(result)

    async def asked(self, **changes: Any) -> str:
        found = await self.call("request_approval", **{**CHAIRS, **TITLED, **changes})
        assert (found["status"], found["run_now"]) == ("pending", False)
        return str(found["request_id"])


def text_of(result: Any) -> str:
    (content,) = result.content
    return str(content.text)


@dataclass
class Front:
    """A Countersign and an MCP server in front of it."""

    co: Company
    url: str

    @asynccontextmanager
    async def model(self, key: str | None = None, mode: str = "auto") -> AsyncIterator[Model]:
        """A model with a key of its own, over HTTP; `mode` is the protocol's version."""
        sent = {"Authorization": f"Bearer {key or await self.co.key(*SCOPES)}"}
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=sent, timeout=60))
            client = Client(streamable_http_client(self.url, http_client=http), mode=mode)
            yield Model(await stack.enter_async_context(client))


@asynccontextmanager
async def over_http(url: str) -> AsyncIterator[str]:
    """The address of an MCP server in front of this Countersign."""
    async with httpx2.AsyncClient(follow_redirects=False) as http:
        place = Place("127.0.0.1", 0)
        server, listening = serving(app(url, http, place, with_tokens=False)), bound(place)
        task = asyncio.create_task(server.serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        server.should_exit = True
        await task
        listening.close()
