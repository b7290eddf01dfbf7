"""The relay drives what is shown to what is wanted, and sends queued notices.

It is level-triggered: each pass renders the newest state, so updates coalesce and converge
after any outage. Nothing it does can lose a decision; those are committed long before.
Sends to one place are serial; places do not wait for one another. A place that asks to be
left alone (Retry-After) is, until its time has come. One item that fails holds up no other.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Protocol

import structlog
from msgspec.structs import replace

from bot.means import Means
from bot.pacing import Pacer
from bot.sending import CardItem, Item, NoticeItem, Sent
from bot.stopping import ended
from core.content import Rationale
from core.directory.people import Directory
from core.ports import Channel, Dead, Delivered, Deliveries, InDigest, Outcome, RetryAt, Store
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
LONGEST_PAUSE: Millis = 600_000
"""What a platform may ask for: a wrong Retry-After must not silence a place for days."""
MOST_FAILURES = 10
"""An item that raised so often is given up: the fault is in it or in us."""

Place = tuple[str, str]
log = structlog.get_logger("relay")


class Observer(Protocol):
    """Whoever counts or traces what is sent."""

    def sending(self, item: Item) -> AbstractContextManager[None]:
        """What goes on around one try, up to recording how it ended."""
        ...

    def sent(self, item: Item, outcome: Outcome) -> None:
        """How it ended."""
        ...


class Unobserved:
    """Nobody looks."""

    @contextmanager
    def sending(self, _item: Item) -> Iterator[None]:
        yield

    def sent(self, item: Item, outcome: Outcome) -> None: ...


class Relay:
    """One task that claims what is due and hands it to one short-lived task for each place."""

    def __init__(
        self,
        store: Store,
        deliveries: Deliveries,
        channels: Mapping[str, Channel],
        directory: Callable[[], Directory],
        clock: Callable[[], Millis],
        observer: Observer | None = None,
        record: Callable[[Rationale | None], str | None] = lambda _: None,
    ) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._observer = observer or Unobserved()
        self.last_pass: Millis | None = None
        self._means = Means(
            store=store,
            deliveries=deliveries,
            channels=channels,
            directory=directory,
            clock=clock,
            record=record,
        )
        self._wake = asyncio.Event()
        self._pacer = Pacer()
        self._quiet_until: dict[Place, Millis] = {}
        self._newest: dict[Place, asyncio.Task[None]] = {}
        self._senders: set[asyncio.Task[None]] = set()
        self._failures: Counter[tuple[Place, str]] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin. `last_pass` is None before, and then when it last looked for what is due."""
        self.last_pass = self._clock()
        self._task = asyncio.create_task(self._run(), name="relay")

    def wake(self) -> None:
        """Look again: something may have become due."""
        self._wake.set()

    def changed(self, _states: Sequence[RequestState]) -> None:
        """Something was committed: look again."""
        self.wake()

    async def stop(self, grace: float = 5.0) -> None:
        """Finish what is being sent, within the grace, and give back what was only claimed.

        Nothing runs any more afterwards; what had to be cut off is picked up by lease.
        """
        self._stopping = True
        self.wake()
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        if self._task is not None:
            await ended([self._task], grace)
        await ended(self._senders, max(end - loop.time(), 0))

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                wait = await self._until_due()
                if wait <= 0:
                    await self._pass()
                self.last_pass = self._clock()
                if wait <= 0:
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
        self._quiet_until = {at: end for at, end in self._quiet_until.items() if end > now}
        self._pacer.forget(now)
        cards = await self._deliveries.claim_cards(now, now + LEASE, BATCH)
        notices = await self._deliveries.claim_notices(now, now + LEASE, BATCH)
        work: dict[Place, list[Item]] = {}
        # Decisions go before notices.
        claimed: list[Item] = [CardItem(self._means, each) for each in cards]
        claimed += [NoticeItem(self._means, each) for each in notices]
        for item in claimed:
            work.setdefault((item.to.platform, item.to.id), []).append(item)
        for place, items in work.items():
            before = self._newest.get(place)
            task = asyncio.create_task(self._send(place, items, before, now))
            self._newest[place] = task
            self._senders.add(task)
            task.add_done_callback(partial(self._sent, place))

    def _sent(self, place: Place, task: asyncio.Task[None]) -> None:
        self._senders.discard(task)
        if self._newest.get(place) is task:
            del self._newest[place]
        self.wake()

    async def _send(
        self,
        place: Place,
        items: Sequence[Item],
        before: asyncio.Task[None] | None,
        started: Millis,
    ) -> None:
        """One place's items in order, after whatever is still being sent there.

        Cut off, it gives back all but the one that is being sent: nobody knows how that ends.
        """
        waiting, later = list(items), list[tuple[Item, Millis]]()
        try:
            if before is not None:
                await asyncio.wait([before])
            await self._send_each(place, waiting, later, started)
        except asyncio.CancelledError:
            later += [(item, self._clock()) for item in waiting]
            raise
        finally:
            await self._put_off(place, later)

    async def _send_each(
        self,
        place: Place,
        waiting: list[Item],
        later: list[tuple[Item, Millis]],
        started: Millis,
    ) -> None:
        """Take the items that wait one by one, into `later` those whose turn has not come."""
        while waiting:
            item = waiting.pop(0)
            try:
                until = self._waits_until(place, started)
                if until is not None:
                    await self._deliveries.postpone(*place, until, started + LEASE)
                    waiting.clear()
                    return
                now = self._clock()
                turn = self._pacer.turn(item.key, item.lanes(), now, urgent=item.urgent)
                if turn > now:
                    later.append((item, turn))
                    continue
                with self._observer.sending(item):
                    outcome = _bounded(await _sent_in_time(item))
                    self._note(place, item, outcome)
                    await item.settle(outcome, self._clock())
                if not isinstance(outcome, RetryAt):
                    self._failures.pop((place, item.request), None)
            except Exception as error:
                await self._failed(place, item, error)

    async def _put_off(self, place: Place, later: Sequence[tuple[Item, Millis]]) -> None:
        """Give back what must wait for its turn; if not even that works, its lease ends."""
        if not later:
            return
        try:
            await self._deliveries.put_off([(item.claimed, turn) for item, turn in later])
        except Exception:
            log.exception("not_put_off", platform=place[0], to=place[1])

    async def _failed(self, place: Place, item: Item, error: Exception) -> None:
        """Try the item again, or give it up; if not even that works, its lease ends."""
        where = {"request": item.request, "platform": place[0], "to": place[1]}
        log.error("delivery_failed", **where, exc_info=error)
        self._failures[place, item.request] += 1
        what, count = type(error).__name__, self._failures[place, item.request]
        outcome: Outcome = RetryAt(reason=what, uncertain=True)
        if count >= MOST_FAILURES:
            del self._failures[place, item.request]
            outcome = Dead(reason=f"failed {count} times: {what}; see the log")
        try:
            self._note(place, item, outcome)
            await item.settle(outcome, self._clock())
        except Exception:
            log.exception("delivery_not_settled", **where)

    def _waits_until(self, place: Place, started: Millis) -> Millis | None:
        """When a place may be sent to again; None when it may now."""
        now = self._clock()
        quiet = self._quiet_until.get(place, 0)
        if quiet > now:
            return quiet
        # This server stops, or what was sent there before took so long that the lease of the
        # rest could end while it is being sent.
        spent = now - started > LEASE - SEND_WITHIN
        return now if self._stopping or spent else None

    def _note(self, place: Place, item: Item, outcome: Sent) -> None:
        if isinstance(outcome, InDigest):
            return  # the platform was not asked for anything
        self._observer.sent(item, outcome)
        if isinstance(outcome, RetryAt) and outcome.whole_channel and outcome.after:
            self._quiet_until[place] = until = self._clock() + outcome.after
            self._pacer.pause(item.lanes(), until)
        elif isinstance(outcome, Delivered):
            self._quiet_until.pop(place, None)
        if isinstance(outcome, Dead):
            where = {"request": item.request, "platform": place[0], "to": place[1]}
            log.warning("delivery_dead", **where, reason=outcome.reason)


async def _sent_in_time(item: Item) -> Sent:
    """How it went; a channel that takes longer than its lease allows is cut off."""
    try:
        async with asyncio.timeout(SEND_WITHIN / 1000):
            return await item.send()
    except TimeoutError:
        return RetryAt(reason="the platform took too long", uncertain=True)


def _bounded(outcome: Sent) -> Sent:
    if isinstance(outcome, RetryAt) and outcome.after is not None:
        return replace(outcome, after=min(outcome.after, LONGEST_PAUSE))
    return outcome
