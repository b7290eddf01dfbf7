"""Where connections wait until they have said what they want: cheap, few, and not for long.
What was let in and has nothing to do any more gives way where there are too many.

aiohttp gives each connection a task, a parser and buffers as soon as it is made, and over an hour
to send the first line. Here it gets them once the head of its first call is there. Strangers who
send nothing, or a line without end, take each other's place and nobody else's.
https://docs.aiohttp.org/en/stable/web_reference.html#aiohttp.web.AppRunner
"""

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import Final, cast

from bot.wire import Connection, Lost

HEAD_SECONDS: Final = 20.0
"""How long the head of a connection's first call may take."""

MOST: Final = 1000
"""Connections that wait here at once; the one that came first gives way to one more."""

MOST_INSIDE: Final = 50_000
"""Connections let in, if there are files for so many; beyond it an idle one gives way."""

STUCK: Final = 60.0
"""Seconds in which a client must take something of its answer."""

TRIES: Final = 100
"""Connections that are looked at to find an idle one."""

MOST_HEAD: Final = 16 * 1024
"""Bytes kept here of a head; a longer one is left to aiohttp, which has bounds of its own."""

SWEEP: Final = 1.0
_LINE: Final = b"\r\n"
_END: Final = b"\r\n\r\n"
_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Hall:
    """All connections that wait, in the order in which they came."""

    def __init__(self, serve: Callable[[Lost], Connection], files: int) -> None:
        """`serve` makes what takes a connection over. Of so many `files` an eighth is for those who
        wait and three quarters for those who were let in; the database needs some too."""
        self._serve = serve
        self._files = files
        self._waiting: dict[Door, float] = {}
        self._inside: dict[Connection, None] = {}
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def door(self) -> "Door":
        """For a new connection."""
        return Door(self)

    def enter(self, door: "Door") -> None:
        if len(self._waiting) >= min(MOST, self._files // 8):
            next(iter(self._waiting)).shut()
        self._waiting[door] = self._loop.time() + HEAD_SECONDS
        if self._timer is None:
            self._timer = self._loop.call_later(SWEEP, self._sweep)

    def leave(self, door: "Door") -> None:
        self._waiting.pop(door, None)

    def let_in(self) -> Connection:
        """What takes a connection over."""
        if len(self._inside) >= min(MOST_INSIDE, self._files * 3 // 4):
            self._make_room()
        inside = self._serve(self._gone)
        self._inside[inside] = None
        if self._looking is None:
            self._looking = self._loop.call_later(STUCK, self._look)
        return inside

    def close(self) -> None:
        """Shut out all who wait."""
        for timer in (self._timer, self._looking):
            if timer is not None:
                timer.cancel()
        for door in list(self._waiting):
            door.shut()

    def _sweep(self) -> None:
        now = self._loop.time()
        late = [door for door, until in self._waiting.items() if until <= now]
        for door in late:
            door.shut()
        self._timer = self._loop.call_later(SWEEP, self._sweep) if self._waiting else None

    def _gone(self, inside: Connection) -> None:
        self._inside.pop(inside, None)

    def _make_room(self) -> None:
        """Close one that is idle, of those that were let in or looked at the longest ago."""
        for inside in list(islice(self._inside, TRIES)):
            del self._inside[inside]
            if inside.is_idle:
                inside.force_close()
                return
            self._inside[inside] = None

    def _look(self) -> None:
        """aiohttp waits without end for a client that does not read."""
        for inside in [each for each in self._inside if each.is_stuck()]:
            inside.abort()
        self._looking = self._loop.call_later(STUCK, self._look) if self._inside else None


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
        # Empty lines may come before a call (RFC 9112, section 2.2), and are none.
        self._head = self._head + data if self._head else data.lstrip(_LINE)
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
        inside = self._hall.let_in()
        transport.set_protocol(inside)
        inside.connection_made(transport)
        inside.data_received(self._head)
        self._head = b""
