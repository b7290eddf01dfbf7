"""The writer's thread: batches, the pause between them, and one loop only."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.rows import Changes
from storage import open_storage, writer
from storage.errors import Closed
from storage.migrate import upgrade
from tests.storage.purchase import Held, rid, submit


@pytest.fixture
def dsn(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path / 'test.db'}"
    upgrade(made)
    return made


async def test_between_batches_it_leaves_other_processes_a_moment_while_more_waits(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr(writer, "time", SimpleNamespace(sleep=sleep))
    storage = open_storage(dsn)
    await storage.store.transact("", lambda _: Changes(result=None))
    assert pauses == [], "nothing waited"
    held = Held()
    first = asyncio.ensure_future(storage.store.transact("", held))
    await held.begun()
    pauses.clear()
    rest = [
        asyncio.ensure_future(storage.store.transact(rid(n), submit(rid(n)))) for n in range(600)
    ]
    await asyncio.sleep(0)
    held.release()
    await asyncio.gather(first, *rest)
    counted = list(pauses)
    await storage.close()
    assert counted == [0.001, 0.001, 0.001], "after the first and the two full batches of 256"


async def test_a_batch_is_committed_once_however_many_wait(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_storage(dsn)
    dialect = storage._engines.writer.dialect
    commit = dialect.do_commit
    commits: list[object] = []

    def counted(connection: object) -> None:
        commits.append(connection)
        commit(connection)  # type: ignore[arg-type]  # the driver's connection, typed by nobody

    monkeypatch.setattr(dialect, "do_commit", counted)
    held = Held()
    first = asyncio.ensure_future(storage.store.transact("", held))
    await held.begun()
    rest = [
        asyncio.ensure_future(storage.store.transact(rid(n), submit(rid(n)))) for n in range(100)
    ]
    await asyncio.sleep(0)
    held.release()
    await asyncio.gather(first, *rest)
    await storage.close()
    assert len(commits) == 2


def test_a_storage_belongs_to_the_event_loop_that_used_it_first(dsn: str) -> None:
    storage = open_storage(dsn)

    async def use() -> None:
        await storage.store.transact("", lambda _: Changes(result=None))

    asyncio.run(use())
    with pytest.raises(RuntimeError, match="another event loop"):
        asyncio.run(use())
    asyncio.run(storage.close())


async def test_closing_what_was_never_used_and_closing_twice_are_fine(dsn: str) -> None:
    storage = open_storage(dsn)
    await storage.close()
    await storage.close()
    with pytest.raises(Closed):
        await storage.store.transact(rid(1), lambda _: Changes(result=None))
