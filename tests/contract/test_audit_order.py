"""Positions: every committed event gets one, once, and none that is too early."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic import command

from core.audit.chain import Link, chain
from core.events import SYSTEM
from core.system_events import Frozen, SystemRecorded
from storage import Storage, open_storage, sequencer
from storage.engine import open_engines
from storage.migrate import _config, upgrade
from storage.sequencer import Numbered
from tests.storage.purchase import AT, happen, rid, submit, vote

INSERT = "INSERT INTO events (stream, seq, type, at, body, hash) VALUES (%s, %s, %s, %s, %s, %s)"


def query(dsn: str, sql: str) -> list[tuple[object, ...]]:
    if dsn.startswith("sqlite"):
        path = dsn.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(dsn) as opened:
        done = opened.execute(sql)
        return done.fetchall() if done.description else []


def ordered(dsn: str) -> list[tuple[object, object]]:
    """The events by position, which must run from 1 without gaps."""
    rows = query(dsn, "SELECT position, stream, seq FROM positions ORDER BY position")
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    return [(row[1], row[2]) for row in rows]


def committed(dsn: str) -> set[tuple[object, ...]]:
    return set(query(dsn, "SELECT stream, seq FROM events"))


async def number_all(storage: Storage, most: int = 1000) -> int:
    """Number until nothing is left; how many were."""
    total = 0
    while True:
        numbered = await storage.trail.number(most)
        total += numbered.given
        if not numbered.busy and numbered.seen < most:
            return total


async def test_every_event_gets_its_position_once_in_the_order_of_commits(
    storage: Storage, dsn: str
) -> None:
    for number in (3, 1, 2):
        await storage.store.transact(rid(number), submit(rid(number)))
    assert await number_all(storage) == 6
    await storage.store.transact(rid(1), happen(vote()))
    assert await number_all(storage) == 1
    assert await number_all(storage) == 0
    assert ordered(dsn) == [
        *((rid(n), seq) for n in (3, 1, 2) for seq in (1, 2)),
        (rid(1), 3),
    ]


async def test_nothing_is_nothing(storage: Storage) -> None:
    assert await storage.trail.number() == Numbered(0, 0)
    assert (await storage.trail.standing()).position == 0


async def test_work_is_done_in_pages(storage: Storage, dsn: str) -> None:
    for number in range(5):
        await storage.store.transact(rid(number), submit(rid(number)))
    pages = [await storage.trail.number(3) for _ in range(5)]
    assert [page.given for page in pages] == [3, 3, 3, 1, 0]
    assert [page.seen for page in pages] == [3, 3, 3, 1, 0]
    assert (await storage.trail.standing()).position == 10
    assert set(ordered(dsn)) == committed(dsn)


async def test_two_who_number_while_two_write_number_each_event_once(
    storage: Storage, replica: Storage, dsn: str
) -> None:
    async def write(into: Storage, first: int) -> None:
        for number in range(first, first + 25):
            await into.store.transact(rid(number), submit(rid(number)))
            await into.store.transact(rid(number), happen(vote()))

    async def number(by: Storage) -> None:
        while not done.done():
            await by.trail.number(7)

    done = asyncio.gather(write(storage, 0), write(replica, 100))
    await asyncio.gather(done, number(storage), number(replica))
    await number_all(storage)
    order = ordered(dsn)
    assert len(order) == 150
    assert set(order) == committed(dsn)
    for stream in {stream for stream, _ in order}:
        assert [seq for name, seq in order if name == stream] == [1, 2, 3]


@pytest.mark.parametrize(
    ("table", "key", "row"),
    [
        ("positions", "position", "(1, 's', 1)"),
        ("checkpoints", "number", "(1, 1, 1, 0, '', 's', '')"),
    ],
)
async def test_the_database_refuses_to_change_what_was_numbered_or_signed(
    storage: Storage, dsn: str, table: str, key: str, row: str
) -> None:
    query(dsn, f"INSERT INTO {table} VALUES {row}")
    replace = f"INSERT OR REPLACE INTO {table} VALUES {row}"
    for statement in (
        f"UPDATE {table} SET {key} = {key} + 10",
        f"DELETE FROM {table}",
        replace if dsn.startswith("sqlite") else f"TRUNCATE {table}",
    ):
        with pytest.raises((sqlite3.IntegrityError, psycopg.Error), match="are append-only"):
            query(dsn, statement)
    assert len(query(dsn, f"SELECT 1 FROM {table} WHERE {key} = 1")) == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_events_of_an_earlier_version_are_numbered_when_it_is_upgraded(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    dsn = f"sqlite:///{tmp_path / 'old.db'}"
    if kind == "postgresql":
        dsn = request.getfixturevalue("empty_postgres")
    engines = open_engines(dsn)
    with engines.writer.begin() as connection:
        command.upgrade(_config(connection), "0002")
        # The clock went back during the first stream: its order counts, not the clock.
        for stream, seq, at in (("b", 1, 10), ("b", 2, 5), ("a", 1, 20), ("b", 3, 60)):
            values = f"('{stream}', {seq}, 't', {at}, '', '')"
            connection.exec_driver_sql(f"INSERT INTO events VALUES {values}")
    engines.dispose()
    upgrade(dsn)
    assert ordered(dsn) == [("b", 1), ("b", 2), ("a", 1), ("b", 3)]
    query(dsn, "INSERT INTO events (stream, seq, type, at, body, hash) VALUES ('c',1,'t',0,'','')")

    async def number() -> Numbered:
        storage = open_storage(dsn)
        numbered = await storage.trail.number()
        await storage.close()
        return numbered

    assert asyncio.run(number()) == Numbered(seen=1, given=1)
    assert ordered(dsn)[4:] == [("c", 1)]


async def test_the_cost_follows_what_is_new_and_not_what_there_is(sqlite_dsn: str) -> None:
    sql = sequencer._PAGE_SQLITE.replace(":arrived", "9").replace(":most", "9")
    plan = [str(row[3]) for row in query(sqlite_dsn, f"EXPLAIN QUERY PLAN {sql}")]
    assert "SEARCH e USING INTEGER PRIMARY KEY (rowid>?)" in plan
    assert not [step for step in plan if step.startswith("SCAN")]


async def test_on_postgresql_too(postgres_dsn: str) -> None:
    rows = "SELECT 'a', n, 't', 0, '', '' FROM generate_series(1, 20000) n"
    query(postgres_dsn, f"INSERT INTO events (stream, seq, type, at, body, hash) {rows}")
    query(postgres_dsn, "ANALYZE events")
    [(xact,)] = query(postgres_dsn, "SELECT max(xact) FROM events")
    sql = sequencer._PAGE_POSTGRESQL.replace(":xact", str(xact))
    sql = sql.replace(":arrived", "19000").replace(":most", "9")
    plan = "\n".join(str(row[0]) for row in query(postgres_dsn, f"EXPLAIN {sql}"))
    assert "Index Scan using events_arrived" in plan
    assert "Seq Scan on events" not in plan


# --- PostgreSQL: transactions that overlap -----------------------------------------------


def links(stream: str, count: int) -> list[Link]:
    event = SystemRecorded(event=Frozen(), actor=SYSTEM, at=AT)
    return chain(stream, 0, "0" * 64, [event] * count)


def insert(connection: psycopg.Connection, stream: str, some: Sequence[Link]) -> None:
    for link in some:
        row = (stream, link.seq, link.type, link.at, link.body, link.hash)
        connection.execute(INSERT, row)


@pytest.fixture
async def on_postgres(postgres_dsn: str) -> AsyncIterator[Storage]:
    opened = open_storage(postgres_dsn)
    yield opened
    await opened.close()


async def test_events_wait_for_transactions_that_began_before_them(
    on_postgres: Storage, postgres_dsn: str
) -> None:
    # Given a transaction that has written and does not end,
    with psycopg.connect(postgres_dsn) as slow:
        insert(slow, "slow", links("slow", 2))
        # when others commit after it began,
        await on_postgres.store.transact(rid(1), submit(rid(1)))
        # then they are not numbered: it would have come first.
        assert await number_all(on_postgres) == 0
        await on_postgres.store.transact(rid(2), submit(rid(2)))
        assert await number_all(on_postgres) == 0
    # When it has ended, all are numbered once, and it is the first.
    assert await number_all(on_postgres) == 6
    assert ordered(postgres_dsn) == [
        (name, seq) for name in ("slow", rid(1), rid(2)) for seq in (1, 2)
    ]


async def test_what_was_rolled_back_leaves_no_gap(on_postgres: Storage, postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as connection:
        insert(connection, "gone", links("gone", 3))
        connection.rollback()
    await on_postgres.store.transact(rid(1), submit(rid(1)))
    assert await number_all(on_postgres) == 2
    assert ordered(postgres_dsn) == [(rid(1), 1), (rid(1), 2)]


@pytest.mark.parametrize("most", [1, 1000])
async def test_a_record_stands_behind_the_one_before_it_whichever_transaction_was_older(
    on_postgres: Storage, postgres_dsn: str, most: int
) -> None:
    first, second, third = links("system", 3)
    with psycopg.connect(postgres_dsn) as older, psycopg.connect(postgres_dsn) as newer:
        older.execute("SELECT pg_current_xact_id()")
        insert(newer, "system", [first, second])
        newer.commit()
        insert(older, "system", [third])
    assert await number_all(on_postgres, most) == 3
    assert ordered(postgres_dsn) == [("system", 1), ("system", 2), ("system", 3)]


async def test_a_database_read_back_from_a_dump_goes_on(
    on_postgres: Storage, postgres_dsn: str
) -> None:
    await on_postgres.store.transact(rid(1), submit(rid(1)))
    await number_all(on_postgres)
    # Given one event that was dumped before it was numbered, on a server that had counted
    # more transactions than this one has,
    await on_postgres.store.transact(rid(1), happen(vote()))
    query(postgres_dsn, "ALTER TABLE events DISABLE TRIGGER events_no_change")
    query(postgres_dsn, "UPDATE events SET xact = xact + 1000000000")
    query(postgres_dsn, "ALTER TABLE events ENABLE TRIGGER events_no_change")
    query(postgres_dsn, "UPDATE sequencer SET xact = xact + 1000000000")
    # when events are numbered while a transaction runs, then it and all that come later are,
    with psycopg.connect(postgres_dsn) as slow:
        insert(slow, "slow", links("slow", 1))
        await on_postgres.store.transact(rid(2), submit(rid(2)))
        slow.commit()
        slow.execute("SELECT pg_current_xact_id()")
        await on_postgres.store.transact(rid(3), submit(rid(3)))
        assert (await on_postgres.trail.number()).given == 6
        insert(slow, "late", links("late", 1))
    # once, by the usual way again.
    assert await on_postgres.trail.number() == Numbered(seen=3, given=1)
    assert ordered(postgres_dsn)[2:] == [
        *((rid(1), 3), ("slow", 1), (rid(2), 1), (rid(2), 2), (rid(3), 1), (rid(3), 2)),
        ("late", 1),
    ]


async def test_who_finds_the_lock_held_leaves_the_work_to_its_holder(
    on_postgres: Storage, postgres_dsn: str
) -> None:
    await on_postgres.store.transact(rid(1), submit(rid(1)))
    with psycopg.connect(postgres_dsn) as other:
        other.execute("SELECT 1 FROM sequencer FOR UPDATE")
        assert await on_postgres.trail.number() == Numbered(0, 0, busy=True)
    assert await number_all(on_postgres) == 2
