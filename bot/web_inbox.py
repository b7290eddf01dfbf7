"""The inbox wired: its pages, and how an open page learns that something changed.

What this server commits it knows at once, with everybody concerned. Of what others commit it hears
ids, and asks once a second for the people behind them, as long as anybody looks at a page at all.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import structlog

from adapters.web.app import Site
from adapters.web.inbox.app import build
from adapters.web.inbox.desk import Desk
from adapters.web.inbox.live import Live
from bot.parts import Ground, Part
from core.request import RequestState, asked
from core.web.inbox import DetailsService
from storage.concerned import SqlConcerned

EVERY: Final = 1.0
"""Seconds between two looks at what other servers changed."""

AT_ONCE: Final = 500
MOST: Final = 5_000
"""Requests of others that are looked up at once, and that wait for it: of more, the newest."""

log = structlog.get_logger("pages")


class Hearsay:
    """Implements `bot.waiting.Follower` for open pages, and hears this server's commits."""

    def __init__(self, live: Live, concerned: SqlConcerned) -> None:
        self._live = live
        self._concerned = concerned
        self._unknown: dict[str, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def heard(self, states: Sequence[RequestState]) -> None:
        """This server committed these."""
        if not self._live.is_watched:
            return
        for state in states:
            self._unknown.pop(state.id, None)
            self._live.changed(state.id, concerned(state))

    def followed(self) -> Mapping[str, int]:
        """None by its version: a page is told that something changed, and asks."""
        return {}

    def changed(self, ids: Iterable[str]) -> None:
        """These changed, here or elsewhere; what changed here is said by `heard` next."""
        if not self._live.is_watched:
            return
        for each in ids:
            self._unknown[each] = None
        while len(self._unknown) > MOST:
            del self._unknown[next(iter(self._unknown))]
        if self._unknown and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY, self._look)

    def stop(self) -> None:
        """The server is stopping: every page is let go."""
        self._live.stop()
        if self._timer is not None:
            self._timer.cancel()

    async def stopped(self) -> None:
        """Wait for what is under way."""
        self.stop()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        await self._live.stopped()

    def _look(self) -> None:
        self._timer = None
        if self._task is None or self._task.done():
            ids = list(self._unknown)[:AT_ONCE]
            for each in ids:
                del self._unknown[each]
            if ids and self._live.is_watched:
                self._task = asyncio.create_task(self._tell(ids))
        self.changed(())  # what is left, and what came while the database took its time

    async def _tell(self, ids: Sequence[str]) -> None:
        try:
            found = await self._concerned.people(ids)
        except Exception:
            # Pages ask by themselves when they are loaded; nothing else depends on it.
            log.exception("pages_not_told")
            return
        for each in ids:
            self._live.changed(each, found.get(each, ()))


def concerned(state: RequestState) -> set[str]:
    """Whose lists a request may stand in: everybody who was asked, and who asks."""
    named = (state.requester, state.submitter, state.owner)
    return {*asked(state), *(each for each in named if each is not None)}


def inbox_part(ground: Ground, site: Site) -> Part:
    """The pages and what tells them of changes."""
    world, live = ground.world, Live()
    hearsay = Hearsay(live, ground.storage.concerned)
    desk = Desk(
        chat=ground.chat,
        details=DetailsService(world, ground.chat.conversations),
        views=ground.storage.saved_views,
        pages=site.pages,
        clock=world.clock,
        new_id=world.new_id,
    )
    ground.waiters.follow(hearsay)
    return Part(routes=build(site.door, desk, live), heard=hearsay.heard, stop=hearsay.stopped)
