"""How long stages took of late, kept in memory so that no request asks the database for it."""

from collections.abc import Callable, Mapping
from typing import Final

from core.ports import Store
from core.service.estimate import Samples
from core.value import Millis

SAMPLES_AFTER: Final[Millis] = 60_000
"""How old samples may be: an interval needs no newer ones, and there are many more of them."""


class StageTimes:
    """The mean durations by (rule, stage name) and some of the newest, as of the last refresh."""

    def __init__(self, store: Store, clock: Callable[[], Millis]) -> None:
        self._store = store
        self._clock = clock
        self._times: Mapping[tuple[str, str], Millis] = {}
        self._samples: Samples = {}
        self._sampled_at: Millis = -SAMPLES_AFTER

    def now(self) -> Mapping[tuple[str, str], Millis]:
        return self._times

    def samples(self) -> Samples:
        return self._samples

    async def refresh(self) -> None:
        """Read them again, the samples if they have become old."""
        self._times = await self._store.stage_times()
        now = self._clock()
        if not 0 <= now - self._sampled_at < SAMPLES_AFTER:
            self._samples = await self._store.stage_samples()
            self._sampled_at = now
