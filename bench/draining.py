"""How a crowd of cards drains into one Slack channel, and what it delays elsewhere.

The product and the playground run in this process, on one simulated clock that jumps to
whatever is due next; everything else is as always: the database, the relay, HTTP between the
two. The playground holds Slack's limit of about one message a second in each conversation,
with short bursts, and answers 429 to whatever is faster.
"""

import asyncio
import hashlib
import json
import random
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from adapters.slack.pace import POSTS_AT_ONCE, POSTS_EVERY
from bench import scenario
from bench.children import NotMeasured, counted
from bench.report import Line
from bot import ids, log
from bot.app import Sources, compose, running
from bot.books import open_books
from bot.files import load
from bot.relay import Relay
from bot.sample.world import world
from bot.server import listening
from bot.settings import read_settings
from bot.signing_keys import load_ring
from core.rows import ApiKey
from playground.app import Running, start
from playground.world import parse
from storage.database import open_storage
from storage.migrate import upgrade

CARDS = 500
OTHERS = 5
"""Other channels, each of which gets a card now and then while the crowd drains."""
EVERY = 50_000
"""Milliseconds between two rounds of cards for the others."""
CROWD = "C0CROWD"
POST, EDIT = "chat.postMessage", "chat.update"
SETTLED_WITHIN = 60.0
LATE_MS = 1_000
Json = dict[str, Any]


@dataclass(slots=True)
class Clock:
    """The simulated time, in milliseconds."""

    now: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def millis(self) -> int:
        return self.now

    def seconds(self) -> float:
        return self.now / 1000


@dataclass(frozen=True, slots=True)
class Drained:
    """`took`: simulated seconds until the last card of the crowd was posted. `delays`: how many
    simulated milliseconds each card elsewhere waited. `edited`: how long a card of the crowd
    that was decided meanwhile stayed as it was. `refused`: answers 429. `seconds` of real time."""

    took: float
    delays: list[int]
    edited: int
    refused: int
    seconds: float


def measure(folder: Path) -> Drained:
    """One crowd; raises NotMeasured."""
    log.configure("warning")
    return asyncio.run(_measure(folder))


def lines(found: Drained) -> list[Line]:
    """The figures and the goals."""
    allowed = (CARDS - POSTS_AT_ONCE) * POSTS_EVERY / 1000
    took, worst = found.took, max(found.delays)
    return [
        Line(f"\n{CARDS} cards to one Slack channel at once, on a simulated clock"),
        Line(
            "  The simulated Slack takes a burst of 3 and then one message a second in each place."
        ),
        Line(
            "simulated time until all were posted",
            f"{took:.0f} s",
            f"<= {allowed * 1.05:.0f} s",
            took <= allowed * 1.05,
        ),
        Line("answers 429 meanwhile", str(found.refused), "<= 0", found.refused == 0),
        Line(
            f"longest wait of {len(found.delays)} cards for {OTHERS} other channels",
            f"{worst} ms",
            f"< {LATE_MS} ms",
            worst < LATE_MS,
        ),
        Line(
            "a decided card of the crowd, until it said so",
            f"{found.edited} ms",
            f"< {LATE_MS} ms",
            found.edited < LATE_MS,
        ),
        Line("real time for all of it", f"{found.seconds:.1f} s"),
    ]


async def _measure(folder: Path) -> Drained:
    begun = time.perf_counter()
    async with _town(folder) as town:
        first = town.clock.now
        for number in range(CARDS):
            await town.ask("crowd", number)
        asked, decided = dict[str, int](), 0
        await town.settle()
        while len(town.posts(CROWD)) < CARDS:
            town.clock.now += 1000
            passed = town.clock.now - first
            if passed > 2 * CARDS * POSTS_EVERY:
                raise NotMeasured(f"after {passed / 1000:.0f} s not all cards were posted")
            if passed % EVERY == 0:
                for other in range(OTHERS):
                    asked[await town.ask(f"other{other}", passed)] = town.clock.now
            if passed == 2 * EVERY:
                decided = town.clock.now
                await town.decide()
            await town.settle()
        last = max(call["at"] for call in town.posts(CROWD))
        edited = min(call["at"] for call in town.calls(EDIT) if call["args"]["channel"] == CROWD)
        return Drained(
            took=last - first / 1000,
            delays=[town.posted_at(title) - at for title, at in asked.items()],
            edited=round(edited * 1000) - decided,
            refused=sum(call["status"] == 429 for call in town.play.place.store.calls()),
            seconds=time.perf_counter() - begun,
        )


