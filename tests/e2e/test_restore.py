"""The restore drill: a backup under load, life goes on, the machine is lost, the backup runs.

What was answered before the backup is there. No approval that may have been used is usable.
Cards come to say what is true again, and what happened after the backup is answered honestly.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from bot.signing_keys import new_pem
from storage.database import open_storage
from storage.migrate import upgrade
from storage.origin import IS_COPY
from tests.contract import postgres
from tests.contract.postgres import NoServer, drop_database, make_database, server
from tests.e2e.company import ERP, SMALL, Json
from tests.e2e.looking import buttons, ephemerals, event_types, says, trail_holds
from tests.e2e.served import Served, served

MARA = "mara@example.com"
CLIENTS = 4
DURING = 40
"""So many requests, at least, are answered while the drill goes up to the backup."""

GONE = (aiohttp.ClientError, ConnectionError)
PROHIBITED: Json = {"title": "Delete", "action": {"type": "delete_customer"}}
"""Answered at once, and asks nobody: load that leaves the cards alone."""


@dataclass
class Load:
    """Clients that ask for something all the time; `answered` are the ids they were given."""

    town: Served
    agent: str
    answered: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def under_way(self) -> AsyncIterator[None]:
        clients = [asyncio.create_task(self._ask(number)) for number in range(CLIENTS)]
        try:
            yield
        finally:
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)

    async def _ask(self, client: int) -> None:
        number = 0
        with suppress(*GONE):
            while True:
                number += 1
                body = {**PROHIBITED, "title": f"Delete {client}.{number}"}
                body["action"] = {**PROHIBITED["action"], "params": {"id": f"{client}.{number}"}}
                self.answered.append((await self.town.submit(self.agent, body))["id"])

    async def until(self, count: int) -> None:
        async def enough() -> bool:
            return len(self.answered) >= count

        await self.town.until(enough)


Restore = Callable[[Path], Awaitable[str]]
"""Puts a backup into a new place; the URL of the database there."""


@dataclass
class Site:
    """A running town, how its database is backed up, and how a backup is put elsewhere."""

    town: Served
    backup: Callable[[], Awaitable[Path]]
    restore: Restore

    async def command(self, *arguments: str) -> tuple[int, str]:
        """`countersign ARGUMENTS` with the server's settings: exit code and all it printed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            env=self.town.env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode()

    async def move_to(self, url: str) -> None:
        """The settings name the restored database from now on."""
        await self.town.storage.close()
        self.town.env = {**self.town.env, "COUNTERSIGN_DATABASE_URL": url}
        self.town.database, self.town.storage = url, open_storage(url)


@asynccontextmanager
async def on_sqlite(folder: Path) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(served(folder))

        async def backup() -> Path:
            code, said = await site.command("db", "backup", str(folder / "backup.db"))
            assert code == 0, said
            return folder / "backup.db"

        async def restore(made: Path) -> str:
            (folder / "new").mkdir()
            shutil.copy(made, folder / "new" / "countersign.db")
            name = "countersign.signing-key.pem"
            shutil.copy(folder / name, folder / "new" / name)
            return f"sqlite:///{folder}/new/countersign.db"

        site = Site(town, backup, restore)
        yield site
        await town.storage.close()


@asynccontextmanager
async def on_postgresql(folder: Path) -> AsyncIterator[Site]:
    """Restored on another PostgreSQL server, as after the loss of a machine."""
    (folder / "key.pem").write_text(new_pem())
    (folder / "key.pem").chmod(0o600)
    try:
        with server() as first, server() as second:
            url = make_database(first)
            upgrade(url)
            env = {
                "COUNTERSIGN_DATABASE_URL": url,
                "COUNTERSIGN_SIGNING_KEY": str(folder / "key.pem"),
            }
            new = make_database(second)
            async with served(folder, env=env) as town:
                await town.storage.close()
                town.database, town.storage = url, open_storage(url)

                async def backup() -> Path:
                    file = folder / "backup.dump"
                    await tool("pg_dump", "--format=custom", f"--file={file}", url)
                    return file

                async def restore(made: Path) -> str:
                    await tool("pg_restore", "--no-owner", "--exit-on-error", "-d", new, str(made))
                    return new

                yield Site(town, backup, restore)
                await town.kill()
                await town.storage.close()
            drop_database(first, url)
            drop_database(second, new)
    except NoServer as reason:
        pytest.skip(str(reason))


