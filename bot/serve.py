"""`countersign serve`: everything from the settings to the last goodbye, in order.

It refuses to start with a mistake in any file or setting. Told to stop, it stops taking
calls, answers those that wait, finishes what is being sent and written, and leaves in time.
"""

import asyncio
import random
import signal
from contextlib import AsyncExitStack, suppress
from importlib.metadata import version

import structlog
from aiohttp import web

from bot import clock, ids
from bot.app import App, Sources, compose, running
from bot.books import check_files, open_books, reload
from bot.failures import Failure
from bot.server import listening
from bot.settings import Settings
from bot.signing_keys import load_ring
from bot.stopping import Graces, stop_signal
from bot.tracing import load
from core.directory.kept import NOBODY
from core.events import Actor
from core.tokens.signing import KeyRing
from storage.database import Storage, open_storage
from storage.migrate import upgrade

NO_PLATFORM = (
    "people can decide over the API only; set SLACK_BOT_TOKEN, MICROSOFT_APP_ID or SMTP_URL, and "
    "the settings that go with them"
)

BY_FILE = Actor(via="system")

log = structlog.get_logger("serve")


def run(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    # Mistakes in the files are told before anything is touched.
    check_files(settings)
    for note in settings.notes:
        log.warning("setting_without_effect", note=note)
    upgrade(settings.database_url.reveal())
    ring = load_ring(settings.signing_key, settings.database_url)
    _allow_many_connections()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, ring, host, port))


async def _serve(settings: Settings, ring: KeyRing, host: str, port: int) -> None:
    stop, graces = stop_signal(settings.stop_seconds), Graces(settings.stop_seconds)
    async with AsyncExitStack() as stack:
        tracer = load(settings.observe.traces_to, version("countersign"))
        if tracer is not None:
            stack.push_async_callback(asyncio.to_thread, tracer.stop)
        storage = open_storage(settings.database_url.reveal(), random.random, ids.new_id())
        stack.push_async_callback(storage.close)
        sources = Sources(
            clock=clock.now, new_id=ids.new_id, new_salt=ids.new_salt, jitter=random.random
        )
        kept = NOBODY.with_newer(await storage.people.newer(0))
        books = await open_books(settings, storage.store, kept)
        app = compose(settings, books, storage, sources, ring, tracer)
        await app.governance.adopt(books.policy(), BY_FILE)
        _reload_on_hangup(settings, app)
        _answer_waiters_at_shutdown(app)
        await _retry_dead(storage)
        await stack.enter_async_context(running(app, graces=graces))
        try:
            server = listening(app.http, host, port, graces.calls)
            url = await stack.enter_async_context(server)
        except OSError as error:
            raise Failure(f"Cannot listen on {host} port {port}: {error.strerror}.") from error
        platforms = ", ".join(app.platforms) or "none"
        if not app.platforms:
            log.warning("no_chat_platform", remedy=NO_PLATFORM)
        log.info("ready", url=url, platforms=platforms, rules=len(books.policy().rules))
        await stop.wait()
        log.info("stopping")


def _reload_on_hangup(settings: Settings, app: App) -> None:
    """SIGHUP reads the files again; what is open is brought in line with them."""
    loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    async def reloaded() -> None:
        if reload(settings, app.books):
            await app.governance.adopt(app.books.policy(), BY_FILE)
            await asyncio.sleep(app.hearing.spread())
            await app.scheduler.replan()

    def hangup() -> None:
        task = loop.create_task(reloaded())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, hangup)


async def _retry_dead(storage: Storage) -> None:
    """Whoever starts a server may just have mended why something could not be delivered."""
    count = await storage.deliveries.retry_dead(None, clock.now(), stale=False)
    if count:
        log.info("dead_letters_tried_again", count=count)


def _answer_waiters_at_shutdown(app: App) -> None:
    async def answer(_: web.Application) -> None:
        app.waiters.wake_all()

    # aiohttp calls this once no new call can come in, before it waits for those under way.
    app.http.on_shutdown.append(answer)


def _allow_many_connections() -> None:
    """As many open files as the system permits: by default it is often 1024, and each agent that
    waits is one. https://man7.org/linux/man-pages/man2/getrlimit.2.html"""
    try:
        import resource
    except ImportError:  # not there on Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems name a limit that they do not permit
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    try:
        import uvloop
    except ImportError:  # not made for Windows
        return None
    return uvloop.Loop
