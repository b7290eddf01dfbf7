"""The channels, each over its simulated platform, in one shape for one suite."""

import html
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from adapters.slack import app as slack
from adapters.teams import app as teams
from adapters.teams.settings import TeamsSettings
from core.card import Verb
from core.chat.port import Absences, Answer, Click, Queue
from core.commands import Binding
from core.directory.people import Identity
from core.ports import Channel
from core.rows import MessageRef
from core.value import Millis
from playground.app import Running, start
from playground.slack.state import state as slack_state
from playground.teams import state as teams_state
from playground.world import parse
from tests.contract.email_rig import lettered
from tests.contract.rig import Json, Rig
from tests.ports import a_chat

TEAM, TOKEN = "T0EXAMPLE", "xoxb-contract-1"
TENANT, APP = "11111111-aaaa-4aaa-8aaa-000000000001", "22222222-bbbb-4bbb-8bbb-000000000002"
PASSWORD = "sample~password"
FINN_OID, EVE_OID = (f"33333333-cccc-4ccc-8ccc-00000000000{n}" for n in "ab")
SLACK_ROOM, TEAMS_ROOM = "C0FINANCE", "19:finance@thread.tacv2"
NOW = 1_800_000_000_000

WORLD: Json = {
    "company": "Example Corp",
    "people": [
        {
            "name": "Finn",
            "email": "finn@example.com",
            "slack_user": "U0FINN",
            "teams_oid": FINN_OID,
        },
        {"name": "Eve", "email": "eve@example.com", "teams_oid": EVE_OID},
    ],
    "slack": {
        "team": TEAM,
        "bot_user": "U0BOT",
        "bot_id": "B0BOT",
        "app_id": "A0APP",
        "bot_token": TOKEN,
        "signing_secret": "0123456789abcdef",
        "channels": [{"id": SLACK_ROOM, "name": "finance", "members": ["U0FINN"]}],
    },
    "teams": {
        "tenant": TENANT,
        "app_id": APP,
        "app_password": PASSWORD,
        "channels": [
            {"id": TEAMS_ROOM, "team_id": "19:t", "name": "Finance", "members": [FINN_OID]}
        ],
        "installed": [FINN_OID],
    },
}


