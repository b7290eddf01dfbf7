"""Migrations while others are at it: several processes start at once, or servers go on."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from alembic import command

from core.rows import ListFilter
from storage import open_storage
from storage.engine import open_engines
from storage.migrate import _config, _known, check, upgrade

ROOT = Path(__file__).parents[2]
PROCESSES = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


async def upgrading(dsn: str) -> tuple[int | None, str]:
    """`countersign db upgrade` as a process of its own: exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "db", "upgrade"),
        cwd=ROOT,
        env={**os.environ, "COUNTERSIGN_DATABASE_URL": dsn},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


@asynccontextmanager
async def submitting(dsn: str) -> AsyncIterator[asyncio.StreamReader]:
    """A server's writer at work in another process: the ids that it was answered."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.contract.child", "submit", dsn),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()


async def test_of_several_processes_one_migrates_and_all_find_it_done(empty: str) -> None:
    done = await asyncio.gather(*[upgrading(empty) for _ in range(PROCESSES)])
    assert done == [(0, "The database is up to date.\n")] * PROCESSES
    assert check(empty) is None


async def test_a_server_writes_on_while_another_process_migrates(empty: str) -> None:
    engines = open_engines(empty)
    with engines.writer.begin() as connection:
        command.upgrade(_config(connection), _known()[-2])
    engines.dispose()
    async with submitting(empty) as answered:
        ids = [(await answered.readline()).decode().strip() for _ in range(50)]
        code, said = await upgrading(empty)
        assert code == 0, said
        ids += [(await answered.readline()).decode().strip() for _ in range(500)]
    assert check(empty) is None
    upgrade(empty)
    storage = open_storage(empty)
    newest = await storage.store.listed(ListFilter(limit=1))
    found = [await storage.store.snapshot(each) for each in (*ids[:50], *ids[-50:])]
    await storage.close()
    assert all(found)
    assert newest.items[0].state.id >= max(ids)
