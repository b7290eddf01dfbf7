"""A TCP proxy before PostgreSQL that breaks a connection exactly at COMMIT."""

import asyncio
from contextlib import suppress

BEFORE, AFTER, SILENT = "before", "after", "silent"


class Cutting:
    """Passes everything on until armed; then cuts the client off at the next COMMIT.

    `before`: the server never sees it and loses the client too. `after`: the server commits,
    and its answer is lost. `silent`: the client is cut off while the server sees neither the
    COMMIT nor the end of the connection, as when a network partition begins.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._armed: str | None = None
        self.cuts = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def arm(self, mode: str) -> None:
        self._armed = mode

    async def close(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        up_reader, up_writer = await asyncio.open_connection(*self._target)
        self._writers += [writer, up_writer]
        back = asyncio.ensure_future(_pump(up_reader, writer))
        self._tasks.add(back)
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if self._armed and b"COMMIT" in data:
                    await self._cut(data, writer, up_writer, back)
                    return
                up_writer.write(data)
                await up_writer.drain()
        up_writer.close()

    async def _cut(
        self,
        data: bytes,
        writer: asyncio.StreamWriter,
        up_writer: asyncio.StreamWriter,
        back: "asyncio.Task[None]",
    ) -> None:
        mode, self._armed = self._armed, None
        self.cuts += 1
        back.cancel()
        if mode == AFTER:
            up_writer.write(data)
            await up_writer.drain()
        writer.close()
        if mode != SILENT:
            up_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
