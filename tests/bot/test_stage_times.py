"""How long stages took, kept in memory: means often, samples now and then."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from bot.stage_times import SAMPLES_AFTER, StageTimes
from core.ports import Store

STAGE = ("purchase", "Manager")


class Stored:
    """Times that grow with each read."""

    def __init__(self) -> None:
        self.means = self.samples = 0

    async def stage_times(self) -> Mapping[tuple[str, str], int]:
        self.means += 1
        return {STAGE: self.means}

    async def stage_samples(self) -> Mapping[tuple[str, str], Sequence[int]]:
        self.samples += 1
        return {STAGE: [self.samples]}


async def test_samples_are_read_again_only_when_they_have_become_old() -> None:
    now = 1_000_000
    times = StageTimes(cast("Store", cast("Any", Stored())), lambda: now)
    seen = []
    for passed in (0, 5_000, SAMPLES_AFTER - 5_001, 1, -3_600_000):
        now += passed
        await times.refresh()
        seen.append((times.now()[STAGE], times.samples()[STAGE][0]))
    # The clock was set back at last: nobody knows how old they are.
    assert seen == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 3)]
