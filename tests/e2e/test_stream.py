"""A request followed by the command that the docs show, against the real server."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

from tests.e2e.company import SMALL, Company

MARA = "mara@example.com"
PAGE = Path(__file__).parents[2] / "docs" / "waiting.md"


async def test_the_command_of_the_docs_shows_each_change_and_ends_with_the_decision(
    co: Company,
) -> None:
    agent, mara = await co.key("submit", "read"), await co.key("decide", person=MARA)
    made = await co.submit(agent, SMALL)
    [command] = re.findall(r"^curl -sN .*$", PAGE.read_text(), re.MULTILINE)
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", command.replace("localhost:8080", co.base_url.removeprefix("http://"))),
        env={"ID": made["id"], "KEY": agent, "PATH": "/usr/bin:/bin", "no_proxy": "127.0.0.1"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        assert await process.stdout.readuntil(b"\n\n") == b"retry: 2000\n\n"
        first = await event(process.stdout)
        assert (first["event"], first["data"]["status"]) == ("request", "pending")
        path = f"/v1/requests/{made['id']}"
        await co.call("POST", f"{path}/comments", mara, {"text": "Which vendor?"})
        second = await event(process.stdout)
        assert [each["text"] for each in second["data"]["comments"]] == ["Which vendor?"]
        assert int(second["id"]) > int(first["id"])
        await co.call("POST", f"{path}/decisions", mara, {"decision": "approve"})
        third = await event(process.stdout)
        # What becomes of the cards meanwhile is no change that is told here.
        now = await co.get(agent, made["id"])
        assert third["data"] | {"deliveries": []} == now | {"deliveries": []}
        assert third["data"]["status"] == "approved"
        assert third["data"]["token"]
        assert (await event(process.stdout))["data"] == {"because": "final"}
        assert await process.stdout.read() == b""
        assert await process.wait() == 0


async def event(stream: asyncio.StreamReader) -> dict[str, Any]:
    while (block := await stream.readuntil(b"\n\n")).startswith(b":"):
        pass
    found: dict[str, Any] = dict(
        line.split(": ", 1) for line in block.decode().strip().splitlines()
    )
    return found | {"data": json.loads(found["data"])}
