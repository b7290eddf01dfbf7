"""Figures over a real store: counted as things happen, and for what happened before."""

import pytest
from msgspec.structs import replace

from core.advice.calibration import Cases, Kind
from core.chat.figures import FiguresService
from core.chat.figures_port import Decided, Overview
from core.directory.people import Identity
from core.request import Decision
from storage import Storage
from tests.contract.office import Office
from tests.core.builders import DAY, DIRECTORY, FAYE, FINN, HOUR, MARA, NOW


def account(who: str) -> Identity:
    found = DIRECTORY.people[who].identity("slack")
    assert found is not None
    return found


class Counting:
    """An office in which somebody counts."""

    def __init__(self, office: Office) -> None:
        self.office = office
        world = office.approvals.world
        self.figures = FiguresService(world, office.storage.tallies, office.storage.history)

    async def of(self, who: str) -> Overview:
        return await self.figures.overview(account(who))

    async def asked(self) -> str:
        self.office.now += 1
        made = await self.office.ask(self.office.now % 1_000_000)
        return made.snapshot.state.id

    async def decided(self, *says: tuple[str, Decision], after: int = HOUR) -> str:
        id_ = await self.asked()
        for person, decision in says:
            self.office.now += after
            await self.office.says(person, decision, id_)
        return id_


APPROVE, REJECT = Decision.APPROVE, Decision.REJECT


@pytest.fixture
async def here(storage: Storage) -> Counting:
    return Counting(await Office(storage).open())


async def test_nothing_yet_is_nothing_and_unknown(here: Counting) -> None:
    found = await here.of(MARA)
    assert found == Overview(at=NOW), "median and automatic share are unknown, the rest is zero"


async def test_my_decisions_are_counted_with_how_long_they_took(here: Counting) -> None:
    await here.decided((MARA, APPROVE), (FINN, APPROVE))
    await here.decided((MARA, APPROVE), after=3 * HOUR)
    await here.decided((MARA, Decision.REQUEST_CHANGES), after=2 * HOUR)
    mara, finn, faye = await here.of(MARA), await here.of(FINN), await here.of(FAYE)
    assert mara.week == mara.month == Decided(approved=2, changes=1)
    assert mara.median == 2 * HOUR
    assert (finn.week, finn.median) == (Decided(approved=1), HOUR)
    assert (faye.week, faye.median) == (Decided(), None)
    assert (mara.waiting, finn.waiting, faye.waiting) == (0, 1, 1)
    assert (finn.open, finn.approved) == (2, 1)


async def test_what_is_older_counts_no_longer(here: Counting) -> None:
    await here.decided((MARA, APPROVE), (FINN, APPROVE))
    here.office.now += 8 * DAY
    found = await here.of(MARA)
    assert (found.week, found.month) == (Decided(), Decided(approved=1))
    assert (found.median, found.approved) == (HOUR, 0)
    here.office.now += 23 * DAY
    found = await here.of(MARA)
    assert (found.month, found.median) == (Decided(), None)


async def test_who_decides_again_after_a_step_back_is_counted_again(here: Counting) -> None:
    id_ = await here.decided((MARA, APPROVE))
    await here.office.says(FINN, REJECT, id_)
    # The rejection sent it back to Mara, who is asked anew.
    await here.office.says(MARA, APPROVE, id_)
    mara, finn = await here.of(MARA), await here.of(FINN)
    assert (mara.week, finn.week) == (Decided(approved=2), Decided(rejected=1))


async def test_overdue_is_what_is_past_its_deadline(here: Counting) -> None:
    await here.asked()
    here.office.now += DAY - 1
    await here.asked()
    here.office.now += 2
    found = await here.of(MARA)
    assert (found.waiting, found.overdue) == (2, 1)


async def test_how_everybodys_requests_ended(here: Counting) -> None:
    await here.decided((MARA, APPROVE), (FINN, APPROVE))
    await here.decided((MARA, REJECT))
    expired = await here.asked()
    cancelled = await here.asked()
    await here.office.cancel(cancelled)
    here.office.now += DAY
    await here.office.approvals.tick(expired)
    for amount in (1, 2):
        await here.office.ask(amount, "coffee")
    found = await here.of(FINN)
    assert (found.approved, found.rejected, found.expired, found.open) == (3, 1, 1, 0)
    assert found.automatic == 67


class TwoKinds:
    """A record of advice of two kinds."""

    async def record(self) -> tuple[Cases, ...]:
        kind = Kind(source="openai:model", recommendation="approve", confidence=90)
        return Cases(kind, 40, 35), Cases(replace(kind, confidence=50), 10, 6)


async def test_how_advice_did_is_the_sum_of_its_kinds(here: Counting) -> None:
    world = here.office.approvals.world
    figures = FiguresService(world, here.office.storage.tallies, TwoKinds())
    found = await figures.overview(account(FINN))
    assert (found.advised, found.agreed) == (50, 41)


async def test_a_stranger_gets_no_figures(here: Counting) -> None:
    nobody = Identity(platform="slack", realm="T1", account="U-Nobody")
    found = await here.figures.overview(nobody)
    assert found == replace(Overview(at=NOW), refused=found.refused)
    assert found.refused is not None
