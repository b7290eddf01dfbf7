"""A Slack platform that is installed with OAuth, over a real database and a simulated Slack."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from yarl import URL

from adapters.slack.app import SlackPlatform, build
from adapters.slack.installed import InstalledWorkspaces
from adapters.slack.oauth import Distribution
from adapters.slack.rotation import App
from core.value import Millis
from playground import slack as simulated
from playground.app import Running, start
from playground.world import parse
from storage import Storage, open_storage
from tests.adapters.slack.conftest import EVE, FINN, SECRET, TEAM, WORLD, Json, Recording
from tests.ports import EverybodyKnown, a_chat
from tests.storage.fresh import migrate

OTHER = "T0OTHER"
OLGA = "U0OLGA"
ORG = "E0GROUP"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OTHER_KEY = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
APP = App(client_id="1000.2000", client_secret="sample-client-secret")

SLACK: Json = {**WORLD["slack"], "enterprise": ORG, "bot_token": "xoxb-of-nobody-1"}
TWO: Json = {
    **WORLD,
    "people": [
        *WORLD["people"],
        {"name": "Olga", "email": "olga@other.example", "slack_user": OLGA, "slack_team": OTHER},
    ],
    "slack": SLACK,
    "more_slacks": [
        {
            **SLACK,
            "team": OTHER,
            "bot_user": "U0BOT2",
            "bot_token": "xoxb-of-nobody-2",
            "domain": "other",
            "channels": [{"id": "C0OTHER", "name": "other", "members": [OLGA]}],
        }
    ],
}
SOMEBODY = {TEAM: EVE, OTHER: OLGA}


@dataclass
class Clock:
    """The time that the platform and the simulated Slack share."""

    ahead: Millis = 0

    def __call__(self) -> Millis:
        return int(time.time() * 1000) + self.ahead


@dataclass
class Page:
    """What a browser was shown in the end."""

    status: int
    text: str
    headers: dict[str, str]
    url: str


@dataclass
class Server:
    """One replica."""

    platform: SlackPlatform
    storage: Storage
    conversations: Recording
    url: str
    revived: list[Millis] = field(default_factory=list)
    linking: EverybodyKnown = field(default_factory=EverybodyKnown)

    @property
    def workspaces(self) -> InstalledWorkspaces:
        found = self.platform._workspaces
        assert isinstance(found, InstalledWorkspaces)
        return found


@dataclass
class Office:
    """Servers over one database, and the Slack they are installed in."""

    slack: Running
    dsn: str
    clock: Clock
    browser: aiohttp.ClientSession
    stack: AsyncExitStack
    ports: list[int]
    servers: list[Server] = field(default_factory=list)

    @property
    def first(self) -> Server:
        return self.servers[0]

    async def serve(
        self,
        keys: tuple[str, ...] = (KEY,),
        allowed: tuple[str, ...] = (),
        *,
        matching: bool = False,
    ) -> Server:
        """Start one more replica."""
        storage = open_storage(self.dsn)
        self.stack.push_async_callback(storage.close)
        port, conversations = self.ports[len(self.servers)], OnceOnly()
        url = f"http://127.0.0.1:{port}"
        revived: list[Millis] = []

        async def revive() -> None:
            revived.append(self.clock())

        distribution = Distribution(
            app=APP,
            kept=storage.installations,
            seal_keys=keys,
            allowed=frozenset(allowed),
            url=url,
            clock=self.clock,
            revive=revive,
            matching=matching,
        )
        linking = EverybodyKnown()
        platform = build(
            a_chat(conversations, linking=linking),
            signing_secret=SECRET,
            api_url=self.slack.slack_api_url,
            paced=False,
            distribution=distribution,
        )
        app = web.Application()
        app.add_routes(platform.routes)
        await self.stack.enter_async_context(TestServer(app, port=port))
        await platform.start()
        self.stack.push_async_callback(platform.stop)
        self.slack.place.slack_url = f"{url}/slack/events"
        self.servers.append(Server(platform, storage, conversations, url, revived, linking))
        return self.servers[-1]

    async def get(self, url: str, **query: str) -> Page:
        """Look at a page, following where it leads."""
        async with self.browser.get(url, params=query) as reply:
            text = await reply.text()
            return Page(reply.status, text, dict(reply.headers), str(reply.url))

    async def consent(self, server: Server, **query: str) -> dict[str, str]:
        """Begin; what Slack's own page is asked with."""
        page = await self.get(f"{server.url}/slack/install", **query)
        assert page.status == 200
        link = page.text.split('href="')[1].split('"')[0].replace("&amp;", "&")
        return {"at": link.partition("?")[0], **dict(URL(link).query)}

    async def install(
        self, team: str = TEAM, server: Server | None = None, whole: str = ""
    ) -> Page:
        """Go all the way as somebody of that workspace."""
        asked = await self.consent(server or self.first)
        at = asked.pop("at")
        return await self.get(f"{at}/agreed", **asked, chosen=team, whole=whole)

    async def act(self, user: str, what: str, **fields: object) -> Json:
        """Do something in Slack as that user."""
        return await simulated.act(self.slack.place, {"user": user, "do": what, **fields})

    def state(self, team: str) -> Json:
        """What that workspace shows."""
        return simulated.state(self.slack.place, team)

    def calls(self, method: str) -> list[Json]:
        """The calls of a method so far."""
        return [c for c in self.slack.place.store.calls() if c["method"] == method]

    def fault(self, method: str, **fault: object) -> None:
        """Make a method of the simulated Slack fail."""
        self.slack.place.faults.replace_all({"slack": {method: [fault]}})


class OnceOnly(Recording):
    """As in every server, an inbound id counts once."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[tuple[str, str]] = set()

    async def first_time(self, platform: str, key: str) -> bool:
        seen = (platform, key) in self._seen
        self._seen.add((platform, key))
        return not seen


@asynccontextmanager
async def opened(folder: Path, **slack: Any) -> AsyncIterator[Office]:
    """An office without a server yet; `slack` is changed in both workspaces."""
    dsn = f"sqlite:///{folder / 'office.db'}"
    migrate(dsn)
    world = {**TWO, "slack": {**SLACK, **slack}, "more_slacks": TWO["more_slacks"]}
    clock = Clock()
    play = await start(parse(world), folder / "slack")
    play.place.now = lambda: clock() / 1000
    ports = [unused_port() for _ in range(3)]
    # Browsers take loopback for safe; aiohttp's must be told.
    safe = [f"http://127.0.0.1:{port}" for port in ports]
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=safe)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(play.aclose)
        browser = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        yield Office(play, dsn, clock, browser, stack, ports)


__all__ = ["EVE", "FINN", "OLGA", "OTHER", "TEAM", "Office", "Server", "opened"]
