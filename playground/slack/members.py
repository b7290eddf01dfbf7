"""What becomes of a member of the workspace: renamed, made a guest, deactivated, moved.

Kept in the store, over what world.json says of the person.
https://docs.slack.dev/reference/objects/user-object
"""

from typing import Any

from playground.slack.scopes import may_read_addresses
from playground.slack.workspace import Workspace
from playground.world import Person

Json = dict[str, Any]

FLAGS = {
    "deleted": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
    "is_bot": False,
    "is_email_confirmed": True,
}
TEXTS = ("team_id", "email", "name", "real_name")


def described(workspace: Workspace, user: str, person: Person) -> Json:
    """The user object, as users.info gives it to the app."""
    changed = held(workspace, user)
    real_name = changed.get("real_name", person.name)
    first, _, last = real_name.partition(" ")
    name = changed.get("name", workspace.name_of(user))
    team = team_of(workspace, user)
    profile: Json = {
        "real_name": real_name,
        "display_name": name,
        "first_name": first,
        "last_name": last,
        "title": person.title,
        "team": team,
    }
    if may_read_addresses(workspace.world.scopes):
        profile["email"] = changed.get("email", person.email)
    flags = {flag: changed.get(flag, usual) for flag, usual in FLAGS.items()}
    if flags["deleted"]:
        # Slack says nothing more of who was deactivated.
        flags = {"deleted": True, "is_bot": flags["is_bot"]}
    return {
        "id": user,
        "team_id": team,
        "name": name,
        "real_name": real_name,
        "tz": person.timezone,
        "is_app_user": False,
        "is_stranger": team != workspace.world.team,
        **flags,
        "profile": profile,
    }


def team_of(workspace: Workspace, user: str) -> str:
    """The workspace a person belongs to: another one for who came through a shared channel."""
    return str(held(workspace, user).get("team_id", workspace.world.team))


def held(workspace: Workspace, user: str) -> Json:
    """What was changed of a member since the beginning."""
    return dict(workspace.section("members").get(user) or {})
