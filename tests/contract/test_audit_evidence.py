"""The trail as evidence: checkpoints are made once, exports hold, tampering shows."""

import asyncio
import io
from collections.abc import Callable

import pytest

from bot.auditing import Auditing
from core.audit.checkpoint import MOST_EVENTS
from core.audit.export import CHECKPOINT
from core.audit.verifying import Fault, Part, Trust, verify
from core.tokens.signing import KeyRing, SigningKey
from storage import Storage
from tests.contract.test_audit_order import query
from tests.storage.purchase import AT, CANCELLED, happen, rid, submit, vote

RING = KeyRing(SigningKey(b"\x05" * 32))
TRUST = Trust(RING.jwks())


def auditing(storage: Storage, clock: Callable[[], int] = lambda: AT, events: int = 5) -> Auditing:
    return Auditing(storage.trail, RING, clock, events=events, age=1000)


async def exported(storage: Storage, since: int = 0) -> bytes:
    return b"".join([piece async for piece in auditing(storage).export(since)])


def check(data: bytes, trust: Trust = TRUST) -> Part:
    return verify(io.BytesIO(data), len(data), trust)


async def some_requests(storage: Storage, first: int, last: int) -> None:
    for number in range(first, last + 1):
        await storage.store.transact(rid(number), submit(rid(number)))
        await storage.store.transact(rid(number), happen(vote(), CANCELLED))


async def test_an_export_holds_every_record_exactly_as_it_was_stored(storage: Storage) -> None:
    await some_requests(storage, 1, 3)
    data = await exported(storage)
    part = check(data)
    assert (part.events, part.lines, len(part.hashes)) == (12, 15, 1)
    bodies = [link.body for n in (1, 2, 3) for link in await storage.store.links(rid(n))]
    assert set(data.splitlines()[2:-1]) == set(bodies)


async def test_an_export_of_nothing_holds(storage: Storage) -> None:
    assert check(await exported(storage)).events == 0


async def test_a_second_export_holds_the_first_ones_checkpoints(storage: Storage) -> None:
    await some_requests(storage, 1, 1)
    first = check(await exported(storage))
    assert first.last is not None
    await some_requests(storage, 2, 2)
    data = await exported(storage)
    trust = Trust(TRUST.jwks, {first.last.number: first.last.hash})
    assert check(data, trust).events == 8
    with pytest.raises(Fault, match="received earlier"):
        check(data, Trust(TRUST.jwks, {1: "0" * 64}))


async def test_an_export_may_begin_where_the_last_one_ended(storage: Storage) -> None:
    for number in (1, 2, 3):
        await some_requests(storage, number, number)
        await auditing(storage).complete()
    whole = (await exported(storage)).splitlines()
    for since, first in ((0, 1), (3, 1), (4, 5), (7, 5), (8, 9), (11, 9)):
        part = check(await exported(storage, since))
        assert part.first is not None
        assert part.first.first == first
        assert part.events == 13 - first
    later = (await exported(storage, 8)).splitlines()
    assert later[1:-1] == whole[-6:-1]
    assert check(await exported(storage, 12)).events == 0
    with pytest.raises(ValueError, match="no position 13; the newest is 12"):
        await exported(storage, 13)


