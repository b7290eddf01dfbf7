"""The daily digest at a person's own webhook."""

import json

from adapters.webhook.deliver import WebhookChannel
from adapters.webhook.outgoing import Outgoing
from core.chat.port import QueueItem
from core.directory.people import Identity
from core.ports import Delivered, Notice, OwnNews
from core.rows import Recipient
from tests.adapters.webhook.test_outgoing import NOW, SECRET, Receiver, outgoing, receiver

__all__ = ["outgoing", "receiver"]

MARA = Recipient(platform="webhook", id="mara@example.com")
WAITS = QueueItem(
    request="R1", title="ERP", asked_by="Ann", stage="Manager", amount=None, deadline=NOW
)
NEWS = OwnNews(request="R2", title="Chairs", text="Approved by Dana")


async def test_a_digest_lists_what_waits(receiver: Receiver, outgoing: Outgoing) -> None:
    channel = WebhookChannel(outgoing, SECRET, lambda: NOW)
    notice = Notice(
        kind="digest", request="", title="Today", text="So.", items=(WAITS,), more=2, own=(NEWS,)
    )
    account = Identity(platform="webhook", realm="", account=receiver.url)
    assert await channel.tell(notice, MARA, account) == Delivered()
    [(_, body)] = receiver.got
    told = json.loads(body)["data"]["notice"]
    assert (told["kind"], told["request"], told["more"]) == ("digest", "", 2)
    assert [(i["request"], i["title"], i["deadline"]) for i in told["items"]] == [
        ("R1", "ERP", NOW)
    ]
    assert told["own"] == [{"request": "R2", "title": "Chairs", "text": "Approved by Dana"}]


async def test_other_notices_have_no_list(receiver: Receiver, outgoing: Outgoing) -> None:
    channel = WebhookChannel(outgoing, SECRET, lambda: NOW)
    account = Identity(platform="webhook", realm="", account=receiver.url)
    await channel.tell(Notice(kind="reminder", request="R1", title="T", text="x"), MARA, account)
    [(_, body)] = receiver.got
    assert "items" not in json.loads(body)["data"]["notice"]
