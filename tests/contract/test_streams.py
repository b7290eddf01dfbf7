"""Streams that are not a request's: chained, append-only, and one line whoever appends."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from core.audit.chain import GENESIS, broken_at
from core.events import Actor
from core.rows import ApiKey, Changes
from core.system_events import AbsenceEnded, AnySystemEvent, Frozen, SystemRecorded, Unfrozen
from storage import Storage
from tests.storage.absent import by_alice, freeze
from tests.storage.purchase import AT, BOB, DAN, rid, submit, together

ENDED = by_alice(AbsenceEnded(id="d1", giver=BOB, taker=DAN))


async def append(storage: Storage, *events: tuple[str, SystemRecorded]) -> None:
    await storage.store.transact("", lambda _: Changes(result=None, streams=events))


async def types(storage: Storage, stream: str) -> list[str]:
    """The types of a stream's events, whose chain must hold."""
    links = await storage.store.links(stream)
    assert [link.seq for link in links] == list(range(1, len(links) + 1))
    assert broken_at(stream, [(link.body, link.hash) for link in links]) is None
    return [link.type for link in links]


async def test_events_of_one_stream_are_chained_within_a_command_a_batch_and_beyond(
    storage: Storage,
) -> None:
    frozen, unfrozen = ("system", by_alice(Frozen())), ("system", by_alice(Unfrozen()))
    await append(storage, frozen)
    calls: list[Awaitable[Any]] = [
        append(storage, unfrozen, (f"person:{BOB}", ENDED), frozen),
        storage.store.transact(rid(1), submit(rid(1))),
        append(storage, unfrozen),
    ]
    await together(storage, calls)
    assert await types(storage, "system") == ["frozen", "unfrozen", "frozen", "unfrozen"]
    assert await types(storage, f"person:{BOB}") == ["absence_ended"]
    assert await types(storage, rid(1)) == ["submitted", "stage_opened"]
    first = (await storage.store.links("system"))[0]
    assert first.at == AT
    assert f'"previous":"{GENESIS}"'.encode() in first.body
    assert b'"person":"alice@example.com"' in first.body


async def test_two_replicas_who_append_to_one_stream_make_one_line(
    storage: Storage, replica: Storage
) -> None:
    both = (storage, replica)
    await asyncio.gather(*[append(both[n % 2], ("system", by_alice(Frozen()))) for n in range(40)])
    assert await types(storage, "system") == ["frozen"] * 40


async def test_a_key_has_a_stream_that_says_who_made_it_and_who_took_it_back(
    storage: Storage,
) -> None:
    key = ApiKey(id="k1", name="agent", scopes=("submit",), hash="1" * 64, created_at=AT)
    await storage.keys.add_key(key, Actor(via="cli"))
    assert await storage.keys.revoke_key("k1", AT + 5, Actor(via="api", person=BOB)) is True
    assert await storage.keys.revoke_key("k1", AT + 9, Actor(via="cli")) is False
    assert await types(storage, "key:k1") == ["key_created", "key_revoked"]
    made, revoked = await storage.store.links("key:k1")
    assert (made.at, revoked.at) == (AT, AT + 5)
    assert b'"actor":{"via":"cli"}' in made.body
    assert key.hash.encode() not in made.body
    assert f'"person":"{BOB}"'.encode() in revoked.body


async def test_a_key_that_is_refused_leaves_no_event(storage: Storage) -> None:
    key = ApiKey(id="k1", name="agent", scopes=(), hash="1" * 64)
    await storage.keys.add_key(key)
    twin = ApiKey(id="k2", name="twin", scopes=(), hash="1" * 64)
    [refused] = await asyncio.gather(storage.keys.add_key(twin), return_exceptions=True)
    assert isinstance(refused, Exception)
    assert await types(storage, "key:k2") == []


async def test_an_event_and_what_it_is_about_are_stored_together_or_not_at_all(
    storage: Storage,
) -> None:
    def bad(_: object) -> Changes[None]:
        name = "system\ud800"
        return Changes(result=None, freeze=True, streams=((name, by_alice(Frozen())),))

    results = await together(storage, [storage.store.transact("", bad), freeze(storage, on=False)])
    assert isinstance(results[0], Exception)
    assert results[1] is None
    assert await storage.store.is_frozen() is False


async def test_what_was_recorded_in_a_time_is_found_by_stream_and_kind(storage: Storage) -> None:
    def recorded(event: AnySystemEvent, later: int) -> SystemRecorded:
        return SystemRecorded(event, Actor(via="cli"), AT + later)

    ended = [AbsenceEnded(id=f"d{n}", giver=BOB, taker=DAN) for n in range(3)]
    await append(
        storage,
        ("person:a@example.com", recorded(ended[0], 30)),
        ("person:z@example.com", recorded(ended[1], 20)),
        ("system", recorded(Frozen(), 10)),
        ("system", recorded(Unfrozen(), 30)),
        ("system", recorded(Frozen(), 40)),
        ("persona", recorded(ended[2], 30)),
    )
    await storage.store.transact(rid(1), submit(rid(1)))

    async def found(stream: str, *kinds: str, until: int = 41, most: int = 9) -> list[int]:
        links = await storage.store.recorded(stream, kinds, AT + 10, AT + until, most)
        return [link.at - AT for link in links]

    assert await found("system", "frozen") == [10, 40]
    assert await found("system", "frozen", "unfrozen", until=40) == [10, 30]
    assert await found("system", "frozen", "unfrozen", most=2) == [30, 40], "the newest"
    assert await found("person:", "absence_ended") == [20, 30]
    assert await found("person:", "frozen") == []
