"""A running playground on a free port, a client that talks to it, and a bot that answers it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground import slack
from playground.app import Running, start
from playground.world import World, parse

Json = dict[str, Any]
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-playground-1"

WORLD: Json = {
    "company": "Example Corp",
    "people": [
        {
            "name": "Alice Hill",
            "email": "alice@example.com",
            "title": "Buyer",
            "slack_user": "U00ALICE",
            "teams_oid": "11111111-1111-1111-1111-111111111111",
            "teams_mri": "29:alice",
        },
        {
            "name": "Bob Reed",
            "email": "bob@example.com",
            "title": "Manager",
            "slack_user": "U00BOB",
        },
        {"name": "Tess Only-Teams", "email": "tess@example.com", "teams_mri": "29:tess"},
    ],
    "slack": {
        "team": "T0EXAMPLE",
        "bot_user": "U0BOT",
        "bot_id": "B0BOT",
        "app_id": "A0APP",
        "bot_token": TOKEN,
        "signing_secret": SECRET,
        "channels": [
            {"id": "C0FINANCE", "name": "finance", "members": ["U00ALICE"]},
            {"id": "C0LEGAL", "name": "legal", "members": ["U00BOB"]},
        ],
    },
    "teams": {
        "tenant": "22222222-2222-2222-2222-222222222222",
        "app_id": "33333333-3333-3333-3333-333333333333",
        "app_password": "sample-password",
        "bot_name": "Countersign",
        "channels": [
            {"id": "19:c@thread.tacv2", "team_id": "19:t", "name": "Finance", "members": []}
        ],
        "installed": ["11111111-1111-1111-1111-111111111111"],
    },
}


@dataclass(frozen=True)
class Received:
    """One request the bot got."""

    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return {name: values[0] for name, values in parse_qs(self.body, True).items()}

    @property
    def payload(self) -> Json:
        """The interaction, or the event, that the request carries."""
        decoded: Json = json.loads(self.form["payload"] if "payload=" in self.body else self.body)
        return decoded


async def refused(call: Awaitable[object]) -> str:
    """Return the error code with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


Act = Callable[..., Awaitable[Json]]
State = Callable[[], Json]
Answer = Callable[[Received], Awaitable[web.Response]]


@dataclass
class Bot:
    """A bot of few words: keeps what it gets and answers what it is told to."""

    url: str = ""
    got: list[Received] = field(default_factory=list)
    answer: Answer | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """Keep the request and answer it."""
        received = Received(dict(request.headers), await request.text())
        self.got.append(received)
        return await self.answer(received) if self.answer else web.Response()

    def says(self, body: object, status: int = 200) -> None:
        """Answer with this JSON from now on."""

        async def answer(_: Received) -> web.Response:
            return web.json_response(body, status=status)

        self.answer = answer


@dataclass
class Clock:
    """The playground's time, which tests move."""

    at: float = 1_790_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.at


@pytest.fixture
def world() -> World:
    return parse(WORLD)


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    found = Bot()
    app = web.Application()
    app.router.add_post("/slack/events", found.handle)
    async with TestServer(app) as server:
        found.url = str(server.make_url("/slack/events"))
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def running(world: World, tmp_path: Path, bot: Bot, clock: Clock) -> AsyncIterator[Running]:
    found = await start(world, tmp_path / "data", bot.url)
    found.place.now = clock
    yield found
    await found.aclose()


@pytest.fixture
async def client(running: Running) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(token=TOKEN, base_url=running.slack_api_url, session=session)


@pytest.fixture
def act(running: Running) -> Act:
    """Do something as a Slack user: `await act("U00ALICE", "click", channel=..., ...)`."""

    async def do(user: str, what: str, **fields: object) -> Json:
        return await slack.act(running.place, {"user": user, "do": what, **fields})

    return do


@pytest.fixture
def state(running: Running) -> State:
    """What the page would draw of the Slack side now."""
    return lambda: slack.state(running.place)
