"""The HTTP server: one aiohttp application from parts that were built elsewhere.

Every call gets an id that stands in the answer, the log and any problem. Whatever goes
wrong on the way is answered as problem+json; an unexpected exception says its id only.
"""

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Final

import msgspec
import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from adapters.webhook.app import problem_of
from adapters.webhook.intake import MAX_BODY
from adapters.webhook.problems import AnyReason, HttpReason, Problem, problem, response
from bot.log import request_id
from storage.errors import OutcomeUnknown, StorageError

REQUEST_ID: Final = "X-Request-Id"
SHUTDOWN_SECONDS: Final = 5.0
"""How long calls that are under way may take once the server is told to stop."""

Told = Callable[[int], None]
"""Takes the status of the answer."""
Around = Callable[[web.Request], AbstractContextManager[Told]]
"""What goes on around each call, to count or to trace it."""

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REASONS: Final[dict[int, AnyReason]] = {
    404: HttpReason.UNKNOWN_ROUTE,
    405: HttpReason.METHOD_NOT_ALLOWED,
    408: HttpReason.BODY_TOO_SLOW,
    413: HttpReason.BODY_TOO_LARGE,
    415: HttpReason.UNSUPPORTED_MEDIA_TYPE,
}
log = structlog.get_logger("http")


@contextmanager
def _unobserved(_: web.Request) -> Iterator[Told]:
    yield lambda _status: None


def build_server(
    routes: Iterable[web.RouteDef], new_id: Callable[[], str], around: Around = _unobserved
) -> web.Application:
    """The application: the agents' API, the chat platforms' endpoints, all with one manner."""
    manner = _one_manner(new_id, around)
    application = web.Application(middlewares=[manner], client_max_size=MAX_BODY)
    application.router.add_routes(list(routes))
    return application


@asynccontextmanager
async def listening(
    application: web.Application, host: str, port: int, grace: float = SHUTDOWN_SECONDS
) -> AsyncIterator[str]:
    """Serve while the context is open; gives the address. Port 0 takes a free one. Calls that
    are under way at its end have the grace, in seconds."""
    logging.getLogger("aiohttp.server").addFilter(_concerns_us)
    runner = web.AppRunner(
        application, access_log=None, handle_signals=False, shutdown_timeout=grace
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        taken = runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{taken}"
    finally:
        await runner.cleanup()


def _concerns_us(record: logging.LogRecord) -> bool:
    """Whether aiohttp's line is about us: that a stranger sends no HTTP is not an error here."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def route_of(request: web.Request) -> str:
    """The route's template: an address may hold a secret. "" where there is no such route."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def _one_manner(new_id: Callable[[], str], around: Around) -> Middleware:
    @web.middleware
    async def one_manner(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get(REQUEST_ID, "")
        name = given if _SANE.fullmatch(given) else new_id()
        request_id.set(name)  # aiohttp runs each call in a task, and so a context, of its own
        with around(request) as told:
            try:
                answer = await handler(request)
            except Exception as error:
                answer = _refused(request, error, name)
            told(answer.status)
        answer.headers[REQUEST_ID] = name
        answer.headers["Server"] = "countersign"
        log.debug("answered", method=request.method, route=route_of(request), status=answer.status)
        return answer

    return one_manner


def _refused(request: web.Request, error: Exception, name: str) -> web.StreamResponse:
    if isinstance(error, web.HTTPException):
        return _http_refusal(error, name)
    found = problem_of(error)
    if found is None:
        found = _unexpected(request, error)
    return response(found, name)


def _http_refusal(error: web.HTTPException, name: str) -> web.StreamResponse:
    if error.status < 400:
        raise error
    other = HttpReason.BAD_REQUEST if error.status < 500 else HttpReason.INTERNAL_ERROR
    found = problem(_REASONS.get(error.status, other))
    same = msgspec.structs.replace(found, status=error.status)
    return response(same, name, allow=error.headers.get("Allow", ""))


def _unexpected(request: web.Request, error: Exception) -> Problem:
    """What nobody foresaw: all of it in the log, only the id in the answer."""
    if isinstance(error, OutcomeUnknown):
        reason = HttpReason.OUTCOME_UNKNOWN
    elif isinstance(error, StorageError):
        reason = HttpReason.UNAVAILABLE
    else:
        reason = HttpReason.INTERNAL_ERROR
    log.error(
        "request_failed",
        method=request.method,
        route=route_of(request),
        reason=reason.value,
        exc_info=error,
    )
    return problem(reason)
