"""Where the app is installed, and which tokens that gave: OAuth, rotation, removal.

The tokens of world.json are an installation that was always there. Others come from
`oauth.v2.access`; they work in the workspace that they were given for, until they expire
or the app is removed there. https://docs.slack.dev/authentication/installing-with-oauth
"""

import hashlib
from typing import Any

from playground.place import Place
from playground.slack import events
from playground.slack.arguments import Arguments
from playground.slack.refusal import BadAct, Refusal
from playground.slack.workspace import Workspace
from playground.store import Section

Json = dict[str, Any]

# https://docs.slack.dev/authentication/using-token-rotation
TOKEN_SECONDS = 43_200
CODE_SECONDS = 600


def _kept(place: Place, name: str) -> Section:
    """What belongs to the app, whatever the workspace."""
    return place.store.section(f"slack.app.{name}")


def workspace_of(place: Place, method: str, token: str | None) -> Workspace:
    """Return the workspace that a token speaks in, or raise Refusal.

    A method that needs no token gets the first workspace.
    """
    main = Workspace(place)
    if token is None:
        return main
    app_level = token == main.world.app_token
    if app_level or method == "apps.connections.open":
        if app_level and method == "apps.connections.open":
            return main
        raise Refusal("not_allowed_token_type" if token.startswith("xox") else "invalid_auth")
    known = _kept(place, "tokens").get(token)
    if known is None:
        return _always_there(place, token)
    if known["dead"]:
        raise Refusal(known["dead"])
    if known["until"] is not None and place.now() >= known["until"]:
        raise Refusal("token_expired")
    return Workspace(place, known["team"])


def _always_there(place: Place, token: str) -> Workspace:
    for world in place.world.slacks:
        if world.bot_token == token:
            if world.team in _kept(place, "removed"):
                raise Refusal("account_inactive")
            return Workspace(place, world.team)
    raise Refusal("invalid_auth")


def new_code(place: Place, team: str, redirect_uri: str, user: str, *, whole: bool) -> str:
    """Return the code that the browser carries back after somebody agreed."""
    code = _secret(place, "code")
    made = {"team": team, "uri": redirect_uri, "user": user, "whole": whole}
    _kept(place, "codes")[code] = {**made, "at": place.now(), "used": False}
    return code


def access(workspace: Workspace, args: Arguments) -> Json:
    """oauth.v2.access: a code, or a refresh token, for a token."""
    place, world = workspace.place, workspace.world
    client, secret = args.credentials or ("", "")
    if client != world.client_id:
        raise Refusal("invalid_client_id")
    if secret != world.client_secret:
        raise Refusal("bad_client_secret")
    if args.optional("grant_type") == "refresh_token":
        return _refreshed(place, args.optional("refresh_token"))
    codes = _kept(place, "codes")
    held = codes.get(args.optional("code"))
    if held is None or place.now() - held["at"] > CODE_SECONDS:
        raise Refusal("invalid_code")
    if held["used"]:
        raise Refusal("code_already_used")
    if args.optional("redirect_uri") != held["uri"]:
        raise Refusal("bad_redirect_uri")
    codes[args.optional("code")] = {**held, "used": True}
    kill(place, held["team"], "token_revoked")
    _kept(place, "removed").pop(held["team"], None)
    beside = {"authed_user": {"id": held["user"]}}
    return _granted(place, held["team"], whole=held["whole"]) | beside


def _refreshed(place: Place, token: str) -> Json:
    issued = _kept(place, "refresh")
    held = issued.get(token)
    if held is None or held["used"]:
        raise Refusal("invalid_refresh_token")
    issued[token] = {**held, "used": True}
    return _granted(place, held["team"], whole=held["whole"])


def _granted(place: Place, team: str, *, whole: bool) -> Json:
    workspace = Workspace(place, team)
    world = workspace.world
    rotates = place.world.slack.rotates
    token = _secret(place, "xoxe.xoxb-1-" if rotates else "xoxb-")
    until = place.now() + TOKEN_SECONDS if rotates else None
    _kept(place, "tokens")[token] = {"team": team, "until": until, "dead": "", "whole": whole}
    organisation = {"id": world.enterprise, "name": f"{place.world.company} Group"}
    granted: Json = {
        "access_token": token,
        "token_type": "bot",
        "scope": ",".join(world.scopes or ()),
        "bot_user_id": world.bot_user,
        "app_id": place.world.slack.app_id,
        "team": None if whole else {"id": team, "name": world.domain},
        "enterprise": organisation if world.enterprise else None,
        "is_enterprise_install": whole,
    }
    if rotates:
        refresh = _secret(place, "xoxe-1-")
        _kept(place, "refresh")[refresh] = {"team": team, "used": False, "whole": whole}
        granted |= {"refresh_token": refresh, "expires_in": TOKEN_SECONDS}
    return granted


def revoke(workspace: Workspace, _args: Arguments) -> Json:
    """auth.revoke: the tokens of this workspace are taken back."""
    kill(workspace.place, workspace.world.team, "token_revoked")
    return {"revoked": True}


def teams(workspace: Workspace, _args: Arguments) -> Json:
    """auth.teams.list: where the token may be used."""
    place, world = workspace.place, workspace.world
    tokens = _kept(place, "tokens")
    mine = [held for held in tokens.values() if held["team"] == world.team and not held["dead"]]
    found = [world]
    if any(held["whole"] for held in mine):
        found = [each for each in place.world.slacks if each.enterprise == world.enterprise]
    return {"teams": [{"id": each.team, "name": each.domain} for each in found]}


def kill(place: Place, team: str, error: str) -> None:
    """Let every token that was given for a workspace answer with this error from now on."""
    tokens = _kept(place, "tokens")
    for token, held in tokens.items():
        if held["team"] == team and not held["dead"]:
            tokens[token] = {**held, "dead": error}


async def remove(workspace: Workspace, _user: str, body: Json) -> Json:
    """Remove the app from the workspace; it is told by two events, unless `silently`."""
    place, world = workspace.place, workspace.world
    if world.team in _kept(place, "removed"):
        raise BadAct("the app is not installed in this workspace")
    kill(place, world.team, "account_inactive")
    _kept(place, "removed")[world.team] = {"at": place.now()}
    if body.get("silently"):
        return {"ok": True, "sent": False}
    revoked: Json = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [world.bot_user]}}
    told = [
        await events.send(workspace, revoked),
        await events.send(workspace, {"type": "app_uninstalled"}),
    ]
    return {"ok": all(one.ok for one in told), "sent": True}


def _secret(place: Place, prefix: str) -> str:
    number = place.store.next_number("slack.app.secret")
    seed = f"{place.world.slack.signing_secret}/{number}"
    return prefix + hashlib.sha256(seed.encode()).hexdigest()[:32]
