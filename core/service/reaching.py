"""Cards of a person whose accounts changed: wanted where they can be reached now."""

from collections.abc import Callable

from core.chat.audience import NOWHERE, Platforms, audience
from core.directory.people import Directory
from core.ports import Deliveries, Store
from core.value import Millis

PAGE = 200


class Reaching:
    """Goes through what is open and concerns one person; never through everything."""

    def __init__(
        self,
        store: Store,
        deliveries: Deliveries,
        directory: Callable[[], Directory],
        platforms: Platforms,
        clock: Callable[[], Millis],
    ) -> None:
        self._store = store
        self._deliveries = deliveries
        self._directory = directory
        self._platforms = platforms
        self._clock = clock

    async def anew(self, person: str, without: str | None = None) -> None:
        """Try again what was undeliverable to this person, and want the cards that they should
        have where they have none; not on the platform `without`, where nobody reads them."""
        platforms = self._platforms - {without}
        for platform in sorted(platforms | {NOWHERE}):
            await self._deliveries.revive(platform, person, self._clock())
        after = ""
        while ids := await self._store.concerning(person, after, PAGE):
            for request_id in ids:
                await self._want(request_id, person, platforms)
            after = ids[-1]

    async def _want(self, request_id: str, person: str, platforms: Platforms) -> None:
        found = await self._store.snapshot(request_id)
        if found is None:
            return
        known = {delivery.to for delivery in found.deliveries}
        for to in audience(found.state, self._directory(), platforms):
            if to.kind == "person" and to.id == person and to not in known:
                await self._deliveries.add_card(request_id, to, found.state.version)
