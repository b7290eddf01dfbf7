"""Reads that wait together are one read, and no caller is answered for another."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from storage.engine import open_engines
from storage.errors import StorageError, Unavailable
from storage.readers import Readers
from storage.together import UNDER_WAY, Together

STORED = {"a": 1, "b": 2, "c": 3}


class Shelf:
    """What is stored, and which reads were made of it; each waits until it may go on."""

    def __init__(self) -> None:
        self.stored = dict(STORED)
        self.reads: list[list[str]] = []
        self.begins: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.bad: dict[str, Exception] = {}
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def fetch(self, _: Connection, keys: Sequence[str]) -> Mapping[str, int]:
        self.reads.append(list(keys))
        self.begins.put(None)
        assert self.may_go_on.wait(10)
        for key in keys:
            if key in self.bad:
                raise self.bad[key]
        return {key: self.stored[key] for key in keys if key in self.stored}

    async def begun(self) -> None:
        """Wait until one more read was begun."""
        await asyncio.to_thread(self.begins.get, timeout=10)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def together(tmp_path: Path, shelf: Shelf) -> AsyncIterator[Together[int]]:
    engines = open_engines(f"sqlite:///{tmp_path}/x.db")
    readers = Readers(engines)
    yield Together(readers, shelf.fetch)
    shelf.may_go_on.set()
    readers.close()
    engines.dispose()


async def busy(together: Together[int], shelf: Shelf) -> list[asyncio.Task[int | None]]:
    """As many reads under way as there may be, none of which ends yet."""
    shelf.may_go_on.clear()
    tasks = []
    for number in range(UNDER_WAY):
        tasks.append(asyncio.create_task(together.one(f"busy{number}")))
        await shelf.begun()
    return tasks


async def test_alone_it_is_read_at_once(together: Together[int], shelf: Shelf) -> None:
    assert await together.one("a") == 1
    assert await together.one("nothing") is None
    assert shelf.reads == [["a"], ["nothing"]]


async def test_what_waits_goes_in_one_read_in_which_nothing_is_asked_twice(
    together: Together[int], shelf: Shelf
) -> None:
    first = await busy(together, shelf)
    asked = [asyncio.create_task(together.one(key)) for key in ("a", "b", "a", "x", "c")]
    await asyncio.sleep(0)
    shelf.may_go_on.set()
    assert await asyncio.gather(*asked) == [1, 2, 1, None, 3]
    assert await asyncio.gather(*first) == [None] * UNDER_WAY
    assert shelf.reads[UNDER_WAY:] == [["a", "b", "x", "c"]]


async def test_what_is_asked_while_it_is_read_is_read_again(
    together: Together[int], shelf: Shelf
) -> None:
    shelf.may_go_on.clear()
    before = asyncio.create_task(together.one("a"))
    await shelf.begun()
    shelf.stored["a"] = 7
    after = asyncio.create_task(together.one("a"))
    await shelf.begun()
    shelf.may_go_on.set()
    assert await after == 7
    await before
    assert shelf.reads == [["a"], ["a"]]


async def test_one_that_cannot_be_read_fails_for_its_caller_alone(
    together: Together[int], shelf: Shelf
) -> None:
    first = await busy(together, shelf)
    shelf.bad["b"] = ValueError("b cannot be decoded")
    asked = [asyncio.create_task(together.one(key)) for key in ("a", "b", "c")]
    await asyncio.sleep(0)
    shelf.may_go_on.set()
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert (found[0], found[2]) == (1, 3)
    assert isinstance(found[1], ValueError)
    await asyncio.gather(*first)


async def test_a_database_that_cannot_be_read_is_not_asked_again_for_each(
    together: Together[int], shelf: Shelf
) -> None:
    first = await busy(together, shelf)
    shelf.bad |= {"a": Unavailable("gone"), "b": Unavailable("gone")}
    asked = [asyncio.create_task(together.one(key)) for key in ("a", "b")]
    await asyncio.sleep(0)
    shelf.may_go_on.set()
    for task in asked:
        with pytest.raises(StorageError, match="gone"):
            await task
    assert shelf.reads[UNDER_WAY:] == [["a", "b"]]
    await asyncio.gather(*first)


async def test_who_goes_away_keeps_nobody_from_an_answer(
    together: Together[int], shelf: Shelf
) -> None:
    first = await busy(together, shelf)
    gone, stays = (asyncio.create_task(together.one("a")) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    shelf.may_go_on.set()
    assert await stays == 1
    assert gone.cancelled()
    await asyncio.gather(*first)
    assert await together.one("b") == 2
