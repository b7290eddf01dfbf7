"""What the store promises when processes die, connections break and others write too."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.audit.chain import broken_at
from core.request import RequestState
from core.rows import Changes, Loaded
from storage import Storage, engine, open_storage
from storage.engine import READERS
from storage.errors import StorageError, Unavailable
from tests.contract.cutting import AFTER, BEFORE, SILENT, Cutting
from tests.storage.purchase import happen, rid, state_of, submit, vote


def child(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.contract.child", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(p or "." for p in sys.path), "PATH": os.environ["PATH"]},
    )


async def test_everything_acknowledged_survives_a_kill_in_the_middle_of_the_load(
    dsn: str, storage: Storage
) -> None:
    with child("submit", dsn) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(400)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
    assert len(set(acknowledged)) == len(acknowledged) >= 400
    for made in acknowledged:
        found = await storage.store.snapshot(made)
        assert found is not None
        links = await storage.store.links(made)
        assert len(links) == found.state.version == 2
        assert broken_at(made, [(link.body, link.hash) for link in links]) is None


async def test_another_process_can_write_while_the_writer_is_busy(
    dsn: str, storage: Storage
) -> None:
    stop = asyncio.Event()
    done = 0

    async def caller(first: int) -> None:
        nonlocal done
        number = first
        while not stop.is_set():
            await storage.store.transact(rid(number), submit(rid(number)))
            number, done = number + 1000, done + 1

    # More callers than fit into one batch: the writer never finds its queue empty.
    callers = [asyncio.ensure_future(caller(n)) for n in range(600)]
    process = child("keys", dsn, "5")
    await asyncio.to_thread(process.communicate, timeout=30)
    stop.set()
    await asyncio.gather(*callers)
    assert process.returncode == 0
    assert len(await storage.keys.all_keys()) == 5
    assert done >= 600


@pytest.fixture
async def cut(postgres_dsn: str) -> AsyncIterator[tuple[Storage, Cutting]]:
    """Storage over PostgreSQL through a proxy that can break the connection at COMMIT."""
    address = urlsplit(postgres_dsn)
    assert address.port is not None
    proxy = Cutting("127.0.0.1", address.port)
    port = await proxy.start()
    storage = open_storage(postgres_dsn.replace(f":{address.port}/", f":{port}/"))
    yield storage, proxy
    await storage.close()
    await proxy.close()


@pytest.mark.parametrize("mode", [BEFORE, AFTER, SILENT])
async def test_a_commit_whose_answer_was_lost_is_found_out_before_anyone_is_answered(
    cut: tuple[Storage, Cutting], mode: str
) -> None:
    storage, proxy = cut
    await storage.store.transact(rid(1), submit(rid(1)))
    proxy.arm(mode)
    versions = await asyncio.gather(
        *[storage.store.transact(rid(1), happen(vote())) for _ in range(5)]
    )
    assert proxy.cuts == 1
    assert versions == ["3", "4", "5", "6", "7"]
    links = await storage.store.links(rid(1))
    assert [link.seq for link in links] == [1, 2, 3, 4, 5, 6, 7]
    assert broken_at(rid(1), [(link.body, link.hash) for link in links]) is None
    assert (await state_of(storage, rid(1))).version == 7


@pytest.mark.parametrize("happened", [True, False])
async def test_sqlite_too_finds_out_what_a_failed_commit_did(
    sqlite_dsn: str, happened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_storage(sqlite_dsn)
    await storage.store.transact(rid(1), submit(rid(1)))
    dialect = storage._engines.writer.dialect
    commit = dialect.do_commit
    failures = iter([True])

    def failing(connection: Any) -> None:
        if next(failures, False):
            if happened:
                commit(connection)
            raise sqlite3.OperationalError("disk I/O error")
        commit(connection)

    monkeypatch.setattr(dialect, "do_commit", failing)
    assert await storage.store.transact(rid(1), happen(vote())) == "3"
    assert [link.seq for link in await storage.store.links(rid(1))] == [1, 2, 3]
    await storage.close()


async def test_a_commit_that_the_disk_refuses_is_told_as_what_it_is(
    sqlite_dsn: str, no_room_after: Callable[[Path], None]
) -> None:
    storage = open_storage(sqlite_dsn)
    await storage.store.transact(rid(1), submit(rid(1)))
    log = Path(sqlite_dsn.removeprefix("sqlite:///") + "-wal")
    no_room_after(log)
    begun = time.monotonic()
    results = await asyncio.gather(
        *[storage.store.transact(rid(n), submit(rid(n))) for n in range(2, 100)],
        return_exceptions=True,
    )
    assert {type(result) for result in results} == {Unavailable}
    assert {str(result) for result in results} == {
        "The database cannot be written now: disk I/O error."
    }
    assert time.monotonic() - begun < 2
    with pytest.raises(Unavailable, match="disk I/O error"):
        await storage.store.transact(rid(200), submit(rid(200)))
    no_room_after(Path("/"))
    assert await storage.store.transact(rid(2), submit(rid(2))) == rid(2)
    assert await storage.store.snapshot(rid(3)) is None
    await storage.close()


@pytest.fixture
def no_room_after() -> Iterator[Callable[[Path], None]]:
    """Let no file of this process grow beyond this one's size; a folder ends that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(path: Path) -> None:
        most = path.stat().st_size if path.is_file() else before[0]
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_connections_that_died_while_idle_are_replaced(
    postgres: str, postgres_dsn: str
) -> None:
    import psycopg

    storage = open_storage(postgres_dsn)
    await storage.store.transact(rid(1), submit(rid(1)))
    meeting = threading.Barrier(READERS)
    await asyncio.gather(*[storage._readers.read(lambda _: meeting.wait()) for _ in range(READERS)])
    with psycopg.connect(postgres, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s",
            (postgres_dsn.rsplit("/", 1)[1],),
        ).fetchone()
    assert ended is not None
    assert ended[0] == READERS + 1
    assert await storage.store.transact(rid(1), happen(vote())) == "3"
    assert (await state_of(storage, rid(1))).version == 3
    await storage.close()


