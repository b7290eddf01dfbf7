"""A command's way to the database: up to date, open for as long as the command needs it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.environment import environment
from bot.failures import Failure
from bot.settings import read_database_url

if TYPE_CHECKING:
    from storage.database import Storage

T = TypeVar("T")


def with_storage(use: "Callable[[Storage], Awaitable[T]]") -> T:
    """What `use` gives, with the database open and its tables up to date.

    Also with one that was restored: what a server refuses to serve can be looked at, frozen, and
    settled.
    """
    url = read_database_url(environment()).reveal()
    from storage.database import open_storage
    from storage.migrate import upgrade

    async def run() -> T:
        storage = open_storage(url)
        try:
            return await use(storage)
        finally:
            await storage.close()

    upgrade(url, copies=True)
    return asyncio.run(run())


def require_database() -> None:
    """Raises Failure where an SQLite database is not there, which would be made new."""
    url = read_database_url(environment()).reveal()
    path = Path(url.partition("?")[0].removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists():
        raise Failure(
            f"There is no database at {path}. Set COUNTERSIGN_DATABASE_URL as the server has it, "
            "or run this in the server's working directory."
        )
