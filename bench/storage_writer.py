"""How fast the storage's writer is, beside two hand-written group commits of the same rows.

Scenario: 32 callers, each submitting one new request after the other: 9 rows (1 request, 3
people, 2 chained events, 1 content, 1 delivery, 1 idempotency) in a migrated SQLite file with
synchronous=FULL. The floors get their rows ready-made: no hashing, no encoding, no loading.

Run: python -m bench.storage_writer [--seconds 2] [--rounds 3] [--waiters 32]
"""

import argparse
import asyncio
import queue
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, insert

from bench.storage_rows import floor_rows, submission
from core.rows import Reads
from storage import open_storage, tables
from storage.migrate import upgrade

TABLES = ("requests", "request_people", "events", "content", "deliveries", "idempotency")


class Ids:
    """Ids in the order of creation, like ULIDs."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last += 1
        return f"01KB{self._last:022d}"


async def load(act: Callable[[], Awaitable[object]], waiters: int, seconds: float) -> list[float]:
    """Latencies in seconds of `act` called by so many callers at once."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    async def caller() -> None:
        while (begun := time.perf_counter()) < end:
            await act()
            latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*[caller() for _ in range(waiters)])
    return latencies


async def ours(path: Path, waiters: int, seconds: float) -> list[float]:
    """Through the store's port: loads, calls the function, chains, encodes, writes."""
    storage = open_storage(f"sqlite:///{path}")
    ids = Ids()

    async def act() -> None:
        new = ids.next()
        reads = Reads(idempotency=("key1", new), key_hash="0" * 64)
        await storage.store.transact(new, submission(new), reads)

    try:
        return await load(act, waiters, seconds)
    finally:
        await storage.close()


Batch = list[dict[str, list[dict[str, Any]]]]


async def floor(
    path: Path, waiters: int, seconds: float, connect: Callable[[Path], Callable[[Batch], None]]
) -> list[float]:
    """A hand-written group commit: whatever waits goes into one transaction."""
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    loop = asyncio.get_running_loop()
    ids = Ids()

    def give(futures: list[asyncio.Future[None]]) -> None:
        for future in futures:
            future.set_result(None)

    def work() -> None:
        commit = connect(path)
        while (item := waiting.get()) is not None:
            batch = [item]
            while len(batch) < 256:
                try:
                    more = waiting.get_nowait()
                except queue.Empty:
                    break
                batch.append(more)
            commit([rows for rows, _ in batch])
            loop.call_soon_threadsafe(give, [future for _, future in batch])

    async def act() -> None:
        future = loop.create_future()
        waiting.put((floor_rows(ids.next()), future))
        await future

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        return await load(act, waiters, seconds)
    finally:
        waiting.put(None)
        await asyncio.to_thread(thread.join)


def core_statements(path: Path) -> Callable[[Batch], None]:
    """SQLAlchemy Core, a savepoint and one statement a table for each command."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous = FULL")

    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    inserts = {name: insert(tables.metadata.tables[name]) for name in TABLES}

    def commit(batch: Batch) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        for rows in batch:
            connection.exec_driver_sql("SAVEPOINT s")
            for name, values in rows.items():
                connection.execute(inserts[name], values)
            connection.exec_driver_sql("RELEASE s")
        connection.exec_driver_sql("COMMIT")

    return commit


def raw_driver(path: Path) -> Callable[[Batch], None]:
    """The driver alone, a savepoint and one statement a table for each command."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    texts = {}
    for name in TABLES:
        columns = [column.name for column in tables.metadata.tables[name].columns]
        marks = ", ".join(f":{column}" for column in columns)
        texts[name] = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"

    def commit(batch: Batch) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for rows in batch:
            connection.execute("SAVEPOINT s")
            for name, values in rows.items():
                connection.executemany(texts[name], values)
            connection.execute("RELEASE s")
        connection.execute("COMMIT")

    return commit


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--waiters", type=int, default=32)
    asked = parser.parse_args()
    kinds: dict[str, Callable[[Path], Awaitable[list[float]]]] = {
        "storage.writer": lambda p: ours(p, asked.waiters, asked.seconds),
        "floor: SQLAlchemy Core": lambda p: floor(p, asked.waiters, asked.seconds, core_statements),
        "floor: raw sqlite3": lambda p: floor(p, asked.waiters, asked.seconds, raw_driver),
    }
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(asked.rounds):  # interleaved, so that all kinds meet the same disturbances
        for name, kind in kinds.items():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "bench.db"
                upgrade(f"sqlite:///{path}")
                begun = time.perf_counter()
                latencies = sorted(asyncio.run(_awaited(kind(path))))
                rate = len(latencies) / (time.perf_counter() - begun)
            rates[name].append(rate)
            p50, p99 = (latencies[int(len(latencies) * part)] * 1000 for part in (0.5, 0.99))
            print(f"{name:24} {rate:7.0f} tx/s   p50 {p50:5.2f} ms   p99 {p99:5.2f} ms", flush=True)
    ours_rate = statistics.median(rates["storage.writer"])
    for name in list(kinds)[1:]:
        print(f"ratio to {name}: {ours_rate / statistics.median(rates[name]):.2f}")


async def _awaited(made: Awaitable[list[float]]) -> list[float]:
    return await made


if __name__ == "__main__":
    main()
