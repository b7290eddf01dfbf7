"""Everything by which a server is watched, wired: metrics, traces, the auditor, readiness, and what
its keys are used for."""

from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version

from adapters.webhook.state import Check, Exposed
from bot.auditing import Auditing
from bot.deadman import DeadMan
from bot.key_watch import KeyWatch
from bot.metrics import Metrics
from bot.metrics_stored import StoredGauges, exposed
from bot.observing import Observing
from bot.relay import Relay
from bot.scheduler import Scheduler
from bot.settings import ObserveSettings, Settings
from bot.tracing import Tracer
from bot.watching import EVERY_SECONDS, Kind, Passes, Watching
from core.value import Millis
from storage.database import Storage

Parts = Callable[[], tuple[Scheduler, Relay, Auditing | None]]
"""The parts whose work is watched; asked only once all are made."""

STALE: Millis = 30_000
"""A scheduler that has not finished a pass for so long is reported as not ready."""


class Oversight:
    """The parts; starts and opens nothing. `jobs` are for the scheduler, with their seconds."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        clock: Callable[[], Millis],
        parts: Parts,
        tracer: Tracer | None = None,
    ) -> None:
        self.settings = settings
        self._storage = storage
        self._clock = clock
        self._parts = parts
        passes = _passes(parts)
        streamed = None if settings.siem is None else storage.event_stream.standing
        metrics = Metrics(version("countersign")) if settings.observe.metrics else None
        self.observing = Observing(clock, metrics, tracer)
        self.keys = KeyWatch(settings.keys, storage.keys, clock, metrics)
        self.exposed: Exposed | None = None
        told: Callable[[str, bool], None] = lambda _kind, _there: None  # noqa: E731 - a default
        if metrics is not None:
            told = metrics.found
            stored = StoredGauges(storage.condition.now, clock, streamed)
            self.exposed = _exposed(metrics, settings.observe, stored, passes)
        self.watching = Watching(storage.condition, passes, clock, told, streamed)
        url = settings.observe.deadman_url
        self._deadman = None if url is None else DeadMan(url)
        self.jobs: list[tuple[Callable[[], Awaitable[None]], float]] = [
            (self._minute, EVERY_SECONDS)
        ]

    def checks(self) -> Mapping[str, Check]:
        """What must work for this very server to take calls. Whatever another server would find
        as well is a warning: to take all of them away would help nobody."""
        return {"database": self._database, "scheduler": self._scheduler}

    def warnings(self) -> list[str]:
        """What else is wrong, in sentences."""
        return [each.said for each in self.watching.findings]

    async def stop(self) -> None:
        """Give up what is under way, and write what is not in the trail yet."""
        await self.keys.stop()
        if self._deadman is not None:
            await self._deadman.stop()

    async def _minute(self) -> None:
        await self.watching.look()
        if self._deadman is not None:
            self._deadman.tell(self.watching.all_well)

    async def _database(self) -> str | None:
        try:
            await self._storage.ping()
        except Exception as error:
            return f"does not answer ({type(error).__name__})"
        return None

    async def _scheduler(self) -> str | None:
        late = self._clock() - self._parts()[0].last_pass
        return None if late < STALE else f"has not finished a pass for {late // 1000} seconds"


def _passes(parts: Parts) -> Passes:
    def auditing() -> Millis | None:
        kept = parts()[2]
        return None if kept is None else kept.last_pass

    return Passes(
        scheduler=lambda: parts()[0].last_pass,
        relay=lambda: parts()[1].last_pass,
        auditing=auditing,
    )


def _exposed(
    metrics: Metrics, settings: ObserveSettings, stored: StoredGauges, passes: Passes
) -> Exposed:
    metrics.registry.register(stored)
    jobs = {"scheduler": passes.scheduler, "relay": passes.relay, "auditing": passes.auditing}
    for name, last in jobs.items():
        metrics.passes(name, last)
    for kind in Kind:
        metrics.found(kind.value, there=False)

    async def read(accept: str) -> tuple[bytes, str]:
        await stored.refresh()
        return await exposed(metrics.registry, accept)

    token = settings.metrics_token
    return Exposed(read, None if token is None else token.reveal())
