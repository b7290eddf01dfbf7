"""Calls agents back: claims what is due and sends it, with so many calls to one host at most.

What a request's agent is told goes in order, which the store sees to. A host that is slow or dead
takes up its own few calls and nobody else's: what is for it stays unclaimed until one has ended.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Final, Protocol

import structlog

from adapters.webhook.callback import AgentCallbacks, CallbackSender
from adapters.webhook.callback_secrets import CallbackSeal
from adapters.webhook.lookups import Lookups
from adapters.webhook.outgoing import Outgoing
from bot.encryption_keys import load_keys
from bot.observing import Observing
from bot.settings import Settings
from bot.stopping import ended
from core.callbacks import Callbacks
from core.ports import Dead, Outcome, RetryAt
from core.request import RequestState
from core.rows import QueuedCallback
from core.value import Millis
from storage.database import Storage

LEASE: Final[Millis] = 45_000
"""Three times as long as a call may take, so that a lease taken over has no live sender."""
PER_HOST: Final = 4
MOST: Final = 128
"""Calls at the same time: as many hosts must be dead before one more has to wait."""
LOOKUPS: Final = 32
"""Names looked up at the same time."""
IDLE: Final[Millis] = 5_000
"""The longest sleep: what another program or server left is found by then."""
AFTER_FAILURE: Final[Millis] = 1_000
SPACING: Final[Millis] = 50

log = structlog.get_logger("callbacks")


class Sender(Protocol):
    """Who makes the calls."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, queued: QueuedCallback) -> Outcome: ...


Told = Callable[[Outcome, float], None]
"""How a call ended, and how many seconds it took."""


class CallingBack:
    """One task that claims, and one short-lived task for each call."""

    def __init__(
        self, kept: Callbacks, sender: Sender, clock: Callable[[], Millis], told: Told
    ) -> None:
        self._kept = kept
        self._sender = sender
        self._clock = clock
        self._told = told
        self._wake = asyncio.Event()
        self._busy: Counter[str] = Counter()
        self._calls: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin."""
        await self._sender.start()
        self._task = asyncio.create_task(self._run(), name="callbacks")

    def wake(self) -> None:
        """Look again: something may have become due."""
        self._wake.set()

    def changed(self, states: Sequence[RequestState]) -> None:
        """Something was committed: look again, if anybody is to be told of it."""
        if any(state.callback is not None for state in states):
            self.wake()

    async def stop(self, grace: float = 5.0) -> None:
        """Finish the calls that are under way, within the grace; those that were cut off are made
        again when their leases end."""
        self._stopping = True
        self.wake()
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        if self._task is not None:
            await ended({self._task}, grace)
        await ended(self._calls, max(end - loop.time(), 0))
        await self._sender.stop()

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                wait = await self._pass()
            except Exception:
                log.exception("callbacks_pass_failed")
                wait = AFTER_FAILURE
            if wait > 0 and not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait / 1000)

    async def _pass(self) -> Millis:
        """Begin the calls that are due and for which there is room; milliseconds until more may
        be. A call that ends wakes."""
        room = MOST - len(self._calls)
        if room <= 0:
            return IDLE
        full = [host for host, count in self._busy.items() if count >= PER_HOST]
        due, now = await self._kept.next_due(full), self._clock()
        if due is None or due > now:
            return IDLE if due is None else min(due - now, IDLE)
        claimed = await self._kept.claim(now, now + LEASE, dict(self._busy), PER_HOST, room)
        for queued in claimed:
            self._busy[queued.row.host] += 1
            call = asyncio.create_task(self._call(queued))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        # What is due and cannot be had now is being claimed by another server.
        return 0 if claimed else SPACING

    async def _call(self, queued: QueuedCallback) -> None:
        host, began = queued.row.host, perf_counter()
        try:
            outcome = await self._sent(queued)
            self._told(outcome, perf_counter() - began)
            await self._kept.settle(queued, outcome, self._clock())
        except Exception:
            # Its lease ends, and it is sent again.
            log.exception("callback_not_settled", request=queued.row.request, host=host)
        finally:
            self._busy -= Counter({host: 1})  # forgets hosts that are not called any more
            self.wake()

    async def _sent(self, queued: QueuedCallback) -> Outcome:
        about = {"request": queued.row.request, "host": queued.row.host}
        try:
            outcome = await self._sender.send(queued)
        except Exception as error:
            log.exception("callback_failed", **about)
            return RetryAt(reason=type(error).__name__, uncertain=True)
        if isinstance(outcome, Dead):
            log.warning("callback_dead", **about, reason=outcome.reason)
        elif isinstance(outcome, RetryAt):
            log.info("callback_again", **about, reason=outcome.reason)
        return outcome


class CalledBack:
    """Callbacks as the server has them: what agents may ask, and what runs where they are on."""

    def __init__(self, agents: AgentCallbacks, calling: CallingBack | None) -> None:
        self.agents = agents
        self._calling = calling

    async def start(self) -> None:
        if self._calling is not None:
            await self._calling.start()

    async def stop(self, grace: float) -> None:
        if self._calling is not None:
            await self._calling.stop(grace)

    def changed(self, states: Sequence[RequestState]) -> None:
        """After each commit."""
        if self._calling is not None:
            self._calling.changed(states)


def called_back(
    settings: Settings, storage: Storage, clock: Callable[[], Millis], observing: Observing
) -> CalledBack:
    """Wired from the settings; opens nothing. Raises SettingsError without a key to open secrets
    with."""
    kept, secrets, found = storage.callbacks, storage.callback_secrets, settings.callbacks
    if isinstance(found, str):
        off = AgentCallbacks(kept, secrets, None, clock, lambda: None, found)
        return CalledBack(off, None)
    seal = CallbackSeal(load_keys(found.encryption_keys, settings.database_url))
    outgoing = Outgoing(found.hosts, clock, Lookups(LOOKUPS), patient=True, most=MOST)
    sender = CallbackSender(outgoing, secrets, seal, clock)
    calling = CallingBack(kept, sender, clock, observing.called_back)
    agents = AgentCallbacks(
        kept, secrets, found.hosts, clock, calling.wake, opens=lambda s: seal.open(s) is not None
    )
    return CalledBack(agents, calling)
