"""How long stages took of late, kept in memory so that no request asks the database for it."""

from collections.abc import Mapping

from core.ports import Store
from core.value import Millis


class StageTimes:
    """The mean durations by (rule, stage name), as of the last refresh."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._times: Mapping[tuple[str, str], Millis] = {}

    def now(self) -> Mapping[tuple[str, str], Millis]:
        return self._times

    async def refresh(self) -> None:
        """Read them again."""
        self._times = await self._store.stage_times()
