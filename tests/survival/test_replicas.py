"""Three servers on one PostgreSQL: some are killed, some stand still, the database restarts."""

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from tests.contract.postgres import NoServer, make_database
from tests.survival.actors import Crowd
from tests.survival.balancer import balanced
from tests.survival.books import Books
from tests.survival.cluster import FAST, IMMEDIATE, Cluster, cluster
from tests.survival.fleet import LEASE, Fleet, Server, fleet
from tests.survival.settling import settle, until_full

SEED = int(os.environ.get("COUNTERSIGN_TEST_SEED", "20261121"))
SOAKED = 10
ASKED = 120


class Trouble:
    """What happens to the servers and their database."""

    def __init__(self, town: Fleet, books: Books, data: Cluster) -> None:
        self._town = town
        self._books = books
        self._data = data

    async def kill(self, server: Server) -> None:
        """One dies and is started again a little later."""
        await server.kill()
        self._books.note_crash()
        await asyncio.sleep(1)
        await server.begin()
        await server.ready()

    async def freeze(self, server: Server) -> None:
        """One stands still until others have taken over its work, and then goes on."""
        server.signal(signal.SIGSTOP)
        self._books.note_crash()
        await asyncio.sleep(LEASE / 1000 + 1.5)
        server.signal(signal.SIGCONT)
        await asyncio.sleep(0.5)

    async def restart(self, how: signal.Signals) -> None:
        """The database is gone for a moment."""
        await asyncio.to_thread(self._data.stop, how)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(self._data.start)
        self._books.note_crash()
        await asyncio.sleep(1)

    async def all_at_once(self, dead: Server, frozen: Server) -> None:
        """One is dead and one stands still when the database crashes."""
        await dead.kill()
        self._books.note_crash()
        await asyncio.gather(self.freeze(frozen), self.restart(IMMEDIATE))
        await dead.begin()
        await dead.ready()
        await asyncio.sleep(1)


async def storm(folder: Path, seed: int) -> None:
    """All of it, in the order that chance gives; then the books are checked."""
    try:
        async with cluster() as data:
            url = make_database(data.url)
            async with fleet(folder, url, 3) as town, balanced(town.servers, town.http) as before:
                await asyncio.gather(*(server.begin() for server in town.servers))
                await asyncio.gather(*(server.ready() for server in town.servers))
                town.point_at(before)
                await _troubled(town, data, seed, folder)
    except NoServer as reason:
        pytest.skip(str(reason))
    except BaseException as error:
        error.add_note(f"COUNTERSIGN_TEST_SEED={seed} plays the same storm again")
        raise


async def _troubled(town: Fleet, data: Cluster, seed: int, folder: Path) -> None:
    books, chance = Books(town), random.Random(seed)
    await town.install()
    trouble = Trouble(town, books, data)
    first, second, third = chance.sample(town.servers, 3)
    crowd = Crowd(town, books, random.Random(f"crowd {seed}"), ASKED, pause=0.12)
    async with crowd.at_work():
        await asyncio.sleep(chance.uniform(0.5, 1.0))
        await trouble.kill(first)
        await trouble.freeze(second)
        await trouble.restart(FAST)
        await trouble.all_at_once(second, third)
        await until_full(books)
    await crowd.finish_asking()
    await settle(books)
    await books.check(folder)
    assert all(server.runs() for server in town.servers), "a server has ended by itself"


@pytest.mark.timeout(600)
async def test_three_servers_killed_frozen_and_without_their_database_lose_nothing(
    tmp_path: Path,
) -> None:
    await storm(tmp_path, SEED)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SEED, SEED + SOAKED))
async def test_many_storms_over_three_servers_lose_nothing(tmp_path: Path, seed: int) -> None:
    await storm(tmp_path, seed)
