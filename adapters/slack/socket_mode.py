"""Socket Mode: Slack is connected to from here, so that this server needs no public address.

The same handlers as over HTTP. Not slack_sdk's own client: that one hangs up before it connects
anew, acknowledges on whichever connection there is by then, and tries again at a fixed pace.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.answered import Answered
from adapters.slack.calls import Api, Failure, Method, Wire
from adapters.slack.connection import Connection
from adapters.slack.identity import text

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""Seconds between attempts: doubled after each, since Slack allows few per minute."""

GREETED_WITHIN: Final = 10.0
"""Seconds; Slack says hello at once."""

REMEDIES: Final = {
    "invalid_auth": "set SLACK_APP_TOKEN to an app-level token (xapp-) of this app and restart",
    "not_authed": "set SLACK_APP_TOKEN to an app-level token (xapp-) of this app and restart",
    "not_allowed_token_type": "SLACK_APP_TOKEN is no app-level token; those begin with xapp-",
    "missing_scope": "give the app-level token the scope connections:write",
    "link_disabled": "switch Socket Mode on in the settings of the Slack app",
}

_log = logging.getLogger(__name__)

Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


class SocketMode:
    """Keeps one connection to Slack; a second one for the moment of a change."""

    def __init__(self, wire: Wire, app_token: str, dispatch: Dispatch) -> None:
        self._wire = wire
        self._token = app_token
        self._dispatch = dispatch
        self._answered = Answered()
        self._connections: set[Connection] = set()
        self._ending: set[Connection] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; the wire is open."""
        self._task = asyncio.create_task(self._run(), name="slack_socket_mode")

    async def stop(self) -> None:
        """Take nothing more, answer what was taken, hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for leaving in self._leaving:
            leaving.cancel()
        await asyncio.gather(*(connection.finish() for connection in self._connections))
        self._connections.clear()
        self._answered.close()

    async def _run(self) -> None:
        failures = 0
        while True:
            connection = await self._connected()
            if connection is not None:
                await connection.settle(GREETED_WITHIN)
                # What came to nothing does not end a connection that still works.
                self._leave(
                    self._connections - {connection} if connection.greeted else {connection}
                )
                if connection.greeted:
                    failures = 0
                    _log.info("connected to Slack")
                await connection.over.wait()
                _log.info("the connection to Slack ends (%s)", connection.reason or "lost")
                if connection.greeted and connection.reason not in REMEDIES:
                    continue
                _tell(connection.reason)
            failures += 1
            await asyncio.sleep(min(FIRST_PAUSE * 2 ** min(failures - 1, 9), LONGEST_PAUSE))

    def _leave(self, connections: set[Connection]) -> None:
        """Let connections end, now that there is another or they are none."""
        for connection in connections - self._ending:
            self._ending.add(connection)
            task = asyncio.create_task(self._left(connection))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _left(self, connection: Connection) -> None:
        await connection.linger()
        self._connections.discard(connection)
        self._ending.discard(connection)

    async def _connected(self) -> Connection | None:
        """A new connection; None when there is none now, and the log says why."""
        api = Api(self._wire, self._token)
        reply = await api.call(Method.OPEN_SOCKET)
        if isinstance(reply, Failure):
            _tell(reply.error)
            return None
        socket = await self._wire.connect(text(reply, "url"))
        if socket is None:
            _tell("unreachable")
            return None
        connection = Connection(socket, self._handle)
        self._connections.add(connection)
        return connection

    async def _handle(self, envelope: SocketModeRequest) -> BoltResponse:
        async def run() -> BoltResponse:
            request = AsyncBoltRequest(
                mode="socket_mode", body=envelope.payload, headers=_headers(envelope)
            )
            return await self._dispatch(request)

        return await self._answered.once(envelope.envelope_id, envelope.payload, run)


def _headers(envelope: SocketModeRequest) -> dict[str, str | Sequence[str]]:
    """How Slack marks a repetition over HTTP."""
    if envelope.retry_attempt is None:
        return {}
    return {
        "x-slack-retry-num": str(envelope.retry_attempt),
        "x-slack-retry-reason": str(envelope.retry_reason or ""),
    }


def _tell(code: str) -> None:
    with suppress(KeyError):
        _log.error("Slack does not let us connect (%s): %s", code, REMEDIES[code])
        return
    _log.warning("not connected to Slack (%s); trying again", code or "lost")
