"""Advice by a model, wired from the settings; without them there is none, and nothing of it runs.

The provider's library is imported only where a model is configured.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from bot.advising import Advising, Record
from bot.ai_settings import adviser_of
from bot.settings import Settings
from core.advice.asking import is_wanted
from core.advice.port import Adviser, Spending
from core.request import RequestState
from core.service.advising import AdvisingService
from core.service.approvals import Approvals
from core.value import Millis
from storage.database import Storage

Closing = Callable[[], Awaitable[None]]
Clock = Callable[[], Millis]


class Provider(NamedTuple):
    """A model that can be asked: which fields it is not told, how often at once it is asked, how
    it is let go, and what an operator must mend, if anything."""

    adviser: Adviser
    hidden: frozenset[str] = frozenset()
    concurrency: int = 4
    close: Closing | None = None
    trouble: Callable[[], str | None] = lambda: None


def provider_of(settings: Settings, clock: Clock, spending: Spending) -> Provider | None:
    """The model of the settings; None where none is asked. Opens nothing but a file of recorded
    answers. Raises Failure for one that cannot be read."""
    given = settings.ai
    if given is None:
        return None
    adviser = adviser_of(given, clock, spending)
    trouble = lambda: adviser.trouble  # noqa: E731 - it is asked anew each time
    return Provider(adviser, given.hidden, given.model.concurrency, adviser.aclose, trouble)


class Advice:
    """What asks the model, where one is asked at all."""

    def __init__(self, worker: Advising | None, provider: Provider | None) -> None:
        self._worker = worker
        self._provider = provider

    def start(self) -> None:
        """Begin to ask."""
        if self._worker is not None:
            self._worker.start()

    async def stop(self, grace: float) -> None:
        """Let what is under way be answered, within the grace."""
        if self._worker is not None:
            await self._worker.stop(grace)
        if self._provider is not None and self._provider.close is not None:
            await self._provider.close()

    def changed(self, states: Sequence[RequestState]) -> None:
        """After each commit."""
        if self._worker is not None:
            self._worker.changed(states)

    def warnings(self) -> list[str]:
        """What is wrong with the model, in sentences."""
        found = (
            None if self._provider is None else self._provider.trouble(),
            None if self._worker is None else self._worker.trouble,
        )
        return [each for each in found if each is not None]


def advice(
    settings: Settings,
    approvals: Approvals,
    storage: Storage,
    record: Record,
    jitter: Callable[[], float],
) -> Advice:
    """All parts; opens nothing. `record` is kept up to date where a model is asked."""
    world, history = approvals.world, storage.history
    provider = provider_of(settings, world.clock, history)
    if provider is None:
        return Advice(None, None)
    service = AdvisingService(
        store=world.store,
        remembers=history,
        around=approvals.around,
        new_id=world.new_id,
        new_salt=world.new_salt,
        hidden=provider.hidden,
        wants=is_wanted,
    )
    worker = Advising(
        service,
        history,
        storage.trail,
        provider.adviser,
        record,
        world.clock,
        concurrency=provider.concurrency,
        jitter=jitter,
    )
    return Advice(worker, provider)
