"""A command's way to the database: up to date, open for as long as the command needs it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from bot.environment import environment
from bot.settings import read_database_url

if TYPE_CHECKING:
    from storage.database import Storage

T = TypeVar("T")


def with_storage(use: "Callable[[Storage], Awaitable[T]]") -> T:
    """What `use` gives, with the database open and its tables up to date."""
    url = read_database_url(environment()).reveal()
    from storage.database import open_storage
    from storage.migrate import upgrade

    async def run() -> T:
        storage = open_storage(url)
        try:
            return await use(storage)
        finally:
            await storage.close()

    upgrade(url)
    return asyncio.run(run())