async def test_a_server_that_cannot_be_reached_fails_everything_that_waits_at_once() -> None:
    storage = open_storage("postgresql://nobody:secret-word@127.0.0.1:1/none")
    begun = time.monotonic()
    results = await asyncio.gather(
        *[storage.store.transact(rid(n), submit(rid(n))) for n in range(20)],
        storage.store.snapshot(rid(1)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [Unavailable] * 21
    assert "secret-word" not in "".join(map(str, results))
    assert time.monotonic() - begun < 2
    await storage.close()


async def test_a_write_lock_that_is_not_given_up_fails_what_waits_and_then_all_is_well(
    sqlite_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine._SQLITE_CONNECT, "timeout", 0.05)
    storage = open_storage(sqlite_dsn)
    other = sqlite3.connect(sqlite_dsn.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        await storage.store.transact(rid(1), submit(rid(1)))
    other.execute("ROLLBACK")
    other.close()
    assert await storage.store.transact(rid(1), submit(rid(1))) == rid(1)
    await storage.close()


async def test_a_full_disk_fails_the_command_and_leaves_the_database_usable(
    sqlite_dsn: str,
) -> None:
    path = sqlite_dsn.removeprefix("sqlite:///")
    storage = open_storage(sqlite_dsn)
    await storage.store.transact(rid(1), submit(rid(1)))

    def limit(pages: int) -> None:
        connection = storage._writer._group._session._connection
        assert connection is not None
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").all()

    await storage._writer.run(lambda _: limit(1))
    results = await asyncio.gather(
        *[storage.store.transact(rid(n), submit(rid(n))) for n in range(2, 200)],
        return_exceptions=True,
    )
    failed = [result for result in results if isinstance(result, StorageError)]
    assert failed
    await storage._writer.run(lambda _: limit(100_000))
    assert await storage.store.transact(rid(500), submit(rid(500))) == rid(500)
    stored = [n for n in range(2, 200) if await storage.store.snapshot(rid(n)) is not None]
    assert stored == [n for n, result in enumerate(results, start=2) if result == rid(n)]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    await storage.close()


async def test_a_bug_that_stops_the_world_still_answers_its_callers(storage: Storage) -> None:
    def stop(loaded: Loaded) -> Changes[RequestState]:
        raise StopIteration

    with pytest.raises((RuntimeError, StorageError)):
        await asyncio.wait_for(storage.store.transact(rid(1), stop), 5)
    assert await storage.store.transact(rid(1), submit(rid(1))) == rid(1)
