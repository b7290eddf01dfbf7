"""Streams every event of the trail to a SIEM, in order, at least once.

One replica does it at a time, under a lease in the database. It reads behind the writer and never
in its way: what a slow or dead receiver holds up is this stream alone. The position moves once a
batch has arrived, so that after a crash the batch is sent again and none is left out.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import structlog

from bot.parts import Ground, Part
from bot.siem_settings import SiemSettings
from core.audit.streaming import Sink, Standing, Streamed
from core.ports import Delivered, RetryAt
from core.value import Millis
from storage.event_stream import SqlEventStream

LEASE: Final[Millis] = 60_000
"""Several times as long as a batch may take, so that a lease taken over has no live sender."""
IDLE: Final[Millis] = 2_000
"""Between two looks whether there is anything to send."""
AFTER_FAILURE: Final[Millis] = 5_000
FIRST_WAIT: Final[Millis] = 1_000
LONGEST_WAIT: Final[Millis] = 120_000
STOP_SECONDS: Final = 5.0

log = structlog.get_logger("siem")


class Streaming:
    """One task that sends batch after batch. `me` names this replica among all."""

    def __init__(
        self,
        kept: SqlEventStream,
        sink: Sink,
        clock: Callable[[], Millis],
        me: str,
        *,
        with_content: bool = False,
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._kept = kept
        self._sink = sink
        self._clock = clock
        self._me = me
        self._with_content = with_content
        self._jitter = jitter
        self._failures = 0
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        await self._sink.start()
        self._task = asyncio.create_task(self._run(), name="siem")

    async def stop(self) -> None:
        """Finish the batch under way, within seconds, and let another replica go on."""
        self._stopping.set()
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._sink.stop()
        with suppress(Exception):  # the lease ends by itself
            await self._kept.release(self._me)

    async def step(self) -> Millis:
        """Send one batch, if it is this replica's turn and there is any; milliseconds until there
        may be more."""
        standing = await self._kept.standing()
        if not standing.behind:
            return IDLE
        now = self._clock()
        if not await self._kept.claim(self._me, now, now + LEASE):
            self._failures = 0
            return IDLE
        # As it is now: before the lease was taken another may have moved on.
        standing = await self._kept.standing()
        batch = await self._kept.next(standing.position, with_content=self._with_content)
        return await self._sent(standing, batch) if batch else IDLE

    async def _sent(self, standing: Standing, batch: tuple[Streamed, ...]) -> Millis:
        outcome = await self._sink.send(batch)
        if not isinstance(outcome, Delivered):
            return await self._failed(outcome.reason, outcome)
        self._told_of_success()
        last = batch[-1].position
        await self._kept.move(self._me, standing.position, last, self._clock())
        return 0

    async def _failed(self, why: str, outcome: object) -> Millis:
        self._failures += 1
        if self._failures == 1:
            log.warning("siem_not_reached", reason=why)
        await self._kept.failed(self._me, why)
        asked = outcome.after if isinstance(outcome, RetryAt) else None
        doubled = min(FIRST_WAIT << min(self._failures - 1, 20), LONGEST_WAIT)
        own = doubled - round(doubled / 2 * (1.0 - self._jitter()))
        return own if asked is None else min(max(asked, own), LONGEST_WAIT)

    def _told_of_success(self) -> None:
        if self._failures:
            log.info("siem_reached_again", after=self._failures)
        self._failures = 0

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                wait = await self.step()
            except Exception:
                log.exception("siem_pass_failed")
                wait = AFTER_FAILURE
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait / 1000)


def sink_of(settings: SiemSettings, clock: Callable[[], Millis], own_name: str) -> Sink:
    """What sends to the place that the settings name; opens nothing."""
    if settings.transport == "webhook":
        from adapters.webhook.events import WebhookSink, hosts_of
        from adapters.webhook.outgoing import Outgoing

        url = settings.url.reveal()
        hosts = hosts_of(settings.host, plain=url.startswith("http://"))
        trusted = settings.tls() if settings.ca is not None else None
        outgoing = Outgoing(hosts, clock, patient=True, most=1, tls=trusted)
        assert settings.secret is not None, "a webhook has its secret"
        return WebhookSink(url, settings.secret.reveal(), outgoing)
    from adapters.syslog.sink import Place, SyslogSink

    place = Place(transport=settings.transport, host=settings.host, port=settings.port)
    trusted = settings.tls() if settings.transport == "tls" else None
    return SyslogSink(place, own_name, trusted)


def siem_part(ground: Ground) -> Part:
    """The stream, where the settings name a place for it."""
    settings, world = ground.settings.siem, ground.world
    if settings is None:
        return Part()
    own_name = urlsplit(ground.settings.public_url or "").hostname or ""
    sink = sink_of(settings, world.clock, own_name)
    streaming = Streaming(
        ground.storage.event_stream,
        sink,
        world.clock,
        world.new_id(),
        with_content=settings.content,
    )
    return Part(start=streaming.start, stop=streaming.stop)