@dataclass(kw_only=True)
class _Town:
    """The product and the playground."""

    folder: Path
    clock: Clock
    play: Running
    relay: Relay
    http: aiohttp.ClientSession
    url: str
    secret: str
    ids: list[str] = field(default_factory=list)

    async def ask(self, kind: str, number: int) -> str:
        """One request, whose rule has a channel of its own; its title."""
        title = f"{kind} {number}"
        body = {"title": title, "action": {"type": kind, "params": {"number": number}}}
        self.ids.append((await self._call("/v1/requests", body, self.secret))["id"])
        return title

    async def decide(self) -> None:
        """Approve the first request of all."""
        path, body = f"/v1/requests/{self.ids[0]}/decisions", {"decision": "approve"}
        await self._call(path, body, f"{self.secret}-decides")

    async def settle(self) -> None:
        """Return when all that is due by the clock has been sent or put off."""
        self.relay.wake()
        busy = f"(next_at <= {self.clock.now} OR lease_until IS NOT NULL)"
        left = (
            "SELECT (SELECT count(*) FROM deliveries WHERE wanted > shown AND dead_reason IS NULL"
            f" AND {busy}) + (SELECT count(*) FROM outbox WHERE state = 'pending' AND {busy})"
        )
        until = time.perf_counter() + SETTLED_WITHIN
        while counted(self.folder, left):
            if time.perf_counter() > until:
                raise NotMeasured("the relay did not come to rest")
            await asyncio.sleep(0.002)

    def calls(self, method: str) -> list[Json]:
        return [c for c in self.play.place.store.calls() if c["method"] == method]

    def posts(self, channel: str) -> list[Json]:
        """What was posted there."""
        done = (call for call in self.calls(POST) if call["status"] == 200)
        return [call for call in done if call["args"]["channel"] == channel]

    def posted_at(self, title: str) -> int:
        """When its card was posted into the channel (simulated milliseconds)."""
        found = (c for c in self.calls(POST) if title in c["args"]["text"])
        return int(1000 * max(c["at"] for c in found if c["args"]["channel"].startswith("C")))

    async def _call(self, path: str, body: Json, key: str) -> Json:
        headers = {"Authorization": f"Bearer {key}"}
        async with self.http.post(f"{self.url}{path}", json=body, headers=headers) as answer:
            found: Json = await answer.json()
            if answer.status not in (200, 201):
                raise NotMeasured(f"{path}: {answer.status} {found}")
            return found


@asynccontextmanager
async def _town(folder: Path) -> AsyncIterator[_Town]:
    clock, secret = Clock(), secrets.token_hex(16)
    async with AsyncExitStack() as stack:
        rules, people = load(*_files(folder))
        environment = scenario.environment(folder, "http://127.0.0.1:9")
        _files(folder)  # the scenario has written its own
        described = world(people, rules, _shared(environment))
        play = await start(parse(described), folder / "playground")
        stack.push_async_callback(play.aclose)
        play.place.now = clock.seconds
        play.place.faults.add("slack", POST, "pace")
        environment |= {"SLACK_API_URL": play.slack_api_url, "SLACK_PACE": "1"}
        settings = read_settings(_slack_only(environment))
        upgrade(settings.database_url.reveal())
        storage = open_storage(settings.database_url.reveal(), random.random)
        stack.push_async_callback(storage.close)
        await storage.keys.add_key(_key(secret, None))
        await storage.keys.add_key(_key(f"{secret}-decides", "crowd@example.com"))
        sources = Sources(clock=clock.millis, new_id=ids.new_id, new_salt=ids.new_salt)
        books = await open_books(settings, storage.store)
        app = compose(settings, books, storage, sources, load_ring(None, settings.database_url))
        await stack.enter_async_context(running(app))
        url = await stack.enter_async_context(listening(app.http, "127.0.0.1", 0))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield _Town(
            folder=folder,
            clock=clock,
            play=play,
            relay=app.relay,
            http=http,
            url=url,
            secret=secret,
        )


def _files(folder: Path) -> tuple[Path, Path]:
    """A rule with a channel for the crowd and for each of the others; each asks somebody else."""
    kinds = {"crowd": CROWD} | {f"other{n}": f"C0OTHER{n}" for n in range(OTHERS)}
    rules = [
        {
            "name": kind,
            "when": f'request.action.type == "{kind}"',
            "category": "review",
            "channel": f"slack:{channel}",
            "stages": [{"name": "Review", "approvers": [f"{kind}@example.com"]}],
        }
        for kind, channel in kinds.items()
    ]
    fallback = {"category": "review", "stages": [{"name": "Review", "approvers": ["group:admins"]}]}
    policy = {"version": 1, "rules": rules, "fallback": fallback, "last_resort": "group:admins"}
    directory = [_person(kind) for kind in kinds] + [{**_person("ada"), "groups": ["admins"]}]
    (folder / "policy.yaml").write_text(json.dumps(policy))
    (folder / "directory.yaml").write_text(json.dumps({"people": directory}))
    return folder / "policy.yaml", folder / "directory.yaml"


def _person(name: str) -> Json:
    account = {"slack": {"team": scenario.TEAM, "user": f"U0{name.upper()}"}}
    return {"email": f"{name}@example.com", "name": name.title(), "identities": account}


def _shared(environment: dict[str, str]) -> dict[str, str]:
    return {
        "slack_bot_token": environment["SLACK_BOT_TOKEN"],
        "slack_signing_secret": environment["SLACK_SIGNING_SECRET"],
        "teams_app_password": environment["MICROSOFT_APP_PASSWORD"],
    }


def _slack_only(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if "MICROSOFT" not in name}


def _key(secret: str, person: str | None) -> ApiKey:
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    scope = "submit" if person is None else "decide"
    return ApiKey(id=scope, name=scope, scopes=(scope,), hash=hashed, person=person)
