"""One message that reaches two replicas at the same time has its effect once."""

import asyncio

from core.events import Commented
from core.rows import Changes, Loaded, Reads, SeenRow
from storage import Storage
from tests.storage.purchase import AT, Function, happen, notice, rid, state_of, submit

MESSAGES = 40


def take(number: int, request: str) -> Function:
    """A comment that a message brings, with what its writer is told; nothing the second time."""
    remark = Commented(content=f"text-{number}", commitment="c" * 64)
    written = happen(remark, outbox=(notice(f"answer-{number}", request),))

    def run(loaded: Loaded) -> Changes[str]:
        if loaded.seen:
            return Changes(result="again")
        found = written(loaded)
        seen = SeenRow(platform="slack", key=f"C1:{number}", at=AT)
        return Changes(
            result="first",
            state=found.state,
            events=found.events,
            outbox=found.outbox,
            seen=seen,
        )

    return run


async def test_a_message_that_two_replicas_take_at_once_counts_once(
    storage: Storage, replica: Storage
) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    before = (await state_of(storage, rid(1))).version
    both = [
        where.store.transact(rid(1), take(number, rid(1)), Reads(seen=("slack", f"C1:{number}")))
        for number in range(MESSAGES)
        for where in (storage, replica)
    ]
    answers = await asyncio.gather(*both)
    assert sorted(answers) == ["again"] * MESSAGES + ["first"] * MESSAGES
    state = await state_of(storage, rid(1))
    assert (state.version, state.remark_count) == (before + MESSAGES, MESSAGES)
    _, notices = await storage.deliveries.undelivered()
    assert len(notices) == MESSAGES


async def test_what_is_about_no_request_is_told_once_too(
    storage: Storage, replica: Storage
) -> None:
    row = notice("nothing", "")
    both = [
        where.store.transact("", lambda _: Changes(result=None, outbox=(row,)), Reads())
        for _ in range(MESSAGES)
        for where in (storage, replica)
    ]
    await asyncio.gather(*both)
    _, notices = await storage.deliveries.undelivered()
    assert [each.row.dedupe for each in notices] == ["nothing"]
