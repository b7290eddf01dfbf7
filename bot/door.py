"""Where connections wait until they have said what they want: cheap, few, and not for long.

aiohttp gives each connection a task, a parser and buffers as soon as it is made, and over an hour
to send the first line. Here it gets them once the head of its first call is there. Strangers who
send nothing, or a line without end, take each other's place and nobody else's.
https://docs.aiohttp.org/en/stable/web_reference.html#aiohttp.web.AppRunner
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

HEAD_SECONDS: Final = 20.0
"""How long the head of a connection's first call may take."""

MOST: Final = 1000
"""Connections that wait here at once; the one that came first gives way to one more."""

MOST_HEAD: Final = 16 * 1024
"""Bytes kept here of a head; a longer one is left to aiohttp, which has bounds of its own."""

SWEEP: Final = 1.0
_END: Final = b"\r\n\r\n"
_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Hall:
    """All connections that wait, in the order in which they came."""

    def __init__(self, serve: Callable[[], asyncio.Protocol]) -> None:
        """`serve` makes the protocol that takes a connection over."""
        self.serve = serve
        self._waiting: dict[Door, float] = {}
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def door(self) -> "Door":
        """For a new connection."""
        return Door(self)

    def enter(self, door: "Door") -> None:
        if len(self._waiting) >= MOST:
            next(iter(self._waiting)).shut()
        self._waiting[door] = self._loop.time() + HEAD_SECONDS
        if self._timer is None:
            self._timer = self._loop.call_later(SWEEP, self._sweep)

    def leave(self, door: "Door") -> None:
        self._waiting.pop(door, None)

    def close(self) -> None:
        """Shut out all who wait."""
        if self._timer is not None:
            self._timer.cancel()
        for door in list(self._waiting):
            door.shut()

    def _sweep(self) -> None:
        now = self._loop.time()
        late = [door for door, until in self._waiting.items() if until <= now]
        for door in late:
            door.shut()
        self._timer = self._loop.call_later(SWEEP, self._sweep) if self._waiting else None


class Door(asyncio.Protocol):
    """One connection until the head of its first call is there."""

    __slots__ = ("_hall", "_head", "_transport")

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._head = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, but not the base class.
        self._transport = cast("asyncio.Transport", transport)
        self._hall.enter(self)

    def data_received(self, data: bytes) -> None:
        self._head = self._head + data if self._head else data
        if _END in self._head or len(self._head) > MOST_HEAD:
            self._let_in()

    def connection_lost(self, _error: Exception | None) -> None:
        self._hall.leave(self)
        self._transport = None

    def shut(self) -> None:
        """End it; whoever began to say something is told that it was too slow."""
        self._hall.leave(self)
        if self._transport is not None:
            if self._head:
                self._transport.write(_LATE)
            self._transport.close()

    def _let_in(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._hall.leave(self)
        inside = self._hall.serve()
        transport.set_protocol(inside)
        inside.connection_made(transport)
        inside.data_received(self._head)
        self._head = b""
