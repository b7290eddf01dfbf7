"""The sample company a playground simulates, read once from world.json.

Holds who exists and which secrets the simulated platforms share with the bot;
never what happened since (that is `store`), and never changes while running.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class WorldError(ValueError):
    """world.json does not describe a world; the text names the member and what is expected."""


@dataclass(frozen=True, slots=True)
class Person:
    """One employee, with an account on either platform, both, or none.

    `slack_team` is the workspace of the Slack account, None for the company's own.
    """

    name: str
    email: str
    title: str = ""
    slack_user: str | None = None
    teams_oid: str | None = None
    teams_mri: str | None = None
    timezone: str = "UTC"
    slack_team: str | None = None


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A public Slack channel; the app is a member of every one of them."""

    id: str
    name: str
    members: tuple[str, ...]


# What an app subscribes to unless world.json says otherwise; an app is told nothing else.
_EVENTS = ("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked")


@dataclass(frozen=True, slots=True)
class SlackWorld:
    """The Slack workspace and the one app installed in it; `events` are its subscriptions.

    `scopes` are what its token may do, None for everything. `client_id`, `client_secret` and
    `app_token` are the app's own; with `rotates`, tokens that OAuth gives expire. `enterprise`
    is the organisation that the workspace belongs to, "" for none.
    """

    team: str
    bot_user: str
    bot_id: str
    app_id: str
    bot_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    channels: tuple[SlackChannel, ...] = ()
    domain: str = "playground"
    events: tuple[str, ...] = _EVENTS
    scopes: tuple[str, ...] | None = None
    client_id: str = "1000.2000"
    client_secret: str = field(default="sample-client-secret", repr=False)
    app_token: str = field(default="xapp-sample", repr=False)
    rotates: bool = False
    enterprise: str = ""


@dataclass(frozen=True, slots=True)
class TeamsChannel:
    """A channel of a team, or a group chat with the app in it (an id that ends in @thread.v2);
    `members` are object ids."""

    id: str
    team_id: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamsWorld:
    """The Teams tenant and the one bot registered in it; `installed` are object ids.

    `catalog_app` is the app's id in the tenant's catalogue, and `graph_permissions` are what an
    administrator let it do in Microsoft Graph.
    """

    tenant: str
    app_id: str
    app_password: str = field(repr=False)
    bot_name: str = "Countersign"
    channels: tuple[TeamsChannel, ...] = ()
    installed: tuple[str, ...] = ()
    catalog_app: str = ""
    graph_permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """Company, people, and what each platform knows of them.

    `more_slacks` are other workspaces that the same app may be installed in.
    """

    company: str
    people: tuple[Person, ...]
    slack: SlackWorld
    teams: TeamsWorld
    more_slacks: tuple[SlackWorld, ...] = ()

    @property
    def slacks(self) -> tuple[SlackWorld, ...]:
        """Every Slack workspace, the company's own first."""
        return (self.slack, *self.more_slacks)

    def slack_person(self, user: str, team: str = "") -> Person | None:
        """Return the person behind a user id of a Slack workspace ("": any), or None."""
        found = next((p for p in self.people if p.slack_user == user), None)
        if found is None or not team:
            return found
        return found if (found.slack_team or self.slack.team) == team else None

    def teams_person(self, oid: str) -> Person | None:
        """Return the person behind a Teams object id, or None."""
        return next((p for p in self.people if p.teams_oid == oid), None)

    def people_json(self) -> list[dict[str, Any]]:
        """Return the people as world.json spells them."""
        return [{name: getattr(p, name) for name in Person.__slots__} for p in self.people]


class _Members:
    """One JSON object under inspection; every complaint carries its path."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise WorldError(f"{path}: expected an object")
        self.value: Mapping[str, Any] = value
        self.path = path

    def text(self, name: str, default: str | None = None) -> str:
        found = self.value.get(name, default)
        if not isinstance(found, str) or (not found and default is None):
            raise WorldError(f"{self.path}.{name}: expected a non-empty string")
        return found

    def optional(self, name: str) -> str | None:
        found = self.value.get(name)
        if found is not None and not isinstance(found, str):
            raise WorldError(f"{self.path}.{name}: expected a string or null")
        return found or None

    def items(self, name: str) -> Sequence[object]:
        found = self.value.get(name, [])
        if not isinstance(found, list):
            raise WorldError(f"{self.path}.{name}: expected a list")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        found = self.items(name)
        if not all(isinstance(item, str) for item in found):
            raise WorldError(f"{self.path}.{name}: expected a list of strings")
        return tuple(str(item) for item in found)

    def objects(self, name: str) -> list["_Members"]:
        return [
            _Members(item, f"{self.path}.{name}[{n}]") for n, item in enumerate(self.items(name))
        ]


def _person(m: _Members) -> Person:
    return Person(
        name=m.text("name"),
        email=m.text("email"),
        title=m.text("title", ""),
        slack_user=m.optional("slack_user"),
        teams_oid=m.optional("teams_oid"),
        teams_mri=m.optional("teams_mri"),
        timezone=m.text("timezone", "UTC"),
        slack_team=m.optional("slack_team"),
    )


def _slack(m: _Members) -> SlackWorld:
    return SlackWorld(
        team=m.text("team"),
        bot_user=m.text("bot_user"),
        bot_id=m.text("bot_id"),
        app_id=m.text("app_id"),
        bot_token=m.text("bot_token"),
        signing_secret=m.text("signing_secret"),
        channels=tuple(
            SlackChannel(c.text("id"), c.text("name"), c.texts("members"))
            for c in m.objects("channels")
        ),
        domain=m.text("domain", "playground"),
        events=m.texts("events") if "events" in m.value else _EVENTS,
        scopes=m.texts("scopes") if "scopes" in m.value else None,
        client_id=m.text("client_id", "1000.2000"),
        client_secret=m.text("client_secret", "sample-client-secret"),
        app_token=m.text("app_token", "xapp-sample"),
        rotates=m.value.get("rotates") is True,
        enterprise=m.text("enterprise", ""),
    )


def _teams(m: _Members) -> TeamsWorld:
    return TeamsWorld(
        tenant=m.text("tenant"),
        app_id=m.text("app_id"),
        app_password=m.text("app_password"),
        bot_name=m.text("bot_name", "Countersign"),
        channels=tuple(
            TeamsChannel(c.text("id"), c.text("team_id"), c.text("name"), c.texts("members"))
            for c in m.objects("channels")
        ),
        installed=m.texts("installed"),
        catalog_app=m.text("catalog_app", ""),
        graph_permissions=m.texts("graph_permissions"),
    )


def parse(value: object) -> World:
    """Return the world a decoded world.json describes, or raise WorldError naming the member."""
    top = _Members(value, "world")
    return World(
        company=top.text("company"),
        people=tuple(_person(m) for m in top.objects("people")),
        slack=_slack(_Members(top.value.get("slack"), "world.slack")),
        teams=_teams(_Members(top.value.get("teams"), "world.teams")),
        more_slacks=tuple(map(_slack, top.objects("more_slacks"))),
    )


def load(path: Path) -> World:
    """Read a world.json, or raise WorldError (also for text that is not JSON)."""
    try:
        return parse(json.loads(path.read_text("utf-8")))
    except (OSError, json.JSONDecodeError) as problem:
        raise WorldError(f"{path}: {problem}") from None
