"""The server is killed again and again, at any moment, while agents ask and people click."""

import asyncio
import os
import random
from contextlib import suppress
from pathlib import Path

import pytest

from tests.survival.actors import Crowd
from tests.survival.books import Books
from tests.survival.fleet import Fleet, Server, fleet
from tests.survival.settling import settle, until_full

SEED = int(os.environ.get("COUNTERSIGN_TEST_SEED", "20261121"))
KILLS = 40
SOAKED = 25
"""Storms of the soak: a thousand kills."""

ASKED = 120
PATIENCE = 5.0
"""Seconds after which a server is killed whether it has done enough or not."""


async def storm(folder: Path, kills: int, seed: int) -> None:
    """So many kills under load; then the books are checked."""
    try:
        async with fleet(folder, f"sqlite:///{folder}/countersign.db", 1) as town:
            await _killed(town, town.servers[0], kills, seed, folder)
    except BaseException as error:
        error.add_note(f"COUNTERSIGN_TEST_SEED={seed} plays the same storm again")
        raise


async def _killed(town: Fleet, server: Server, kills: int, seed: int, folder: Path) -> None:
    books, chance = Books(town), random.Random(seed)
    await _up(town, server)
    await town.install()
    crowd = Crowd(town, books, random.Random(f"crowd {seed}"), ASKED, pause=0.1)
    await server.kill()
    async with crowd.at_work():
        for _ in range(kills):
            # Some die before they are ready: in the middle of taking up what the last one left.
            if chance.random() < 0.15:
                await server.begin()
                await asyncio.sleep(chance.uniform(0, 0.25))
            else:
                await _up(town, server)
                await _some_of(books, chance.randrange(10))
                await asyncio.sleep(chance.uniform(0, 0.05))
            await server.kill()
            books.note_crash()
        await _up(town, server)
        await until_full(books)
    await crowd.finish_asking()
    await settle(books)
    await books.check(folder)


async def _some_of(books: Books, promises: int) -> None:
    """Wait for so many more acknowledged acts, however slow the machine is."""
    enough = books.promises + promises
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while books.promises < enough:  # noqa: ASYNC110 - nobody tells when there are more
                await asyncio.sleep(0.005)


async def _up(town: Fleet, server: Server) -> None:
    await server.begin()
    await server.ready()
    town.point_at(server.url)


@pytest.mark.timeout(600)
async def test_forty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    await storm(tmp_path, KILLS, SEED)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SEED, SEED + SOAKED))
async def test_a_thousand_kills_lose_nothing_and_double_nothing(tmp_path: Path, seed: int) -> None:
    await storm(tmp_path, KILLS, seed)
