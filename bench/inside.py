"""The product in the bench's own process, on a clock that the bench moves.

Composed as `countersign serve` composes it; nothing is served and nothing runs by itself.
"""

import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import scenario
from bot import ids
from bot.app import App, Sources, compose
from bot.books import open_books
from bot.settings import read_settings
from bot.signing_keys import load_ring
from core.request import RequestState
from storage.database import Storage, open_storage


@dataclass(slots=True)
class Clock:
    """The time that the product believes, in milliseconds."""

    now: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def millis(self) -> int:
        return self.now


@dataclass(slots=True)
class Inside:
    """The product, its storage and its clock; `changed` counts the changes of a request that were
    committed."""

    app: App
    storage: Storage
    clock: Clock
    changed: int = 0

    def committed(self, states: Sequence[RequestState]) -> None:
        self.changed += len(states)


@asynccontextmanager
async def inside(folder: Path, dsn: str) -> AsyncIterator[Inside]:
    """The product over a database whose tables are there."""
    settings = read_settings(scenario.environment(folder, "http://127.0.0.1:9", dsn))
    storage = open_storage(dsn, random.random)
    try:
        clock = Clock()
        sources = Sources(clock=clock.millis, new_id=ids.new_id, new_salt=ids.new_salt)
        books = await open_books(settings, storage.store)
        ring = load_ring(settings.signing_key, settings.database_url)
        app = compose(settings, books, storage, sources, ring)
        here = Inside(app, storage, clock)
        storage.store.on_commit(here.committed)
        yield here
    finally:
        await storage.close()
