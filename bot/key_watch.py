"""Keys while they are used: the uses go to the trail now and then, refusals to the metrics."""

from collections.abc import Callable
from functools import partial

import structlog

from adapters.webhook.door import Watch
from adapters.webhook.statuses import AnyReason
from adapters.webhook.uses import Uses
from adapters.webhook.whence import Whence
from bot.key_settings import KeySettings
from bot.metrics import Metrics
from core.limits import day_of
from core.value import Millis
from storage.errors import StorageError
from storage.keys import SqlKeys

log = structlog.get_logger("keys")


class KeyWatch:
    """Counts what keys are used for; `watch` is for the API's routes."""

    def __init__(
        self,
        settings: KeySettings,
        keys: SqlKeys,
        clock: Callable[[], Millis],
        metrics: Metrics | None,
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._uses = Uses()
        counting = partial(_count, metrics)
        whence = Whence(settings.proxies)
        self.watch = Watch(rate=settings.rate, whence=whence, uses=self._uses, refused=counting)

    async def write(self) -> None:
        """Write the uses that are due; what fails is due again."""
        await self._flush(everything=False)

    async def stop(self) -> None:
        """Write all that is left, if it can be written."""
        try:
            await self._flush(everything=True)
        except StorageError as error:
            log.warning("key_uses_lost", reason=str(error))

    async def _flush(self, *, everything: bool) -> None:
        now = self._clock()
        write = partial(self._keys.record_uses, day=day_of(now))
        await self._uses.flush(write, now, everything=everything)


def _count(metrics: Metrics | None, reason: AnyReason) -> None:
    if metrics is not None:
        metrics.key_refused(reason.value)
