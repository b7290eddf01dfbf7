"""The sample company as the playground's world: the same people, with their chat accounts.

The secrets are made anew for each demo folder; they open nothing but the playground.
"""

import secrets
from collections.abc import Iterable
from typing import Any

from core.directory.people import Directory, Person
from core.policy.policy import Policy
from core.route import ChannelRef

APP_ID = "5f0c1d52-8a3e-4b7d-9c61-2e1f4a7b9d10"
COMPANY = "Example Corp"


def new_secrets() -> dict[str, str]:
    """What the playground and Countersign must share."""
    return {
        "slack_bot_token": f"xoxb-{secrets.token_hex(16)}",
        "slack_signing_secret": secrets.token_hex(16),
        "teams_app_password": secrets.token_urlsafe(24),
    }


def world(directory: Directory, policy: Policy, shared: dict[str, str]) -> dict[str, Any]:
    """The playground's world.json."""
    # Loads Slack's libraries, which only those pay for who describe a world.
    from adapters.slack.manifest import REGISTERED

    people = list(directory.people.values())
    channels = {c for rule in (*policy.rules, policy.fallback) for c in rule.channels}
    return {
        "company": COMPANY,
        "people": [_person(p) for p in people],
        "slack": {
            "team": _realm(people, "slack"),
            "bot_user": "U0COUNTERSIGN",
            "bot_id": "B0COUNTERSIGN",
            "app_id": "A0COUNTERSIGN",
            "bot_token": shared["slack_bot_token"],
            "signing_secret": shared["slack_signing_secret"],
            "events": list(REGISTERED.events),
            "channels": [_slack_channel(c, people) for c in _of("slack", channels)],
        },
        "teams": {
            "tenant": _realm(people, "teams"),
            "app_id": APP_ID,
            "app_password": shared["teams_app_password"],
            "bot_name": "Countersign",
            "channels": [_teams_channel(c, people) for c in _of("teams", channels)],
            "installed": [i.account for p in people if (i := p.identity("teams"))],
        },
    }


def _person(person: Person) -> dict[str, Any]:
    slack, teams = person.identity("slack"), person.identity("teams")
    return {
        "name": person.name,
        "email": person.email,
        "title": _title(person),
        "slack_user": None if slack is None else slack.account,
        "teams_oid": None if teams is None else teams.account,
        "teams_mri": None if teams is None else f"29:{teams.account}",
        "timezone": person.timezone,
    }


def _title(person: Person) -> str:
    """The department, and those groups that say something else."""
    department = person.department or ""
    others = [group for group in person.groups if group.casefold() != department.casefold()]
    return ", ".join(part for part in (department, *others) if part)


def _realm(people: Iterable[Person], platform: str) -> str:
    found = (i.realm for p in people if (i := p.identity(platform)))
    return next(found, f"no-{platform}")


def _of(platform: str, channels: Iterable[ChannelRef]) -> list[ChannelRef]:
    return sorted((c for c in channels if c.platform == platform), key=lambda c: c.id)


def _slack_channel(channel: ChannelRef, people: Iterable[Person]) -> dict[str, Any]:
    members = [i.account for p in people if (i := p.identity("slack"))]
    return {"id": channel.id, "name": "approvals", "members": members}


def _teams_channel(channel: ChannelRef, people: Iterable[Person]) -> dict[str, Any]:
    members = [i.account for p in people if (i := p.identity("teams"))]
    return {"id": channel.id, "team_id": channel.id, "name": "Approvals", "members": members}
