"""Sends events to a syslog receiver, over one connection that is made anew when it breaks.

Syslog has no answer. Over TCP and TLS a batch counts as sent once the receiver's machine has
acknowledged its bytes; what its program loses afterwards nobody here can know. Over UDP not even
that can be known.
"""

import asyncio
import fcntl
import socket
import ssl
import struct
import termios
from contextlib import suppress
from typing import Final, Literal

from adapters.syslog.message import LONGEST_DATAGRAM, framed, message
from core.audit.streaming import Streamed
from core.ports import Delivered, Outcome, RetryAt
from core.value import Value

SECONDS: Final = 15.0
"""For making a connection, and for a batch to be acknowledged."""
LOOK: Final = 0.005
"""Seconds between two looks whether everything has been acknowledged."""
_LOOKS: Final = 2

Transport = Literal["tls", "tcp", "udp"]


class Place(Value, frozen=True):
    """Where the receiver is. `host` is also the name that its certificate must bear."""

    transport: Transport
    host: str
    port: int


class SyslogSink:
    """`core.audit.streaming.Sink` over syslog. `own_name` stands in each message as the host."""

    def __init__(self, place: Place, own_name: str, tls: ssl.SSLContext | None = None) -> None:
        """`tls` is needed for that transport, and verifies the receiver."""
        if place.transport == "tls" and tls is None:
            raise ValueError("TLS needs to know whom to trust")
        self._place = place
        self._own_name = own_name
        self._tls = tls if place.transport == "tls" else None
        self._link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def start(self) -> None:
        """Connects at the first batch."""

    async def stop(self) -> None:
        """Close the connection."""
        await self._close()

    async def send(self, events: tuple[Streamed, ...]) -> Outcome:
        """Send these; what may have arrived of a batch that failed is sent again with it."""
        try:
            async with asyncio.timeout(SECONDS):
                await (self._by_udp(events) if self._place.transport == "udp" else self._by(events))
        except ssl.SSLCertVerificationError as problem:
            return await self._failed(f"its certificate is refused: {problem.verify_message}")
        except (OSError, TimeoutError, EOFError) as problem:
            return await self._failed(_why(problem))
        except BaseException:
            await self._close()
            raise
        return Delivered()

    async def _failed(self, why: str) -> RetryAt:
        await self._close()
        where = f"{self._place.host}:{self._place.port}"
        return RetryAt(reason=f"{where} does not take it ({why})", uncertain=True)

    async def _by(self, events: tuple[Streamed, ...]) -> None:
        reader, writer = self._link or await self._connected()
        # Nothing is ever said to us: what can be read is that the other side has closed.
        if reader.at_eof() or writer.is_closing():
            await self._close()
            reader, writer = await self._connected()
        for event in events:
            writer.write(framed(message(event, self._own_name)))
        await writer.drain()
        await _acknowledged(writer)
        if reader.at_eof():
            raise EOFError("the connection was closed")

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._link = await asyncio.open_connection(
            self._place.host, self._place.port, ssl=self._tls
        )
        return self._link

    async def _by_udp(self, events: tuple[Streamed, ...]) -> None:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._place.host, self._place.port, type=socket.SOCK_DGRAM)
        family, *_, address = found[0]
        with socket.socket(family, socket.SOCK_DGRAM) as own:
            own.setblocking(False)
            for event in events:
                said = message(event, self._own_name, most=LONGEST_DATAGRAM)
                await loop.sock_sendto(own, said, address)

    async def _close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            writer = link[1]
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()


async def _acknowledged(writer: asyncio.StreamWriter) -> None:
    """Wait until no byte is on its way, where the system can tell."""
    own, quiet = writer.get_extra_info("socket"), 0
    # Below TLS some may wait to be written; whatever does has been written at the second look.
    while quiet < _LOOKS:
        if writer.is_closing():
            raise EOFError("the connection was closed")
        waiting = writer.transport.get_write_buffer_size() or _unacknowledged(own.fileno())
        quiet = 0 if waiting else quiet + 1
        await asyncio.sleep(LOOK)


def _unacknowledged(descriptor: int) -> int:
    """Bytes that a connection's other side has not acknowledged; 0 where that cannot be known.

    https://man7.org/linux/man-pages/man7/tcp.7.html, SIOCOUTQ.
    """
    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCOUTQ, struct.pack("i", 0))
    except OSError:
        if descriptor < 0:
            raise
        return 0
    return int(struct.unpack("i", answer)[0])


def _why(problem: Exception) -> str:
    if isinstance(problem, TimeoutError):
        return f"nothing came of it in {SECONDS:.0f} seconds"
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
