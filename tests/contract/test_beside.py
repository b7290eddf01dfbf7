"""What commands see beside the requests: absences, the freeze, refusals, chains, the policy."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any

import pytest

from core.rows import NO_READS, Changes, Loaded, PolicyRow, Reads, Refusal
from storage import Storage
from tests.storage.absent import (
    POLICY,
    RULES,
    away,
    freeze,
    look,
    next_policy,
    put,
    refuse,
    save,
)
from tests.storage.purchase import AT, CANCELLED, happen, rid, submit, together

ASKED = Reads(repeat=("key1", "digest"))


async def test_a_command_that_asks_for_nothing_is_handed_nothing(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    await storage.store.transact(rid(2), submit(rid(2), previous=rid(1)))
    await save(storage, away())
    await freeze(storage)
    await refuse(storage, Refusal("key1", "digest", rid(1), AT))
    await storage.store.transact("", next_policy, POLICY)
    loaded = await look(storage, NO_READS)
    assert loaded == Loaded(state=loaded.state)


async def test_absences_are_handed_over_in_the_order_of_their_ids_and_the_newest_of_each(
    storage: Storage,
) -> None:
    await save(storage, away("d2"), away("d1"))
    await save(storage, away("d3"), away("d1", ends=None))
    loaded = await look(storage, RULES)
    assert loaded.standing == (away("d1", ends=None), away("d2"), away("d3"))
    assert loaded.frozen is False


async def test_a_freeze_holds_until_it_is_ended(storage: Storage, replica: Storage) -> None:
    await freeze(storage)
    assert (await look(replica, RULES)).frozen is True
    assert await replica.store.is_frozen() is True
    await freeze(replica, on=False)
    assert (await look(storage, RULES)).frozen is False
    assert await storage.store.is_frozen() is False


async def test_commands_see_what_earlier_ones_of_their_batch_did(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    await save(storage, away("d1"))
    refused = Refusal("key1", "digest", rid(1), AT)
    everything = Reads(rules=True, repeat=("key1", "digest"), follows=rid(1), policy=True)
    calls: list[Awaitable[Any]] = [
        look(storage, everything),
        save(storage, away("d0"), away("d1", ends=None)),
        freeze(storage),
        refuse(storage, refused),
        storage.store.transact(rid(1), happen(CANCELLED)),
        storage.store.transact(rid(2), submit(rid(2), previous=rid(1))),
        storage.store.transact("", put("v1"), POLICY),
        look(storage, everything),
        freeze(storage, on=False),
        look(storage, everything),
    ]
    answers: list[Any] = await together(storage, calls)
    before, after, last = (answers[n] for n in (0, 7, 9))
    assert (before.standing, before.frozen) == ((away("d1"),), False)
    assert (before.refusal, before.follower, before.policy) == (None, None, None)
    assert before.previous.version == 2
    assert (after.standing, after.frozen) == ((away("d0"), away("d1", ends=None)), True)
    assert (after.refusal, after.follower) == (refused, rid(2))
    assert after.policy == PolicyRow(version="v1", text="text of v1", at=AT, by="file")
    assert after.previous.version == 3
    assert last.frozen is False
    assert await look(storage, everything) == last


async def test_a_command_that_fails_leaves_nothing_for_the_next_one(storage: Storage) -> None:
    def broken(loaded: Loaded) -> Changes[None]:
        done = submit(rid(1))(loaded)
        return Changes(
            result=None,
            state=done.state,
            events=done.events,
            freeze=True,
            standing=(away("\ud800"),),
        )

    calls: list[Awaitable[Any]] = [
        storage.store.transact(rid(1), broken, RULES),
        look(storage, RULES),
        storage.store.transact(rid(1), lambda loaded: Changes(result=loaded.state.version)),
    ]
    answers: list[Any] = await together(storage, calls)
    failed, loaded, version = answers
    assert isinstance(failed, UnicodeEncodeError)
    assert (loaded.frozen, loaded.standing, version) == (False, (), 0)
    assert await storage.store.snapshot(rid(1)) is None


async def test_of_two_refusals_of_one_action_the_newer_one_is_remembered(storage: Storage) -> None:
    older, newer = Refusal("key1", "digest", rid(1), AT), Refusal("key1", "digest", rid(2), AT + 1)
    other = Refusal("key1", "another", rid(3), AT)
    for refusal in (other, newer, older):
        await refuse(storage, refusal)
    assert (await look(storage, ASKED)).refusal == newer
    newest = Refusal("key1", "digest", rid(0), AT + 2)
    calls: list[Awaitable[Any]] = [
        look(storage, ASKED),
        refuse(storage, newest),
        refuse(storage, older),
        look(storage, ASKED),
    ]
    answers: list[Any] = await together(storage, calls)
    assert (answers[0].refusal, answers[3].refusal) == (newer, newest)
    assert (await look(storage, ASKED)).refusal == newest
    assert (await look(storage, Reads(repeat=("key2", "digest")))).refusal is None


@pytest.mark.parametrize("id", ["\x00", "\ud800", "", rid(9)])
async def test_what_does_not_exist_is_followed_by_nothing(storage: Storage, id: str) -> None:
    calls: list[Awaitable[Any]] = [
        storage.store.transact(id, lambda _: Changes(result=None)),
        look(storage, Reads(follows=id)),
    ]
    answers: list[Any] = await together(storage, calls)
    assert (answers[1].previous, answers[1].follower) == (None, None)


async def test_of_many_who_follow_one_request_at_once_one_does(
    storage: Storage, replica: Storage
) -> None:
    await storage.store.transact(rid(0), submit(rid(0)))

    def follow(id: str, loaded: Loaded) -> Changes[str]:
        if loaded.follower is not None:
            return Changes(result=loaded.follower)
        return submit(id, previous=rid(0))(loaded)

    stores = (storage.store, replica.store)
    answers = await asyncio.gather(
        *[
            stores[n % 2].transact(rid(n), partial(follow, rid(n)), Reads(follows=rid(0)))
            for n in range(1, 21)
        ]
    )
    assert len(set(answers)) == 1
    assert list(await storage.store.chain(rid(0))) == [rid(0), answers[0]]


async def test_the_database_too_lets_nothing_be_followed_twice(storage: Storage) -> None:
    await storage.store.transact(rid(0), submit(rid(0)))
    blindly = [storage.store.transact(rid(n), submit(rid(n), previous=rid(0))) for n in (1, 2)]
    first, second = await together(storage, blindly)
    assert first == rid(1)
    assert isinstance(second, Exception)
    assert await storage.store.snapshot(rid(2)) is None


async def test_policies_come_into_force_one_after_the_other(
    storage: Storage, replica: Storage
) -> None:
    stores = (storage.store, replica.store)
    made = await asyncio.gather(
        *[stores[n % 2].transact("", next_policy, POLICY) for n in range(10)]
    )
    assert sorted(made) == sorted(f"v{n}" for n in range(1, 11))
    rows = await storage.store.policies(20)
    assert [row.version for row in rows] == [f"v{n}" for n in range(10, 0, -1)]


async def test_a_version_may_come_into_force_again(storage: Storage) -> None:
    for at, version in enumerate(("v1", "v2", "v1")):
        await storage.store.transact("", put(version, at), POLICY)
    rows = await storage.store.policies(2)
    assert [(row.version, row.at, row.text) for row in rows] == [
        ("v1", 2, "text of v1"),
        ("v2", 1, "text of v2"),
    ]
    found = await storage.store.policy_text("v1")
    assert found is not None
    assert found.at == 2
    assert await storage.store.policy_text("v3") is None
    assert await storage.store.policy_text("\x00") is None


async def test_nobody_puts_a_policy_into_force_who_has_not_looked_at_the_present_one(
    storage: Storage,
) -> None:
    with pytest.raises(ValueError, match="reads the present one"):
        await storage.store.transact("", put("v1"))
    assert list(await storage.store.policies(5)) == []


async def test_one_command_may_leave_several_refusals_and_the_newest_of_each_is_kept(
    storage: Storage,
) -> None:
    newer = Refusal("key1", "digest", rid(2), AT + 1)
    await refuse(storage, newer)
    older, other = Refusal("key1", "digest", rid(1), AT), Refusal("key1", "another", rid(1), AT)
    both = (other, older)
    await storage.store.transact("", lambda _: Changes(result=None, refusals=both))
    assert (await look(storage, ASKED)).refusal == newer
    assert (await look(storage, Reads(repeat=("key1", "another")))).refusal == other
