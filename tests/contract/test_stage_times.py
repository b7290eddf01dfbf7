"""How long stages take: the mean of late of what people's votes decided."""

import pytest

from core.events import AnyEvent, RolledBack, StageApproved, StageOpened, StageRejected
from core.route import Entry
from storage import Storage
from tests.storage.purchase import AT, CAROL, happen, rid, submit, together, vote

MANAGER, FINANCE = ("purchases", "Manager"), ("purchases", "Finance")
APPROVED = StageApproved(level=1)


async def decided(storage: Storage, number: int, after: int, *events: AnyEvent) -> None:
    await storage.store.transact(rid(number), submit(rid(number)))
    await storage.store.transact(rid(number), happen(*events, at=AT + after))


async def times(storage: Storage) -> dict[tuple[str, str], int]:
    return dict(await storage.store.stage_times())


async def test_the_mean_is_of_the_times_between_opening_and_closing(storage: Storage) -> None:
    assert await times(storage) == {}
    await decided(storage, 1, 1000, vote(), APPROVED)
    assert await times(storage) == {MANAGER: 1000}
    await decided(storage, 2, 3000, vote(), StageRejected(level=1))
    assert await times(storage) == {MANAGER: 2000}
    await decided(storage, 3, 500, vote(), APPROVED)
    assert await times(storage) == {MANAGER: 1500}


async def test_each_stage_of_a_rule_has_its_own(storage: Storage) -> None:
    opened = StageOpened(level=2, round=1, entries=(Entry(ref=CAROL, people=(CAROL,)),))
    await decided(storage, 1, 1000, vote(), APPROVED, opened)
    done = happen(vote(CAROL, 2), StageApproved(level=2), at=AT + 1700)
    await storage.store.transact(rid(1), done)
    assert await times(storage) == {MANAGER: 1000, FINANCE: 700}


async def test_after_twenty_a_new_time_counts_for_a_twentieth(storage: Storage) -> None:
    for number in range(30):
        await decided(storage, number, 1000, vote(), APPROVED)
    await decided(storage, 30, 3000, vote(), APPROVED)
    assert await times(storage) == {MANAGER: 1100}
    await decided(storage, 31, 0, vote(), APPROVED)
    assert await times(storage) == {MANAGER: 1045}


async def test_the_times_of_one_batch_count_together(storage: Storage) -> None:
    await decided(storage, 1, 1000, vote(), APPROVED)
    for number in range(2, 6):
        await storage.store.transact(rid(number), submit(rid(number)))
    closings = [
        storage.store.transact(rid(n), happen(vote(), APPROVED, at=AT + 1000 * n))
        for n in range(2, 6)
    ]
    await together(storage, closings)
    assert await times(storage) == {MANAGER: 3000}


async def test_more_than_twenty_in_one_batch_are_the_mean_of_late(storage: Storage) -> None:
    await decided(storage, 0, 1000, vote(), APPROVED)
    for number in range(1, 41):
        await storage.store.transact(rid(number), submit(rid(number)))
    closing = happen(vote(), APPROVED, at=AT + 3000)
    await together(storage, [storage.store.transact(rid(n), closing) for n in range(1, 41)])
    assert await times(storage) == {MANAGER: 3000}


@pytest.mark.parametrize(
    "events",
    [
        (StageApproved(level=1, bypass="auto_approve_when"),),
        (vote(), StageApproved(level=1, bypass="break_glass")),
        (APPROVED,),
        (vote(), StageRejected(level=1, cause="timeout")),
        (vote(), StageRejected(level=1), RolledBack(level=1, to=1)),
        (vote(),),
    ],
)
async def test_what_no_vote_decided_says_nothing(
    storage: Storage, events: tuple[AnyEvent, ...]
) -> None:
    await decided(storage, 1, 1000, *events)
    assert await times(storage) == {}


async def test_replicas_add_to_one_mean(storage: Storage, replica: Storage) -> None:
    for n in range(1, 11):
        store = (storage, replica)[n % 2]
        await decided(store, n, 1000 * n, vote(), APPROVED)
    assert await times(replica) == {MANAGER: 5500}


async def test_some_of_the_times_are_kept_as_they_were(storage: Storage) -> None:
    assert dict(await storage.store.stage_samples()) == {}
    for number in range(6):
        await decided(storage, number, 1000 * (6 - number), vote(), APPROVED)
    [(key, kept)] = (await storage.store.stage_samples()).items()
    assert key == MANAGER
    assert list(kept) == sorted(kept)
    assert set(kept) <= {1000 * number for number in range(1, 7)}
    assert len(kept) > 3  # two requests may have the same place


async def test_no_more_than_so_many_are_kept_and_new_ones_take_their_places(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.stage_times.SLOTS", 1)
    await decided(storage, 1, 1000, vote(), APPROVED)
    await decided(storage, 2, 7000, vote(), StageRejected(level=1))
    await decided(storage, 3, 500, StageApproved(level=1, bypass="break_glass"))
    assert dict(await storage.store.stage_samples()) == {MANAGER: [7000]}
