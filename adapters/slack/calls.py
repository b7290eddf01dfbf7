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
from slack_sdk.web.async_client import AsyncWebClient

from core.value import Millis, Value

Json = dict[str, Any]

TIMEOUT_SECONDS: Final = 10


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


SCOPES: Final[Mapping[Method, str | None]] = {
    Method.POST: "chat:write",
    Method.UPDATE: "chat:write",
    Method.WHISPER: "chat:write",
    Method.OPEN_DM: "im:write",
    Method.HISTORY: "im:history",
    Method.OPEN_VIEW: None,
    Method.PUSH_VIEW: None,
    Method.UPDATE_VIEW: None,
}
"""What the bot token must be allowed for each method; views.* need a trigger instead."""


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


NOT_INSTALLED: Final = Failure(error="not_installed")
"""There is no token for the workspace: the app was removed, or never installed."""


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

    def client(self, token: str | None = None) -> AsyncWebClient:
        """The SDK's client over the session, as far as it is open."""
        # The SDK's own retries are off: a repeated chat.postMessage after a 5xx posts twice.
        made = AsyncWebClient(
            token=token,
            base_url=self._base_url,
            timeout=TIMEOUT_SECONDS,
            retry_handlers=[],
            session=self._session,
        )
        if self._direct:
            made.proxy = None
        return made

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
        reading = method is Method.HISTORY
        given = {"params": arguments} if reading else {"json": arguments}
        try:
            reply = await self._client.api_call(
                method.value, http_verb="GET" if reading else "POST", **given
            )
        except SlackApiError as refusal:
            return _refused(refusal)
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as problem:
            return _unanswered(problem)
        except (AttributeError, ValueError):  # 200 with a body that is no JSON object
            return Failure(error="http", status=200, maybe_done=True)
        return dict(reply.data) if isinstance(reply.data, dict) else {}


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
