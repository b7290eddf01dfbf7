"""Findings, kept up to date, and the changes of the policy that follow from them, wired.

What was counted is followed in the background; findings are worked out once an hour, and when the
policy changes. Every server does it, and what one of them stored is enough for all.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from adapters.web.app import Site
from adapters.web.insight.handlers import PATH, Insight
from adapters.web.pages import Nav
from bot.books import Books
from bot.documents import read_document
from bot.parts import Ground, Part
from core.insight.port import Ledger
from core.insight.proposals import Found
from core.insight.thresholds import WINDOW
from core.policy.policy import Policy
from core.request import RequestState
from core.service.approvals import Approvals
from core.service.governing import Governance, without_mistakes
from core.service.proposing import Proposing, is_own, judged, looked_into, whole
from core.value import Millis
from storage.sequencer import PAGE

INSIGHT: Final = Nav(order=50, label="Insight", href=PATH)

LOOK_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 5.0
ANEW: Final[Millis] = 3_600_000
"""How old findings become before they are worked out anew."""
SWEEP: Final[Millis] = 60_000
"""Between two looks at all proposals, whatever was heard: another server may have ended."""
PAGES: Final = 20
LONGEST: Final = 10.0
"""Seconds that are followed at a time: a long past is taken up bit by bit."""
REST: Final = 19
"""After a page it rests for so many times as long as that took: a long past holds up nobody."""
PRUNED: Final = 2000

log = structlog.get_logger("insight")


class Looking:
    """The jobs: what was committed is counted, judged, and adopted where that was approved."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._ledger = ground.storage.insight
        self.proposing = proposing(ground.approvals, ground.governance, self._ledger, ground.books)
        self._wanted = False
        self._swept: Millis = 0

    def heard(self, states: Sequence[RequestState]) -> None:
        """Something was committed."""
        self._wanted = self._wanted or any(is_own(state) for state in states)

    async def settle(self) -> None:
        """Adopt what was approved, withdraw what was overtaken."""
        now = self._ground.world.clock()
        if not (self._wanted or now - self._swept >= SWEEP):
            return
        self._wanted, self._swept = False, now
        for request in await self.proposing.unsettled():
            try:
                await self.proposing.settle(request)
            except Exception:
                # One that cannot be settled keeps no other from it.
                log.exception("proposal_not_settled", request=request)

    async def look(self) -> None:
        """Count what is new, and work out the findings when they are old."""
        if not await self._follow():
            return
        found, world = await self._ledger.found(), self._ground.world
        now, version = world.clock(), world.policy().version
        if found is not None and found.policy == version and 0 <= now - found.at < ANEW:
            return
        if found is None and not await self._ledger.cases(now - WINDOW):
            return
        anew = await self._worked_out()
        await self._ledger.keep(anew)
        await self._ledger.prune(now - WINDOW, PRUNED)
        log.info("insight", findings=len(anew.items), cases=anew.cases, decisions=anew.ballots)

    async def _worked_out(self) -> Found:
        """Each finding by itself, with rests between them."""
        loop, given = asyncio.get_running_loop(), await self.proposing.gathered()
        items, read = [], self._ground.books.read
        for finding in await asyncio.to_thread(judged, given):
            began = loop.time()
            items.append(await asyncio.to_thread(looked_into, given, finding, read_document, read))
            await asyncio.sleep(REST * (loop.time() - began))
        return whole(given, items)

    async def _follow(self) -> bool:
        """Whether everything was taken up."""
        loop = asyncio.get_running_loop()
        for _ in range(PAGES):
            if (await self._ground.storage.trail.number()).seen < PAGE:
                break
        since, end = self._ground.world.clock() - WINDOW, loop.time() + LONGEST
        while (began := loop.time()) < end:
            followed = await self._ledger.follow(since)
            if followed.busy:
                return False
            if not followed.seen:
                return True
            await asyncio.sleep(REST * (loop.time() - began))
        return False


def proposing(
    approvals: Approvals, governance: Governance, ledger: Ledger, books: Books
) -> Proposing:
    """The service, which reads policies away from the event loop."""

    async def read(text: str) -> Policy:
        return await asyncio.to_thread(without_mistakes, governance.read, text)

    return Proposing(
        approvals=approvals, governance=governance, ledger=ledger, read=read, use=books.use
    )


def insight_part(ground: Ground, site: Site | None) -> Part:
    """The findings, and their page where there are pages."""
    looking = Looking(ground)
    jobs = ((looking.settle, SETTLE_SECONDS), (looking.look, LOOK_SECONDS))
    if site is None:
        return Part(jobs=jobs, heard=looking.heard)
    page = Insight(
        site.pages,
        looking.proposing,
        ground.world.directory,
        lambda: ground.books.policy().version,
        ground.world.clock,
        from_file=ground.books.from_file,
    )
    site.pages.add(INSIGHT)
    return Part(jobs=jobs, heard=looking.heard, routes=page.routes(site.door))
