"""The sample company running for a test: the real product over the real playground, by HTTP.

Everything goes through sockets on loopback: agents' calls with real keys, clicks as signed
Slack requests and authenticated Teams activities.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot import clock, ids
from bot.app import App, Sources, compose, running
from bot.books import Books
from bot.sample import DIRECTORY, POLICY
from bot.sample.world import APP_ID, new_secrets, world
from bot.server import listening
from bot.settings import Secret, Settings, SlackSettings, TeamsSettings
from bot.signing_keys import load_ring, new_pem
from bot.tracing import Tracer
from core.events import Actor
from core.rows import ApiKey
from playground.app import Running, start
from playground.world import parse
from storage.database import Storage, open_storage
from tests.e2e.documented import check_documented
from tests.e2e.known import known
from tests.storage.fresh import migrate

Json = dict[str, Any]
WITHIN = 15.0
"""Seconds until something that must happen is given up."""

ERP: Json = {
    "title": "New ERP system",
    "requester": "alice@example.com",
    "action": {
        "type": "purchase_order",
        "params": {"purpose": "New ERP system", "amount": 120000},
    },
}
SMALL: Json = {
    "title": "Two chairs",
    "requester": "alice@example.com",
    "action": {"type": "purchase_order", "params": {"purpose": "Chairs", "amount": 840}},
}


@dataclass(kw_only=True)
class Town:
    """Everyone around a server, wherever it runs: agents with keys, people who click.

    `people` are those of the playground by address; `storage` is the server's database, which
    lies at the address `database`.
    """

    play: Running
    base_url: str
    database: str
    storage: Storage
    http: aiohttp.ClientSession
    people: dict[str, Json]

    async def key(self, *scopes: str, **fields: Any) -> str:
        """A new API key with these scopes."""
        secret = f"cs_test_{ids.new_id()}"
        row = ApiKey(
            id=ids.new_id(),
            name=fields.pop("name", "agent"),
            scopes=scopes,
            hash=hashlib.sha256(secret.encode()).hexdigest(),
            **fields,
        )
        await self.storage.keys.add_key(row)
        return secret

    async def call(
        self, method: str, path: str, key: str | None = None, body: Any = None, **headers: str
    ) -> tuple[int, Json]:
        """One API call: status and JSON answer."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        url = self.base_url + path
        async with self.http.request(method, url, json=body, headers=sent) as answer:
            text = await answer.text()
            found = json.loads(text) if text else {}
            check_documented(method, path, answer.status, found)
            return answer.status, found

    async def submit(self, key: str, body: Json, **headers: str) -> Json:
        """A request that must be accepted."""
        status, found = await self.call("POST", "/v1/requests", key, body, **headers)
        assert status == 201, found
        return found

    async def get(self, key: str, request_id: str, wait: int = 0) -> Json:
        path = f"/v1/requests/{request_id}" + (f"?wait={wait}" if wait else "")
        status, found = await self.call("GET", path, key)
        assert status == 200, found
        return found

    async def state(self) -> Json:
        """What the playground's page would show."""
        async with self.http.get(f"{self.play.base_url}/_play/state") as answer:
            found: Json = await answer.json()
            return found

    async def slack(self, person: str, do: str, **fields: Any) -> Json:
        user = self.people[person]["slack_user"]
        return await self._act("slack", {"user": user, "do": do, **fields})

    async def teams(self, person: str, do: str, **fields: Any) -> Json:
        oid = self.people[person]["teams_oid"]
        return await self._act("teams", {"oid": oid, "do": do, **fields})

    async def install(self) -> None:
        """Install the app for everyone in Teams, as an administrator does."""
        for email, person in self.people.items():
            if person["teams_oid"] is not None:
                await self.teams(email, "install")

    async def _act(self, platform: str, body: Json) -> Json:
        async with self.http.post(f"{self.play.base_url}/_play/{platform}/act", json=body) as got:
            found: Json = await got.json()
            return found

    async def faults(self, **switches: Any) -> None:
        url = f"{self.play.base_url}/_play/faults"
        async with self.http.put(url, json=switches) as answer:
            assert answer.status == 200, await answer.text()

    def calls(self, platform: str, method: str) -> list[Json]:
        """Every call of one kind that a simulated platform received."""
        log = self.play.place.store.calls(0)
        return [c for c in log if c["platform"] == platform and c["method"] == method]

    # --- what people see ---------------------------------------------------------------

    async def slack_messages(self, person: str) -> list[Json]:
        """A person's messages from the bot, oldest first."""
        user = self.people[person]["slack_user"]
        conversations = (await self.state())["slack"]["conversations"].values()
        mine = [c for c in conversations if c["kind"] == "im" and c["user"] == user]
        return [m | {"channel": c["id"]} for c in mine for m in c["messages"]]

    async def teams_messages(self, person: str) -> list[Json]:
        """A person's activities from the bot, oldest first."""
        oid = self.people[person]["teams_oid"]
        conversations = (await self.state())["teams"]["conversations"].values()
        mine = [c for c in conversations if c["kind"] == "personal" and c["oid"] == oid]
        return [
            a | {"conversation": c["id"]}
            for c in mine
            for a in c["activities"]
            if a["from"] == "bot"
        ]

    async def slack_card(self, person: str, title: str) -> Json:
        """The person's newest Slack message about this title, waiting until it is there."""
        card: Json = await self.until(lambda: self._newest(self.slack_messages(person), title))
        return card

    async def teams_card(self, person: str, title: str) -> Json:
        card: Json = await self.until(lambda: self._newest(self.teams_messages(person), title))
        return card

    async def _newest(self, messages: Awaitable[list[Json]], title: str) -> Json | None:
        # A digest names requests too, and is no card of theirs.
        found = [m for m in await messages if title in json.dumps(m) and not _is_list(m)]
        return found[-1] if found else None

    async def until(self, look: Callable[[], Awaitable[Any]]) -> Any:
        """What `look` gives as soon as it gives anything; fails after a while."""
        deadline = asyncio.get_running_loop().time() + WITHIN
        while asyncio.get_running_loop().time() < deadline:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError("it did not happen in time")

    # --- what people do ----------------------------------------------------------------

    async def slack_click(self, person: str, card: Json, label: str) -> Json:
        """Press the button with this label on a card in Slack."""
        button = _slack_button(card["blocks"], label)
        return await self.slack(
            person,
            "click",
            channel=card["channel"],
            ts=card["ts"],
            action_id=button["action_id"],
            block_id=button["block_id"],
            as_seen=card,
        )

    async def slack_reject(self, person: str, card: Json, reason: str) -> Json:
        """Press Reject and send the form with this reason."""
        await self.slack_click(person, card, "Reject")
        user = self.people[person]["slack_user"]
        view = (await self.state())["slack"]["modals"][user][-1]
        block = next(b for b in view["blocks"] if b["type"] == "input")
        action = block["element"]["action_id"]
        value = {"type": "plain_text_input", "value": reason}
        values = {block["block_id"]: {action: value}}
        return await self.slack(person, "submit", view_id=view["id"], values=values)

    async def teams_click(
        self, person: str, card: Json, title: str, inputs: Json | None = None
    ) -> Json:
        """Press the action with this title on a card in Teams; it may open a dialog."""
        content = card["attachments"][0]["content"]
        action = _teams_action(content, title)
        return await self.teams(
            person,
            "execute" if action["type"] == "Action.Execute" else "fetch",
            conversation=card["conversation"],
            activity=card["id"],
            action=action,
            inputs=inputs or {},
        )


