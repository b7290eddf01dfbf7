"""Pending requests by the million, put into the tables directly.

One request is really submitted; the others are its rows with ids, times and hashes of their
own. Their stages act one after the other, `APART` milliseconds apart and in an order that has
nothing to do with their ids, so that a clock can be set at which exactly so many are due. Their
cards count as shown.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
from psycopg import sql

from bench import scenario
from bench.children import NotMeasured
from bench.inside import Inside, inside
from bench.template import Row, Tables, Write, stored, template
from bot.server import listening
from core.rows import ApiKey
from storage import tables
from storage.migrate import upgrade

APART = 10
"""Milliseconds between two requests that become due."""

STRIDE = 7919
"""A prime: neighbours by id are due far from one another."""

TOGETHER = 5000
"""Requests in one call of the driver."""

Given = tuple[Any, ...]

Portion = dict[str, list[Given]]
"""Rows by table, in the order of its columns."""


KEY = ApiKey(id="seed", name="seed", scopes=("submit",), hash=hashlib.sha256(b"seed").hexdigest())


@dataclass(frozen=True, slots=True)
class Seeded:
    """`count` pending requests; the one that is due as number `n` (from 0) acts at
    `first + n * APART`."""

    count: int
    first: int

    def moment(self, due: int) -> int:
        """When so many are due, unless some were taken meanwhile."""
        return self.first + (due - 1) * APART


async def seed(folder: Path, dsn: str, count: int) -> Seeded:
    """A new database at `dsn` with so many pending requests."""
    upgrade(dsn)
    made = await _submitted(folder, dsn)
    if count % STRIDE == 0:
        raise ValueError(f"a multiple of {STRIDE} would give two requests the same time")
    put(dsn, copies(made, count, lambda number: number * STRIDE % count * APART))
    return Seeded(count, made.wake_at)


def put(dsn: str, portions: Iterator[Portion]) -> None:
    """Rows into their tables; all cards count as shown."""
    if dsn.startswith("sqlite"):
        _into_sqlite(Path(dsn.removeprefix("sqlite:///")), portions)
    else:
        _into_postgresql(dsn, portions)


@dataclass(frozen=True, slots=True)
class Made:
    """The real request: its rows by table, and what differs in those of another."""

    id: str
    writes: tuple[Write, ...]
    wake_at: int
    times: tuple[int, ...]


async def submitted(here: Inside) -> str:
    """Really submit one request; its id. Raises NotMeasured."""
    await here.storage.keys.add_key(KEY)
    return await post(here)


async def _submitted(folder: Path, dsn: str) -> Made:
    async with inside(folder, dsn) as here:
        await here.storage.keys.add_key(KEY)
        before = stored(dsn)
        made = await post(here)
        after = stored(dsn)
        writes = template(before, after, after, made).submit
    if any(write.act != "insert" for write in writes):
        raise NotMeasured("a submission changes rows of others, which the seeding does not know")
    [row] = after["requests"]
    return Made(made, writes, row["wake_at"], moments(after, row))


def moments(found: Tables, request: Row) -> tuple[int, ...]:
    """All times of the request, each of which moves for a copy."""
    times = {request[name] for name in ("created_at", "wake_at", "deadline")}
    times |= {row["at"] for row in found["events"] if row["stream"] == request["id"]}
    body = request["snapshot"]
    marks = (b'"expires_at":', b'"acts_at":', b'"due_at":', b'"opened_at":')
    found_in = (body.partition(mark)[2][:13] for mark in marks)
    return tuple((times | {int(each) for each in found_in if each.isdigit()}) - {None})


async def post(here: Inside, number: int = 1) -> str:
    """Submit one by HTTP; its id. Raises NotMeasured."""
    headers = {"Authorization": "Bearer seed", "Idempotency-Key": f"seed-{number}"}
    async with (
        listening(here.app.http, "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as http,
        http.post(
            f"{url}/v1/requests", json=scenario.submission(number), headers=headers
        ) as answer,
    ):
        found = await answer.json()
        if answer.status != 201:
            raise NotMeasured(f"the request to be copied was refused: {found}")
        return str(found["id"])


def copies(made: Made, count: int, later: Callable[[int], int]) -> Iterator[Portion]:
    """The rows of all requests but the real one, in portions; `later` says for a number by how
    many milliseconds its times differ from the real one's."""
    parts: Portion = {}
    for number in range(1, count):
        for table, row in _copy(made, number, later(number)):
            parts.setdefault(table, []).append(row)
        if number % TOGETHER == 0:
            yield parts
            parts = {}
    yield parts


def _copy(made: Made, number: int, later: int) -> Iterator[tuple[str, Given]]:
    """The rows of one more request, whose times are so many milliseconds later."""
    copy = f"{made.id[:10]}{number:016x}"
    moved = {time: time + later for time in made.times}
    swaps = [(made.id.encode(), copy.encode())]
    swaps += [(b"%d" % old, b"%d" % new) for old, new in moved.items()]
    hashes: dict[str, str] = {}
    for write in sorted(made.writes, key=lambda w: w.table != "events"):  # the hashes come first
        names = names_of(write.table)
        for row, new in zip(write.rows, write.fresh(copy), strict=True):
            new |= {n: moved[v] for n, v in new.items() if type(v) is int and v in moved}
            for name, value in new.items():
                if type(value) is bytes:
                    new[name] = _swapped(value, swaps)
            if write.table == "events":
                digest = hashlib.sha256(new["body"]).hexdigest()
                hashes[row["hash"]] = new["hash"] = digest
                swaps.append((row["hash"].encode(), digest.encode()))
            elif write.table == "requests":
                new["head_hash"] = hashes.get(row["head_hash"], row["head_hash"])
            elif write.table == "deliveries":
                new["shown"] = new["wanted"]
            yield write.table, tuple(new[name] for name in names)


@cache
def names_of(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in tables.metadata.tables[table].columns)


def _swapped(body: bytes, swaps: list[tuple[bytes, bytes]]) -> bytes:
    for old, new in swaps:
        body = body.replace(old, new)
    return body


def _into_sqlite(path: Path, portions: Iterator[Portion]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous = OFF", "cache_size = -262144"):
        connection.execute(f"PRAGMA {pragma}")
    for parts in portions:
        connection.execute("BEGIN")
        for table, rows in parts.items():
            names, marks = names_of(table), ", ".join("?" * len(rows[0]))
            into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
            connection.executemany(into, rows)
        connection.execute("COMMIT")
    connection.execute("UPDATE deliveries SET shown = wanted")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _into_postgresql(dsn: str, portions: Iterator[Portion]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        for parts in portions:
            for table, rows in parts.items():
                names = sql.SQL(", ").join(map(sql.Identifier, names_of(table)))
                into = sql.SQL("COPY {} ({}) FROM STDIN")
                command = into.format(sql.Identifier(table), names)
                with cursor.copy(command) as copy:
                    for row in rows:
                        copy.write_row(row)
        cursor.execute("UPDATE deliveries SET shown = wanted WHERE shown <> wanted")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
