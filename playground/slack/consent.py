"""The page on which Slack asks whether the app may be installed, and where it leads.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from html import escape
from urllib.parse import urlencode

from aiohttp import web

from playground.place import Place
from playground.slack import installs

_PATH = "/slack/oauth/v2/authorize"


def routes(place: Place) -> list[web.RouteDef]:
    """Return the page and what its buttons do."""

    async def ask(request: web.Request) -> web.StreamResponse:
        _check(place, request)
        given = dict(request.query)
        links = []
        for world in place.world.slacks:
            agree = urlencode({**given, "chosen": world.team})
            links.append(f'<p><a href="{_PATH}/agreed?{escape(agree)}">{escape(world.domain)}</a>')
        refuse = escape(urlencode(given))
        page = "".join(links) + f'<p><a href="{_PATH}/refused?{refuse}">Cancel</a>'
        scopes = escape(given.get("scope", ""))
        body = f"<!doctype html><title>Install</title><p>It asks for {scopes}.{page}"
        return web.Response(text=body, content_type="text/html")

    async def agreed(request: web.Request) -> web.StreamResponse:
        uri = _check(place, request)
        team = request.query.get("chosen", "")
        if team not in {world.team for world in place.world.slacks}:
            raise web.HTTPBadRequest(text="There is no such workspace.\n")
        whole = request.query.get("whole") == "1"
        user = request.query.get("user") or _somebody(place, team)
        code = installs.new_code(place, team, uri, user, whole=whole)
        back = {"code": code, "state": request.query.get("state", "")}
        raise web.HTTPFound(f"{uri}?{urlencode(back)}")

    async def refused(request: web.Request) -> web.StreamResponse:
        uri = _check(place, request)
        back = {"error": "access_denied", "state": request.query.get("state", "")}
        raise web.HTTPFound(f"{uri}?{urlencode(back)}")

    return [
        web.get(_PATH, ask, allow_head=False),
        web.get(f"{_PATH}/agreed", agreed, allow_head=False),
        web.get(f"{_PATH}/refused", refused, allow_head=False),
    ]


def _check(place: Place, request: web.Request) -> str:
    if request.query.get("client_id") != place.world.slack.client_id:
        raise web.HTTPBadRequest(text="invalid_client_id\n")
    uri = request.query.get("redirect_uri", "")
    if not uri.startswith(("http://", "https://")):
        raise web.HTTPBadRequest(text="bad_redirect_uri\n")
    return uri


def _somebody(place: Place, team: str) -> str:
    found = (p for p in place.world.people if place.world.slack_person(p.slack_user or "", team))
    return next((p.slack_user or "" for p in found), "")