@dataclass
class Time:
    """The server's clock, which a test may set ahead (milliseconds)."""

    ahead: int = 0

    def __call__(self) -> int:
        return clock.now() + self.ahead


@dataclass(kw_only=True)
class Company(Town):
    """The same around a server in this very process."""

    app: App


def slack_labels(card: Json) -> list[str]:
    """The labels of all buttons on a Slack card."""
    return [e["text"]["text"] for b in card["blocks"] for e in _elements(b)]


def _elements(block: Json) -> list[Json]:
    found = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
    return [e for e in found if e.get("type") == "button"]


def _is_list(message: Json) -> bool:
    """Whether it is a digest or a welcome, which name several requests."""
    return any(b.get("block_id") == "countersign_digest" for b in message.get("blocks") or ())


def _slack_button(blocks: Sequence[Json], label: str) -> Json:
    for block in blocks:
        for element in _elements(block):
            if element["text"]["text"] == label:
                return {**element, "block_id": block["block_id"]}
    raise AssertionError(f"no button {label!r}")


def teams_titles(card: Json) -> list[str]:
    """The titles of all actions on a Teams card, those of inner cards too."""
    return [a["title"] for a in _actions(card["attachments"][0]["content"])]


def _actions(node: Any) -> list[Json]:
    if isinstance(node, list):
        return [a for item in node for a in _actions(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if str(node.get("type", "")).startswith("Action.") else []
    inner = [value for name, value in node.items() if name not in ("fallback", "refresh")]
    return own + _actions(inner)


def _teams_action(content: Json, title: str) -> Json:
    for action in _actions(content):
        opens = "msteams" in action.get("data", {})
        if action.get("title") == title and (opens or action["type"] == "Action.Execute"):
            return action
    raise AssertionError(f"no action {title!r}")


@asynccontextmanager
async def company(
    folder: Path,
    *,
    policy: Path = POLICY,
    directory: Path = DIRECTORY,
    relay: bool = True,
    at: Callable[[], int] = clock.now,
    database: str | None = None,
    strangers: Sequence[Json] = (),
    change: Callable[[Settings], Settings] = lambda settings: settings,
    tracer: Tracer | None = None,
    port: int = 0,
) -> AsyncIterator[Company]:
    """Start everything on free ports; a second call with the same folder goes on with it.

    `strangers` are people of the platforms, as world.json spells them, whom the directory
    does not know; `change` gives other settings than the usual ones. The server listens on
    `port`, a free one unless given.
    """
    rules, people = known(policy, directory)
    shared = kept_secrets(folder / "shared.json")
    described = world(people, rules, shared)
    admit(described, strangers)
    url = database or f"sqlite:///{folder}/countersign.db"
    await asyncio.to_thread(migrate, url)
    async with AsyncExitStack() as stack:
        play = await start(parse(described), folder / "playground", port=kept_port(folder))
        (folder / "port").write_text(play.base_url.rpartition(":")[2])
        stack.push_async_callback(play.aclose)
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        settings = change(_settings(url, play.base_url, described, shared))
        sources = Sources(clock=at, new_id=ids.new_id, new_salt=ids.new_salt)
        books = Books(rules, people, from_file=True)
        ring = load_ring(settings.signing_key, settings.database_url)
        app = compose(settings, books, storage, sources, ring, tracer)
        await app.governance.adopt(rules, Actor(via="system"))
        await stack.enter_async_context(running(app, relay=relay))
        base_url = await stack.enter_async_context(listening(app.http, "127.0.0.1", port))
        play.place.slack_url = f"{base_url}/slack/events"
        play.place.teams_url = f"{base_url}/api/messages"
        http = await stack.enter_async_context(aiohttp.ClientSession())
        co = Company(
            play=play,
            base_url=base_url,
            database=url,
            app=app,
            storage=storage,
            http=http,
            people={p["email"]: p for p in described["people"]},
        )
        await co.install()
        yield co


def admit(described: Json, strangers: Sequence[Json]) -> None:
    """Put strangers into a world: in the workspace and its channels, with the Teams app."""
    described["people"] += strangers
    slack, teams = described["slack"], described["teams"]
    for channel in slack["channels"]:
        channel["members"] += [s["slack_user"] for s in strangers]
    for channel in teams["channels"]:
        channel["members"] += [s["teams_oid"] for s in strangers]
    teams["installed"] += [s["teams_oid"] for s in strangers]


def _settings(url: str, play: str, described: Json, shared: dict[str, str]) -> Settings:
    return Settings(
        database_url=Secret(url),
        policy=str(POLICY),
        directory=str(DIRECTORY),
        signing_key=Secret(shared["signing_key"]),
        slack=SlackSettings(
            bot_token=Secret(shared["slack_bot_token"]),
            signing_secret=Secret(shared["slack_signing_secret"]),
            api_url=f"{play}/slack/api/",
            pace=False,
        ),
        teams=TeamsSettings(
            app_id=APP_ID,
            app_password=Secret(shared["teams_app_password"]),
            tenant_id=described["teams"]["tenant"],
            openid_metadata_url=f"{play}/teams/v1/.well-known/openidconfiguration",
            login_url=f"{play}/teams/login",
            pace=False,
        ),
    )


def kept_secrets(path: Path) -> dict[str, str]:
    """What the platforms share with the server, made once for a folder."""
    if not path.exists():
        path.write_text(json.dumps(new_secrets() | {"signing_key": new_pem()}))
    found: dict[str, str] = json.loads(path.read_text())
    return found


def kept_port(folder: Path) -> int:
    """The playground's port of the last start in a folder, 0 at the first."""
    kept = folder / "port"
    return int(kept.read_text()) if kept.exists() else 0
