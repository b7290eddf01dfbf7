"""One HTTP request: authenticate, read, run the turn, answer; in this order.

Botbuilder 4.17.1's own `CloudAdapter.process` cannot answer an invoke that has a body (it
serialises the body twice and fails after the handler ran) and answers 500 to most bad tokens.
Here a bad token is 401 whatever else is wrong, and the body is serialised once.
"""

import logging
from collections.abc import Collection
from typing import Any

import msgspec
from aiohttp import web
from botbuilder.core import Bot, CloudAdapterBase
from botbuilder.schema import Activity

from adapters.teams.addresses import Trusted, hosted
from adapters.teams.auth import Authentication, TokenCheck, Unauthorized
from adapters.teams.identity import tenants
from adapters.teams.keys import KeysUnavailable

MAX_BODY = 256 * 1024
"""More than any activity: a message of Teams is at most about 100 KB."""

_log = logging.getLogger(__name__)


class TeamsAdapter(CloudAdapterBase):  # type: ignore[misc] # botbuilder ships no types
    """Botbuilder's turn, entered through our own door."""

    def __init__(
        self,
        authentication: Authentication,
        check: TokenCheck,
        tenants: Collection[str],
        trusted: Trusted,
    ) -> None:
        super().__init__(authentication)
        self._authentication = authentication
        self._check = check
        self._tenants = frozenset(tenants)
        self._trusted = trusted

    async def process(self, request: web.Request, bot: Bot) -> web.Response:
        """The answer to a POST of Bot Framework."""
        try:
            claims = await self._check.claims(request.headers.get("Authorization"))
            activity = _activity(await _body(request))
            self._check.match(claims, activity)
        except Unauthorized as refusal:
            _log.info("A call to the Teams endpoint was refused: %s", refusal)
            return web.json_response({"message": "Unauthorized"}, status=401)
        except KeysUnavailable as problem:
            _log.error("Nobody can be authenticated, Microsoft's keys are missing: %s", problem)
            return web.json_response({"message": "Try again"}, status=503)
        named = tenants(activity)
        if len(named) != 1 or not named <= self._tenants:
            return web.json_response({"message": "This bot serves another tenant"}, status=403)
        if not self._trusted(activity.service_url or ""):
            host = hosted(activity.service_url or "")
            _log.warning("A call was refused: %s is not in TEAMS_SERVICE_HOSTS", host)
            return web.json_response({"message": "serviceUrl is not a place of Teams"}, status=403)
        answer = await self.process_activity(
            self._authentication.accepted(claims), activity, bot.on_turn
        )
        return web.Response(status=200) if answer is None else _response(answer)


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    read = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        read += chunk
        if len(read) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(read))
    try:
        body = msgspec.json.decode(read)
    except (msgspec.DecodeError, RecursionError):
        raise web.HTTPBadRequest(text="The body is not JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise web.HTTPBadRequest(text="The body is not an activity")
    return body


def _activity(body: dict[str, Any]) -> Activity:
    try:
        return Activity().deserialize(body)
    # Wrongly typed members make the library raise anything at all, RecursionError among it.
    except Exception:
        raise web.HTTPBadRequest(text="The body is not a well-formed activity") from None


def _response(answer: Any) -> web.Response:
    return web.Response(
        body=answer.body, status=int(answer.status), content_type="application/json"
    )
