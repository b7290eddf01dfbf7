"""When a storm is over: nothing is on its way, and nothing will be due for long."""

import asyncio
from contextlib import suppress

from tests.e2e.looking import everything_is_delivered
from tests.survival.books import Books

WITHIN = 180.0
FULL_WITHIN = 60.0
SOON = 60_000
"""What is due later than that, in ms, is no matter of the storm."""


async def settle(books: Books) -> None:
    """Wait until nothing is on its way and nothing will be due for long."""
    async with asyncio.timeout(WITHIN):
        while _is_due(books) or not await everything_is_delivered(books.town):  # noqa: ASYNC110 - other processes tell nobody
            await asyncio.sleep(0.1)


async def until_full(books: Books) -> None:
    """On a slow machine the storm lasts longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(FULL_WITHIN):
            while not books.is_full:  # noqa: ASYNC110 - nobody tells when they are
                await asyncio.sleep(0.05)


def _is_due(books: Books) -> bool:
    soon = int(books.town.play.place.now() * 1000) + SOON
    return bool(books.rows(f"SELECT 1 FROM requests WHERE wake_at < {soon} LIMIT 1"))
