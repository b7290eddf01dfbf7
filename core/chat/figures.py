"""Figures for one person: what they have to do and did, and how requests go for everybody.

Counts of everybody name nobody and no request, so everyone in the directory may see them.
"""

from collections.abc import Mapping
from statistics import median

from core.advice.calibration import Records
from core.chat.figures_port import Decided, Overview
from core.chat.strangers import no_account
from core.directory.people import Identity
from core.request import Decision, Status
from core.rows import QueuePart
from core.service.approvals import World
from core.tally import MOST_OPEN, Tallies
from core.value import Millis

DAY: Millis = 86_400_000
WEEK: Millis = 7 * DAY
MONTH: Millis = 30 * DAY

PASSED = "passed"
"""How a request ended that was approved without anybody's vote."""


class FiguresService:
    """Implements `core.chat.figures_port.Figures`."""

    def __init__(self, world: World, tallies: Tallies, records: Records) -> None:
        self._world = world
        self._tallies = tallies
        self._records = records

    async def overview(self, identity: Identity) -> Overview:
        """The figures for the person with this account."""
        world, now = self._world, self._world.clock()
        person = world.directory().by_identity(identity)
        if person is None:
            return Overview(at=now, refused=no_account(identity).sentence)
        _, waiting = await world.store.waiting(person.email, 0)
        _, overdue = await world.store.waiting(person.email, 0, QueuePart(due_before=now))
        found = await self._tallies.tally(person.email, now - WEEK, now - MONTH)
        by_people = found.ended.get(Status.APPROVED, 0)
        passed = found.ended.get(PASSED, 0)
        record = await self._records.record()
        return Overview(
            at=now,
            timezone=person.timezone,
            waiting=waiting,
            overdue=overdue,
            week=_decided(found.week),
            month=_decided(found.month),
            median=round(median(found.times)) if found.times else None,
            open=found.open,
            open_more=found.open >= MOST_OPEN,
            approved=by_people + passed,
            rejected=found.ended.get(Status.REJECTED, 0),
            expired=found.ended.get(Status.EXPIRED, 0),
            automatic=_percent(passed, by_people + passed),
            advised=sum(each.cases for each in record),
            agreed=sum(each.agreed for each in record),
        )


def _decided(counts: Mapping[str, int]) -> Decided:
    return Decided(
        approved=counts.get(Decision.APPROVE, 0),
        rejected=counts.get(Decision.REJECT, 0),
        changes=counts.get(Decision.REQUEST_CHANGES, 0),
    )


def _percent(part: int, whole: int) -> int | None:
    return None if whole == 0 else round(100 * part / whole)
