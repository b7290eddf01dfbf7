"""Cards of a person whose accounts changed: wanted where they can be reached now."""

from collections.abc import Callable

from core.chat.audience import NOWHERE, Platforms, audience
from core.directory.people import Directory, Identity
from core.ports import Deliveries, Store
from core.rows import MessageRef
from core.value import Millis

PAGE = 200


def named(account: Identity) -> str:
    """An account as `MessageRef.account` has it."""
    return f"{account.realm}/{account.account}"


def is_elsewhere(ref: MessageRef, account: Identity | None) -> bool:
    """Whether this message lies with an account that is not (or no longer) this one."""
    return bool(ref.account) and (account is None or ref.account != named(account))


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
        """Try again what was undeliverable to this person, want the cards that they should have
        where they have none, and have the others rendered for whose account it is now; not on
        the platform `without`, where nobody reads them."""
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
        for each in found.deliveries:
            theirs = each.to.kind == "person" and each.to.id == person
            if theirs and each.to.platform in platforms and each.refs and each.refs[-1].account:
                # Whoever has lost the account sees no more of it, whoever has it now does.
                await self._deliveries.out_of_date(
                    request_id, each.refs[-1], each.to, self._clock()
                )
