"""The stream of events: in order, once by one replica at a time, and none left out by a crash."""

import asyncio
import hashlib
import json

import pytest

from bot.siem import LEASE, Streaming
from core.audit.streaming import Streamed, line
from core.ports import Delivered, Outcome, RetryAt
from storage import Storage
from tests.contract.test_audit_order import number_all
from tests.storage.purchase import AT, CANCELLED, happen, rid, submit


class Receiver:
    """Keeps what it is sent; `outcomes` are its next answers, and it takes all after those."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.got: list[Streamed] = []
        self.outcomes = list(outcomes)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, events: tuple[Streamed, ...]) -> Outcome:
        await asyncio.sleep(0)
        self.got += events
        outcome = self.outcomes.pop(0) if self.outcomes else Delivered()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def _happened(storage: Storage, *numbers: int) -> None:
    for number in numbers:
        await storage.store.transact(rid(number), submit(rid(number)))
        await storage.store.transact(rid(number), happen(CANCELLED))
    await number_all(storage)


def streaming(storage: Storage, sink: Receiver, me: str, at: list[int]) -> Streaming:
    return Streaming(storage.event_stream, sink, lambda: at[0], me)


async def test_every_event_is_sent_in_order_and_goes_on_where_it_stood(storage: Storage) -> None:
    await _happened(storage, 1)
    await storage.keys.revoke_key("nobody", AT)
    sink, now = Receiver(), [AT]
    first = streaming(storage, sink, "a", now)
    assert await first.step() == 0
    assert (await storage.event_stream.standing()).behind == 0
    await first.stop()
    await _happened(storage, 2)
    # Another process, which takes over at once.
    second = streaming(storage, sink, "b", now)
    while await second.step() == 0:
        pass
    standing = await storage.event_stream.standing()
    assert [each.position for each in sink.got] == [*range(1, standing.newest + 1)]
    assert (standing.position, standing.sent_at, standing.reason) == (standing.newest, AT, None)
    for each in sink.got:
        read = json.loads(line(each))
        assert hashlib.sha256(each.record).hexdigest() == each.hash == read["hash"]
        assert "content" not in read


async def test_a_crash_between_sending_and_saving_sends_again_and_leaves_nothing_out(
    storage: Storage,
) -> None:
    await _happened(storage, 1, 2)
    sink, now = Receiver(OSError("killed")), [AT]
    died = streaming(storage, sink, "a", now)
    with pytest.raises(OSError, match="killed"):
        await died.step()
    sent = len(sink.got)
    other = streaming(storage, sink, "b", now)
    assert await other.step() > 0
    assert len(sink.got) == sent, "the dead one's lease holds"
    now[0] += LEASE + 1
    assert await other.step() == 0
    positions = [each.position for each in sink.got]
    assert positions == [*range(1, sent + 1)] * 2


async def test_of_two_replicas_one_streams(storage: Storage, replica: Storage) -> None:
    await _happened(storage, *range(1, 6))
    sink, now = Receiver(), [AT]
    both = [streaming(storage, sink, "a", now), streaming(replica, sink, "b", now)]
    for _ in range(3):
        await asyncio.gather(*(each.step() for each in both))
    newest = (await storage.event_stream.standing()).newest
    assert [each.position for each in sink.got] == [*range(1, newest + 1)]
    # Whose turn it is not moves nothing.
    moved = [await storage.event_stream.move(each, newest, newest, AT) for each in ("a", "b")]
    assert sorted(moved) == [False, True]


async def test_a_receiver_that_refuses_is_tried_again_with_growing_pauses(
    storage: Storage,
) -> None:
    await _happened(storage, 1)
    again = [RetryAt(reason="not now")] * 3 + [RetryAt(reason="later", after=60_000)]
    sink, now = Receiver(*again), [AT]
    own = streaming(storage, sink, "a", now)
    assert [await own.step() for _ in range(5)] == [1_000, 2_000, 4_000, 60_000, 0]
    standing = await storage.event_stream.standing()
    assert (standing.attempts, standing.reason, standing.behind) == (0, None, 0)


async def test_what_was_written_goes_along_only_where_that_is_asked_for(storage: Storage) -> None:
    await _happened(storage, 1)
    plain = await storage.event_stream.next(0)
    assert all(each.content == {} for each in plain)
    told = await storage.event_stream.next(0, with_content=True)
    assert told[0].content == {f"{rid(1)}.r1": b'{"title":"A new chair"}'}
    assert [each.record for each in told] == [each.record for each in plain]
    assert [e.position for e in await storage.event_stream.next(1, most=1)] == [2]


async def test_it_can_be_sent_on_from_another_place(storage: Storage) -> None:
    await _happened(storage, 1)
    newest = (await storage.event_stream.standing()).newest
    assert await storage.event_stream.go_to(newest)
    assert (await storage.event_stream.standing()).behind == 0
    assert not await storage.event_stream.go_to(newest + 1)
    assert not await storage.event_stream.go_to(-1)
    assert await storage.event_stream.go_to(0)
    standing = await storage.event_stream.standing()
    assert (standing.behind, standing.waits_since) == (newest, AT)
