"""A small HTTP/1.1 load generator: prebuilt requests over kept-open connections.

It runs in a process of its own and does as little as possible for each answer, so that
the server under test gets the larger share of the machine.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import uvloop

DEADLINE = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What a run gave: answers per second, latencies in milliseconds, answers not wanted.

    `cpu` is the server's processor time for each answer in microseconds, None if unknown.
    """

    rate: float
    p50: float
    p99: float
    bad: int
    count: int
    cpu: float | None = None


class _Connection(asyncio.Protocol):
    """One connection: send, wait for the whole answer, pause if asked to, send the next."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, but not the base class.
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        request = next(self._run.requests, None)
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        stop = head.find(b"\r\n", at)
        length = int(head[at + 15 : stop if stop > 0 else end]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        self._run.answered(time.perf_counter() - self._sent, head[9:12], self._buffer[end + 4 :])
        self._buffer = b""
        if self._run.pause:
            asyncio.get_running_loop().call_later(self._run.pause, self._next)
        else:
            self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        self._run.lost()


class _Run:
    def __init__(
        self, requests: Iterator[bytes], wanted: bytes, connections: int, pause: float
    ) -> None:
        self.requests = requests
        self.pause = pause
        self.latencies: list[float] = []
        self.bodies: list[bytes] = []
        self.bad = 0
        self.first_bad = b""
        self._wanted = wanted
        self._open = connections
        self.done = asyncio.get_running_loop().create_future()

    def answered(self, seconds: float, status: bytes, body: bytes) -> None:
        self.latencies.append(seconds)
        self.bodies.append(body)
        if status != self._wanted:
            self.bad += 1
            self.first_bad = self.first_bad or status + b" " + body[:300]

    def lost(self) -> None:
        self._open -= 1
        if self._open == 0 and not self.done.done():
            self.done.set_result(None)


def http(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def drive(
    ports: list[int], requests: list[bytes], connections: int, wanted: int, pause: float = 0.0
) -> tuple[Figures, list[bytes]]:
    """Send all requests over so many connections at once, to the ports in turn; the figures and
    the answers' bodies.

    With `pause`, each connection waits so many seconds between an answer and its next request.
    """
    loop = asyncio.get_running_loop()
    run = _Run(iter(requests), str(wanted).encode(), connections, pause)
    start = time.perf_counter()
    for number in range(connections):
        port = ports[number % len(ports)]
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
    await asyncio.wait_for(run.done, DEADLINE)
    elapsed = time.perf_counter() - start
    if run.bad:
        print(f"not {wanted}: {run.first_bad!r}", file=sys.stderr)
    ordered = sorted(run.latencies)
    figures = Figures(
        rate=len(ordered) / elapsed,
        p50=ordered[len(ordered) // 2] * 1e3,
        p99=ordered[int(len(ordered) * 0.99)] * 1e3,
        bad=run.bad + len(requests) - len(ordered),
        count=len(ordered),
    )
    return figures, run.bodies


def main() -> None:
    """Read a job from a file named on the command line, print its figures as JSON.

    The answers' bodies go into the file that the job names, one a line.
    """
    job = json.loads(Path(sys.argv[1]).read_text())
    requests = [
        http(job["method"], item["path"], item["body"].encode(), job["headers"] | item["headers"])
        for item in job["items"]
    ]
    gc.disable()  # a pause of this process would look like one of the server's
    figures, bodies = uvloop.run(
        drive(job["ports"], requests, job["connections"], job["wanted"], job["pause"])
    )
    Path(job["answers"]).write_bytes(b"\n".join(bodies))
    print(json.dumps({name: getattr(figures, name) for name in Figures.__slots__}))


if __name__ == "__main__":
    main()
