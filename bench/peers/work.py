"""What each peer is asked to do, and how it is timed. Runs in the peers' environment.

A peer creates a pending approval so that it is on disk when the call returns, and later delivers
a decision and returns when the code that waited for it has finished, also on disk.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from typing import Any, Protocol, cast

WARM = 32
Json = dict[str, Any]


class Peer(Protocol):
    """One of them, opened."""

    async def create(self, id: str) -> None:
        """Make a pending approval; it is on disk when this returns."""

    async def decide(self, id: str) -> None:
        """Approve it; what waited for it has finished when this returns."""


class Lister(Peer, Protocol):
    """A peer that can say what is pending."""

    def pending(self) -> AsyncGenerator[str, None]:
        """The ids of all that is pending, newest first."""


Open = Callable[[Json], AbstractAsyncContextManager[Peer]]


async def pump(
    ids: Iterable[str], at_once: int, act: Callable[[str], Awaitable[None]]
) -> dict[str, float]:
    """Act on every id, so many at once: calls a second, latencies in milliseconds."""
    left, latencies = iter(ids), list[float]()

    async def worker() -> None:
        for each in left:
            begun = time.perf_counter()
            await act(each)
            latencies.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*[worker() for _ in range(at_once)])
    return figures(latencies, time.perf_counter() - begun)


def figures(latencies: list[float], elapsed: float) -> dict[str, float]:
    """Rate, median and 99th percentile."""
    ordered = sorted(latencies)
    return {
        "rate": len(ordered) / elapsed,
        "p50": ordered[len(ordered) // 2] * 1e3,
        "p99": ordered[int(len(ordered) * 0.99)] * 1e3,
    }


def main(open_: Open) -> None:
    """Do the job in the file named on the command line, and print its figures as JSON."""
    job: Json = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps(asyncio.run(_run(job, open_))), flush=True)


async def _run(job: Json, open_: Open) -> Json:
    found: Json = {}
    async with open_(job) as peer:
        ids = [f"{job['tag']}-{number:06d}" for number in range(job["create"])]
        if not job["prepare"]:
            warm = [f"{job['tag']}-warm-{number}" for number in range(WARM)]
            await pump(warm, job["at_once"], peer.create)
            await pump(warm, job["at_once"], peer.decide)
        found["create"] = await pump(ids, job["at_once"], peer.create)
        if not job["prepare"]:
            alone, crowd = ids[: job["alone"]], ids[job["alone"] : job["decide"]]
            found["alone"] = await pump(alone, 1, peer.decide)
            found["decide"] = await pump(crowd, job["at_once"], peer.decide)
        if job["list"]:
            found["list"], found["pending"] = await _listed(cast("Lister", peer), None)
            found["page"], _ = await _listed(cast("Lister", peer), job["list"])
    return found


async def _listed(peer: Lister, most: int | None) -> tuple[float, int]:
    """Seconds to walk what is pending, or the newest so many of it; and how many were found."""
    begun, found = time.perf_counter(), 0
    async with aclosing(peer.pending()) as pending:
        async for _ in pending:
            found += 1
            if found == most:
                break
    return time.perf_counter() - begun, found
