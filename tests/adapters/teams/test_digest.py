"""The daily digest in Teams: a card with a button for each request, within Teams' limits."""

from typing import Any

import pytest

from adapters.teams import digest, notices
from adapters.teams.limits import MOST
from adapters.teams.render import size
from core.chat.port import QueueItem
from core.ports import Notice, OwnNews
from playground.teams.cards import check
from tests.adapters.teams import cards
from tests.adapters.teams.cards import REQUEST, parts, texts
from tests.adapters.teams.conftest import FINN, Rig, content
from tests.adapters.teams.test_notices import tell


def item(number: int = 1, **fields: Any) -> QueueItem:
    given: dict[str, Any] = {
        "request": REQUEST if number == 1 else f"R{number}",
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


def a_digest(**fields: Any) -> Notice:
    given: dict[str, Any] = {
        "kind": "digest",
        "request": "",
        "title": "Today: 2 requests wait for you",
        "text": "The earliest deadline comes first.",
        "items": (item(1), item(2)),
    }
    return Notice(**given | fields)


def shows(card: Any) -> list[str]:
    """The requests that the buttons show."""
    return [a["data"]["request"] for a in parts(card, "Action.Execute") if a["title"] == "Show"]


async def test_each_request_has_a_button_that_brings_its_card(rig: Rig) -> None:
    await tell(rig, a_digest(items=(item(comments=1),)))
    (message,) = rig.said(rig.chat(FINN))
    card = content(message)
    assert (check(card).problems, check(card).warnings) == ([], [])
    assert message["summary"] == "Today: 2 requests wait for you"
    assert "1 new comment" in texts(card)
    where = {"conversation": rig.chat(FINN), "activity": message["id"]}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Show"})
    assert "Waiting for Finance (stage 2 of 3)" in texts(answer["body"]["value"])


def test_it_says_what_waits_and_what_became_of_ones_own() -> None:
    card = digest.card(a_digest(more=3, own=(news(3),), own_more=1))
    assert (check(card).problems, check(card).warnings) == ([], [])
    for words in (
        "Today: 2 requests wait for you",
        "New ERP system",
        "Alice, through agent purchasing",
        "120,000 EUR",
        "3 more wait; these have the earliest deadlines. Write queue to me to see all.",
        "Your own requests",
        "Two chairs",
        "Approved by Dana Diaz",
        "1 more has news.",
    ):
        assert words in texts(card)
    assert shows(card) == [REQUEST, "R2", "R3"]


def test_a_welcome_looks_like_a_digest() -> None:
    welcome = a_digest(kind="welcome_back", title="Welcome back: 2 requests wait for you")
    made = notices.message(welcome, {"bot": "b", "conversation": "c", "tenant": "t"})
    assert "Welcome back: 2 requests wait for you" in texts(made.attachments[0].content)


@pytest.mark.parametrize("text", ["&" * 900, "<at>x</at>" * 90, "**x** _y_\n" * 90, "ä€😀" * 300])
def test_of_any_length_it_fits_one_card(text: str) -> None:
    wide = {"title": text, "asked_by": text, "stage": text, "amount": text}
    full = a_digest(
        items=tuple(item(n, comments=3, **wide) for n in range(10)),
        more=90,
        own=tuple(news(n, title=text, text=text) for n in range(10)),
        own_more=90,
    )
    card = digest.card(full)
    assert (check(card).problems, check(card).warnings) == ([], [])
    assert size(card) <= MOST
    assert len(shows(card)) == 20
