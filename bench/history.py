"""What it takes to gather the facts of one request when a million others lie behind it.

The past is put into its table directly: five kinds of action, two thousand requesters of whom one
asked for every tenth, three hundred vendors, and one label that every tenth has. The request that
is asked about is really submitted, by the one who asked most, and asks for what a hundred others
asked for of late.
"""

import asyncio
import hashlib
import random
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import uvloop
from psycopg import sql

from bench import scenario
from bench.databases import Backend
from bench.inside import Inside, inside
from bench.report import Line
from bench.seeding import submitted
from bot import log
from core.advice.history import about
from core.content import read_revision
from core.service.advising import AdvisingService
from core.service.approvals import Approvals
from storage.history_tables import past, past_labels
from storage.migrate import upgrade

MANY = 1_000_000
ROUNDS = 300
GOAL_MS = 5.0
TOGETHER = 10_000
DAY = 86_400_000
LABEL = "office"
"""One that the request in question has too."""

KINDS = ("purchase_order", "refund", "access", "deploy", "contract")
NAMES = tuple(column.name for column in past.columns)
LABEL_NAMES = tuple(column.name for column in past_labels.columns)

Given = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Seconds for each gathering of facts, and for what it asks of history alone; how many facts
    there were, how many past requests of the requester were counted, and how many the same."""

    facts: list[float]
    history: list[float]
    told: int
    counted: int
    twins: int


def measure(folder: Path, backend: Backend, count: int = MANY) -> Gathered:
    """In a new database; raises NotMeasured."""
    log.configure("warning")
    with backend.database("past") as dsn:
        return uvloop.run(_measure(folder, dsn, count))


def lines(database: str, found: Gathered, count: int = MANY) -> list[Line]:
    """The figures."""
    slow = sorted(found.facts)[len(found.facts) * 99 // 100] * 1e3
    middle = median(found.facts) * 1e3
    return [
        Line(f"\nThe facts of one request, {count:,} past ones behind it, {database}"),
        Line(f"  {found.told} facts; {found.counted} earlier ones of the requester were counted."),
        Line("gathered, median", f"{middle:.2f} ms", f"< {GOAL_MS:g} ms", middle < GOAL_MS),
        Line("gathered, 99 of 100 within", f"{slow:.2f} ms"),
        Line("of it history, median", f"{median(found.history) * 1e3:.2f} ms"),
    ]


async def _measure(folder: Path, dsn: str, count: int) -> Gathered:
    upgrade(dsn)
    async with inside(folder, dsn) as here:
        request = await submitted(here)
        found = await here.storage.store.snapshot(request)
        assert found is not None
        revision = read_revision(found.contents[found.state.content])
        looked = about(request, revision, here.clock.now)
        rows = _past(count, here.clock.now, looked.digest, looked.likeness)
        await asyncio.to_thread(_put, dsn, rows)
        return await _timed(here, request)


async def _timed(here: Inside, request: str) -> Gathered:
    service = _service(here.app.approvals, here)
    facts, history = list[float](), list[float]()
    question = await service.question(request, 1)
    assert question is not None
    found = await here.storage.store.snapshot(request)
    assert found is not None
    revision = read_revision(found.contents[found.state.content])
    looked = about(request, revision, here.clock.now)
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await service.question(request, 1)
        between = time.perf_counter()
        known = await here.storage.history.history(looked)
        history.append(time.perf_counter() - between)
        facts.append(between - begun)
    counted, twins = known.requester.count, len(known.twins)
    return Gathered(facts, history, len(question.told), counted, twins)


def _service(approvals: Approvals, here: Inside) -> AdvisingService:
    return AdvisingService(
        store=here.storage.store,
        remembers=here.storage.history,
        around=approvals.around,
        new_id=approvals.world.new_id,
        new_salt=approvals.world.new_salt,
    )


def _past(count: int, now: int, digest: str, likeness: str) -> Iterator[list[Given]]:
    """Rows in portions, spread over three years; always the same ones."""
    chance = random.Random(7)
    rows = list[Given]()
    for number in range(count):
        at = now - 1100 * DAY + number * (1100 * DAY // count)
        of_late = number >= count - count // 90 and number % 100 == 0
        own = hashlib.sha256(b"%d" % number).hexdigest()
        often = number % 10 == 0
        who = scenario.REQUESTER if often else f"p{chance.randrange(2000)}@example.com"
        status = chance.choices(("approved", "rejected", "expired"), (85, 12, 3))[0]
        vendor = "office example gmbh" if often else f"vendor {chance.randrange(300)}"
        row = {
            "request_id": f"01PAST{number:020d}",
            "action_type": KINDS[0] if often else KINDS[chance.randrange(len(KINDS))],
            "requester": who,
            "party": vendor,
            "currency": "EUR",
            "amount": str(chance.randrange(10, 5000)),
            "status": status,
            "created_at": at - DAY,
            "ended_at": at,
            "reason": f"reason-{number}" if status == "rejected" else None,
            "digest": digest if of_late else own,
            "likeness": likeness if of_late else own,
        }
        rows.append(tuple(row[name] for name in NAMES))
        if len(rows) == TOGETHER:
            yield rows
            rows = []
    yield rows


def _put(dsn: str, portions: Iterator[list[Given]]) -> None:
    if dsn.startswith("sqlite"):
        _into_sqlite(Path(dsn.removeprefix("sqlite:///")), portions)
    else:
        _into_postgresql(dsn, portions)


def _labels(rows: list[Given]) -> list[Given]:
    """The rows of `past_labels` that belong to these."""
    names = {name: NAMES.index(name) for name in ("ended_at", "request_id", "status", "requester")}
    given = []
    for row in rows:
        values = {name: row[place] for name, place in names.items()}
        values["label"] = LABEL if values["requester"] == scenario.REQUESTER else "another"
        given.append(tuple(values[name] for name in LABEL_NAMES))
    return given


def _into_sqlite(path: Path, portions: Iterator[list[Given]]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous = OFF", "cache_size = -262144"):
        connection.execute(f"PRAGMA {pragma}")
    for rows in portions:
        connection.execute("BEGIN")
        for table, names, given in (
            ("past", NAMES, rows),
            ("past_labels", LABEL_NAMES, _labels(rows)),
        ):
            marks = ", ".join("?" * len(names))
            into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
            connection.executemany(into, given)
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _into_postgresql(dsn: str, portions: Iterator[list[Given]]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        for rows in portions:
            for table, names, given in (
                ("past", NAMES, rows),
                ("past_labels", LABEL_NAMES, _labels(rows)),
            ):
                columns = sql.SQL(", ").join(map(sql.Identifier, names))
                into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
                with cursor.copy(into) as copy:
                    for row in given:
                        copy.write_row(row)
        cursor.execute("VACUUM ANALYZE past, past_labels")
