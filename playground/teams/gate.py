"""What every connector call passes through: token, fault switches, pacing, log, error shapes.

Knows calls by operation name only; what a call does is the handler's business. Tokens never
reach the log.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from playground.faults import Fault
from playground.place import Place
from playground.store import Json
from playground.teams import login, refusals
from playground.teams.messages import Messages
from playground.teams.refusals import Refusal
from playground.teams.rooms import Rooms

_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised connector call: its path and query by name, and its decoded body."""

    place: Place
    rooms: Rooms
    messages: Messages
    path: dict[str, str]
    query: dict[str, str]
    body: Json


Act = Callable[[Call], tuple[int, Any]]


def refusal_of(fault: Fault) -> Refusal:
    """Return what the connector answers under a fault; `error` takes any documented code."""
    if fault.do == "429":
        return refusals.throttled(fault.retry_after)
    if fault.do == "error":
        known = refusals.documented().get(fault.error)
        return known or Refusal(fault.status or 400, fault.error, fault.error)
    return refusals.service_error(fault.status or 500)


def as_response(refusal: Refusal) -> web.Response:
    """Return a refusal as it goes over the wire."""
    return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)


Authorise = Callable[[Place, web.Request], None]


def guarded(place: Place, operation: str, act: Act, authorise: Authorise | None = None) -> Handler:
    """Return the aiohttp handler that runs `act` as that operation; `act` may raise Refusal, and
    so may `authorise`, which looks for a token of the connector unless another is given."""

    async def handle(request: web.Request) -> web.StreamResponse:
        body: Json = {}
        refused: list[str] = []

        def refuse(refusal: Refusal) -> web.Response:
            refused.append(refusal.code)
            return as_response(refusal)

        async def run() -> web.StreamResponse:
            try:
                call = _call(place, request, body)
                _pace(call, operation)
                status, answer = act(call)
            except Refusal as refusal:
                return refuse(refusal)
            return (
                web.Response(status=status)
                if answer is None
                else web.json_response(answer, status=status)
            )

        try:
            (authorise or _authorise)(place, request)
            body = await _body(request)
        except Refusal as refusal:
            response: web.StreamResponse = refuse(refusal)
        else:
            response = await place.faults.through(
                "teams", operation, request, run, lambda fault: refuse(refusal_of(fault))
            )
        _log(place, operation, request, body, response, refused)
        return response

    return handle


def _authorise(place: Place, request: web.Request) -> None:
    header = request.headers.get("Authorization", "")
    if not login.accepts(place.world.teams, header, place.now()):
        raise refusals.Unauthorized


async def _body(request: web.Request) -> Json:
    if request.method not in {"POST", "PUT"}:
        return {}
    try:
        body = json.loads(await request.text(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise refusals.bad_syntax("The body is not JSON") from None
    except web.HTTPRequestEntityTooLarge:
        raise refusals.too_big() from None
    if not isinstance(body, dict):
        raise refusals.bad_syntax("The body is not an object")
    if _is_deep(body):
        raise refusals.bad_syntax("The body is nested too deep")
    return body


def _is_deep(body: Json) -> bool:
    """Say whether a body is nested deeper than the recursive readers behind can follow."""
    level: list[Any] = [body]
    for _ in range(_DEEPEST):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _call(place: Place, request: web.Request, body: Json) -> Call:
    return Call(
        place, Rooms(place), Messages(place), dict(request.match_info), dict(request.query), body
    )


def _pace(call: Call, operation: str) -> None:
    """Refuse when the pace switch is on and the conversation got too much.

    https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit
    """
    conversation = call.path.get("conversation")
    destination = conversation.partition(";")[0] if conversation else _new_conversation(call.body)
    wait = call.place.faults.paced("teams", operation, destination, call.place.now())
    if wait is not None:
        raise refusals.throttled(wait)


def _new_conversation(body: Json) -> str:
    return json.dumps([body.get("members"), body.get("channelData")], sort_keys=True)


def _log(
    place: Place,
    operation: str,
    request: web.Request,
    body: Json,
    response: web.StreamResponse,
    refused: list[str],
) -> None:
    args = {**request.match_info, **request.query}
    place.store.log_call(
        "teams",
        operation,
        {**args, "body": body} if body else args,
        status=response.status,
        error=refused[-1] if refused else None,
        at=place.now(),
    )
