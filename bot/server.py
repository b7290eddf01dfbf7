"""The HTTP server: one aiohttp application from parts that were built elsewhere.

Every call gets an id that stands in the answer, the log and any problem. Whatever goes
wrong on the way is answered as problem+json; an unexpected exception says its id only.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial
from typing import Final

import msgspec
import structlog
from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from adapters.webhook.app import problem_of
from adapters.webhook.intake import MAX_BODY
from adapters.webhook.problems import AnyReason, HttpReason, Problem, problem, response
from adapters.webhook.visit import on_prepare
from bot.door import Hall
from bot.log import request_id
from bot.wire import Connection, expected
from storage.errors import OutcomeUnknown, StorageError

REQUEST_ID: Final = "X-Request-Id"
SHUTDOWN_SECONDS: Final = 5.0
"""How long calls that are under way may take once the server is told to stop."""

KEEP_ALIVE: Final = 650.0
"""Seconds for which a connection is kept between two calls: longer than proxies keep theirs, of
which Google's are the slowest with 600, or a call would meet a connection that just closed.
https://cloud.google.com/load-balancing/docs/https#timeout-keepalive-backends"""

BODY_SECONDS: Final = 20.0
"""How long a body may take to arrive, whatever reads it."""

BACKLOG: Final = 4096
"""Connections that wait to be taken up when thousands of agents come back at once. Beyond it
each waits a second or more before it tries again."""

MOST_FILES: Final = 1_000_000
"""Where the system has no limit."""

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
    application.on_response_prepare.append(on_prepare)
    application.on_response_prepare.append(_sign)
    for route in routes:
        options = {**route.kwargs, "expect_handler": expected}
        application.router.add_routes(
            [web.RouteDef(route.method, route.path, route.handler, options)]
        )
    return application


@asynccontextmanager
async def listening(
    application: web.Application, host: str, port: int, grace: float = SHUTDOWN_SECONDS
) -> AsyncIterator[str]:
    """Serve while the context is open; gives the address. Port 0 takes a free one. Calls that
    are under way at its end have the grace, in seconds."""
    logging.getLogger("aiohttp.server").addFilter(_concerns_us)
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=grace)
    await runner.setup()
    assert runner.server is not None, "it was set up"
    loop = asyncio.get_running_loop()
    made = partial(
        Connection,
        runner.server,
        loop=loop,
        keepalive_timeout=KEEP_ALIVE,
        access_log=None,  # turns it off, as in AppRunner
    )
    hall = Hall(made, open_files())
    server: asyncio.Server | None = None
    try:
        server = await loop.create_server(hall.door, host, port, backlog=BACKLOG)
        taken = server.sockets[0].getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{taken}"
    finally:
        if server is not None:
            server.close()
        hall.close()
        await runner.cleanup()


def open_files() -> int:
    """How many files this process may have open, of which each connection is one."""
    try:
        import resource
    except ImportError:  # not there on Windows
        return MOST_FILES
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if allowed == resource.RLIM_INFINITY else allowed


def _concerns_us(record: logging.LogRecord) -> bool:
    """Whether aiohttp's line is about us: that a stranger sends no HTTP, or no end of it, is not an
    error here."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.HTTPRequestTimeout)


def route_of(request: web.Request) -> str:
    """The route's template: an address may hold a secret. "" where there is no such route."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


async def _sign(_: web.Request, answer: web.StreamResponse) -> None:
    """Here, since a stream's headers leave before its handler returns."""
    answer.headers[REQUEST_ID] = request_id.get()
    answer.headers["Server"] = "countersign"


def _one_manner(new_id: Callable[[], str], around: Around) -> Middleware:
    @web.middleware
    async def one_manner(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get(REQUEST_ID, "")
        name = given if _SANE.fullmatch(given) else new_id()
        request_id.set(name)  # aiohttp runs each call in a task, and so a context, of its own
        late = None if request.content.is_eof() else _when_late(request.content)
        with around(request) as told:
            try:
                answer = await handler(request)
            except Exception as error:
                answer = _refused(request, error, name)
            finally:
                if late is not None:
                    late.cancel()
            told(answer.status)
        log.debug("answered", method=request.method, route=route_of(request), status=answer.status)
        return answer

    return one_manner


def _when_late(body: StreamReader) -> asyncio.TimerHandle:
    """Whoever reads the body learns that it came too slowly. aiohttp waits for it without end."""

    def stop() -> None:
        if not body.is_eof():
            body.set_exception(web.HTTPRequestTimeout())

    return asyncio.get_running_loop().call_later(BODY_SECONDS, stop)


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
