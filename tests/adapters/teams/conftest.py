"""The Teams platform on a real HTTP server, over a recording service and a simulated Teams."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.teams.app import TeamsPlatform, build
from adapters.teams.settings import TeamsSettings
from core.card import Card
from core.chat.port import Chat
from core.directory.people import Identity
from core.ports import Outcome
from core.rows import Delivery, MessageRef, Recipient
from playground import teams as simulated
from playground.app import Running, start
from playground.teams.inbound import Source, card_action, service_url
from playground.teams.keys import SigningKeys
from playground.teams.rooms import Rooms
from playground.world import parse
from tests.adapters.teams.cards import NOW, REQUEST, a_card
from tests.adapters.teams.fakes import Recording, Shelf
from tests.ports import a_chat

Json = dict[str, Any]

TENANT = "11111111-aaaa-4aaa-8aaa-000000000001"
APP = "22222222-bbbb-4bbb-8bbb-000000000002"
SECRET = "sample~secret~of~the~bot"
FINN = "33333333-cccc-4ccc-8ccc-00000000000a"
EVE = "33333333-cccc-4ccc-8ccc-00000000000b"
FINANCE = "19:finance@thread.tacv2"

WORLD: Json = {
    "company": "Example Corp",
    "people": [
        {
            "name": "Finn Fischer",
            "email": "finn@example.com",
            "teams_oid": FINN,
            "teams_mri": "29:1finn",
        },
        {"name": "Eve Ende", "email": "eve@example.com", "teams_oid": EVE, "teams_mri": "29:1eve"},
    ],
    "slack": {
        "team": "T0",
        "bot_user": "U0",
        "bot_id": "B0",
        "app_id": "A0",
        "bot_token": "xoxb-0",
        "signing_secret": "0",
        "channels": [],
    },
    "teams": {
        "tenant": TENANT,
        "app_id": APP,
        "app_password": SECRET,
        "channels": [
            {
                "id": FINANCE,
                "team_id": "19:team@thread.tacv2",
                "name": "Finance",
                "members": [FINN, EVE],
            }
        ],
        "installed": [FINN],
    },
}


def person(oid: str) -> Identity:
    """Somebody of the tenant."""
    return Identity(platform="teams", realm=TENANT, account=oid)


def delivery(*refs: MessageRef, uncertain: bool = False, to: str = FINN) -> Delivery:
    """A delivery of which these messages were posted so far."""
    return Delivery(
        request=REQUEST,
        to=Recipient(platform="teams", id=to),
        wanted=2,
        shown=1,
        attempts=0,
        refs=refs,
        uncertain=uncertain,
    )


@dataclass
class Rig:
    """Everything wired: what people do goes through the simulated Teams and real HTTP."""

    conversations: Recording
    ports: Chat
    shelf: Shelf
    settings: TeamsSettings
    platform: TeamsPlatform
    teams: Running
    url: str
    http: aiohttp.ClientSession

    async def act(self, oid: str, do: str, **asked: object) -> Json:
        """Do something in Teams as that person; the answer says how the bot answered."""
        return await simulated.act(self.teams.place, {"oid": oid, "do": do, **asked})

    async def shown(self, card: Card | None = None, oid: str = FINN) -> MessageRef:
        """Post a card to a person through the channel; where it is."""
        to = Recipient(platform="teams", id="finn@example.com")
        outcome = await self.platform.channel.show(card or a_card(), to, person(oid), delivery())
        return reference(outcome)

    async def press(self, ref: MessageRef, action: Json, oid: str = FINN, **asked: object) -> Json:
        """Press a button of a posted card and return the bot's answer."""
        where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
        return await self.act(oid, "execute", **where, action=action, **asked)

    async def post(self, body: object, token: str | None = None) -> tuple[int, Any]:
        """Post to the bot with a good token, or that one; status and decoded body."""
        bearer = self.token() if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        async with self.http.post(self.url, json=body, headers=headers) as reply:
            text = await reply.text()
            is_json = reply.content_type == "application/json"
            return reply.status, await reply.json() if is_json else text

    def token(self) -> str:
        """A token as Bot Framework sends it."""
        return self.token_for(service_url(self.teams.place))

    def token_for(self, service: str) -> str:
        """The same for activities that name another service address."""
        place = self.teams.place
        return SigningKeys(place.store).mint(APP, service, int(place.now()))

    def invoke(self, action: Json, data: object, changed: Json | None = None) -> Json:
        """The activity of Finn's press of a button, as it comes over the wire."""
        rooms = Rooms(self.teams.place)
        finn = rooms.person(FINN)
        assert finn is not None
        source = Source(self.teams.place, finn, rooms.personal(finn))
        activity = card_action(source, "1700000000000", action, data, "manual")
        return {**activity, **(changed or {})}

    def said(self, conversation: str) -> list[Json]:
        """What the bot posted in a conversation and in its threads."""
        found = simulated.state(self.teams.place)["conversations"]
        return [a for a in found[conversation]["activities"] if a["from"] == "bot"]

    async def replies(self, conversation: str, count: int) -> list[Json]:
        """The bot's messages there, once there are that many; they are sent after the answer."""
        store = self.teams.place.store
        async with asyncio.timeout(5):
            while len(found := self.said(conversation)) < count:
                await store.wait_beyond(store.revision, 1)
        return found

    def chat(self, oid: str) -> str:
        """The id of a person's chat with the bot."""
        rooms = Rooms(self.teams.place)
        found = rooms.person(oid)
        assert found is not None
        return rooms.personal(found).id

    def calls(self, operation: str) -> list[Json]:
        """Each call of an operation that the simulated Teams received."""
        return [c for c in self.teams.place.store.calls() if c["method"] == operation]

    def fault(self, operation: str, do: str, **fields: object) -> None:
        """Make an operation of the simulated Teams fail."""
        self.teams.place.faults.add("teams", operation, do, **fields)


def reference(outcome: Outcome) -> MessageRef:
    """The message of a delivery that went well."""
    ref = getattr(outcome, "ref", None)
    assert isinstance(ref, MessageRef), outcome
    return ref


def content(message: Json) -> Json:
    """The card in a message of the bot."""
    found: Json = message["attachments"][0]["content"]
    return found


@pytest.fixture
def conversations() -> Recording:
    return Recording()


@pytest.fixture
def ports(conversations: Recording) -> Chat:
    """All that the platform asks; a test that is about another port gives its own."""
    return a_chat(conversations)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def teams(tmp_path: Path) -> AsyncIterator[Running]:
    running = await start(parse(WORLD), tmp_path / "teams")
    yield running
    await running.aclose()


@pytest.fixture
def settings(teams: Running) -> TeamsSettings:
    base = f"{teams.base_url}/teams"
    return TeamsSettings(
        app_id=APP,
        app_password=SECRET,
        tenant=TENANT,
        metadata_url=f"{base}/v1/.well-known/openidconfiguration",
        login_url=f"{base}/login",
        service_url=f"{base}/connector",
    )


@pytest.fixture
async def rig(
    conversations: Recording, ports: Chat, shelf: Shelf, teams: Running, settings: TeamsSettings
) -> AsyncIterator[Rig]:
    platform = build(ports, shelf, settings, clock=lambda: NOW)
    app = web.Application()
    app.add_routes(platform.routes)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        await platform.start()
        teams.place.teams_url = str(server.make_url("/api/messages"))
        url = teams.place.teams_url
        yield Rig(conversations, ports, shelf, settings, platform, teams, url, http)
        await platform.stop()
