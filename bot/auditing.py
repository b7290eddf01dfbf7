"""Keeps the trail: numbers what was committed, makes checkpoints, and writes exports.

Every server does it; the database lets one of them at a time. What fails is tried again in the
next pass.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import structlog

from core.audit.checkpoint import Signed, make
from core.audit.export import Export
from core.audit.ports import EvidenceBusy
from core.tokens.signing import KeyRing
from core.value import Millis
from storage.checkpoints import SqlTrail, Standing
from storage.sequencer import PAGE

EVERY_SECONDS = 2
"""Between passes."""

EVENTS = 1000
AGE: Millis = 600_000
"""A checkpoint is made when so many events wait for one, or any have for so long."""

PAGES = 20
"""The most pages of events that one pass numbers, so that it never holds up the writer."""

WAITS = 200
WAIT_SECONDS = 0.05

log = structlog.get_logger("auditing")


class Auditing:
    """`core.audit.ports.Evidence`, and the pass that keeps it up to date."""

    def __init__(
        self,
        trail: SqlTrail,
        ring: KeyRing,
        clock: Callable[[], Millis],
        *,
        events: int = EVENTS,
        age: Millis = AGE,
    ) -> None:
        self._trail = trail
        self._ring = ring
        self._clock = clock
        self._events = events
        self._age = age
        self.last_pass: Millis = 0

    async def sweep(self) -> None:
        """Number what is new, and make a checkpoint where one is due. Raises nothing."""
        try:
            for _ in range(PAGES):
                if (await self._trail.number()).seen < PAGE:
                    break
            standing = await self._trail.standing()
            if self._is_due(standing):
                await self._checkpoint(standing)
            self.last_pass = self._clock()
        except Exception:
            log.exception("audit_pass_failed")

    async def complete(self) -> Standing:
        """Number everything that can be, and bring it under a checkpoint; how far that is.

        On PostgreSQL, events committed while an older transaction still runs are left out.
        Raises EvidenceBusy when another server numbers events all the time.
        """
        waits = 0
        while True:
            numbered = await self._trail.number()
            if numbered.busy:
                waits += 1
                if waits > WAITS:
                    raise EvidenceBusy("Another server is numbering events. Try again in a minute.")
                await asyncio.sleep(WAIT_SECONDS)
            elif numbered.seen < PAGE:
                return await self._checkpoint(await self._trail.standing())

    async def export(self, since: int = 0) -> AsyncIterator[bytes]:
        """See `core.audit.ports.Evidence`."""
        standing = await self.complete()
        newest = standing.checkpoint
        before = await self._before(since, standing)
        last = 0 if newest is None else newest.checkpoint.number
        async for piece, _ in self.pieces(before, last, self._clock()):
            yield piece

    async def pieces(
        self, before: Signed | None, last: int, at: Millis
    ) -> AsyncIterator[tuple[bytes, Sequence[bytes]]]:
        """An export from behind a checkpoint (None: from the first) up to the one numbered `last`,
        made `at`: each piece with the records that it holds."""
        export = Export(None if before is None else before.checkpoint)
        yield export.begin(), ()
        number = 0 if before is None else before.checkpoint.number
        while number < last:
            [signed] = await self._trail.checkpoints(number, 1)
            leaves, records = await self._trail.counted(signed.checkpoint)
            yield export.part(signed, leaves, records), records
            number = signed.checkpoint.number
        yield export.finish(at, self._ring), ()

    async def span(self, begins: Millis, ends: Millis) -> tuple[Signed | None, int]:
        """For `pieces`: the checkpoints that hold all that was committed from `begins` until before
        `ends`; whole ones, so that others may be among it."""
        standing = await self.complete()
        newest = 0 if standing.checkpoint is None else standing.checkpoint.checkpoint.number
        # A checkpoint holds nothing that was committed after it was made.
        first = await self._trail.made_from(begins)
        last = await self._trail.made_from(ends)
        if first is None:
            return standing.checkpoint, newest
        before = await self._trail.checkpoints(first - 2, 1) if first > 1 else ()
        return before[0] if before else None, newest if last is None else last

    async def checkpoints(self, after: int = 0, limit: int = 1000) -> Sequence[Signed]:
        """The checkpoints numbered above `after`, in order."""
        return await self._trail.checkpoints(after, limit)

    async def _before(self, since: int, standing: Standing) -> Signed | None:
        """The checkpoint after which an export of what follows a position begins."""
        newest = standing.checkpoint
        last = 0 if newest is None else newest.checkpoint.last
        if not 0 <= since <= last:
            raise ValueError(f"There is no position {since}; the newest is {last}.")
        number = await self._trail.holding(since + 1)
        if number is None:
            return newest
        found = await self._trail.checkpoints(number - 2, 1) if number > 1 else ()
        return found[0] if found else None

    def _is_due(self, standing: Standing) -> bool:
        checkpoint = None if standing.checkpoint is None else standing.checkpoint.checkpoint
        waiting = standing.position - (0 if checkpoint is None else checkpoint.last)
        made = 0 if checkpoint is None else checkpoint.at
        return waiting >= self._events or (waiting > 0 and self._clock() - made >= self._age)

    async def _checkpoint(self, standing: Standing) -> Standing:
        """Bring all that is numbered under checkpoints; how far that is then."""
        while True:
            before = None if standing.checkpoint is None else standing.checkpoint.checkpoint
            last = 0 if before is None else before.last
            if standing.position <= last:
                return standing
            leaves = await self._trail.leaves(last)
            signed = make(before, leaves, self._clock(), self._ring)
            if await self._trail.add(signed, leaves):
                made = signed.checkpoint
                log.info("checkpoint", number=made.number, last=made.last, hash=made.hash)
            # If it was not added, another server has made one of this number.
            standing = await self._trail.standing()
