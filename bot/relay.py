"""The relay drives what is shown to what is wanted, and sends queued notices.

It is level-triggered: each pass renders the newest state, so updates coalesce and converge
after any outage. Nothing it does can lose a decision; those are committed long before.
Sends to one place are serial; places do not wait for one another. A place that asks to be
left alone (Retry-After) is, until its time has come.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

import structlog

from core.audience import NOWHERE
from core.card import Viewer
from core.cards import card
from core.directory import Directory, Identity
from core.notices import notice
from core.ports import (
    Channel,
    Dead,
    Delivered,
    Deliveries,
    Delivery,
    Outcome,
    QueuedNotice,
    Recipient,
    RetryAt,
    Snapshot,
    Store,
)
from core.request import RequestState
from core.value import Millis

LEASE: Millis = 45_000
"""Longer than any channel's HTTP deadline, so that a lease taken over has no live sender."""
SEND_WITHIN: Millis = 32_000
"""What one item may take: a sender that has less of its lease left gives the item back."""
BATCH = 100
IDLE: Millis = 30_000
"""The longest sleep: a safety net, since commits and due times wake the relay."""
AFTER_FAILURE: Millis = 1_000

NO_ACCOUNT = (
    "no account on a platform that is switched on; add one to the directory, "
    "or let this person decide over the API"
)

Place = tuple[str, str]
log = structlog.get_logger("relay")


class Relay:
    """One task that claims what is due and hands it to one short-lived task for each place."""

    def __init__(
        self,
        store: Store,
        deliveries: Deliveries,
        channels: Mapping[str, Channel],
        directory: Callable[[], Directory],
        clock: Callable[[], Millis],
    ) -> None:
        self._store = store
        self._deliveries = deliveries
        self._channels = channels
        self._directory = directory
        self._clock = clock
        self._wake = asyncio.Event()
        self._quiet_until: dict[Place, Millis] = {}
        self._busy: dict[Place, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="relay")

    def changed(self, _states: Sequence[RequestState]) -> None:
        """Something was committed: look again."""
        self._wake.set()

    async def stop(self, grace: float = 5.0) -> None:
        """Finish what is being sent, within the grace; the rest is picked up by lease."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._task), grace)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._busy:
            _, late = await asyncio.wait(self._busy.values(), timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                wait = await self._until_due()
                if wait <= 0:
                    await self._pass()
                    continue
            except Exception:
                # Whatever it was, what is wanted stays wanted: log it and go on.
                log.exception("relay_pass_failed")
                wait = AFTER_FAILURE
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait / 1000)

    async def _until_due(self) -> Millis:
        """Milliseconds until there is something to claim; a read, so that idling writes nothing."""
        due = await self._deliveries.next_due()
        return IDLE if due is None else min(due - self._clock(), IDLE)

    async def _pass(self) -> None:
        """Claim what is due and start its senders."""
        now = self._clock()
        cards = await self._deliveries.claim_cards(now, now + LEASE, BATCH)
        notices = await self._deliveries.claim_notices(now, now + LEASE, BATCH)
        work: dict[Place, list[Delivery | QueuedNotice]] = {}
        # Decisions go before notices.
        claimed: list[Delivery | QueuedNotice] = [*cards, *notices]
        for item in claimed:
            to = item.to if isinstance(item, Delivery) else item.row.to
            work.setdefault((to.platform, to.id), []).append(item)
        for place, items in work.items():
            before = self._busy.get(place)
            task = asyncio.create_task(self._send(place, items, before, now))
            self._busy[place] = task
            task.add_done_callback(partial(self._sent, place))

    def _sent(self, place: Place, task: asyncio.Task[None]) -> None:
        if self._busy.get(place) is task:
            del self._busy[place]
        if not task.cancelled() and task.exception() is not None:
            log.error("relay_sender_failed", platform=place[0], exc_info=task.exception())
        self._wake.set()

    async def _send(
        self,
        place: Place,
        items: Sequence[Delivery | QueuedNotice],
        before: asyncio.Task[None] | None,
        started: Millis,
    ) -> None:
        """One place's items in order, after whatever is still being sent there."""
        if before is not None:
            await asyncio.wait([before])
        for item in items:
            shown = 0
            outcome: Outcome | None = self._not_now(place, started)
            if outcome is None and isinstance(item, Delivery):
                outcome, shown = await self._show(item)
            elif outcome is None and isinstance(item, QueuedNotice):
                outcome = await self._tell(item)
            assert outcome is not None, "an item is a delivery or a notice"
            self._note(place, outcome)
            await self._settle(item, shown, outcome)

    def _not_now(self, place: Place, started: Millis) -> Outcome | None:
        """Why an item is given back unsent, if it is."""
        now = self._clock()
        quiet = self._quiet_until.get(place, 0) - now
        if quiet > 0:
            return RetryAt(reason="the channel asked for a pause", after=quiet)
        if now - started > LEASE - SEND_WITHIN:
            return RetryAt(reason="what was sent there before took long", after=0)
        return None

    def _note(self, place: Place, outcome: Outcome) -> None:
        if isinstance(outcome, RetryAt) and outcome.whole_channel and outcome.after:
            self._quiet_until[place] = self._clock() + outcome.after
        elif isinstance(outcome, Delivered):
            self._quiet_until.pop(place, None)
        if isinstance(outcome, Dead):
            log.warning("delivery_dead", platform=place[0], to=place[1], reason=outcome.reason)

    async def _settle(self, item: Delivery | QueuedNotice, shown: int, outcome: Outcome) -> None:
        now = self._clock()
        if isinstance(item, Delivery):
            await self._deliveries.settle_card(item, shown, outcome, now)
        else:
            await self._deliveries.settle_notice(item.row.id, outcome, now)

    async def _show(self, delivery: Delivery) -> tuple[Outcome, int]:
        """Show the newest state; which version that was."""
        if delivery.to.platform == NOWHERE:
            return Dead(reason=NO_ACCOUNT), 0
        channel = self._channels.get(delivery.to.platform)
        found = await self._store.snapshot(delivery.request)
        if channel is None or found is None:
            return Dead(reason=f"{delivery.to.platform} is switched off"), 0
        directory = self._directory()
        viewer, account = self._viewer(delivery.to, directory)
        if viewer is None:
            return Dead(reason=f"no {delivery.to.platform} account in the directory"), 0
        view = card(found.state, found.contents, viewer, directory, self._clock())
        return await channel.show(view, delivery.to, account, delivery), found.state.version

    async def _tell(self, queued: QueuedNotice) -> Outcome:
        row = queued.row
        channel = self._channels.get(row.to.platform)
        if channel is None:
            return Dead(reason=f"{row.to.platform} is switched off")
        found: Snapshot | None = await self._store.snapshot(row.request)
        directory = self._directory()
        account = None
        if row.to.kind == "person":
            person = directory.person(row.to.id)
            account = None if person is None else person.identity(row.to.platform)
            if account is None:
                return Dead(reason=f"no {row.to.platform} account in the directory")
        return await channel.tell(notice(row, found, directory), row.to, account)

    def _viewer(self, to: Recipient, directory: Directory) -> tuple[Viewer | None, Identity | None]:
        if to.kind == "channel":
            return Viewer(), None
        person = directory.person(to.id)
        account = None if person is None else person.identity(to.platform)
        if person is None or account is None:
            return None, None
        return Viewer(person=person.email, timezone=person.timezone), account
