"""Metrics of what the database knows, read when somebody looks, but not more often than needed.

Each figure is one of `storage.condition`: by index, with a ceiling. When the database does not
answer in time, the figures are left out and `countersign_database_up` is 0.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Final

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from core.audit.streaming import Standing
from core.value import Millis
from storage.condition import Condition

FRESH: Millis = 5_000
"""What was read so short a time ago is told again."""

WITHIN: Final = 3.0
"""Seconds that the database may take: Prometheus gives up after ten."""

Read = Callable[[Millis], Awaitable[Condition]]
Streams = Callable[[], Awaitable[Standing]]

log = structlog.get_logger("metrics")


class StoredGauges(Collector):
    """The figures as of the last reading; `moment` is when that was, None before the first."""

    def __init__(
        self, read: Read, clock: Callable[[], Millis], streamed: Streams | None = None
    ) -> None:
        """`streamed` says how far the stream of events is, where there is one."""
        self._read = read
        self._clock = clock
        self._streamed = streamed
        self._stands: Standing | None = None
        self._reading = asyncio.Lock()
        self._moment: Millis | None = None
        self._found: Condition | None = None

    async def refresh(self) -> None:
        """Read them again, unless they are fresh. Raises nothing."""
        async with self._reading:
            now = self._clock()
            if self._moment is not None and 0 <= now - self._moment < FRESH:
                return
            self._moment = now
            try:
                async with asyncio.timeout(WITHIN):
                    self._found = await self._read(now)
                    self._stands = None if self._streamed is None else await self._streamed()
            except Exception as error:
                self._found = self._stands = None
                log.warning("figures_not_read", reason=type(error).__name__)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """All there can be, without values."""
        return [_family(name) for name in HELP]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All there is."""
        found, now = self._found, self._moment
        yield _single("countersign_database_up", 0 if found is None else 1)
        if found is None or now is None:
            return
        yield _labelled("countersign_open_requests", {(k,): v for k, v in found.open.items()})
        yield _age("countersign_oldest_open_request_seconds", found.opened, now)
        yield _single("countersign_due_requests", found.due)
        yield _age("countersign_oldest_due_request_seconds", found.due_since, now)
        yield _labelled("countersign_waiting_deliveries", found.waiting)
        yield _labelled("countersign_dead_letters", found.dead)
        yield _single("countersign_unnumbered_events", found.unnumbered)
        yield _age("countersign_oldest_unnumbered_event_seconds", found.unnumbered_since, now)
        yield _single("countersign_unsigned_events", found.unsigned)
        if found.signed is not None:
            yield _single("countersign_checkpoint_timestamp_seconds", found.signed / 1000)
        if self._stands is not None:
            yield _single("countersign_siem_waiting_events", self._stands.behind)
            yield _age("countersign_siem_oldest_event_seconds", self._stands.waits_since, now)


async def exposed(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """All metrics as text in the form that was asked for, and its media type."""
    encode, media = choose_encoder(accept)
    # A few milliseconds, which no click shall wait for.
    return await asyncio.to_thread(encode, registry), media


def _family(name: str) -> GaugeMetricFamily:
    said, labels = HELP[name]
    return GaugeMetricFamily(name, said, labels=labels)


def _single(name: str, value: float) -> GaugeMetricFamily:
    family = _family(name)
    family.add_metric([], value)
    return family


def _labelled(
    name: str, values: Mapping[tuple[str, str], int] | Mapping[tuple[str], int]
) -> GaugeMetricFamily:
    family = _family(name)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _age(name: str, since: Millis | None, now: Millis) -> GaugeMetricFamily:
    return _single(name, 0 if since is None else max(0, now - since) / 1000)


_UP_TO: Final = "10000 means that many or more."
HELP: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "countersign_database_up": ("1 while the database answers in time, else 0.", ()),
    "countersign_open_requests": (f"Requests that are not decided. {_UP_TO}", ("status",)),
    "countersign_oldest_open_request_seconds": (
        "The age of the oldest request that is not decided; 0 without one.",
        (),
    ),
    "countersign_due_requests": (
        f"Requests whose time has come and was not applied yet. {_UP_TO}",
        (),
    ),
    "countersign_oldest_due_request_seconds": (
        "How long the first of them has been due; 0 without one.",
        (),
    ),
    "countersign_waiting_deliveries": (
        "Cards, notices and callbacks that are not delivered: those that wait for a digest among "
        f"them, dead ones not. {_UP_TO}",
        ("kind", "platform"),
    ),
    "countersign_dead_letters": (
        "Cards, notices and callbacks that are not tried again before somebody mends something. "
        f"{_UP_TO}",
        ("kind", "platform"),
    ),
    "countersign_unnumbered_events": (
        "Events without a place in the order of the trail. 1000 means that many or more.",
        (),
    ),
    "countersign_oldest_unnumbered_event_seconds": (
        "The age of the first of them; 0 without one.",
        (),
    ),
    "countersign_unsigned_events": ("Events beyond the newest checkpoint of the trail.", ()),
    "countersign_checkpoint_timestamp_seconds": (
        "When the newest checkpoint was made; left out before the first.",
        (),
    ),
    "countersign_siem_waiting_events": (
        "Events that wait to be streamed to COUNTERSIGN_SIEM; left out where it is not set.",
        (),
    ),
    "countersign_siem_oldest_event_seconds": (
        "The age of the first of them; 0 without one, left out as before.",
        (),
    ),
}
"""What each says, and its labels."""
