"""The product as a server process, wired and served exactly as `countersign serve` does it.

Only the relay is left out: what it sends is bound by the chat platforms' own rates, and its
work would be measured as the API's. Settings come from the environment.
"""

import asyncio
import os
import random
import signal

import uvloop

from bot import clock, ids, log
from bot.app import Sources, compose, running
from bot.books import open_books
from bot.server import listening
from bot.settings import Settings, read_settings
from bot.signing_keys import load_ring
from storage.database import open_storage
from storage.migrate import upgrade


async def serve(settings: Settings) -> None:
    """Serve on a free port until SIGTERM; the address is printed once it is ready."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    storage = open_storage(settings.database_url.reveal(), random.random)
    sources = Sources(clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt)
    books = await open_books(settings, storage.store)
    ring = load_ring(settings.signing_key, settings.database_url)
    app = compose(settings, books, storage, sources, ring)
    async with running(app, relay=False), listening(app.http, "127.0.0.1", 0) as address:
        print(address, flush=True)
        await stop.wait()
    await storage.close()


def main() -> None:
    """Bring the database up to date, then serve."""
    log.configure()
    settings = read_settings(dict(os.environ), host="127.0.0.1")
    upgrade(settings.database_url.reveal())
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
