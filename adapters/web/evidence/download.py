"""The evidence pack of a period as a download: for administrators, one at a time.

It is written into a file that nobody else sees, and sent once it is whole: what fails while it is
made is an answer, and not half a file.
"""

import asyncio
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from aiohttp import web

from adapters.web.pages import Message, TurnedAway
from adapters.web.visit import Door, Visit
from core.audit.period import read_period
from core.audit.ports import EvidenceBusy, Packs, PackTooLarge
from core.directory.people import Directory
from core.service.access import ADMINS
from core.value import Millis

PATH: Final = "/review/evidence.zip"
BLOCK: Final = 1 << 18

HEADERS: Final = {
    "Content-Type": "application/zip",
    "Content-Disposition": 'attachment; filename="evidence.zip"',
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

NOT_YOURS: Final = Message(403, "This is for administrators", "Ask one of them for the evidence.")
BUSY: Final = Message(
    503, "A pack is being made", "There is one at a time. Try again in a few minutes."
)
TOO_LARGE: Final = Message(
    413,
    "This period is too large for a download",
    "Choose a shorter one, or have an administrator run countersign audit pack on the server.",
)


class Download:
    """The handler. Without `packs` nothing is signed, and so nothing can be proved."""

    def __init__(
        self, packs: Packs, directory: Callable[[], Directory], clock: Callable[[], Millis]
    ) -> None:
        self._packs = packs
        self._directory = directory
        self._clock = clock
        self._turn = asyncio.Lock()

    def routes(self, door: Door) -> list[web.RouteDef]:
        """The download."""
        return [door.get(PATH, self.download)]

    async def download(self, visit: Visit) -> web.StreamResponse:
        """GET with the days `from` and `to`, both counted."""
        if visit.visitor.person.email not in self._directory().group(ADMINS):
            raise TurnedAway(NOT_YOURS)
        asked, now = visit.request.query, self._clock()
        try:
            begins, ends = read_period(asked.get("from", ""), asked.get("to", ""), now)
        except ValueError as error:
            said = str(error)
            raise TurnedAway(
                Message(400, "There is no such period", f"{said[0].upper()}{said[1:]}.")
            ) from None
        if visit.request.method == "HEAD":
            # aiohttp writes whatever a stream is given, also after an answer that has no body.
            return web.Response(headers=HEADERS)
        if self._turn.locked():
            raise TurnedAway(BUSY)
        async with self._turn:
            with TemporaryFile() as file:
                await self._write(file, begins, ends, now)
                return await _sent(visit.request, file)

    async def _write(
        self, file: BinaryIO, begins: Millis | None, ends: Millis, now: Millis
    ) -> None:
        try:
            await self._packs.pack(file, begins, ends, now)
        except PackTooLarge:
            raise TurnedAway(TOO_LARGE) from None
        except EvidenceBusy:
            raise TurnedAway(BUSY) from None


async def _sent(request: web.Request, file: BinaryIO) -> web.StreamResponse:
    response = web.StreamResponse(headers=HEADERS)
    response.content_length = file.seek(0, 2)
    file.seek(0)
    await response.prepare(request)
    while block := await asyncio.to_thread(file.read, BLOCK):
        await response.write(block)
    await response.write_eof()
    return response