class Nobody:
    """A `Conversations` that nobody talks to: the suite only looks outward."""

    async def click(self, click: Click) -> Answer:
        raise AssertionError(click)

    async def form(
        self, identity: Identity, binding: Binding, verb: Verb, place: str = ""
    ) -> Answer:
        raise AssertionError(verb)

    async def history(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        raise AssertionError(request_id)

    async def absences(self, identity: Identity) -> Absences:
        raise AssertionError(identity)

    async def set_absence(
        self,
        identity: Identity,
        to: str,
        starts: Millis | None,
        ends: Millis | None,
        once: str = "",
    ) -> Answer:
        raise AssertionError(to)

    async def end_absence(self, identity: Identity, id: str) -> Answer:
        raise AssertionError(id)

    async def queue(self, identity: Identity) -> Queue:
        raise AssertionError(identity)

    async def status(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        raise AssertionError(request_id)

    async def reachable(self, identity: Identity) -> None:
        raise AssertionError(identity)

    async def first_time(self, platform: str, key: str) -> bool:
        raise AssertionError(key)


class Places:
    """A `References` in memory."""

    def __init__(self) -> None:
        self._kept: dict[Identity, dict[str, str]] = {}

    async def reference(self, identity: Identity) -> dict[str, str] | None:
        return self._kept.get(identity)

    async def keep_reference(
        self, identity: Identity, fields: dict[str, str] | None, at: int
    ) -> None:
        if fields is None:
            self._kept.pop(identity, None)
        else:
            self._kept[identity] = fields


class PlayedRig(Rig):
    """A platform of the playground."""

    def __init__(self, play: Running, channel: Channel) -> None:
        super().__init__(channel)
        self.play = play
        self.remedies = self.remedies | {"no account": f"identities.{self.platform}"}

    def fault(self, call: str, do: str, **fields: object) -> None:
        self.play.place.faults.add(self.platform, call, do, **fields)

    def mend(self) -> None:
        self.play.place.faults.clear()

    def calls(self, call: str) -> list[Json]:
        return [c for c in self.play.place.store.calls() if c["method"] == call]

    async def vanish(self) -> None:
        await self.play.aclose()


class SlackRig(PlayedRig):
    platform, post, edit = "slack", "chat.postMessage", "chat.update"
    copies, says_cut = 1, "shortened to fit"
    finn = Identity(platform="slack", realm=TEAM, account="U0FINN")
    stranger = Identity(platform="slack", realm=TEAM, account="U0GONE")
    room = SLACK_ROOM
    remedies = {
        "stranger": "correct identities.slack of this person in the directory",
        "credentials": "set SLACK_BOT_TOKEN",
    }

    def messages(self, room: bool = False) -> list[Json]:
        for one in slack_state(self.play.place)["conversations"].values():
            if (room and one["id"] == SLACK_ROOM) or (not room and one["user"] == "U0FINN"):
                return [m | {"id": m["ts"], "where": one["id"]} for m in one["messages"]]
        return []

    def id(self, ref: MessageRef) -> str:
        return ref.fields["ts"]

    def buttons(self, message: Json) -> list[str]:
        return [b["text"]["text"] for b in _all(message["blocks"], "button")]

    def menu(self, message: Json) -> list[str]:
        kinds = ("overflow", "static_select")
        menus = [menu for kind in kinds for menu in _all(message["blocks"], kind)]
        return [option["text"]["text"] for menu in menus for option in menu["options"]]

    def read(self, message: Json) -> str:
        plain = [t["text"] for t in _all(message["blocks"], "plain_text")]
        return html.unescape("\n".join([*self.markup(message), *plain]))

    def markup(self, message: Json) -> list[str]:
        return [message["text"], *(t["text"] for t in _all(message["blocks"], "mrkdwn"))]

    async def delete(self, ref: MessageRef) -> None:
        where = {"channel": ref.fields["channel"], "ts": ref.fields["ts"]}
        url = f"{self.play.slack_api_url}chat.delete"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.post(url, json=where) as answer,
        ):
            assert (await answer.json())["ok"]


class TeamsRig(PlayedRig):
    platform, post, edit = "teams", "POST activities", "PUT activities"
    copies, says_cut = 2, "[cut: "
    finn = Identity(platform="teams", realm=TENANT, account=FINN_OID)
    stranger = Identity(platform="teams", realm=TENANT, account=EVE_OID)
    room = TEAMS_ROOM
    remedies = {
        "stranger": "ask them to add it, or have an administrator install it",
        "credentials": "check MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD",
    }

    def messages(self, room: bool = False) -> list[Json]:
        for one in teams_state(self.play.place)["conversations"].values():
            if (room and one["id"] == TEAMS_ROOM) or (not room and one["oid"] == FINN_OID):
                return [a for a in one["activities"] if a["from"] == "bot"]
        return []

    def id(self, ref: MessageRef) -> str:
        return ref.fields["activity"]

    def buttons(self, message: Json) -> list[str]:
        kinds = ("Action.Execute", "Action.ShowCard")
        found = [b for kind in kinds for b in _all(message["attachments"], kind)]
        return [b["title"] for b in found if b.get("mode") != "secondary"]

    def menu(self, message: Json) -> list[str]:
        # An entry that opens a dialog is an Action.Submit, and others fall back on one.
        sets = [
            *_all(message["attachments"], "ActionSet"),
            *_all(message["attachments"], "AdaptiveCard"),
        ]
        found = [action for one in sets for action in one.get("actions", [])]
        return [b["title"] for b in found if b.get("mode") == "secondary"]

    def read(self, message: Json) -> str:
        runs = [t["text"] for t in _all(message["attachments"], "TextRun")]
        shown = "\n".join([*self.markup(message), *runs, message.get("summary") or ""])
        return shown.replace("\u2060", "")  # a word joiner keeps a mention from being one

    def markup(self, message: Json) -> list[str]:
        blocks = [t["text"] for t in _all(message["attachments"], "TextBlock")]
        facts = [f["value"] for s in _all(message["attachments"], "FactSet") for f in s["facts"]]
        return [message["text"], *blocks, *facts]

    async def delete(self, ref: MessageRef) -> None:
        # Nobody can ask Teams to have deleted it, so it says what it would then say.
        self.fault(self.edit, "error", error="ActivityNotFoundInConversation")


def _all(part: Any, kind: str) -> list[Json]:
    """Every object of a type, wherever it stands."""
    if isinstance(part, list):
        return [found for item in part for found in _all(item, kind)]
    if not isinstance(part, dict):
        return []
    here = [part] if part.get("type") == kind else []
    return here + [found for value in part.values() for found in _all(value, kind)]


@asynccontextmanager
async def rigged(platform: str, folder: Path, secret: str | None = None) -> AsyncIterator[Rig]:
    """A rig for "slack", "teams" or "email"; `secret` may be a wrong one."""
    if platform == "email":
        async with lettered(NOW, secret) as mailed:
            yield mailed
        return
    play = await start(parse(json.loads(json.dumps(WORLD))), folder)
    built: slack.SlackPlatform | teams.TeamsPlatform
    rig: Rig
    if platform == "slack":
        built = slack.build(
            a_chat(Nobody()),
            bot_token=secret or TOKEN,
            signing_secret="0123456789abcdef",
            api_url=play.slack_api_url,
        )
        rig = SlackRig(play, built.channel)
    else:
        settings = TeamsSettings(
            app_id=APP,
            app_password=secret or PASSWORD,
            tenant=TENANT,
            metadata_url=f"{play.base_url}/teams/v1/.well-known/openidconfiguration",
            login_url=f"{play.base_url}/teams/login",
            service_url=f"{play.base_url}/teams/connector",
        )
        built = teams.build(a_chat(Nobody()), Places(), settings, clock=lambda: NOW)
        rig = TeamsRig(play, built.channel)
    await built.start()
    try:
        yield rig
    finally:
        await built.stop()
        await play.aclose()
