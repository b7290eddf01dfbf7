"""Starts Microsoft's own Agents Playground beside our server: a Teams that others made.

https://www.npmjs.com/package/@microsoft/m365agentsplayground: a client in the browser over a
simulated connector. It signs nothing, so the server takes unsigned calls, on loopback. It opens
no dialogs, refreshes no cards, and knows neither limits nor deletion.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession

from tests.judges.slack_emulator import PACKAGES, free_port, node

Json = dict[str, Any]

PROGRAM = PACKAGES / "@microsoft" / "m365agentsplayground" / "cli.js"
ON_LOOPBACK = Path(__file__).with_name("loopback.cjs")

TENANT = "11111111-1111-4111-8111-111111111111"
BOT = "28:countersign"
TEAM = "19:team@thread.tacv2"
CHANNEL = "19:approvals@thread.tacv2"
CHAT = "a-personal-chat"
GROUP = "19:finance@thread.v2"


def _user(number: int, name: str) -> Json:
    first, last = name.split()
    address = f"{first.lower()}@example.com"
    return {
        "id": f"29:{first.lower()}",
        "name": name,
        "userPrincipleName": address,
        "aadObjectId": f"22222222-2222-4222-8222-{number:012d}",
        "givenName": first,
        "surname": last,
        "email": address,
    }


PRIYA = _user(1, "Priya Approver")
"""Who sits at the browser; the others click through the program's own API."""
RUI, DANA = _user(2, "Rui Requester"), _user(3, "Dana Director")
OTHERS = [RUI, DANA, _user(4, "Uma Four"), _user(5, "Uri Five"), _user(6, "Udo Six")]
"""It wants five of them, neither more nor fewer."""

WORLD: Json = {
    "version": "0.1.1",
    "tenantId": TENANT,
    "bot": {"id": BOT, "name": "Countersign"},
    "currentUser": PRIYA,
    "users": OTHERS,
    "personalChat": {"id": CHAT},
    "groupChat": {"id": GROUP, "name": "Finance group"},
    "team": {
        "id": TEAM,
        "name": "Finance",
        "aadGroupId": "33333333-3333-4333-8333-333333333333",
        "channels": [{"id": CHANNEL, "name": "Approvals"}],
    },
}


def missing() -> str | None:
    """Why it cannot run here; None when it can."""
    if not PROGRAM.exists():
        return "the packages of package.json are not installed (npm install)"
    return None if node() else "the Agents Playground needs a newer Node (npm install brings one)"


@asynccontextmanager
async def playground(folder: Path, messages: str) -> AsyncIterator[str]:
    """The address of a running Agents Playground that sends to the bot's address `messages`."""
    program, port = node(), free_port()
    assert program is not None
    # It reads YAML, of which JSON is a part.
    (folder / ".m365agentsplayground.yml").write_text(json.dumps(WORLD))
    url = f"http://127.0.0.1:{port}"
    where = ["-e", messages, "-c", "msteams", "-p", str(port), "--su", f"{url}/_connector"]
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(program, "--require", str(ON_LOOPBACK), str(PROGRAM), "start", *where, "--dt"),
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, "TEAMSAPPTESTER_BROWSER": "none", "BROWSER": "none"},
        )
        try:
            await _answers(url, process)
            yield url
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 10)


async def _answers(url: str, process: asyncio.subprocess.Process) -> None:
    async with ClientSession() as http:
        for _ in range(300):
            assert process.returncode is None, "the Agents Playground ended"
            try:
                async with http.get(url) as reply:
                    if reply.status == 200:
                        return
            except (ClientError, OSError):
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("the Agents Playground does not answer")
