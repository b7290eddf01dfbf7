"""The HTTP side of the simulated Slack: Web API methods, response URLs, permalinks.

Checks the token and the arguments, goes through the faults, logs the call;
what a method does stands in its own module.
"""

import json
from email.utils import formatdate
from typing import Any

from aiohttp import web

from playground.faults import Fault
from playground.place import Place
from playground.slack import arguments, consent, installs, responses, scopes, sockets
from playground.slack.coverage import METHODS, RESPONSE_URL
from playground.slack.methods import HANDLERS
from playground.slack.refusal import Refusal
from playground.slack.tickets import workspace_with
from playground.slack.workspace import Workspace

Json = dict[str, Any]
# Slack's answers for a response_url that no longer works.
_DEAD_URL = {"invalid_url", "expired_url", "used_url"}


def _refuse(fault: Fault) -> web.Response:
    # https://docs.slack.dev/apis/web-api/rate-limits
    if fault.do == "429":
        return _too_many(fault.retry_after)
    if fault.do == "error":
        return web.json_response({"ok": False, "error": fault.error}, status=fault.status or 200)
    page = "<html><body>Something went wrong on our side.</body></html>"
    return web.Response(status=fault.status or 500, text=page, content_type="text/html")


def _too_many(seconds: int) -> web.Response:
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def _run(workspace: Workspace, method: str, token: str | None, args: arguments.Arguments) -> Json:
    if method not in HANDLERS:
        raise Refusal("unknown_method", req_method=method)
    covered = METHODS[method]
    if token is None and covered.needs_token:
        raise Refusal("not_authed")
    workspace = installs.workspace_of(workspace.place, method, token)
    if covered.needs_token:
        scopes.check(workspace.world.scopes, method, str(args.values.get("channel", "")))
    # Slack knows more arguments; one that would be ignored here must not seem to work.
    if covered.known and (unknown := sorted(set(args.values) - covered.known)):
        raise Refusal("invalid_arguments", [f"the playground does not simulate {unknown[0]}"])
    return {"ok": True, **HANDLERS[method](workspace, args)}


class SlackHttp:
    """The request handlers of one running playground."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._workspace = Workspace(place)

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one Web API call, through whatever fault waits for it."""
        method = request.match_info["method"]
        try:
            token, args = await arguments.read(request)
        except Refusal as refused:
            return web.json_response(refused.answer())

        def refuse(fault: Fault) -> web.Response:
            answer = _refuse(fault)
            if fault.do != "5xx_after_accept":
                self._log(method, args.values, answer.status, f"fault:{fault.do}")
            return answer

        async def handle() -> web.Response:
            answer, error = self._answer(method, token, args)
            self._log(method, args.values, answer.status, error)
            return answer

        answer = await self._place.faults.through("slack", method, request, handle, refuse)
        answer.headers["Date"] = formatdate(self._place.now(), usegmt=True)
        answer.headers.update(scopes.told(self._workspace.world.scopes if token else None))
        return answer

    def _answer(
        self, method: str, token: str | None, args: arguments.Arguments
    ) -> tuple[web.Response, str | None]:
        destination = str(args.values.get("channel", ""))
        wait = self._place.faults.paced("slack", method, destination, self._place.now())
        if wait is not None:
            return _too_many(wait), "ratelimited"
        try:
            return web.json_response(_run(self._workspace, method, token, args)), None
        except Refusal as refused:
            return web.json_response(refused.answer()), refused.error

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Take what is posted to a response_url."""

        async def handle() -> web.Response:
            values, error = await _posted(request), None
            try:
                ticket = request.match_info["token"]
                responses.respond(workspace_with(self._place, ticket), ticket, values)
            except Refusal as refused:
                error = refused.error
            status = 200 if error is None else 404 if error in _DEAD_URL else 400
            self._log(RESPONSE_URL, values, status, error)
            body = {"ok": True} if error is None else {"ok": False, "error": error}
            return web.json_response(body, status=status)

        return await self._place.faults.through("slack", RESPONSE_URL, request, handle, _refuse)

    async def archive(self, request: web.Request) -> web.StreamResponse:
        """Open the page at the message a permalink names."""
        channel, digits = request.match_info["channel"], request.match_info["ts"]
        raise web.HTTPFound(f"/#slack={channel}&ts={digits[:-6]}.{digits[-6:]}")

    def _log(self, method: str, values: Json, status: int, error: str | None) -> None:
        now = self._place.now()
        self._place.store.log_call("slack", method, values, status=status, error=error, at=now)


def routes(place: Place) -> list[web.RouteDef]:
    """Return the routes of the Slack side."""
    http = SlackHttp(place)
    return [
        *consent.routes(place),
        *sockets.routes(place),
        web.get("/slack/api/{method}", http.call, allow_head=False),
        web.post("/slack/api/{method}", http.call),
        web.post("/slack/response/{token}", http.respond),
        web.get(r"/slack/archives/{channel:\w+}/p{ts:\d{7,}}", http.archive, allow_head=False),
    ]


async def _posted(request: web.Request) -> Json:
    try:
        decoded = json.loads(await request.text())
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}
