"""The API as aiohttp routes, wired from arguments; nothing is built at import.

An endpoint authenticates first, then reads and validates, then calls the handler. Refusals
leave it as exceptions, which the server turns into problems (`problem_of`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Final

from aiohttp import web

from adapters.webhook import docs, openapi, present, state
from adapters.webhook.auth import require_any_scope
from adapters.webhook.call import JSON, Call
from adapters.webhook.desk import Desk
from adapters.webhook.door import Door, Watch
from adapters.webhook.examples import read_examples
from adapters.webhook.intake import read_body, text_of
from adapters.webhook.mistakes import Mistaken
from adapters.webhook.operation import Operation
from adapters.webhook.problems import (
    Answered,
    HttpReason,
    Problem,
    of_mistakes,
    of_refusal,
    problem,
)
from adapters.webhook.routes import OPERATIONS
from adapters.webhook.schema import Strict
from adapters.webhook.strict_json import Malformed, parse
from adapters.webhook.validate import body_of, query_of
from adapters.webhook.visit import VISIT
from core.ports import Keys
from core.refusals import Refused
from core.tokens.signing import KeyRing
from core.value import Millis

Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]

PUBLIC: Final = {"Cache-Control": "public, max-age=300"}
"""The public keys may be kept for five minutes: a new key signs nothing before it is served."""

FIRST: Final = ("/v1/requests", "/v1/requests/{id}/decisions", "/v1/requests/{id}")
"""The paths that are called the most. aiohttp tries those that begin alike in turn."""


def build(
    desk: Desk,
    keys: Keys,
    clock: Callable[[], Millis],
    checks: Mapping[str, state.Check],
    version: str,
    *,
    warnings: state.Warnings = tuple,
    exposed: state.Exposed | None = None,
    watch: Watch | None = None,
) -> list[web.RouteDef]:
    """All routes of the API, its description, and those that say how the server is."""
    door = Door(keys, clock, watch or Watch())
    metrics, keys_text = exposed is not None, _public_keys(desk.ring)
    routes = [
        web.route(operation.method, operation.path, _endpoint(operation, desk, door))
        if operation.method != "GET"
        else web.get(operation.path, _endpoint(operation, desk, door))
        for operation in sorted(OPERATIONS, key=_turn)
    ]
    return [
        *routes,
        web.get(openapi.KEYS_PATH, _answering(lambda: keys_text, JSON, PUBLIC)),
        web.get("/openapi.json", _answering(lambda: _described(version, metrics)[0], JSON)),
        web.get(
            "/docs",
            _answering(lambda: _described(version, metrics)[1], "text/html", docs.HEADERS),
        ),
        *state.routes(checks, warnings, exposed),
    ]


def _turn(operation: Operation) -> int:
    return FIRST.index(operation.path) if operation.path in FIRST else len(FIRST)


def problem_of(error: Exception) -> Problem | None:
    """The problem that an expected refusal means, None for anything else."""
    match error:
        case Refused():
            return of_refusal(error)
        case Mistaken():
            return of_mistakes(error)
        case Malformed():
            return problem(HttpReason.MALFORMED_JSON, str(error))
        case Answered():
            return error.problem
    return None


def _endpoint(operation: Operation, desk: Desk, door: Door) -> Endpoint:
    no_query, scopes = operation.query(), operation.all_scopes

    async def endpoint(request: web.Request) -> web.StreamResponse:
        caller = await door.enter(request, operation)
        try:
            require_any_scope(caller, scopes)
            query = no_query
            if request.query_string:
                query = query_of(request.query.items(), operation.query)
            raw, body = await _body(operation, request)
            return await operation.handler(Call(desk, request, caller, query, body, raw))
        except Refused as refusal:
            door.refused(request, refusal.reason, caller)
            raise
        except asyncio.CancelledError:
            request[VISIT].cut()
            raise

    return endpoint


async def _body(operation: Operation, request: web.Request) -> tuple[bytes, Strict | None]:
    if operation.body is None:
        return b"", None
    if operation.body_optional and not request.body_exists:
        return b"", operation.body()
    raw = await read_body(request, operation.body_media)
    if operation.body_media and request.content_type in operation.body_media:
        return raw, body_of({"text": text_of(raw)}, operation.body)
    return raw, body_of(parse(raw), operation.body)


@cache
def _described(version: str, metrics: bool) -> tuple[bytes, bytes]:
    """The API's description and its docs page, made when somebody first asks for one of them."""
    document = openapi.document(OPERATIONS, version, metrics=metrics, examples=read_examples())
    return present.encode(document), docs.render(document).encode()


def _public_keys(ring: KeyRing | None) -> bytes:
    return present.encode({"keys": []} if ring is None else ring.jwks())


def _answering(
    body: Callable[[], bytes], content_type: str, headers: Mapping[str, str] | None = None
) -> Endpoint:
    async def endpoint(_: web.Request) -> web.StreamResponse:
        return web.Response(
            body=body(), content_type=content_type, charset="utf-8", headers=headers
        )

    return endpoint
