"""What it costs a server that thousands wait, and how soon they learn what was decided.

The product as a process of its own for each part, on one SQLite database. Clients wait by
`?wait=60` or by a stream, each on a connection of its own; others connect and say nothing.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench import scenario
from bench.children import NotMeasured
from bench.databases import sqlite
from bench.held import Held, all_of, allow, hold
from bench.load import http
from bench.memory import resident, until_at_rest, used
from bench.report import Line
from bench.throughput import CONNECTIONS, Server, make_key, serving, submit

WAITERS = 5_000
SILENT = 10_000
DECIDED = 200
PROBES = 200
SETTLED = 0.05
"""Seconds of processor time in a second, once all wait."""

GONE_SECONDS = 3
IDLE_SECONDS = 16
"""Longer than streams are without a sign of life."""

MEMORY_MB, IDLE_PERCENT, DECIDED_MS, SILENT_MB = 100.0, 5.0, 10.0, 20.0
APPROVED = b'"status":"approved"'
KINDS = {"long polls": "?wait=60", "streams": "/stream"}


@dataclass(slots=True)
class Waited:
    """Of one kind: bytes more, percent of a core while nothing happens, milliseconds from the
    decision to each waiter (others of other requests waiting); and of all waiting for one request:
    milliseconds until the first and the last knew, and the server's processor time."""

    grown: int = 0
    idle: float = 0.0
    told: list[float] = field(default_factory=list)
    first: float = 0.0
    last: float = 0.0
    cpu: float = 0.0


@dataclass(slots=True)
class Silence:
    """Bytes more with so many silent connections, and another client's calls in milliseconds,
    without and with them."""

    grown: int = 0
    before: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)


Found = tuple[dict[str, Waited], Silence]


def measure(folder: Path, tell: Callable[[str], None]) -> Found:
    """Raises NotMeasured."""
    allow(SILENT)
    with sqlite(folder).database("waiters") as dsn:
        environment = scenario.environment(folder, "http://127.0.0.1:9", dsn)
        key = make_key(folder, environment, "waiter", "--scope", "read_all")
        tell(f"making {2 * WAITERS} requests")
        with serving(folder, dsn) as server:
            _, ids = submit(server, list(range(2 * WAITERS)), CONNECTIONS)
        kinds: dict[str, Waited] = {}
        for number, kind in enumerate(KINDS):
            tell(f"{WAITERS} {kind}")
            own = ids[number * WAITERS : (number + 1) * WAITERS]
            with serving(folder, dsn) as server:
                kinds[kind] = uvloop.run(_waited(server, kind, own, key))
        tell(f"{SILENT} silent connections")
        with serving(folder, dsn) as server:
            return kinds, uvloop.run(_silence(server))


