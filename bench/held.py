"""Connections that are opened by the thousand and then wait, in the bench's own process."""

import asyncio
import resource
import time
from collections.abc import Sequence
from functools import partial
from typing import cast

from bench.children import NotMeasured

AT_ONCE = 100
ANSWER_WITHIN = 60.0
MARGIN = 500
"""Files that a process needs besides its connections."""


def allow(connections: int) -> None:
    """Let this process, and those it starts, have so many connections; raises NotMeasured."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < connections + MARGIN:
        raise NotMeasured(f"{connections} connections need more open files than {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, connections + MARGIN), hard))


class Held(asyncio.Protocol):
    """One connection: sends what it was given, then waits for some bytes."""

    def __init__(self, first: bytes) -> None:
        self._first = first
        self._mark = b""
        self._found: asyncio.Future[float] | None = None
        self._tail = b""
        self.bytes = 0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, but not the base class.
        self._transport = cast("asyncio.Transport", transport)
        if self._first:
            self._transport.write(self._first)

    def data_received(self, data: bytes) -> None:
        self.bytes += len(data)
        self._tail = (self._tail + data)[-8192:]
        if self._found is not None and self._mark in self._tail and not self._found.done():
            self._found.set_result(time.perf_counter())

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost = True
        if self._found is not None and not self._found.done():
            self._found.set_exception(NotMeasured("a connection that waited was closed"))

    def expect(self, mark: bytes) -> "asyncio.Future[float]":
        """The moment at which these bytes have come."""
        self._mark, self._found = mark, asyncio.get_running_loop().create_future()
        if mark in self._tail:
            self._found.set_result(time.perf_counter())
        return self._found

    def ask(self, data: bytes, mark: bytes) -> "asyncio.Future[float]":
        """Send this; the moment at which these bytes have come since."""
        self._tail = b""
        answered = self.expect(mark)
        self._transport.write(data)
        return answered

    def close(self) -> None:
        self._found = None
        self._transport.abort()


async def hold(port: int, firsts: Sequence[bytes]) -> list[Held]:
    """One connection for each of these, which it sends first."""
    loop, made = asyncio.get_running_loop(), list[Held]()
    for start in range(0, len(firsts), AT_ONCE):
        opened = [
            loop.create_connection(partial(Held, first), "127.0.0.1", port)
            for first in firsts[start : start + AT_ONCE]
        ]
        made += [held for _, held in await asyncio.gather(*opened)]
    return made


async def all_of(moments: Sequence["asyncio.Future[float]"]) -> list[float]:
    """These moments, once all have come; raises NotMeasured."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return await asyncio.gather(*moments)
    except TimeoutError:
        raise NotMeasured("not every connection that waited was answered") from None