async def test_checkpoints_hold_a_bounded_number_of_events(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves = storage.trail.leaves
    assert MOST_EVENTS == 4096
    monkeypatch.setattr(type(storage.trail), "leaves", lambda _, after: leaves(after, 5))
    await some_requests(storage, 1, 3)
    data = await exported(storage)
    assert [line.startswith(CHECKPOINT) for line in data.splitlines()].count(True) == 3
    assert check(data).events == 12


async def test_a_checkpoint_is_made_of_enough_events_or_old_enough_ones(storage: Storage) -> None:
    now = AT

    async def sweep() -> int:
        before = job.last_pass
        await job.sweep()
        assert job.last_pass == now > 0
        assert before <= now
        return len(await job.checkpoints())

    job = auditing(storage, lambda: now)
    assert await sweep() == 0  # nothing happened
    await some_requests(storage, 1, 1)
    assert await sweep() == 1  # there has been none for long
    await some_requests(storage, 2, 2)
    assert await sweep() == 1
    now += 999
    assert await sweep() == 1
    now += 1
    assert await sweep() == 2
    await some_requests(storage, 3, 4)
    assert await sweep() == 3  # eight events wait, of which five are enough
    now += 5000
    assert await sweep() == 3


async def test_replicas_make_each_checkpoint_once(storage: Storage, replica: Storage) -> None:
    for number in range(4):
        await some_requests(storage, number, number)
        await asyncio.gather(
            *(auditing(each, events=1).complete() for each in (storage, replica) for _ in "ab")
        )
    made = await auditing(storage).checkpoints()
    assert [signed.checkpoint.number for signed in made] == list(range(1, len(made) + 1))
    assert made[-1].checkpoint.last == 16
    assert check(await exported(replica)).events == 16


async def test_a_pass_that_fails_is_tried_again_and_is_not_counted(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await some_requests(storage, 1, 1)
    job = auditing(storage)
    with monkeypatch.context() as broken:
        broken.setattr(type(storage.trail), "number", None)
        await job.sweep()
    assert job.last_pass == 0
    await job.sweep()
    assert job.last_pass == AT
    assert len(await job.checkpoints()) == 1


# --- somebody who may write to the database, but has no key ------------------------------


def without_triggers(dsn: str, sql: str) -> None:
    """Change what the database refuses to change."""
    if dsn.startswith("sqlite"):
        for (name,) in query(dsn, "SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            query(dsn, f"DROP TRIGGER {name}")
    else:
        for table in ("events", "positions", "checkpoints"):
            query(dsn, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    query(dsn, sql)


BODY = "SELECT body FROM events WHERE stream = '{}' AND seq = 2"


@pytest.mark.parametrize(
    ("sql", "line", "words"),
    [
        (
            "UPDATE events SET body = CAST('{{}}' AS {blob}) WHERE stream = '{second}' AND seq = 2",
            8,
            "was changed",
        ),
        ("DELETE FROM events WHERE stream = '{second}' AND seq = 2", 8, "was removed"),
        ("DELETE FROM positions WHERE stream = '{second}' AND seq = 2", 8, "was removed"),
        ("DELETE FROM events WHERE stream = '{second}'", 7, "was removed"),
        ("UPDATE positions SET position = 100 WHERE position = 6", 8, "was removed"),
        ("UPDATE checkpoints SET leaves = CAST('' AS {blob})", 2, "lists hashes that are not"),
        ("UPDATE checkpoints SET signature = '{signature}'", 2, "forged or changed"),
    ],
)
async def test_what_is_changed_in_the_database_after_a_checkpoint_is_named(
    storage: Storage, dsn: str, sql: str, line: int, words: str
) -> None:
    await some_requests(storage, 1, 3)
    assert check(await exported(storage)).events == 12
    blob = "BLOB" if dsn.startswith("sqlite") else "bytea"
    without_triggers(dsn, sql.format(second=rid(2), blob=blob, signature="A" * 86))
    with pytest.raises(Fault) as found:
        check(await exported(storage))
    assert found.value.line == line
    assert words in found.value.what


async def test_a_checkpoint_removed_from_the_database_is_noticed_by_who_received_it(
    storage: Storage, dsn: str
) -> None:
    await some_requests(storage, 1, 1)
    received = check(await exported(storage)).last
    assert received is not None
    without_triggers(dsn, "DELETE FROM checkpoints")
    await some_requests(storage, 2, 2)
    data = await exported(storage)
    with pytest.raises(Fault, match="is not the checkpoint 1 that was received earlier"):
        check(data, Trust(TRUST.jwks, {1: received.hash}))
