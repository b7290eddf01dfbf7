"""A request's card at a person's own webhook: what tells one message from another."""

import json

from msgspec.structs import replace

from adapters.webhook.deliver import WebhookChannel
from adapters.webhook.outgoing import Outgoing
from core.card import Card
from core.directory.people import Identity
from core.ports import Delivered
from core.rows import Delivery, Recipient
from core.value import Millis
from tests.adapters.webhook.test_outgoing import NOW, SECRET, Receiver, outgoing, receiver
from tests.contract.test_channel import pending

__all__ = ["outgoing", "receiver"]

MARA = Recipient(platform="webhook", id="mara@example.com")


async def show(receiver: Receiver, outgoing: Outgoing, card: Card, at: Millis = NOW) -> str:
    """Send the card; the id that it came with."""
    channel = WebhookChannel(outgoing, SECRET, lambda: at)
    account = Identity(platform="webhook", realm="", account=receiver.url)
    delivery = Delivery(request=card.request, to=MARA, wanted=card.version, shown=0, attempts=0)
    assert isinstance(await channel.show(card, MARA, account, delivery), Delivered)
    return receiver.got[-1][0]["webhook-id"]


async def test_a_card_that_is_sent_again_is_the_same_message(
    receiver: Receiver, outgoing: Outgoing
) -> None:
    first = await show(receiver, outgoing, pending())
    assert await show(receiver, outgoing, pending(), NOW + 1000) == first


async def test_a_version_that_is_counted_again_after_a_restore_is_another_message(
    receiver: Receiver, outgoing: Outgoing
) -> None:
    lost = replace(pending(), version=7, headline="Waiting for Finance")
    restored = replace(pending(), version=7, headline="Waiting for Manager")
    ids = [await show(receiver, outgoing, lost)]
    ids.append(await show(receiver, outgoing, restored, NOW + 1000))
    assert len(set(ids)) == 2
    sent = [json.loads(body) for _, body in receiver.got]
    assert [each["data"]["card"]["version"] for each in sent] == [7, 7]
    assert sent[0]["timestamp"] < sent[1]["timestamp"], "by which a receiver tells which is true"
