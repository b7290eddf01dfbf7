"""A small tenant over real HTTP, a bot that answers as told, and a client with a token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from playground import teams
from playground.faults import Faults
from playground.place import Place
from playground.store import Store
from playground.world import World, parse

TENANT = "11111111-aaaa-4aaa-8aaa-000000000001"
APP = "22222222-bbbb-4bbb-8bbb-000000000002"
SECRET = "sample~secret"
ANN = "33333333-cccc-4ccc-8ccc-00000000000a"
BEN = "33333333-cccc-4ccc-8ccc-00000000000b"
CEM = "33333333-cccc-4ccc-8ccc-00000000000c"
FINANCE = "19:finance@thread.tacv2"

Json = dict[str, Any]


def _person(name: str, oid: str, mri: str, timezone: str) -> Json:
    email = f"{name.split()[0].lower()}@example.com"
    return {
        "name": name,
        "email": email,
        "teams_oid": oid,
        "teams_mri": mri,
        "timezone": timezone,
    }


WORLD: Json = {
    "company": "Example Corp",
    "people": [
        _person("Ann Archer", ANN, "29:1ann-mri", "Europe/Berlin"),
        _person("Ben Baker", BEN, "29:1ben-mri", "UTC"),
        _person("Cem Cook", CEM, "29:1cem-mri", "UTC"),
        {"name": "Dee Dale", "email": "dee@example.com"},
    ],
    "slack": {
        "team": "T1",
        "bot_user": "U1",
        "bot_id": "B1",
        "app_id": "A1",
        "bot_token": "xoxb-sample",
        "signing_secret": "sample",
        "channels": [],
    },
    "teams": {
        "tenant": TENANT,
        "app_id": APP,
        "app_password": SECRET,
        "bot_name": "Countersign",
        "channels": [
            {
                "id": FINANCE,
                "team_id": "19:team@thread.tacv2",
                "name": "Finance",
                "members": [ANN, BEN],
            }
        ],
        "installed": [ANN, BEN],
    },
}


@dataclass
class Bot:
    """The bot's messaging endpoint: keeps what came and answers as `answer` says."""

    url: str = ""
    received: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    body: Any = None
    seconds: float = 0.0

    async def handle(self, request: web.Request) -> web.Response:
        self.received.append(await request.json())
        self.headers.append(dict(request.headers))
        await asyncio.sleep(self.seconds)
        return web.json_response(self.body, status=self.status)

    def answers_card(self, card: Json) -> None:
        self.body = {
            "statusCode": 200,
            "type": "application/vnd.microsoft.card.adaptive",
            "value": card,
        }

    def token(self) -> str:
        return self.headers[-1]["Authorization"].removeprefix("Bearer ")


@dataclass
class Tenant:
    """The simulated tenant as a bot reaches it."""

    place: Place
    http: aiohttp.ClientSession
    access: str = ""

    @property
    def connector(self) -> str:
        return f"{self.place.base_url}/teams/connector"

    async def login(self, **changes: str) -> tuple[int, Json]:
        form = {
            "grant_type": "client_credentials",
            "client_id": APP,
            "client_secret": SECRET,
            "scope": "https://api.botframework.com/.default",
        }
        tenant = changes.pop("tenant", TENANT)
        url = f"{self.place.base_url}/teams/login/{tenant}/oauth2/v2.0/token"
        sent = {name: value for name, value in {**form, **changes}.items() if value}
        async with self.http.post(url, data=sent) as answer:
            return answer.status, await answer.json()

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None
    ) -> tuple[int, Any]:
        """Call the connector below /v3/conversations and return status and decoded body."""
        bearer = self.access if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        url = f"{self.connector}/v3/conversations{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, await answer.json() if text else None

    async def chat(self, oid: str) -> str:
        status, body = await self.call("POST", "", opening(oid))
        assert status == 201, body
        return str(body["id"])

    async def post(self, conversation: str, activity: Json) -> str:
        status, body = await self.call("POST", f"/{conversation}/activities", activity)
        assert status == 201, body
        return str(body["id"])

    async def act(self, oid: str, do: str, **asked: Any) -> Json:
        return await teams.act(self.place, {"oid": oid, "do": do, **asked})

    def state(self) -> Json:
        return teams.state(self.place)

    def activities(self, conversation: str) -> list[Json]:
        found: list[Json] = self.state()["conversations"][conversation]["activities"]
        return found


def opening(member: str) -> Json:
    return {"isGroup": False, "members": [{"id": member}], "tenantId": TENANT}


def with_card(card: Any) -> Json:
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def approval_card(**changes: Any) -> Json:
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [
            {"type": "TextBlock", "text": "New ERP system", "wrap": True},
            {
                "type": "Input.Text",
                "id": "reason",
                "label": "Reason",
                "isRequired": True,
                "errorMessage": "A reason is required",
            },
        ],
        "actions": [
            {
                "type": "Action.Execute",
                "id": "approve",
                "title": "Approve",
                "verb": "approve",
                "data": {"request": "R1"},
                "associatedInputs": "none",
                "fallback": {
                    "type": "Action.Submit",
                    "title": "Approve",
                    "data": {"verb": "approve"},
                },
            },
            {
                "type": "Action.Execute",
                "id": "reject",
                "title": "Reject",
                "verb": "reject",
                "data": {"request": "R1"},
            },
        ],
        **changes,
    }


class Kit:
    """The builders and names above, for tests that take them as a fixture."""

    ann, ben, cem = ANN, BEN, CEM
    finance, tenant_id, app, secret = FINANCE, TENANT, APP, SECRET
    opening = staticmethod(opening)
    with_card = staticmethod(with_card)
    card = staticmethod(approval_card)


@pytest.fixture
def kit() -> Kit:
    return Kit()


@pytest.fixture
def world() -> World:
    return parse(WORLD)


Serve = Callable[[web.Application], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    runners: list[web.AppRunner] = []

    async def start(app: web.Application) -> str:
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def bot(serve: Serve) -> Bot:
    made = Bot()
    app = web.Application()
    app.router.add_post("/api/messages", made.handle)
    made.url = f"{await serve(app)}/api/messages"
    return made


Open = Callable[[World, Path], Awaitable[Tenant]]


@pytest.fixture
async def open_tenant(serve: Serve, bot: Bot) -> AsyncIterator[Open]:
    opened: list[Tenant] = []

    async def start(world: World, directory: Path) -> Tenant:
        place = Place(world, Store(directory), Faults(), teams_url=bot.url)
        await place.open()
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.add_routes(teams.routes(place))
        place.base_url = await serve(app)
        tenant = Tenant(place, aiohttp.ClientSession())
        opened.append(tenant)
        tenant.access = (await tenant.login())[1]["access_token"]
        return tenant

    yield start
    for tenant in opened:
        tenant.place.faults.release()
        await tenant.http.close()
        await tenant.place.close()


@pytest.fixture
async def tenant(open_tenant: Open, world: World, tmp_path: Path) -> Tenant:
    return await open_tenant(world, tmp_path)
