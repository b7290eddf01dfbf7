"""Standing delegations as they are listed, and the moments at which one begins or ends."""

from storage import Storage
from tests.storage.absent import away, save
from tests.storage.purchase import ALICE, AT, BOB, CAROL, DAN, DAY

BEGINS, ENDS = AT + DAY, AT + 3 * DAY


async def turning(storage: Storage, now: int, limit: int = 10) -> list[str]:
    """Those that turn now, without keeping them from anybody."""
    return [each.id for each in await storage.store.claim_turning(now, now, limit)]


async def test_absences_are_listed_by_giver_and_by_taker(storage: Storage) -> None:
    await save(storage, away("d1"), away("d2", giver=CAROL), away("d3", giver=DAN, taker=ALICE))
    assert [each.id for each in await storage.store.standing()] == ["d1", "d2", "d3"]
    assert list(await storage.store.standing(BOB)) == [away("d1")]
    assert [each.id for each in await storage.store.standing(DAN)] == ["d1", "d2", "d3"]
    assert list(await storage.store.standing("\x00")) == []


async def test_those_of_a_time_are_found_when_they_are_over(storage: Storage) -> None:
    await save(storage, away("d1"), away("d2", ends=None), away("d3", ends=AT + 5))
    for id_ in ("d1", "d3"):
        await storage.store.turned(id_, ENDS)
    assert [each.id for each in await storage.store.standing()] == ["d2"]
    since = storage.store.standing_since
    assert [each.id for each in await since(AT)] == ["d1", "d2", "d3"]
    assert [each.id for each in await since(AT + 5)] == ["d1", "d2"]
    assert [each.id for each in await since(ENDS)] == ["d2"]


async def test_one_turns_when_it_begins_and_when_it_ends_and_then_is_over(
    storage: Storage,
) -> None:
    await save(storage, away())
    assert await turning(storage, BEGINS - 1) == []
    assert list(await storage.store.claim_turning(BEGINS, BEGINS, 10)) == [away()]
    await storage.store.turned("d1", BEGINS)
    assert await turning(storage, ENDS - 1) == []
    assert await turning(storage, ENDS) == ["d1"]
    assert list(await storage.store.standing()) == [away()], "not over before that was applied"
    await storage.store.turned("d1", ENDS)
    assert await turning(storage, ENDS + 100 * DAY) == []
    assert list(await storage.store.standing()) == []


async def test_one_without_an_end_turns_once_and_is_never_over(storage: Storage) -> None:
    await save(storage, away(ends=None))
    await storage.store.turned("d1", BEGINS)
    assert await turning(storage, BEGINS + 1000 * DAY) == []
    assert list(await storage.store.standing()) == [away(ends=None)]


async def test_one_that_was_missed_altogether_turns_once(storage: Storage) -> None:
    await save(storage, away())
    assert await turning(storage, ENDS + DAY) == ["d1"]
    await storage.store.turned("d1", ENDS + DAY)
    assert await turning(storage, ENDS + DAY) == []
    assert list(await storage.store.standing()) == []


async def test_one_that_is_ended_early_turns_again_at_once(storage: Storage) -> None:
    await save(storage, away(ends=None))
    await storage.store.turned("d1", BEGINS)
    ended = away(ends=BEGINS + 10)
    await save(storage, ended)
    assert list(await storage.store.claim_turning(BEGINS + 10, BEGINS + 10, 10)) == [ended]
    await storage.store.turned("d1", BEGINS + 10)
    assert list(await storage.store.standing()) == []


async def test_one_that_is_ended_before_it_began_is_over_once_that_was_seen(
    storage: Storage,
) -> None:
    await save(storage, away())
    await save(storage, away(ends=AT + 5))
    assert await turning(storage, AT + 5) == ["d1"]
    await storage.store.turned("d1", AT + 5)
    assert list(await storage.store.standing()) == []


async def test_who_applied_an_earlier_moment_late_does_not_turn_it_back(
    storage: Storage, replica: Storage
) -> None:
    await save(storage, away())
    await storage.store.turned("d1", BEGINS + 5)
    await replica.store.turned("d1", BEGINS)
    assert await turning(storage, ENDS - 1) == []
    assert await turning(storage, ENDS) == ["d1"]


async def test_they_turn_earliest_first_and_not_too_many_at_once(storage: Storage) -> None:
    starts = {"d1": AT + 3, "d2": AT + 1, "d3": AT + 2}
    await save(storage, *(away(name, starts=at) for name, at in starts.items()))
    assert await turning(storage, AT + 3, 2) == ["d2", "d3"]


async def test_what_does_not_exist_turns_without_a_word(storage: Storage) -> None:
    for nothing in ("d9", "\x00"):
        await storage.store.turned(nothing, AT)
    assert list(await storage.store.standing()) == []


async def test_one_that_a_replica_has_claimed_is_given_to_no_other(
    storage: Storage, replica: Storage
) -> None:
    await save(storage, away("d1"), away("d2"))
    lease = BEGINS + 60_000
    [first] = await storage.store.claim_turning(BEGINS, lease, 1)
    [second] = await replica.store.claim_turning(BEGINS, lease, 9)
    assert {first.id, second.id} == {"d1", "d2"}
    assert await turning(storage, lease - 1) == []
    await storage.store.turned(first.id, BEGINS, lease)
    assert await turning(replica, lease) == [second.id], "nobody said that it was applied"
    assert set(await turning(storage, ENDS)) == {"d1", "d2"}


async def test_one_that_changed_after_it_was_claimed_turns_again(
    storage: Storage, replica: Storage
) -> None:
    await save(storage, away(ends=None))
    lease = BEGINS + 60_000
    await storage.store.claim_turning(BEGINS, lease, 1)
    ended = away(ends=BEGINS + 10)
    await save(replica, ended)
    await storage.store.turned("d1", BEGINS, lease)
    assert await turning(storage, BEGINS + 10) == ["d1"]
