"""Socket Mode: the app connects to Slack, and what Slack has to say comes in envelopes.

In use where the bot has no address of its own. An envelope whose connection is lost before it
was acknowledged is sent again over another one; nothing else is repeated here.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from playground.place import Place
from playground.slack.arguments import Arguments
from playground.slack.workspace import Workspace

Json = dict[str, Any]

ANSWER_SECONDS = 3.0
CONNECT_SECONDS = 3.0
"""How long an envelope waits for a connection to go out on."""
TRIES = 3
_LOST = object()


@dataclass(eq=False)
class _Socket:
    channel: web.WebSocketResponse
    waiting: dict[str, "asyncio.Future[object]"] = field(default_factory=dict)


@dataclass(eq=False)
class _Sockets:
    """The connections of one playground, oldest first."""

    tickets: set[str] = field(default_factory=set)
    opened: list[_Socket] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    ever: bool = False


def _sockets(place: Place) -> _Sockets:
    found: _Sockets = place.live.setdefault("slack.sockets", _Sockets())
    return found


def in_use(place: Place) -> bool:
    """Whether the bot has connected, and has no address to be called at."""
    return not place.slack_url and _sockets(place).ever


def connections(place: Place) -> int:
    """How many connections are open."""
    return len(_sockets(place).opened)


def connections_open(workspace: Workspace, _args: Arguments) -> Json:
    """apps.connections.open: an address that works once."""
    ticket = secrets.token_urlsafe(16)
    _sockets(workspace.place).tickets.add(ticket)
    base = workspace.place.base_url.replace("http", "ws", 1)
    return {"url": f"{base}/slack/socket?ticket={ticket}&app_id={workspace.world.app_id}"}


def routes(place: Place) -> list[web.RouteDef]:
    """Return the route that the app connects to."""

    async def connect(request: web.Request) -> web.StreamResponse:
        sockets = _sockets(place)
        ticket = request.query.get("ticket", "")
        if ticket not in sockets.tickets:
            raise web.HTTPForbidden(text="This address was used, or is none of ours.\n")
        sockets.tickets.discard(ticket)
        channel = web.WebSocketResponse()
        await channel.prepare(request)
        await _serve(place, sockets, _Socket(channel))
        return channel

    return [web.get("/slack/socket", connect, allow_head=False)]


async def _serve(place: Place, sockets: _Sockets, one: _Socket) -> None:
    sockets.opened.append(one)
    sockets.ever = True
    sockets.arrived.set()
    hello = {"type": "hello", "num_connections": len(sockets.opened)}
    try:
        app = {"app_id": place.world.slack.app_id}
        await one.channel.send_json({**hello, "connection_info": app})
        async for message in one.channel:
            if message.type is WSMsgType.TEXT:
                _acknowledged(one, message.data)
    finally:
        _forget(sockets, one)


def _forget(sockets: _Sockets, one: _Socket) -> None:
    if one in sockets.opened:
        sockets.opened.remove(one)
    if not sockets.opened:
        sockets.arrived.clear()
    for waiting in one.waiting.values():
        if not waiting.done():
            waiting.set_result(_LOST)


def _acknowledged(one: _Socket, text: str) -> None:
    said = json.loads(text)
    waiting = one.waiting.get(said.get("envelope_id"))
    if waiting is not None and not waiting.done():
        waiting.set_result(said.get("payload") or "")


async def exchange(
    place: Place, content: bytes, content_type: str, extra: Mapping[str, str]
) -> tuple[object, str | None]:
    """Send what would be posted, in an envelope; return the answer to it, or how that failed."""
    kind, payload = _unwrapped(content, content_type)
    attempt = int(extra.get("X-Slack-Retry-Num", "0"))
    answer: object = _LOST
    for number in range(TRIES):
        one = await _newest(_sockets(place))
        if one is None:
            return "", "dispatch_failed"
        envelope: Json = {
            "envelope_id": secrets.token_hex(8),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if attempt + number:
            envelope |= {"retry_attempt": attempt + number, "retry_reason": "timeout"}
        answer = await _answer(one, envelope)
        if answer is not _LOST:
            break
    if answer is None or answer is _LOST:
        return "", "operation_timeout"
    return answer, None


async def _newest(sockets: _Sockets) -> _Socket | None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await sockets.arrived.wait()
    except TimeoutError:
        return None
    return sockets.opened[-1]


async def _answer(one: _Socket, envelope: Json) -> object:
    """What came back: the payload, None when nothing did in time, `_LOST` without a connection."""
    id_ = envelope["envelope_id"]
    waiting = one.waiting[id_] = asyncio.get_running_loop().create_future()
    try:
        await one.channel.send_json(envelope)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await waiting
    except TimeoutError:
        return None
    except ConnectionError:
        return _LOST
    finally:
        del one.waiting[id_]


def _unwrapped(content: bytes, content_type: str) -> tuple[str, Json]:
    if content_type == "application/json":
        return "events_api", json.loads(content)
    fields = dict(parse_qsl(content.decode(), keep_blank_values=True))
    if "payload" in fields:
        return "interactive", json.loads(fields["payload"])
    return "slash_commands", fields


async def disconnect(place: Place, reason: str = "refresh_requested") -> None:
    """Ask the app to connect anew; what is open stays open until the app, or `cut`, ends it."""
    for one in list(_sockets(place).opened):
        await one.channel.send_json({"type": "disconnect", "reason": reason})


async def cut(place: Place) -> None:
    """Break every connection without a word."""
    sockets = _sockets(place)
    for one in list(sockets.opened):
        _forget(sockets, one)
        await one.channel.close()


async def hang_up(place: Place) -> None:
    """Let every connection end, since the playground does."""
    await cut(place)
