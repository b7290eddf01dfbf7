"""The HTTP side of the identity services: the channel's OpenID documents and the Microsoft login.

Turns requests into calls of keys.py and login.py, through the fault switches.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from playground.faults import Fault
from playground.place import Place
from playground.store import Json
from playground.teams import gate, keys, login

Answer = Callable[[web.Request], Any]


def document(place: Place, operation: str, make: Answer) -> Handler:
    """Return the handler of a document that anyone may read; `make` returns its JSON."""

    async def handle(request: web.Request) -> web.StreamResponse:
        async def run() -> web.StreamResponse:
            return web.json_response(make(request))

        response = await place.faults.through(
            "teams", operation, request, run, lambda fault: gate.as_response(gate.refusal_of(fault))
        )
        _log(place, operation, dict(request.match_info), response.status, None)
        return response

    return handle


def metadata(place: Place) -> Answer:
    """The OpenID document of the channel service."""
    return lambda _request: keys.openid_metadata(f"{place.base_url}/teams/keys")


def jwks(place: Place) -> Answer:
    """The published signing keys."""
    return lambda _request: keys.SigningKeys(place.store).jwks()


def authority(place: Place) -> Answer:
    """The metadata of a tenant's login."""
    return lambda request: login.openid_configuration(_base(place), request.match_info["tenant"])


def instances(place: Place) -> Answer:
    """The instance discovery, which every authority here passes."""
    return lambda _request: login.instance_discovery(_base(place), place.world.teams.tenant)


def graph_address(place: Place) -> str:
    """Where Microsoft Graph is simulated, which is also what its tokens are for."""
    return f"{place.base_url}/teams/graph"


def _base(place: Place) -> str:
    # Known only once the playground listens, so it is read at each request.
    return f"{place.base_url}/teams/login"


def token(place: Place) -> Handler:
    """Return the handler of the token endpoint."""

    async def handle(request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        refused: list[str] = []

        def refuse(problem: login.LoginError, headers: dict[str, str]) -> web.Response:
            refused.append(problem.error)
            return web.json_response(problem.body, status=problem.status, headers=headers)

        async def run() -> web.StreamResponse:
            try:
                tenant = request.match_info["tenant"]
                granted = login.grant(
                    place.world.teams, tenant, form, place.now(), graph_address(place)
                )
            except login.LoginError as problem:
                return refuse(problem, {})
            return web.json_response(granted, headers={"Cache-Control": "no-store, no-cache"})

        response = await place.faults.through(
            "teams", "token", request, run, lambda fault: refuse(*_outage(fault, place.now()))
        )
        args = {"tenant": request.match_info["tenant"], **_shown(form)}
        _log(place, "token", args, response.status, refused[-1] if refused else None)
        return response

    return handle


def _shown(form: dict[str, str]) -> Json:
    return {name: form[name] for name in ("grant_type", "client_id", "scope") if name in form}


def _outage(fault: Fault, now: float) -> tuple[login.LoginError, dict[str, str]]:
    """Return the login's way of being throttled or down."""
    if fault.do == "429":
        text = "There are too many incoming requests."
        busy = login.LoginError(429, "temporarily_unavailable", 90055, text, now)
        return busy, {"Retry-After": str(fault.retry_after)}
    text = "A transient error has occurred. Please try again."
    return login.LoginError(fault.status or 500, "temporarily_unavailable", 90033, text, now), {}


def _log(place: Place, operation: str, args: Json, status: int, error: str | None) -> None:
    place.store.log_call("teams", operation, args, status=status, error=error, at=place.now())
