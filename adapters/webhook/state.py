"""The routes that say how the server is, for load balancers and monitoring: none needs a key."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from adapters.webhook import present
from adapters.webhook.answers import Health
from adapters.webhook.call import JSON
from adapters.webhook.problems import Answered, HttpReason, problem

Check = Callable[[], Awaitable[str | None]]
"""Answers None when all is well, else what is missing."""
Warnings = Callable[[], Sequence[str]]
"""What is wrong without keeping this very server from its work, in sentences."""

HEALTH: Final = "/healthz"
READY: Final = "/readyz"
METRICS: Final = "/metrics"


@dataclass(frozen=True, slots=True)
class Exposed:
    """Metrics: `read` takes what the caller accepts and gives a text and its media type. With a
    `token` only who sends it reads them."""

    read: Callable[[str], Awaitable[tuple[bytes, str]]]
    token: str | None = None


def routes(
    checks: Mapping[str, Check], warnings: Warnings, exposed: Exposed | None
) -> list[web.RouteDef]:
    """The routes; that of the metrics only where there are any."""

    async def alive(_: web.Request) -> web.StreamResponse:
        return _health(Health("ok"))

    async def ready(_: web.Request) -> web.StreamResponse:
        found = [(name, await check()) for name, check in checks.items()]
        missing = [f"{name}: {what}" for name, what in found if what is not None]
        if missing:
            raise Answered(problem(HttpReason.NOT_READY, "; ".join(missing)))
        return _health(Health("ready", tuple(warnings())))

    made = [web.get(HEALTH, alive), web.get(READY, ready)]
    return made if exposed is None else [*made, web.get(METRICS, _metrics(exposed))]


def _health(health: Health) -> web.Response:
    return web.Response(body=present.encode(health), content_type=JSON, charset="utf-8")


def _metrics(exposed: Exposed) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def metrics(request: web.Request) -> web.StreamResponse:
        if exposed.token is not None:
            _require(exposed.token, request.headers.get("Authorization", ""))
        body, media = await exposed.read(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": media, "Cache-Control": "no-store"})

    return metrics


def _require(token: str, header: str) -> None:
    scheme, _, given = header.partition(" ")
    # aiohttp gives bytes that are no text as surrogates.
    sent = given.strip().encode(errors="surrogateescape")
    same = hmac.compare_digest(sent, token.encode())
    if scheme.lower() != "bearer" or not same:
        raise Answered(problem(HttpReason.METRICS_TOKEN))