async def tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs."""
    with suppress(NoServer):
        name = str(postgres.binaries() / name)
    done = await asyncio.to_thread(
        subprocess.run, [name, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def approved(town: Served, agent: str, title: str) -> Json:
    """A request that Mara has approved in Slack, with its token."""
    action = {**SMALL["action"], "params": {**SMALL["action"]["params"], "for": title}}
    asked = await town.submit(agent, {**SMALL, "title": title, "action": action})
    await town.slack_click(MARA, await town.slack_card(MARA, title), "Approve")
    found = await town.get(agent, asked["id"], wait=10)
    assert found["status"] == "approved"
    return found


async def redeem(town: Served, agent: str, request: Json) -> tuple[int, str]:
    """Use the approval: status and, if it was refused, why."""
    body = {"token": request["token"], "action": request["action"]}
    status, found = await town.call("POST", "/v1/tokens/redeem", agent, body)
    return status, str(found.get("reason"))


@dataclass
class Before:
    """What there was at the backup: an approval that was used by then, one that is used
    afterwards, one that nobody uses, and what is still open."""

    used: Json
    later: Json
    unused: Json
    open: Json


async def life_up_to_the_backup(town: Served, agent: str) -> Before:
    before = Before(
        used=await approved(town, agent, "Used before"),
        later=await approved(town, agent, "Used later"),
        unused=await approved(town, agent, "Never used"),
        open=await town.submit(agent, ERP),
    )
    assert await redeem(town, agent, before.used) == (200, "None")
    await town.slack_card(MARA, "ERP")
    return before


async def life_after_it(town: Served, agent: str, before: Before) -> Json:
    """What the backup does not have; the request that was made only now."""
    assert await redeem(town, agent, before.later) == (200, "None")
    await town.slack_reject(MARA, await town.slack_card(MARA, "ERP"), "Too much")

    async def decided() -> bool:
        card = await newest_card(town, "ERP")
        return says(card, "Rejected") and "Approve" not in buttons(card)

    await town.until(decided)
    new = await town.submit(agent, {**SMALL, "title": "Asked too late"})
    await town.slack_card(MARA, "Asked too late")
    return new


async def drill(site: Site) -> None:
    town = site.town
    agent = await town.key("submit", "read", "redeem")
    load = Load(town, agent)
    async with load.under_way():
        before = await life_up_to_the_backup(town, agent)
        await load.until(DURING)
        answered = list(load.answered)
        made = await site.backup()
        await load.until(len(load.answered) + CLIENTS)
        new = await life_after_it(town, agent, before)
    await town.kill()

    await site.move_to(await site.restore(made))
    await refuses_to_serve(site)
    code, said = await site.command("db", "restored", "--yes")
    assert code == 0, said
    assert "Took back 2 approvals. Open as they were then: 1 request." in said
    await town.start()

    await everything_is_there(town, agent, [*answered, before.used["id"], before.open["id"]])
    await nothing_is_used_twice(town, agent, before)
    await cards_say_what_is_true(town, before.open["id"])
    await what_came_after_is_answered_honestly(town, agent, new)
    await life_goes_on(town, agent)
    await the_evidence_verifies(site)


async def refuses_to_serve(site: Site) -> None:
    """An operator who forgets is told, and nothing was answered meanwhile."""
    code, said = await site.command("serve", "--port", "0")
    assert (code, IS_COPY in said) == (1, True), said
    code, said = await site.command("doctor")
    assert "countersign db restored" in said


async def everything_is_there(town: Served, agent: str, ids: list[str]) -> None:
    for request in ids:
        assert (await town.get(agent, request))["id"] == request
        assert await trail_holds(town, request)


async def nothing_is_used_twice(town: Served, agent: str, before: Before) -> None:
    assert await redeem(town, agent, before.used) == (409, "token_used")
    for request in (before.later, before.unused):
        assert await redeem(town, agent, request) == (409, "token_revoked")
        assert (await town.get(agent, request["id"]))["token"] is None


async def cards_say_what_is_true(town: Served, open: str) -> None:
    """It was rejected in vain: the very card that said so can be pressed again."""

    async def asks_again() -> Json | None:
        cards = [m for m in await town.slack_messages(MARA) if says_erp(m)]
        return next((card for card in cards if "Approve" in buttons(card)), None)

    card = await town.until(asks_again)
    assert "Rejected" not in json.dumps(card["blocks"])
    kinds = await event_types(town, open)
    assert (kinds["restored"], kinds["reminded"]) == (1, 1)

    async def taken_back() -> bool:
        return says(await newest_card(town, "Never used"), "taken back before it was used")

    await town.until(taken_back)
    await town.slack_click(MARA, card, "Approve")

    async def counted() -> bool:
        return says(await newest_card(town, "ERP"), "Finance")

    await town.until(counted)


def says_erp(message: Json) -> bool:
    return message["metadata"] is not None and "ERP" in json.dumps(message["blocks"])


async def newest_card(town: Served, title: str) -> Json:
    found = [m for m in await town.slack_messages(MARA) if m["metadata"] is not None]
    return [m for m in found if title in json.dumps(m["blocks"])][-1]


async def what_came_after_is_answered_honestly(town: Served, agent: str, new: Json) -> None:
    status, _ = await town.call("GET", f"/v1/requests/{new['id']}", agent)
    assert status == 404
    user = town.people[MARA]["slack_user"]
    known = len(ephemerals(await town.state(), user))
    await town.slack_click(MARA, await newest_card(town, "Asked too late"), "Approve")

    async def told() -> bool:
        return len(ephemerals(await town.state(), user)) > known

    await town.until(told)
    assert new["id"] in ephemerals(await town.state(), user)[-1]


async def life_goes_on(town: Served, agent: str) -> None:
    fresh = await approved(town, agent, "Asked anew")
    assert await redeem(town, agent, fresh) == (200, "None")


async def the_evidence_verifies(site: Site) -> None:
    folder = site.town.folder
    code, said = await site.command("audit", "export", "--out", str(folder / "trail.jsonl"))
    assert code == 0, said
    code, keys = await site.command("signing-keys", "public")
    (folder / "keys.json").write_text(keys)
    code, said = await site.command(
        "audit", "verify", str(folder / "trail.jsonl"), "--key", str(folder / "keys.json")
    )
    assert code == 0, said
    assert '"database_restored"' in (folder / "trail.jsonl").read_text()


async def test_on_sqlite(tmp_path: Path) -> None:
    async with on_sqlite(tmp_path) as site:
        await drill(site)


async def test_on_postgresql(tmp_path: Path) -> None:
    async with on_postgresql(tmp_path) as site:
        await drill(site)
