"""The store's contract: what is stored together, what each command sees, what is read back."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any

import psycopg
import pytest

from core.audit.chain import broken_at
from core.refusals import Reason, Refused
from core.request import RequestState
from core.rows import NO_READS, ApiKey, Changes, Loaded, OutboxRow, Reads, Recipient, SeenRow
from storage import Storage
from storage.errors import Closed, StorageError
from tests.storage.purchase import (
    AT,
    BOB,
    BOB_IN_SLACK,
    CANCELLED,
    Held,
    body_of,
    happen,
    once,
    rid,
    state_of,
    submit,
    together,
    vote,
)


async def test_what_was_stored_is_read_back(storage: Storage) -> None:
    made = await storage.store.transact(rid(1), submit(rid(1), audience=(BOB_IN_SLACK,)))
    found = await storage.store.snapshot(made)
    assert found is not None
    assert found.state.id == rid(1)
    assert found.state.version == 2
    assert found.state.stages[0].assigned == (BOB,)
    assert found.contents == {f"{rid(1)}.r1": b'{"title":"A new chair"}'}
    assert [(d.to, d.wanted, d.shown, d.next_at) for d in found.deliveries] == [
        (BOB_IN_SLACK, 2, 0, 0)
    ]


async def test_a_request_that_does_not_exist_is_nothing(storage: Storage) -> None:
    assert await storage.store.snapshot(rid(1)) is None
    assert await storage.store.links(rid(1)) == []
    seen: list[Loaded] = []

    def look(loaded: Loaded) -> Changes[None]:
        seen.append(loaded)
        return Changes(result=None)

    await storage.store.transact(rid(1), look, Reads(content=True))
    assert seen == [Loaded(state=RequestState(id=rid(1)))]


@pytest.mark.parametrize("id", ["\x00", "a\x00b", "\ud800", "", "x" * 5000, "'; --"])
async def test_ids_that_cannot_exist_are_answered_like_those_that_do_not(
    storage: Storage, id: str
) -> None:
    assert await storage.store.snapshot(id) is None
    assert list(await storage.store.links(id)) == []
    version = await storage.store.transact(
        id, lambda loaded: Changes(result=loaded.state.version), Reads(content=True)
    )
    assert version == 0


async def test_every_event_is_chained_to_the_one_before(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    await storage.store.transact(rid(1), happen(vote()))
    await storage.store.transact(rid(1), happen(CANCELLED))
    links = await storage.store.links(rid(1))
    assert [(link.seq, link.type) for link in links] == [
        (1, "submitted"),
        (2, "stage_opened"),
        (3, "voted"),
        (4, "finished"),
    ]
    records = [(link.body, link.hash) for link in links]
    assert broken_at(rid(1), records) is None
    assert broken_at(rid(1), [*records[:1], *records[2:]]) == 2


async def test_the_chain_still_verifies_when_content_was_erased(storage: Storage, dsn: str) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    execute(dsn, "UPDATE content SET body = NULL, salt = NULL")
    found = await storage.store.snapshot(rid(1))
    assert found is not None
    assert found.contents == {}
    links = await storage.store.links(rid(1))
    assert broken_at(rid(1), [(link.body, link.hash) for link in links]) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET type = 'approved'",
        "UPDATE events SET seq = seq + 10",
        "DELETE FROM events",
        "DELETE FROM events WHERE seq = 2",
    ],
)
async def test_the_database_refuses_to_change_events(
    storage: Storage, dsn: str, statement: str
) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    with pytest.raises((sqlite3.IntegrityError, psycopg.Error), match="append-only"):
        execute(dsn, statement)
    assert len(await storage.store.links(rid(1))) == 2


async def test_one_bad_function_among_fifty_fails_alone(storage: Storage) -> None:
    def bug(loaded: Loaded) -> Changes[str]:
        raise ZeroDivisionError("a bug")

    functions = [bug if n == 25 else submit(rid(n)) for n in range(50)]
    results = await together(
        storage, [storage.store.transact(rid(n), f) for n, f in enumerate(functions)]
    )
    assert [n for n, result in enumerate(results) if result != rid(n)] == [25]
    assert isinstance(results[25], ZeroDivisionError)
    stored = [n for n in range(50) if await storage.store.snapshot(rid(n)) is not None]
    assert stored == [n for n in range(50) if n != 25]


async def test_a_refusal_reaches_its_caller_unchanged_and_stores_nothing(storage: Storage) -> None:
    refusal = Refused(Reason.FINISHED, status="approved")

    def refuse(loaded: Loaded) -> Changes[None]:
        raise refusal

    with pytest.raises(Refused) as caught:
        await storage.store.transact(rid(1), refuse)
    assert caught.value is refusal
    assert await storage.store.snapshot(rid(1)) is None


async def test_commands_on_one_request_in_one_batch_see_each_other(storage: Storage) -> None:
    results = await together(
        storage,
        [
            storage.store.transact(rid(1), submit(rid(1))),
            storage.store.transact(rid(1), happen(vote())),
            storage.store.transact(rid(1), happen(CANCELLED)),
        ],
    )
    assert results == [rid(1), "3", "4"]
    links = await storage.store.links(rid(1))
    assert broken_at(rid(1), [(link.body, link.hash) for link in links]) is None
    assert (await state_of(storage, rid(1))).version == 4


async def test_content_of_an_earlier_command_in_the_batch_is_loaded(storage: Storage) -> None:
    def look(loaded: Loaded) -> Changes[dict[str, bytes]]:
        return Changes(result=loaded.contents)

    calls: list[Awaitable[Any]] = [
        storage.store.transact(rid(1), submit(rid(1))),
        storage.store.transact(rid(1), look, Reads(content=True)),
    ]
    _, contents = await together(storage, calls)
    assert contents == {body_of(rid(1)).id: body_of(rid(1)).body}


async def test_fifty_submissions_under_one_idempotency_key_make_one_request(
    storage: Storage,
) -> None:
    results = await together(
        storage,
        [storage.store.transact(rid(n), *once(rid(n), "retry-me")) for n in range(50)],
    )
    assert set(results) == {results[0]}
    stored = [n for n in range(50) if await storage.store.snapshot(rid(n)) is not None]
    assert [rid(n) for n in stored] == [results[0]]


async def test_two_replicas_and_one_idempotency_key_make_one_request(
    storage: Storage, replica: Storage
) -> None:
    for attempt in range(5):
        calls = [
            (storage, replica)[n % 2].store.transact(
                rid(attempt * 10 + n), *once(rid(attempt * 10 + n), f"key-{attempt}")
            )
            for n in range(6)
        ]
        assert len(set(await asyncio.gather(*calls))) == 1
    ids = [rid(n) for n in range(50)]
    stored = [each for each in ids if await storage.store.snapshot(each) is not None]
    assert len(stored) == 5


async def test_two_replicas_never_lose_each_others_events(
    storage: Storage, replica: Storage
) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    versions = await asyncio.gather(
        *[(storage, replica)[n % 2].store.transact(rid(1), happen(vote())) for n in range(40)]
    )
    assert sorted(int(version) for version in versions) == list(range(3, 43))
    links = await storage.store.links(rid(1))
    assert len(links) == 42
    assert broken_at(rid(1), [(link.body, link.hash) for link in links]) is None


async def test_an_inbound_message_has_its_effect_once(storage: Storage, replica: Storage) -> None:
    def first_time(loaded: Loaded) -> Changes[bool]:
        seen = None if loaded.seen else SeenRow(platform="teams", key="activity-1", at=AT)
        return Changes(result=not loaded.seen, seen=seen)

    reads = Reads(seen=("teams", "activity-1"))
    answers = await asyncio.gather(
        *[(storage, replica)[n % 2].store.transact("", first_time, reads) for n in range(20)]
    )
    assert answers.count(True) == 1


async def test_the_key_is_loaded_as_it_stands_in_the_transaction(storage: Storage) -> None:
    key = ApiKey(id="key1", name="agent", scopes=("submit",), hash="h" * 64, requesters=(BOB,))
    await storage.keys.add_key(key)

    def look(loaded: Loaded) -> Changes[ApiKey | None]:
        return Changes(result=loaded.key)

    assert await storage.store.transact(rid(1), look, Reads(key_hash="h" * 64)) == key
    assert await storage.store.transact(rid(1), look, Reads(key_hash="i" * 64)) is None
    await storage.keys.revoke_key("key1", AT)
    revoked = await storage.store.transact(rid(1), look, Reads(key_hash="h" * 64))
    assert revoked is not None
    assert revoked.revoked_at == AT


async def test_when_a_write_fails_the_batch_runs_again_one_by_one(storage: Storage) -> None:
    runs: list[int] = []

    def counted(number: int, loaded: Loaded) -> Changes[str]:
        runs.append(number)
        return submit(rid(number))(loaded)

    def same_row_twice(loaded: Loaded) -> Changes[None]:
        return Changes(result=None, content=(body_of(rid(5)), body_of(rid(5))))

    calls: list[Awaitable[Any]] = [
        *(storage.store.transact(rid(n), partial(counted, n)) for n in range(4)),
        storage.store.transact(rid(5), same_row_twice),
    ]
    results = await together(storage, calls)
    assert results[:4] == [rid(0), rid(1), rid(2), rid(3)]
    assert isinstance(results[4], StorageError)
    assert "A new chair" not in repr(results[4].__cause__)
    assert runs == [0, 1, 2, 3, 0, 1, 2, 3]
    assert (await state_of(storage, rid(3))).version == 2
    look = partial(storage.store.transact, rid(5), lambda loaded: Changes(result=loaded.contents))
    assert await look(Reads(content=True)) == {}


async def test_a_state_that_its_events_do_not_lead_to_is_refused(storage: Storage) -> None:
    def wrong(loaded: Loaded) -> Changes[str]:
        good = submit(rid(1))(loaded)
        return Changes(result="", state=good.state, events=good.events[:1])

    with pytest.raises(ValueError, match="do not make it 2"):
        await storage.store.transact(rid(1), wrong)
    assert await storage.store.snapshot(rid(1)) is None


async def test_listeners_hear_once_a_batch_in_the_loop_what_changed(storage: Storage) -> None:
    heard: list[dict[str, int]] = []
    loop = asyncio.get_running_loop()

    def broken(states: Sequence[RequestState]) -> None:
        raise RuntimeError("a bug in a listener")

    def listen(states: Sequence[RequestState]) -> None:
        assert asyncio.get_running_loop() is loop
        heard.append({state.id: state.version for state in states})

    storage.store.on_commit(broken)
    storage.store.on_commit(listen)
    await together(
        storage,
        [
            storage.store.transact(rid(1), submit(rid(1))),
            storage.store.transact(rid(2), submit(rid(2))),
            storage.store.transact(rid(1), happen(vote())),
            storage.store.transact(rid(3), lambda _: Changes(result="")),
        ],
    )
    assert heard == [{rid(1): 3, rid(2): 2}]


async def test_a_commit_that_only_queues_a_notice_is_heard_too(storage: Storage) -> None:
    heard: list[int] = []
    storage.store.on_commit(lambda states: heard.append(len(states)))
    to = Recipient(platform="slack", id="U1", kind="account")
    row = OutboxRow(id="n1", dedupe="n1", kind="answer", request=rid(1), to=to)
    await storage.store.transact(rid(1), lambda _: Changes(result=None, outbox=(row,)))
    assert heard == [0]


async def test_closing_finishes_what_waits_and_refuses_what_comes_after(
    storage: Storage, replica: Storage
) -> None:
    calls = [
        asyncio.ensure_future(storage.store.transact(rid(n), submit(rid(n)))) for n in range(300)
    ]
    await asyncio.sleep(0)
    await storage.close()
    assert await asyncio.gather(*calls) == [rid(n) for n in range(300)]
    assert (await state_of(replica, rid(299))).version == 2
    with pytest.raises(Closed):
        await storage.store.transact(rid(1), submit(rid(1)), NO_READS)


async def test_a_caller_that_went_away_disturbs_nobody(storage: Storage) -> None:
    held = Held()
    blocked = asyncio.ensure_future(storage.store.transact("", held))
    await held.begun()
    gone = asyncio.ensure_future(storage.store.transact(rid(1), submit(rid(1))))
    stays = asyncio.ensure_future(storage.store.transact(rid(2), submit(rid(2))))
    await asyncio.sleep(0)
    gone.cancel()
    held.release()
    await blocked
    assert await stays == rid(2)
    assert (await state_of(storage, rid(1))).version == 2


async def test_cards_of_a_request_that_does_not_exist_are_refused(storage: Storage) -> None:
    to = Recipient(platform="slack", id=BOB)
    with pytest.raises(ValueError, match="does not exist"):
        await storage.store.transact(rid(9), lambda _: Changes(result=None, audience=(to,)))


def execute(dsn: str, statement: str) -> None:
    """Run one statement as somebody with a database client would."""
    if dsn.startswith("sqlite"):
        connection = sqlite3.connect(dsn.removeprefix("sqlite:///"))
        try:
            connection.execute(statement)
            connection.commit()
        finally:
            connection.close()
        return
    with psycopg.connect(dsn) as postgres:
        postgres.execute(statement.encode())