def lines(found: Found) -> list[Line]:
    """The figures and the goals."""
    kinds, silence = found
    made = [Line(f"\n{WAITERS:,} clients that wait, SQLite")]
    for kind, waited in kinds.items():
        grown, told = waited.grown / 1e6, sorted(waited.told)
        p50, p99 = told[len(told) // 2], told[int(len(told) * 0.99)]
        made += [
            _below(f"{kind}: memory for all", grown, MEMORY_MB, "MB"),
            _below(f"{kind}: processor while nothing happens", waited.idle, IDLE_PERCENT, "%"),
            _below(f"{kind}: decision sent to its waiter told, p50", p50, DECIDED_MS, "ms"),
            Line(f"{kind}: the same, p99", f"{p99:.1f} ms"),
            Line(
                f"{kind}: all wait for one request; the first and the last told",
                f"{waited.first:.0f} ms, {waited.last:.0f} ms",
            ),
            Line(f"{kind}: the server's processor time for that", f"{waited.cpu:.2f} s"),
        ]
    before, beside = sorted(silence.before), sorted(silence.beside)
    return [
        *made,
        Line(f"\n{SILENT:,} connections that send nothing, or half a line"),
        _below("memory for all", silence.grown / 1e6, SILENT_MB, "MB"),
        Line(
            "another client's call, p50 without and with them",
            f"{before[len(before) // 2]:.1f} ms, {beside[len(beside) // 2]:.1f} ms",
        ),
        Line("the same, the slowest", f"{before[-1]:.1f} ms, {beside[-1]:.1f} ms"),
    ]


async def _waited(server: Server, kind: str, ids: Sequence[str], key: str) -> Waited:
    await _warmed(server, kind, ids[0], key)
    found, before = Waited(), resident(server.pid)
    held = await hold(server.port, [_asking(kind, each, key) for each in ids])
    until_at_rest(server.pid, SETTLED)
    found.grown = resident(server.pid) - before
    began = used(server.pid)
    await asyncio.sleep(IDLE_SECONDS)
    found.idle = (used(server.pid) - began) / IDLE_SECONDS
    [deciding] = await hold(server.port, [b""])
    for waiter, each in zip(held[:DECIDED], ids, strict=False):
        if waiter.lost:
            raise NotMeasured("a client that waited was cut off")
        knows, sent = waiter.expect(APPROVED), time.perf_counter()
        told, _ = await all_of([knows, deciding.ask(_deciding(server, each), APPROVED)])
        found.told.append((told - sent) * 1e3)
    _close(held)
    await _crowd(found, server, deciding, [_asking(kind, ids[-1], key)] * len(ids), ids[-1])
    return found


async def _crowd(
    found: Waited, server: Server, deciding: Held, asking: Sequence[bytes], one: str
) -> None:
    """All wait for the same request, once the server has seen that those before are gone."""
    await asyncio.sleep(GONE_SECONDS)
    held = await hold(server.port, asking)
    until_at_rest(server.pid, SETTLED)
    began, sent = used(server.pid), time.perf_counter()
    *told, _ = await all_of(
        [
            *[each.expect(APPROVED) for each in held],
            deciding.ask(_deciding(server, one), APPROVED),
        ]
    )
    found.first, found.last = (min(told) - sent) * 1e3, (max(told) - sent) * 1e3
    until_at_rest(server.pid, SETTLED)
    found.cpu = (used(server.pid) - began) / 100
    _close(held)


async def _warmed(server: Server, kind: str, one: str, key: str) -> None:
    """The first few make the server load what all need."""
    until_at_rest(server.pid)
    _close(await hold(server.port, [_asking(kind, one, key)] * CONNECTIONS))
    until_at_rest(server.pid)


async def _silence(server: Server) -> Silence:
    found = Silence()
    [other] = await hold(server.port, [b""])
    await _probe(other)
    until_at_rest(server.pid)
    found.before = await _probe(other)
    grown = resident(server.pid)
    held = await hold(server.port, [b"", b"GET /v1/requ"] * (SILENT // 2))
    found.beside = await _probe(other)
    found.grown = resident(server.pid) - grown
    _close(held)
    return found


async def _probe(other: Held) -> list[float]:
    """A client's calls one after the other, in milliseconds each."""
    took = []
    for _ in range(PROBES):
        sent = time.perf_counter()
        [answered] = await all_of([other.ask(http("GET", "/healthz", b"", {}), b'"status":"ok"')])
        took.append((answered - sent) * 1e3)
    return took


def _close(held: Sequence[Held]) -> None:
    for each in held:
        each.close()


def _asking(kind: str, request_id: str, key: str) -> bytes:
    headers = {"Authorization": f"Bearer {key}"}
    return http("GET", f"/v1/requests/{request_id}{KINDS[kind]}", b"", headers)


def _deciding(server: Server, request_id: str) -> bytes:
    headers = {"Content-Type": "application/json", **server.decide_headers}
    path = f"/v1/requests/{request_id}/decisions"
    return http("POST", path, b'{"decision": "approve"}', headers)


def _below(what: str, found: float, goal: float, unit: str) -> Line:
    return Line(what, f"{found:.1f} {unit}", f"< {goal:g} {unit}", found < goal)
