"""What replicas on one PostgreSQL tell each other: with each commit, and with nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import psycopg
import pytest
from msgspec.structs import replace

from core.request import RequestState, Status
from core.rows import Changes
from storage import Storage, open_storage
from storage.errors import Conflict, Unavailable
from storage.signals import CHANNEL, MOST_IDS, Signal, payloads
from tests.storage.purchase import AT, CANCELLED, DAY, body_of, happen, notice, rid, submit

END = happen(CANCELLED)


@asynccontextmanager
async def pair(dsn: str) -> AsyncIterator[tuple[Storage, Storage]]:
    first, second = open_storage(dsn, replica="one"), open_storage(dsn, replica="two")
    try:
        yield first, second
    finally:
        await first.close()
        await second.close()


def say(dsn: str, payload: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))


async def heard(storage: Storage, count: int, do: Any) -> list[Signal]:
    """The signals that come while this is done."""
    assert storage.signals is not None
    found: list[Signal] = []
    async with asyncio.timeout(20), storage.signals.listening() as incoming:
        await do()
        async for signal in incoming:
            found.append(signal)
            if len(found) == count:
                break
    return found


async def test_another_replica_hears_what_was_committed(postgres_dsn: str) -> None:
    async with pair(postgres_dsn) as (here, there):

        async def do() -> None:
            await there.store.transact(rid(1), submit(rid(1), expires_at=AT + 500))
            await there.store.transact(rid(1), END)
            row = notice("n1", rid(1))
            await there.store.transact("", lambda _: Changes(result=None, outbox=(row,)))

        assert await heard(here, 3, do) == [
            Signal(replica="two", moved=(rid(1),), wake=AT + 500),
            Signal(replica="two", left=(rid(1),)),
            Signal(replica="two"),
        ]


async def test_a_tick_is_told_of_as_a_command_is(postgres_dsn: str) -> None:
    async with pair(postgres_dsn) as (here, there):
        for number in (1, 2):
            await there.store.transact(rid(number), submit(rid(number), expires_at=AT + 500))

        async def do() -> None:
            await there.store.tick_due(AT + DAY, 10, END)

        assert await heard(here, 1, do) == [Signal(replica="two", left=(rid(1), rid(2)))]


async def test_nobody_hears_themselves_nor_what_is_no_signal_nor_what_changed_nothing(
    postgres_dsn: str,
) -> None:
    async with pair(postgres_dsn) as (here, there):

        async def do() -> None:
            await here.store.transact(rid(1), submit(rid(1)))
            await there.store.transact(rid(1), lambda _: Changes(result=None))
            for payload in ("", "7", "{", '{"left": 3}', "all"):
                await asyncio.to_thread(say, postgres_dsn, payload)
            await there.store.transact(rid(2), submit(rid(2), expires_at=AT + 7))

        assert await heard(here, 1, do) == [Signal(replica="two", moved=(rid(2),), wake=AT + 7)]


async def test_who_has_no_name_is_heard_by_all(postgres_dsn: str) -> None:
    """A command line beside the servers."""
    nameless = open_storage(postgres_dsn)

    async def do() -> None:
        await nameless.store.transact(rid(1), submit(rid(1), expires_at=AT + 7))

    assert await heard(nameless, 1, do) == [Signal(moved=(rid(1),), wake=AT + 7)]
    await nameless.close()


async def test_what_was_not_committed_is_not_told(postgres_dsn: str) -> None:
    """The row of content is there already: the transaction fails after all was decided."""
    async with pair(postgres_dsn) as (here, there):
        await there.store.transact(rid(1), submit(rid(1)))

        async def do() -> None:
            with pytest.raises(Conflict):
                await there.store.transact(
                    rid(1), lambda loaded: replace(END(loaded), content=(body_of(rid(1)),))
                )
            await there.store.transact(rid(2), submit(rid(2), expires_at=AT + 7))

        assert await heard(here, 1, do) == [Signal(replica="two", moved=(rid(2),), wake=AT + 7)]


async def test_a_connection_that_breaks_is_told_as_unavailable(postgres_dsn: str) -> None:
    async with pair(postgres_dsn) as (here, _):

        async def do() -> None:
            with psycopg.connect(postgres_dsn, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'countersign-listener'"
                )

        with pytest.raises(Unavailable):
            await heard(here, 1, do)


async def test_a_server_that_is_not_there_is_told_as_unavailable() -> None:
    storage = open_storage("postgresql://nobody@127.0.0.1:1/none")
    assert storage.signals is not None
    with pytest.raises(Unavailable):
        async with storage.signals.listening():
            raise AssertionError("nobody is there")
    await storage.close()


async def test_on_sqlite_there_are_no_signals(sqlite_dsn: str) -> None:
    storage = open_storage(sqlite_dsn)
    assert storage.signals is None
    await storage.close()


def finished(count: int) -> Sequence[RequestState]:
    return [RequestState(id=rid(n), status=Status.CANCELLED) for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, MOST_IDS, MOST_IDS + 1, 1000])
def test_every_payload_is_shorter_than_postgresql_allows_and_no_id_is_lost(count: int) -> None:
    """8000 bytes are refused, and with them the transaction."""
    made = payloads("r" * 26, finished(count))
    assert max(len(each.encode()) for each in made) < 8000
    signals = [msgspec.json.decode(each, type=Signal) for each in made]
    assert [one for each in signals for one in each.left] == [rid(n) for n in range(count)]


async def test_many_that_leave_pending_in_one_transaction_are_all_told(postgres_dsn: str) -> None:
    async with pair(postgres_dsn) as (here, there):
        for number in range(MOST_IDS + 5):
            await there.store.transact(rid(number), submit(rid(number), expires_at=AT + 500))

        async def do() -> None:
            await there.store.tick_due(AT + DAY, 1000, END)

        told = await heard(here, 2, do)
        assert sorted(one for each in told for one in each.left) == [
            rid(n) for n in range(MOST_IDS + 5)
        ]
