"""A load generator for decisions on requests that somebody waits for, in a process of its own.

Each client decides one request after the other. The wait for a request (`GET ?wait=`, on a
connection of its own) is open at the server while the client still decides the one before; a
decision counts once its answer and the waiter's answer are both here.
"""

import asyncio
import gc
import json
import sys
import time
from pathlib import Path
from typing import Any, cast

import uvloop

from bench.load import http
from bench.peers.work import figures

WAIT = 60
SETTLED = 0.2
"""Seconds after which a first wait has reached the server."""

Json = dict[str, Any]


class Connection(asyncio.Protocol):
    """One exchange at a time; `answer` is that of the newest."""

    def __init__(self) -> None:
        self._buffer = b""
        self.answer: asyncio.Future[tuple[int, bytes]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, but not the base class.
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send; the status and the body of what comes back."""
        self.answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if found and len(body) >= length:
            self._buffer = b""
            self.answer.set_result((int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.answer.done():
            self.answer.set_exception(error or ConnectionError("the server closed a connection"))


class Client:
    """Decides its requests, each while another connection waits for it."""

    def __init__(self, job: Json, ids: list[str], latencies: list[float]) -> None:
        path = "/v1/requests/{}"
        asks, decides = job["submit_headers"], job["decide_headers"]
        self._waits = [http("GET", f"{path.format(each)}?wait={WAIT}", b"", asks) for each in ids]
        body = b'{"decision": "approve"}'
        self._decisions = [
            http("POST", f"{path.format(each)}/decisions", body, decides) for each in ids
        ]
        self._latencies = latencies
        self._answers: list[tuple[int, bytes]] = []

    async def open(self, port: int) -> None:
        """Connect, and let the first wait begin."""
        loop = asyncio.get_running_loop()
        made = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(3)]
        self._decider, *self._waiters = (connection for _, connection in made)
        self._waiters[0].send(self._waits[0])

    async def run(self) -> None:
        """Decide everything."""
        for number, decision in enumerate(self._decisions):
            waiter, other = (self._waiters[(number + more) % 2] for more in (0, 1))
            if number + 1 < len(self._waits):
                other.send(self._waits[number + 1])
            if waiter.answer.done():
                raise RuntimeError(f"a wait ended before its decision: {waiter.answer.result()}")
            begun = time.perf_counter()
            decided = await self._decider.send(decision)
            woken = await waiter.answer
            self._latencies.append(time.perf_counter() - begun)
            self._answers += (decided, woken)

    def check(self) -> None:
        """After the clock was read: raises RuntimeError unless every answer says approved."""
        for status, body in self._answers:
            if status != 200 or json.loads(body)["status"] != "approved":
                raise RuntimeError(f"not approved: {status} {body[:300]!r}")


async def drive(job: Json) -> dict[str, float]:
    """All the job's ids by so many clients at once."""
    latencies = list[float]()
    shares = [job["ids"][n :: job["at_once"]] for n in range(job["at_once"])]
    clients = [Client(job, share, latencies) for share in shares if share]
    for client in clients:
        await client.open(job["port"])
    await asyncio.sleep(SETTLED)
    begun = time.perf_counter()
    await asyncio.gather(*[client.run() for client in clients])
    elapsed = time.perf_counter() - begun
    for client in clients:
        client.check()
    return figures(latencies, elapsed)


def main() -> None:
    """Do the job in the file named on the command line, and print its figures as JSON."""
    job = json.loads(Path(sys.argv[1]).read_text())
    gc.disable()  # a pause of this process would look like one of the server's
    print(json.dumps(uvloop.run(drive(job))))


if __name__ == "__main__":
    main()
