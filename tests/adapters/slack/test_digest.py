"""The daily digest in Slack: what waits with a button each, within Slack's limits."""

from typing import Any

import pytest

from adapters.slack import notices
from adapters.slack.render import JSON_MAX, size
from core.chat.port import QueueItem
from core.ports import Delivered, Notice, OwnNews
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINN, Rig
from tests.adapters.slack.limits import assert_message
from tests.adapters.slack.test_tell import ACCOUNT, PERSON


def item(number: int = 1, **fields: Any) -> QueueItem:
    given: dict[str, Any] = {
        "request": f"R{number}",
        "title": "New ERP system",
        "asked_by": "Alice, through agent purchasing",
        "stage": "Finance",
        "amount": "120,000 EUR",
        "deadline": cards.NOW,
    }
    return QueueItem(**given | fields)


def news(number: int = 1, **fields: Any) -> OwnNews:
    given = {"request": f"R{number}", "title": "Two chairs", "text": "Approved by Dana Diaz"}
    return OwnNews(**given | fields)


def digest(**fields: Any) -> Notice:
    given: dict[str, Any] = {
        "kind": "digest",
        "request": "",
        "title": "Today: 2 requests wait for you",
        "text": "The earliest deadline comes first.",
        "items": (item(1), item(2)),
        "timezone": "Europe/Berlin",
    }
    return Notice(**given | fields)


def said(blocks: list[Any]) -> list[str]:
    return [b["text"]["text"] for b in blocks if "text" in b]


def buttons(blocks: list[Any]) -> list[str]:
    return [b["accessory"]["text"]["text"] for b in blocks if "accessory" in b]


async def test_a_digest_is_one_message_with_a_button_for_each_request(rig: Rig) -> None:
    outcome = await rig.platform.channel.tell(digest(), PERSON, ACCOUNT)
    assert isinstance(outcome, Delivered), outcome
    (message,) = rig.messages(FINN)
    assert message["text"] == "Today: 2 requests wait for you"
    assert said(message["blocks"])[0] == "Today: 2 requests wait for you"
    assert said(message["blocks"])[1].startswith("*New ERP system* · 120,000 EUR\nAsked by Alice")
    assert buttons(message["blocks"]) == ["Show", "Show"]


async def test_what_became_of_ones_own_requests_stands_below(rig: Rig) -> None:
    blocks = notices.message(digest(own=(news(),), own_more=2)).blocks
    assert_message(blocks)
    assert said(blocks)[-3:] == [
        "*Your own requests*",
        "*Two chairs*\nApproved by Dana Diaz",
        "2 more have news.",
    ]
    assert buttons(blocks) == ["Show"] * 3


def test_comments_stand_below_their_request() -> None:
    blocks = notices.message(digest(items=(item(comments=2), item(2)))).blocks
    assert_message(blocks)
    assert [b["elements"][0]["text"] for b in blocks if b["type"] == "context"] == [
        "The earliest deadline comes first.",
        "2 new comments",
    ]


def test_what_is_left_out_is_counted() -> None:
    blocks = notices.message(digest(more=1)).blocks
    assert said(blocks)[-1] == (
        "1 more waits; these have the earliest deadlines. The Home tab of this app has all."
    )


def test_a_welcome_looks_like_a_digest() -> None:
    blocks = notices.message(digest(kind="welcome_back", title="Welcome back: 2 wait")).blocks
    assert_message(blocks)
    assert said(blocks)[0] == "Welcome back: 2 wait"


@pytest.mark.parametrize("text", ["&" * 900, "<!channel>" * 90, "*x* _y_\n" * 90, "ä€😀" * 300])
def test_of_any_length_it_fits_one_message(text: str) -> None:
    wide = {"title": text, "asked_by": text, "stage": text, "amount": text}
    full = digest(
        items=tuple(item(n, comments=3, **wide) for n in range(10)),
        more=90,
        own=tuple(news(n, title=text, text=text) for n in range(10)),
        own_more=90,
    )
    blocks = notices.message(full).blocks
    assert size(blocks) <= JSON_MAX
    assert_message(blocks)
    assert buttons(blocks) == ["Show"] * 20
