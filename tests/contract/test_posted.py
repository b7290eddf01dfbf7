"""Which request a message is about: kept with cards and notices, found again for ever."""

from core.ports import Delivered
from core.rows import MessageRef
from storage import Storage
from tests.storage.purchase import BOB_IN_SLACK, notice, rid, submit


def message(ts: str) -> MessageRef:
    fields = {"channel": "D1", "ts": ts, "team": "T1"}
    return MessageRef(platform="slack", fields=fields, key=f"D1:{ts}")


async def shown(storage: Storage, number: int, ref: MessageRef) -> None:
    """Request `number` is made, and its card shown by this message."""
    await storage.store.transact(rid(number), submit(rid(number), audience=(BOB_IN_SLACK,)))
    [claimed] = await storage.deliveries.claim_cards(1000, 31_000, 10)
    await storage.deliveries.settle_card(claimed, 2, Delivered(ref=ref), 1100)


async def test_every_message_of_a_card_leads_to_its_request(storage: Storage) -> None:
    await shown(storage, 1, message("1.1"))
    await shown(storage, 2, message("2.2"))
    assert await storage.messages.request_of("slack", "D1:1.1") == rid(1)
    assert await storage.messages.request_of("slack", "D1:2.2") == rid(2)


async def test_a_notice_leads_to_its_request_too(storage: Storage) -> None:
    row = notice("question:1", rid(1))
    await storage.store.transact(rid(1), submit(rid(1), outbox=(row,)))
    [queued] = await storage.deliveries.claim_notices(1000, 31_000, 10)
    for _ in range(2):  # a sender that comes back late says the same again
        await storage.deliveries.settle_notice(queued, Delivered(ref=message("3.3")), 1100)
    assert await storage.messages.request_of("slack", "D1:3.3") == rid(1)


async def test_other_messages_and_other_platforms_lead_nowhere(storage: Storage) -> None:
    await shown(storage, 1, message("1.1"))
    for platform, key in (("teams", "D1:1.1"), ("slack", "D1:9.9"), ("slack", "\x00"), ("x", "")):
        assert await storage.messages.request_of(platform, key) is None


async def test_a_message_that_cannot_be_answered_is_not_looked_for(storage: Storage) -> None:
    await shown(storage, 1, MessageRef(platform="slack", fields={"channel": "D1"}))
    assert await storage.messages.request_of("slack", "") is None
