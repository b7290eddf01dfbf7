"""A Slack platform on a real HTTP server, a recording `Conversations`, a simulated Slack."""

import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.slack.app import SlackPlatform, build
from adapters.slack.manifest import EVENTS, MATCH_SCOPE, REGISTERED
from core.card import Verb
from core.chat.port import Absences, Answer, Chat, Click, Queue
from core.commands import Binding
from core.directory.people import Identity
from core.value import Millis
from playground import slack as simulated
from playground.app import Running, start
from playground.world import parse
from tests.adapters.slack import cards
from tests.ports import a_chat

Json = dict[str, Any]

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-test-1"
FINN = "U00FINN"
EVE = "U00EVE"
TEAM = "T0EXAMPLE"
FINANCE = "C0FINANCE"

WORLD: Json = {
    "company": "Example Corp",
    "people": [
        {"name": "Finn Fischer", "email": "finn@example.com", "slack_user": FINN},
        {"name": "Eve Ende", "email": "eve@example.com", "slack_user": EVE},
    ],
    "slack": {
        "team": TEAM,
        "bot_user": "U0BOT",
        "bot_id": "B0BOT",
        "app_id": "A0APP",
        "bot_token": TOKEN,
        "signing_secret": SECRET,
        # As the manifest asks for them, so that what needs another one is refused here too.
        "scopes": [*REGISTERED.scopes, MATCH_SCOPE],
        "events": list(EVENTS),
        "channels": [{"id": FINANCE, "name": "finance", "members": [FINN]}],
    },
    "teams": {
        "tenant": "22222222-2222-2222-2222-222222222222",
        "app_id": "33333333-3333-3333-3333-333333333333",
        "app_password": "sample-password",
    },
}


@dataclass
class Recording:
    """A `Conversations` that keeps what it is asked and gives the answers it was given."""

    clicks: list[Click] = field(default_factory=list)
    absence_onces: list[str] = field(default_factory=list)
    asked: list[tuple[str, Identity, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    click_answer: Answer = field(default_factory=lambda: Answer(text="Recorded."))
    form_answer: Answer | None = None
    history_answer: Answer = field(default_factory=lambda: Answer(text="Asked by Alice."))
    absence_answer: Answer = field(default_factory=lambda: Answer(text="Eve acts for you."))
    away: Absences = field(default_factory=Absences)
    status_answer: Answer = field(default_factory=lambda: Answer(text="", card=cards.card()))
    found: Queue = field(default_factory=Queue)
    breaks: bool = False

    async def click(self, click: Click) -> Answer:
        if self.breaks:
            raise RuntimeError("the disk is full")
        self.clicks.append(click)
        return self.click_answer

    async def form(
        self, identity: Identity, binding: Binding, verb: Verb, place: str = ""
    ) -> Answer:
        self.places.append(place)
        self.asked.append(("form", identity, (verb, binding)))
        shown = Answer(text="", card=cards.card(), form=cards.form(verb))
        return self.form_answer or shown

    async def history(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        self.places.append(place)
        self.asked.append(("history", identity, request_id))
        return self.history_answer

    async def queue(self, identity: Identity) -> Queue:
        if self.breaks:
            raise RuntimeError("the disk is full")
        self.asked.append(("queue", identity, None))
        return self.found

    async def status(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        self.places.append(place)
        self.asked.append(("status", identity, request_id))
        return self.status_answer

    async def absences(self, identity: Identity) -> Absences:
        self.asked.append(("absences", identity, None))
        return self.away

    async def set_absence(
        self,
        identity: Identity,
        to: str,
        starts: Millis | None,
        ends: Millis | None,
        once: str = "",
    ) -> Answer:
        self.absence_onces.append(once)
        self.asked.append(("set_absence", identity, (to, starts, ends)))
        return self.absence_answer

    async def end_absence(self, identity: Identity, id: str) -> Answer:
        self.asked.append(("end_absence", identity, id))
        return self.absence_answer

    async def reachable(self, identity: Identity) -> None:
        self.asked.append(("reachable", identity, None))

    async def first_time(self, platform: str, key: str) -> bool:
        raise AssertionError("what tells a message of Slack from others goes with the act")


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The two headers with which Slack signs a request."""
    # https://docs.slack.dev/authentication/verifying-requests-from-slack
    timestamp = str(int(time.time() if at is None else at))
    base = b"v0:" + timestamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def interaction(payload: object) -> bytes:
    """An interaction as Slack posts it."""
    return urlencode({"payload": json.dumps(payload)}).encode()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Act = Callable[..., Awaitable[Json]]


@dataclass
class Rig:
    """Everything wired: what people do goes through the simulated Slack and real HTTP."""

    conversations: Recording
    platform: SlackPlatform
    slack: Running
    url: str
    http: aiohttp.ClientSession

    async def act(self, user: str, what: str, **fields: object) -> Json:
        """Do something in Slack as that user; the answer says how the bot answered."""
        return await simulated.act(self.slack.place, {"user": user, "do": what, **fields})

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Post to the bot and return status and body."""
        data = io.BytesIO(body)  # aiohttp warns of large bytes
        async with self.http.post(self.url, data=data, headers={**FORM, **headers}) as reply:
            return reply.status, await reply.text()

    async def send(self, payload: object) -> tuple[int, str]:
        """Post a properly signed interaction."""
        body = interaction(payload)
        return await self.post(body, signed(body))

    @property
    def state(self) -> Json:
        """What the simulated Slack shows."""
        return simulated.state(self.slack.place)

    def messages(self, conversation: str) -> list[Json]:
        """The messages of a channel, or of a user's direct messages."""
        found = self.state["conversations"]
        for one in found.values():
            if conversation in {one["id"], one.get("user")}:
                return list(one["messages"])
        return []

    @property
    def ephemerals(self) -> list[Json]:
        return list(self.state["ephemerals"])

    def modal(self, user: str) -> Json | None:
        """The form on top of that user's screen."""
        stack = self.state["modals"].get(user) or []
        return stack[-1] if stack else None

    def calls(self, method: str) -> list[Json]:
        """The arguments of each call of a Web API method."""
        return [c["args"] for c in self.slack.place.store.calls() if c["method"] == method]

    def fault(self, method: str, **fault: object) -> None:
        """Make a method of the simulated Slack fail."""
        self.slack.place.faults.replace_all({"slack": {method: [fault]}})


@pytest.fixture
def conversations() -> Recording:
    return Recording()


@pytest.fixture
def chat(conversations: Recording) -> Chat:
    """The ports that the platform is built over."""
    return a_chat(conversations)


@pytest.fixture
async def rig(conversations: Recording, chat: Chat, tmp_path: Path) -> AsyncIterator[Rig]:
    slack = await start(parse(WORLD), tmp_path / "slack")
    platform = build(
        chat,
        bot_token=TOKEN,
        signing_secret=SECRET,
        api_url=slack.slack_api_url,
    )
    app = web.Application()
    app.add_routes(platform.routes)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        await platform.start()
        slack.place.slack_url = str(server.make_url("/slack/events"))
        yield Rig(conversations, platform, slack, slack.place.slack_url, http)
        await platform.stop()
    await slack.aclose()
