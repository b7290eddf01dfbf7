"""The tools over streamable HTTP: every caller brings a key of their own, the server has none.

There are no sessions, so nothing of one caller can be taken over by another: each call stands for
the key that it came with, and any of several servers may answer it.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

import hashlib
import ipaddress
import re
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx2
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from countersign_client.aio import AsyncCountersign
from countersign_client.mcp_server.acting import Acts, Progress
from countersign_client.mcp_server.asked import Memory
from countersign_client.mcp_server.serving import Context, server

PATH: Final = "/mcp"
LARGEST: Final = 256 * 1024
"""Bytes of a call; the API takes no more."""
STOPS_WITHIN: Final = 5
"""Seconds that calls in flight are given at the end."""

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_KEY: Final = re.compile(rb"[Bb]earer ([!-~]{1,256})")
_NAME: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")


class CannotListen(Exception):
    """It would listen where keys could be read on the way, or where it cannot; the text says what
    to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and under which names callers may know it. Raises CannotListen."""

    host: str
    port: int
    names: Sequence[str] = ()
    behind_tls: bool = False

    def __post_init__(self) -> None:
        if wrong := [name for name in self.names if _NAME.fullmatch(name) is None]:
            raise CannotListen(
                f"{wrong[0]!r} is no host's name: give --allow-host mcp.example.com."
            )
        if is_loopback(self.host):
            return
        if not self.behind_tls:
            raise CannotListen(
                f"Keys would travel readably to {self.host}. Listen on 127.0.0.1 behind a proxy "
                "with TLS; or, if one stands in front of this address, say so with --behind-tls."
            )
        if not self.names:
            raise CannotListen("Say with --allow-host under which name callers reach the server.")

    def allowed(self) -> TransportSecuritySettings:
        """Which `Host` and `Origin` are answered, against pages that rebind a name."""
        hosts = [form for name in self.names for form in (name, f"{name}:*")]
        return TransportSecuritySettings(
            allowed_hosts=[f"{name}:*" for name in _LOOPBACK] + hosts,
            allowed_origins=[f"http://{name}:*" for name in _LOOPBACK]
            + [f"https://{host}" for host in hosts],
        )


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach the address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def app(url: str, http: httpx2.AsyncClient, place: Place, with_tokens: bool) -> ASGIApp:
    """The tools as an ASGI application that calls the Countersign at `url`."""
    memory = Memory(lambda: str(uuid.uuid4()))

    def calling(context: Context, progress: Progress) -> Acts:
        assert context.request is not None, "HTTP's calls have their request"
        key = context.request.headers["authorization"].split(" ", 1)[1]
        client = AsyncCountersign(url, key, http=http)
        caller = hashlib.sha256(key.encode()).hexdigest()
        return Acts(client, caller, memory, progress, with_tokens)

    inner = server(calling).streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=LARGEST,
        transport_security=place.allowed(),
    )
    return _OnlyWithKey(inner)


@dataclass(frozen=True, slots=True)
class _OnlyWithKey:
    """Answers 401 to whoever brings no key, whatever they ask. What a key may do says Countersign
    alone."""

    inner: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Other places stay 404: clients look there for OAuth, which there is none of.
        guarded = scope["type"] == "http" and scope["path"] == PATH
        if guarded and not _has_key(scope["headers"]):
            said = [(b"www-authenticate", b"Bearer"), (b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 401, "headers": said})
            text = b"Send your Countersign key as 'Authorization: Bearer <key>'."
            await send({"type": "http.response.body", "body": text})
            return
        await self.inner(scope, receive, send)


def _has_key(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    found = [value for name, value in headers if name == b"authorization"]
    return len(found) == 1 and _KEY.fullmatch(found[0]) is not None


def bound(place: Place) -> socket.socket:
    """What to listen on; port 0 takes a free one. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        return socket.create_server((place.host, place.port), family=family)
    except OSError as error:
        where = f"{place.host}, port {place.port}"
        raise CannotListen(f"Cannot listen on {where}: {error.strerror}.") from None


def serving(application: ASGIApp) -> uvicorn.Server:
    """To be served on a socket until it is told to stop."""
    config = uvicorn.Config(
        application,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOPS_WITHIN,
    )
    return uvicorn.Server(config)
