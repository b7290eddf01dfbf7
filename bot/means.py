"""What the relay sends with, and the digests it sees to on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.card import Card
from core.cards.advised import Record, unrecorded, with_record
from core.chat.audience import Platforms
from core.chat.digest import digest_rows
from core.directory.people import Directory
from core.ports import Channel, Deliveries, Store
from core.rows import Changes, OutboxRow
from core.value import Millis


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What items are sent with. `record` says how often advice like this was right."""

    store: Store
    deliveries: Deliveries
    channels: Mapping[str, Channel]
    directory: Callable[[], Directory]
    clock: Callable[[], Millis]
    record: Record = unrecorded

    def with_record(self, view: Card) -> Card:
        """The card with how often advice like its own was right."""
        return with_record(view, self.record)

    def digest_of(self, person: str, at: Millis) -> OutboxRow | None:
        """The digest that tells this person of what happens at `at`, where they are reached
        today."""
        rows = digest_rows((person,), self.directory(), self.platforms, at)
        return rows[0] if rows else None

    @property
    def platforms(self) -> Platforms:
        """Those that are switched on."""
        return frozenset(self.channels)

    async def queue(self, row: OutboxRow, request: str = "") -> None:
        """The store takes each only once."""
        await self.store.transact(request, lambda _: Changes(result=None, outbox=(row,)))
