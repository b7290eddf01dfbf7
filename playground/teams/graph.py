"""The part of Microsoft Graph that installs an app for a person and shows the chat with it.

https://learn.microsoft.com/en-us/graph/api/userteamwork-post-installedapps
Each function takes an authorised call and returns status and body, or raises Refusal.
"""

from typing import Any

from playground.store import Json
from playground.teams import refusals
from playground.teams.gate import Call
from playground.teams.refusals import Refusal
from playground.world import Person

Answer = tuple[int, Any]
PERMISSION = "TeamsAppInstallation.ReadWriteSelfForUser.All"


def install(call: Call) -> Answer:
    """Install the app of the catalogue for a person; 409 when they have it."""
    person = _person(call)
    bound = call.body.get("teamsApp@odata.bind")
    wanted = bound.rpartition("/appCatalogs/teamsApps/")[2] if isinstance(bound, str) else ""
    catalog = call.place.world.teams.catalog_app
    if not catalog or wanted != catalog:
        raise Refusal(404, "NotFound", f"No app found with id {wanted[:60]} in the app catalog.")
    oid = str(person.teams_oid)
    if call.rooms.installed(oid):
        raise Refusal(409, "Conflict", "App is already installed in the user's personal scope.")
    call.rooms.install(oid, True)
    return 201, None


def installations(call: Call) -> Answer:
    """The installations of the app that a filter names; at most the one."""
    person = _person(call)
    catalog = call.place.world.teams.catalog_app
    if call.query.get("$filter") != f"teamsApp/id eq '{catalog}'":
        raise Refusal(400, "BadRequest", "The filter is not one that is simulated here.")
    found = [_installation(person, catalog)] if call.rooms.installed(str(person.teams_oid)) else []
    return 200, {"value": found}


def chat(call: Call) -> Answer:
    """The chat of an installation."""
    person = _person(call)
    if not call.rooms.installed(str(person.teams_oid)) or call.path["installation"] != _id(person):
        raise Refusal(404, "NotFound", "No installation found with this id.")
    call.rooms.open(call.rooms.personal(person))
    return 200, {"id": call.rooms.graph_chat(person), "chatType": "oneOnOne"}


def _person(call: Call) -> Person:
    teams = call.place.world.teams
    if PERMISSION not in teams.graph_permissions:
        raise Refusal(403, "Forbidden", "Missing role permissions on the request.")
    person = call.rooms.person(call.path["user"])
    if person is None:
        raise Refusal(404, "NotFound", "User not found.")
    return person


def _installation(person: Person, catalog: str) -> Json:
    return {"id": _id(person), "teamsApp": {"id": catalog, "distributionMethod": "organization"}}


def _id(person: Person) -> str:
    return f"installation-of-{person.teams_oid}=="


def unauthorized() -> Refusal:
    """No token for Graph, or one that is over."""
    return refusals.Refusal(401, "InvalidAuthenticationToken", "Access token validation failure.")
