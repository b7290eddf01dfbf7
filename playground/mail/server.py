"""A mail server on loopback that takes every letter. aiosmtpd speaks the protocol."""

import asyncio
from typing import Any

from aiosmtpd.smtp import SMTP

from playground.mail.boxes import take
from playground.place import Place


class _Taking:
    """What aiosmtpd asks: here, everybody has a mailbox."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def handle_DATA(  # noqa: N802 - the library's name for it
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        take(self._place, list(envelope.rcpt_tos), envelope.content)
        return "250 OK"


async def listen(place: Place, host: str, port: int) -> asyncio.Server:
    """Take letters until the server is closed; port 0 takes a free one. Raises OSError."""
    loop = asyncio.get_running_loop()
    taking = _Taking(place)
    return await loop.create_server(lambda: SMTP(taking, loop=loop), host, port)
