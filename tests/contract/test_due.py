"""What is due is claimed by index and ticked in the same transaction, by one replica only."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from core.request import RequestState, Status
from core.rows import Changes, Loaded, Reads
from storage import Storage, open_storage
from storage.due import Due
from storage.engine import open_engines
from tests.storage.absent import away, save
from tests.storage.purchase import (
    AT,
    BOB_IN_SLACK,
    CANCELLED,
    DAY,
    Held,
    body_of,
    happen,
    rid,
    state_of,
    submit,
)

END = happen(CANCELLED)


async def ask(storage: Storage, *wakes: tuple[int, int]) -> None:
    """Make requests that wake so long after `AT`, each by (number, milliseconds)."""
    for number, wait in wakes:
        await storage.store.transact(rid(number), submit(rid(number), expires_at=AT + wait))


def noting(
    ids: list[str], fn: Callable[[Loaded], Changes[str]] = END
) -> Callable[..., Changes[str]]:
    def run(loaded: Loaded) -> Changes[str]:
        ids.append(loaded.state.id)
        return fn(loaded)

    return run


async def test_they_come_earliest_first_and_finished_ones_never(storage: Storage) -> None:
    await ask(storage, (1, 300), (2, 100), (3, 200), (4, 400), (5, 50))
    await storage.store.transact(rid(5), END)
    seen: list[str] = []
    assert (await storage.store.tick_due(AT + 99, 10, noting(seen))).claimed == ()
    ticked = await storage.store.tick_due(AT + 300, 2, noting(seen))
    assert ticked.claimed == ((AT + 100, rid(2)), (AT + 200, rid(3)))
    assert seen == [rid(2), rid(3)]
    rest = await storage.store.tick_due(AT + 300, 2, noting(seen))
    assert (rest.claimed, rest.failed) == (((AT + 300, rid(1)),), ())
    assert [(await state_of(storage, rid(n))).status for n in (1, 2, 3, 4)] == [
        Status.CANCELLED,
        Status.CANCELLED,
        Status.CANCELLED,
        Status.PENDING,
    ]


async def test_a_pass_goes_on_behind_what_stays_due(storage: Storage) -> None:
    """Among those that wake at one moment the id tells which came before."""
    await ask(storage, (1, 100), (2, 100), (3, 100), (4, 200))
    seen: list[str] = []
    nothing = noting(seen, lambda _: Changes(result=""))
    first = await storage.store.tick_due(AT + 200, 2, nothing)
    second = await storage.store.tick_due(AT + 200, 9, nothing, after=first.claimed[-1])
    assert seen == [rid(1), rid(2), rid(3), rid(4)]
    seen.clear()
    await storage.store.tick_due(AT + 200, 9, nothing, after=second.claimed[-1])
    assert seen == []
    await storage.store.tick_due(AT + 200, 9, nothing, after=(AT + 200, ""))
    assert seen == [rid(4)], "a moment without an id is before all that wake at it"


async def test_the_function_is_given_what_it_reads(storage: Storage) -> None:
    await storage.store.transact(
        rid(1), submit(rid(1), audience=(BOB_IN_SLACK,), expires_at=AT + 1)
    )
    await save(storage, away())
    found: list[Loaded] = []

    def look(loaded: Loaded) -> Changes[None]:
        found.append(loaded)
        return Changes(result=None)

    await storage.store.tick_due(AT + 1, 1, look, Reads(rules=True, content=True, deliveries=True))
    await storage.store.tick_due(AT + 1, 1, look)
    full, bare = found
    assert [s.id for s in full.standing] == ["d1"]
    assert full.contents == {body_of(rid(1)).id: body_of(rid(1)).body}
    assert [d.to for d in full.deliveries] == [BOB_IN_SLACK]
    assert (bare.standing, bare.contents, bare.deliveries) == ((), {}, ())


async def test_one_that_raises_keeps_no_other_from_it(storage: Storage) -> None:
    await ask(storage, *((n, 100) for n in range(1, 6)))

    def run(loaded: Loaded) -> Changes[str]:
        if loaded.state.id == rid(2):
            raise RecursionError("deep")
        return END(loaded)

    ticked = await storage.store.tick_due(AT + 100, 10, run)
    assert [which for _, which in ticked.claimed] == [rid(n) for n in range(1, 6)]
    [(which, error)] = ticked.failed
    assert (which, str(error)) == (rid(2), "deep")
    again = await storage.store.tick_due(AT + 100, 10, run)
    assert again.claimed == ((AT + 100, rid(2)),), "it stays due, and nothing else does"


async def test_one_that_cannot_be_stored_keeps_no_other_from_it(storage: Storage) -> None:
    """The database refuses the row, and with it the transaction: each is tried by itself."""
    await ask(storage, *((n, 100) for n in range(1, 4)))

    def run(loaded: Loaded) -> Changes[str]:
        its = loaded.state.id
        there_already = (body_of(its),) if its == rid(2) else ()
        return replace(END(loaded), content=there_already)

    ticked = await storage.store.tick_due(AT + 100, 10, run)
    assert [which for _, which in ticked.claimed] == [rid(1), rid(2), rid(3)]
    assert [which for which, _ in ticked.failed] == [rid(2)]
    states = [(await state_of(storage, rid(n))).status for n in (1, 2, 3)]
    assert states == [Status.CANCELLED, Status.PENDING, Status.CANCELLED]


async def test_replicas_tick_each_of_them_once(storage: Storage, replica: Storage) -> None:
    await ask(storage, *((n, 100 + n % 7) for n in range(200)))
    ticks: Counter[str] = Counter()

    async def sweep(store: Storage) -> None:
        while True:
            seen: list[str] = []
            ticked = await store.store.tick_due(AT + DAY, 10, noting(seen))
            ticks.update(which for _, which in ticked.claimed)
            assert ticked.failed == ()
            if not ticked.claimed:
                return

    await asyncio.gather(*map(sweep, (storage, replica, storage, replica)))
    assert ticks == {rid(n): 1 for n in range(200)}
    versions = {(await state_of(storage, rid(n))).version for n in (0, 99, 199)}
    assert versions == {3}


async def test_on_postgresql_what_one_has_claimed_keeps_no_other_waiting(
    postgres_dsn: str,
) -> None:
    first, second = open_storage(postgres_dsn), open_storage(postgres_dsn)
    await ask(first, (1, 100), (2, 200), (3, 300))
    claimed, go = threading.Event(), threading.Event()

    def hold(loaded: Loaded) -> Changes[str]:
        claimed.set()
        assert go.wait(10)
        return END(loaded)

    holding = asyncio.ensure_future(first.store.tick_due(AT + DAY, 2, hold))
    assert await asyncio.to_thread(claimed.wait, 10)
    other = await second.store.tick_due(AT + DAY, 2, END)
    assert other.claimed == ((AT + 300, rid(3)),), "the first two are the other's"
    assert (await second.store.tick_due(AT + DAY, 2, END)).claimed == ()
    go.set()
    assert [which for _, which in (await holding).claimed] == [rid(1), rid(2)]
    await first.close()
    await second.close()


async def test_a_command_and_a_tick_of_one_request_wait_for_each_other(
    storage: Storage, replica: Storage
) -> None:
    """Whoever comes second sees what the first did; neither undoes the other."""
    await ask(storage, *((n, 100) for n in range(1, 30)))

    def end(loaded: Loaded) -> Changes[str]:
        if loaded.state.status is not Status.PENDING:
            return Changes(result="late")
        return END(loaded)

    clicks = [replica.store.transact(rid(n), end) for n in range(1, 30)]
    ticks = [storage.store.tick_due(AT + DAY, 7, end) for _ in range(6)]
    results = await asyncio.gather(*clicks, *ticks)
    assert not any(isinstance(each, BaseException) for each in results)
    assert {(await state_of(storage, rid(n))).version for n in range(1, 30)} == {3}


async def test_a_chunk_is_one_call_into_the_event_loop_and_all_its_work_is_outside(
    storage: Storage,
) -> None:
    """However many are due, the loop is held up by one callback, in which nothing is decided,
    read or written; so its length does not depend on what a tick costs."""
    await ask(storage, *((n, 100) for n in range(100)))
    loop_thread, threads = threading.get_ident(), set[int]()
    heard: list[int] = []
    calls: list[object] = []
    loop = asyncio.get_running_loop()
    call_soon = loop.call_soon_threadsafe

    def counted(callback: Callable[..., object], *args: object, **more: object) -> object:
        calls.append(callback)
        return call_soon(callback, *args, **more)  # type: ignore[arg-type]  # passed on as it came

    def run(loaded: Loaded) -> Changes[str]:
        threads.add(threading.get_ident())
        return END(loaded)

    def listen(states: Sequence[RequestState]) -> None:
        heard.append(len(states))

    storage.store.on_commit(listen)
    loop.call_soon_threadsafe = counted  # type: ignore[assignment,method-assign]  # for this test's loop alone
    try:
        ticked = await storage.store.tick_due(AT + 100, 100, run)
    finally:
        del loop.call_soon_threadsafe
    assert len(ticked.claimed) == 100
    assert loop_thread not in threads
    assert heard == [100]
    assert len(calls) == 1


async def test_who_waits_for_an_answer_is_answered_before_what_is_due(storage: Storage) -> None:
    await ask(storage, (1, 100))
    order: list[str] = []
    held = Held()
    first = asyncio.ensure_future(storage.store.transact("", held))
    await held.begun()
    tick = asyncio.ensure_future(storage.store.tick_due(AT + 100, 1, END))
    tick.add_done_callback(lambda _: order.append("tick"))
    await asyncio.sleep(0)
    click = asyncio.ensure_future(storage.store.transact(rid(2), submit(rid(2))))
    click.add_done_callback(lambda _: order.append("click"))
    await asyncio.sleep(0)
    held.release()
    await asyncio.gather(first, tick, click)
    await asyncio.sleep(0)
    assert order == ["click", "tick"]


async def test_the_next_wake_is_a_requests_or_an_absences(storage: Storage) -> None:
    assert await storage.store.next_wake(0) is None
    await ask(storage, (1, 300), (2, 100))
    assert await storage.store.next_wake(0) == AT + 100
    assert await storage.store.next_wake(AT + 100) == AT + 300, "later than, not at"
    assert await storage.store.next_wake(AT + 300) is None
    await save(storage, away(starts=AT + 200, ends=AT + 400))
    assert await storage.store.next_wake(AT + 100) == AT + 200


async def test_those_that_left_pending_are_told_from_the_others(storage: Storage) -> None:
    await ask(storage, (1, 100), (2, 100))
    await storage.store.transact(rid(2), END)
    left = await storage.store.left_pending([rid(1), rid(2), rid(9), "\x00"])
    assert list(left) == [rid(2)]
    assert list(await storage.store.left_pending([])) == []


async def test_versions_are_told_of_what_is_there(storage: Storage) -> None:
    await ask(storage, (1, 100), (2, 100))
    before = await storage.store.versions([rid(1), rid(2), rid(9), "\x00"])
    await storage.store.transact(rid(2), END)
    after = await storage.store.versions([rid(2)])
    assert set(before) == {rid(1), rid(2)}
    assert after[rid(2)] > before[rid(2)]
    assert await storage.store.versions([]) == {}


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_on_postgresql_it_is_answered_by_the_index(postgres_dsn: str, mode: str) -> None:
    """As it is for these values, and as it is once the server plans for any values."""
    engines = open_engines(postgres_dsn)
    due = Due(engines.writer.dialect)
    engines.dispose()
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute(
            "INSERT INTO requests SELECT 'r' || n, 1, 'pending', 'review', NULL, 'a', 'k', 'r', 0, "
            "n, n, '', '', NULL FROM generate_series(1, 20000) n"
        )
        connection.execute("ANALYZE requests")
        connection.execute(f"SET plan_cache_mode = {mode}".encode())
        claim = plan(connection, due._claim.text, "5000, 0, '', 100")
        following = plan(connection, due._next_request.text, "5000")
        connection.rollback()
    for found in (claim, following):
        assert "using requests_due on requests" in found
        assert "Seq Scan" not in found
        assert "Sort" not in found


def plan(connection: psycopg.Connection[Any], sql: str, values: str) -> str:
    """How the server would answer the statement."""
    parts = iter(range(1, 9))
    numbered = re.sub("%s", lambda _: f"${next(parts)}", sql)
    connection.execute(f"PREPARE asked AS {numbered}".encode())
    rows = connection.execute(f"EXPLAIN (COSTS OFF) EXECUTE asked({values})".encode()).fetchall()
    connection.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)
