"""Statistics over a real store: what ended in a period, and what is open now."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest
from sqlalchemy import Connection

from core.request import Decision
from core.statistics import Counted, Kind
from storage import Storage, statistics
from storage.engine import open_engines
from storage.readers import Readers
from tests.contract.office import Office
from tests.core.builders import DAY, FINN, HOUR, MARA

PURCHASE = Kind(rule="purchase", category="review", agent="agent")
COFFEE = Kind(rule="coffee", category="auto_approve", agent="agent")
GIFT = Kind(rule="gift", category="prohibited", agent="agent")


@pytest.fixture
async def office(storage: Storage) -> Office:
    return await Office(storage).open()


async def counted(office: Office, since: int = 0) -> Counted:
    found = await office.storage.statistics.counted(since, office.now + 1)
    return Counted(
        since=found.since,
        ended=sorted(found.ended, key=lambda each: (each[0].rule, each[1])),
        times=found.times,
        open=found.open,
    )


async def approved(office: Office, amount: int) -> None:
    made = (await office.ask(amount)).snapshot.state.id
    office.now += HOUR
    await office.says(MARA, Decision.APPROVE, made)
    office.now += HOUR
    await office.says(FINN, Decision.APPROVE, made)


async def test_nothing_yet(office: Office) -> None:
    assert await counted(office) == Counted(since=0, ended=[])


async def test_requests_are_counted_by_kind_and_by_how_they_ended(office: Office) -> None:
    await approved(office, 1)
    rejected = (await office.ask(2)).snapshot.state.id
    office.now += HOUR
    await office.says(MARA, Decision.REJECT, rejected)
    for amount, kind in ((1, "coffee"), (2, "coffee"), (3, "gift")):
        await office.ask(amount, kind)
    await office.cancel((await office.ask(4)).snapshot.state.id)
    await office.ask(5)
    found = await counted(office)
    assert found.ended == [
        (COFFEE, "passed", 2),
        (GIFT, "prohibited", 1),
        (PURCHASE, "approved", 1),
        (PURCHASE, "cancelled", 1),
        (PURCHASE, "rejected", 1),
    ]
    assert found.times == ((PURCHASE, HOUR), (PURCHASE, 2 * HOUR)), "the newest first"
    assert found.open == ((PURCHASE, 1),)


async def test_what_ended_outside_the_period_is_not_counted(office: Office) -> None:
    await approved(office, 1)
    ended = office.now
    office.now += DAY
    assert (await counted(office, ended)).ended == [(PURCHASE, "approved", 1)]
    assert (await counted(office, ended + 1)).ended == []
    assert (await office.storage.statistics.counted(0, ended)).ended == ()


async def test_of_very_many_the_newest_are_counted_and_from_when_is_said(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "MOST_ENDED", 2)
    monkeypatch.setattr(statistics, "MOST_TIMES", 1)
    start = office.now
    for amount in (1, 2):
        await approved(office, amount)
    assert (await counted(office)).since == 0
    await approved(office, 3)
    found = await counted(office)
    assert found.since == start + 2 * HOUR + 1
    assert found.ended == [(PURCHASE, "approved", 2)]
    assert found.times == ((PURCHASE, 2 * HOUR),)


class Counting:
    """Readers that tell how many read at the same time."""

    def __init__(self) -> None:
        self.now = self.most = self.reads = 0

    async def read(self, _: Callable[[Connection], Counted]) -> Counted:
        self.reads += 1
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return Counted(since=0)


async def test_who_asks_for_them_often_leaves_the_other_readers_to_the_others() -> None:
    readers, dialect = Counting(), open_engines("sqlite:///unused.db").writer.dialect
    found = statistics.SqlStatistics(cast("Readers", readers), dialect)
    await asyncio.gather(*(found.counted(0, 1) for _ in range(5)))
    assert (readers.reads, readers.most) == (5, 1)
