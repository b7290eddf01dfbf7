"""Pages of open requests, of those that concern somebody, chains of attempts, and the past."""

import pytest

from core.events import Delegated, StageApproved, StageOpened
from core.route import Entry
from storage import Storage
from tests.storage.purchase import (
    ALICE,
    BOB,
    BOB_IN_SLACK,
    CANCELLED,
    CAROL,
    DAN,
    body_of,
    happen,
    rid,
    submit,
    vote,
)


@pytest.fixture
async def filled(storage: Storage) -> Storage:
    """Five requests: 2 is at Carol's stage, 3 is cancelled, in 4 Dan stands in for Bob."""
    store = storage.store
    for number in range(1, 6):
        await store.transact(rid(number), submit(rid(number), audience=(BOB_IN_SLACK,)))
    at_carols = StageOpened(level=2, round=1, entries=(Entry(ref=CAROL, people=(CAROL,)),))
    await store.transact(rid(2), happen(vote(), StageApproved(level=1), at_carols))
    await store.transact(rid(3), happen(CANCELLED))
    await store.transact(rid(4), happen(Delegated(giver=BOB, taker=DAN)))
    return storage


async def test_open_requests_come_page_by_page(filled: Storage) -> None:
    assert list(await filled.store.open_ids("", 3)) == [rid(1), rid(2), rid(4)]
    assert list(await filled.store.open_ids(rid(4), 3)) == [rid(5)]
    assert list(await filled.store.open_ids(rid(5), 3)) == []
    assert list(await filled.store.open_ids("\x00", 3)) == []


@pytest.mark.parametrize(
    ("person", "found"),
    [(BOB, [1, 2, 4, 5]), (CAROL, [1, 2, 4, 5]), (DAN, [4]), (ALICE, []), ("\x00", [])],
)
async def test_open_requests_concern_everyone_of_a_stage_and_stand_ins(
    filled: Storage, person: str, found: list[int]
) -> None:
    assert list(await filled.store.concerning(person, "", 10)) == [rid(n) for n in found]


async def test_what_concerns_somebody_comes_page_by_page_whatever_the_stage(
    filled: Storage,
) -> None:
    assert list(await filled.store.concerning(CAROL, "", 2)) == [rid(1), rid(2)]
    assert list(await filled.store.concerning(CAROL, rid(2), 2)) == [rid(4), rid(5)]
    assert list(await filled.store.concerning(CAROL, rid(5), 2)) == []
    assert list(await filled.store.concerning(CAROL, "", 0)) == []


async def test_a_chain_is_found_from_any_of_its_requests(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    await storage.store.transact(rid(2), submit(rid(2)))
    await storage.store.transact(rid(3), submit(rid(3), previous=rid(1)))
    await storage.store.transact(rid(4), submit(rid(4), previous=rid(3)))
    for number in (1, 3, 4):
        assert list(await storage.store.chain(rid(number))) == [rid(1), rid(3), rid(4)]
    assert list(await storage.store.chain(rid(2))) == [rid(2)]
    for nothing in (rid(9), "", "\x00"):
        assert list(await storage.store.chain(nothing)) == []


async def test_the_past_comes_newest_first_with_its_content(filled: Storage) -> None:
    page = await filled.store.past(None, 3)
    assert [each.state.id for each in page] == [rid(5), rid(4), rid(3)]
    assert page[0].contents == {body_of(rid(5)).id: body_of(rid(5)).body}
    assert page[0].deliveries == ()
    assert [each.state.id for each in await filled.store.past(rid(3), 3)] == [rid(2), rid(1)]
    assert list(await filled.store.past(rid(1), 3)) == []
    assert list(await filled.store.past("\x00", 3)) == []
