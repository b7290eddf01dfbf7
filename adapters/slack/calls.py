"""The one way out to Slack's Web API: every call ends in what Slack said or in a `Failure`.

One HTTP session and one client for the process; calls are bounded in time and never
retried here, since the relay retries with what it knows.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.slack.client import Client
from core.value import Millis, Value

Json = dict[str, Any]

TIMEOUT_SECONDS: Final = 10
HEARTBEAT_SECONDS: Final = 20


class Method(StrEnum):
    """The Web API methods this adapter calls."""

    POST = "chat.postMessage"
    UPDATE = "chat.update"
    WHISPER = "chat.postEphemeral"
    OPEN_DM = "conversations.open"
    HISTORY = "conversations.history"
    OPEN_VIEW = "views.open"
    PUSH_VIEW = "views.push"
    UPDATE_VIEW = "views.update"
    PUBLISH = "views.publish"
    LIST_TEAMS = "auth.teams.list"
    OPEN_SOCKET = "apps.connections.open"
    TEST = "auth.test"
    USER = "users.info"
    USER_BY_EMAIL = "users.lookupByEmail"


SCOPES: Final[Mapping[Method, str | None]] = {
    Method.POST: "chat:write",
    Method.UPDATE: "chat:write",
    Method.WHISPER: "chat:write",
    Method.OPEN_DM: "im:write",
    Method.HISTORY: "im:history",
    Method.OPEN_VIEW: None,
    Method.PUSH_VIEW: None,
    Method.UPDATE_VIEW: None,
    Method.PUBLISH: None,
    Method.LIST_TEAMS: None,
    Method.OPEN_SOCKET: None,  # an app-level token with connections:write
    Method.TEST: None,
    Method.USER: "users:read",
    Method.USER_BY_EMAIL: None,  # users:read.email, only where that is switched on
}
"""What the bot token must be allowed for each method; views.* need a trigger instead."""

READING: Final = frozenset(
    {Method.LIST_TEAMS, Method.HISTORY, Method.TEST, Method.USER, Method.USER_BY_EMAIL}
)
"""Methods that read: they take a form, but no JSON.

https://docs.slack.dev/apis/web-api#methods_supporting_json
"""


class Failure(Value, frozen=True):
    """A call that did not work. `error` is Slack's code, or "timeout", "unreachable", "http".

    `status` is the HTTP status, 0 without an answer; `maybe_done` is true when Slack may have
    acted all the same; `needed` names a missing scope.
    """

    error: str
    status: int = 0
    retry_after: Millis | None = None
    maybe_done: bool = False
    needed: str = ""


NOT_INSTALLED: Final = Failure(error="not_installed", status=200)
"""There is no token for the workspace: the app was removed, or never installed."""
NOT_EXCHANGED: Final = Failure(error="token_not_exchanged", status=200)
"""The workspace's token is over, and Slack has given no other one for it yet."""
WHICH_WORKSPACE: Final = Failure(error="which_workspace", status=200)
"""No workspace is named, and there is not exactly one."""


def missing(team: str) -> Failure:
    """Why there is no token for that workspace ("": the only one)."""
    return NOT_INSTALLED if team else WHICH_WORKSPACE


class Wire:
    """The one HTTP session to Slack, which all workspaces share."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/") + "/"
        # A proxy from the environment cannot reach our loopback.
        self._direct = urlsplit(base_url).hostname in {"127.0.0.1", "localhost", "::1"}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the session; without one the SDK would make a new one for each call."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def is_open(self) -> bool:
        return self._session is not None and not self._session.closed

    def client(self, token: str | None = None) -> Client:
        """The SDK's client over the session, as far as it is open."""
        # The SDK's own retries are off: a repeated chat.postMessage after a 5xx posts twice.
        made = Client(
            token=token,
            base_url=self._base_url,
            timeout=TIMEOUT_SECONDS,
            retry_handlers=[],
            session=self._session,
        )
        if self._direct:
            made.proxy = None
        return made

    async def connect(self, url: str) -> aiohttp.ClientWebSocketResponse | None:
        """A WebSocket to Slack, which notices by itself when it is dead; None if there is none.

        The address holds a ticket and is told to nobody."""
        if self._session is None:
            return None
        try:
            return await self._session.ws_connect(
                url, heartbeat=HEARTBEAT_SECONDS, proxy=self.client().proxy
            )
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError):
            return None

    async def respond(self, url: str, message: Json) -> bool:
        """Post to an interaction's response_url, which needs no token; whether Slack took it."""
        # https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
        session = self._session
        if session is None or not url:
            return False
        try:
            async with session.post(url, json=message, proxy=self.client().proxy) as reply:
                return reply.status == 200
        except (TimeoutError, aiohttp.ClientError, ValueError):
            return False


class Api:
    """Slack's Web API for one bot token, over an open wire."""

    def __init__(self, wire: Wire, token: str) -> None:
        self._client = wire.client(token)

    async def call(self, method: Method, **arguments: Any) -> Json | Failure:
        """Slack's answer, which said ok, or why there is none."""
        return (await self.ask(method, **arguments))[0]

    async def ask(
        self, method: Method, **arguments: Any
    ) -> tuple[Json | Failure, Mapping[str, str]]:
        """The same, with the headers that came with it (by any spelling of their names)."""
        given = {"data": _form(arguments)} if method in READING else {"json": arguments}
        try:
            reply = await self._client.api_call(method.value, **given)
        except SlackApiError as refusal:
            return _refused(refusal), getattr(refusal.response, "headers", None) or {}
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as problem:
            return _unanswered(problem), {}
        except (AttributeError, ValueError):  # 200 with a body that is no JSON object
            return Failure(error="http", status=200, maybe_done=True), {}
        headers: Mapping[str, str] = reply.headers or {}
        return dict(reply.data) if isinstance(reply.data, dict) else {}, headers


def _form(arguments: Json) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in arguments.items()
        if value is not None
    }


def _refused(refusal: SlackApiError) -> Failure:
    reply = refusal.response
    status = int(getattr(reply, "status_code", 0) or getattr(reply, "status", 0))
    data = getattr(reply, "data", None)
    body: Json = data if isinstance(data, dict) else {}
    error = body.get("error")
    return Failure(
        error=error if isinstance(error, str) else "http",
        status=status,
        retry_after=_retry_after(getattr(reply, "headers", None) or {}),
        maybe_done=status >= 500,
        needed=str(body.get("needed") or ""),
    )


def _retry_after(headers: Mapping[str, str]) -> Millis | None:
    seconds = headers.get("Retry-After", "")
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() else None


def _unanswered(problem: Exception) -> Failure:
    if isinstance(problem, asyncio.TimeoutError):
        return Failure(error="timeout", maybe_done=True)
    # Not even connected: the request was never sent.
    never_sent = isinstance(problem, aiohttp.ClientConnectorError)
    return Failure(error="unreachable", maybe_done=not never_sent)
