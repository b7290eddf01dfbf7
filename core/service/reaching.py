"""Cards of a person whose accounts changed: wanted where they can be reached now."""

from collections.abc import Callable

from core.chat.audience import NOWHERE, Platforms, audience
from core.chat.digest import digest_rows
from core.chat.holding import held_cards
from core.directory.people import Directory, Identity
from core.ports import Deliveries, Store
from core.request import RequestState
from core.rows import Changes, MessageRef, OutboxRow
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

    async def _tell(self, rows: tuple[OutboxRow, ...]) -> None:
        await self._store.transact("", lambda _: Changes(result=None, outbox=rows))

    async def _want(self, request_id: str, person: str, platforms: Platforms) -> None:
        found = await self._store.snapshot(request_id)
        if found is None:
            return
        known = {delivery.to for delivery in found.deliveries}
        state, directory, now = found.state, self._directory(), self._clock()
        places = [to for to in audience(state, directory, platforms) if to.id == person]
        # To them it is as if it were asked just now.
        held = held_cards(RequestState(id=request_id), state, (), places, directory, now)
        for to in places:
            if to.kind == "person" and to not in known:
                until = held.get(to)
                await self._deliveries.add_card(request_id, to, state.version, until)
                if until is not None:
                    rows = digest_rows((person,), directory, platforms, now)
                    await self._tell(rows)
        for each in found.deliveries:
            theirs = each.to.kind == "person" and each.to.id == person
            if theirs and each.to.platform in platforms and each.refs and each.refs[-1].account:
                # Whoever has lost the account sees no more of it, whoever has it now does.
                await self._deliveries.out_of_date(
                    request_id, each.refs[-1], each.to, self._clock()
                )
