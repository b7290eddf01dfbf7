"""What people are told beside their cards: plain, loud where needed, with a way to the request."""

import pytest
from msgspec.structs import replace

from adapters.teams import notices
from core.ports import Notice
from core.rows import Recipient
from playground.teams.cards import check
from tests.adapters.teams.cards import REQUEST, parts, texts
from tests.adapters.teams.conftest import FINN, Rig, content, person, reference
from tests.adapters.teams.test_render import naughty

KINDS = [
    "reminder",
    "nudge",
    "escalated",
    "held",
    "delegated",
    "given_back",
    "reassigned",
    "changes_requested",
    "revised",
    "comment",
    "question",
    "break_glass",
    "something_new",
]


def told(kind: str, text: str = "It waits for you.") -> Notice:
    return Notice(kind=kind, request=REQUEST, title="New ERP system", text=text)


async def tell(rig: Rig, notice: Notice) -> None:
    to = Recipient(platform="teams", id="finn@example.com")
    reference(await rig.platform.channel.tell(notice, to, person(FINN)))


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_is_told_and_leads_to_the_request(rig: Rig, kind: str) -> None:
    await tell(rig, told(kind))
    (message,) = rig.said(rig.chat(FINN))
    card = content(message)
    assert (check(card).problems, check(card).warnings) == ([], [])
    for words in ("New ERP system", "It waits for you.", f"Request {REQUEST}"):
        assert words in texts(card)
    assert message["summary"] == "New ERP system: It waits for you."
    where = {"conversation": rig.chat(FINN), "activity": message["id"]}
    answer = await rig.act(FINN, "execute", **where, action={"title": "Show the request"})
    assert "Waiting for Finance (stage 2 of 3)" in texts(answer["body"]["value"])


@pytest.mark.parametrize("kind", ["result", "answer"])
async def test_what_says_it_all_is_one_plain_sentence(rig: Rig, kind: str) -> None:
    await tell(rig, told(kind))
    (message,) = rig.said(rig.chat(FINN))
    assert message["text"] == f"“New ERP system”: It waits for you. (request {REQUEST})"
    assert message["attachments"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_must_not_be_overlooked_is_loud(kind: str) -> None:
    boxes = parts(notices.card(told(kind)), "Container")
    assert [box["style"] for box in boxes] == ["attention"] * (kind in ("break_glass", "held"))


def test_a_token_that_was_taken_back_leads_nowhere() -> None:
    assert "actions" not in notices.card(told("token_revoked"))


def test_outside_text_in_a_notice_is_text() -> None:
    for text in naughty():
        notice = Notice(kind="held", request=REQUEST, title=text, text=text * 40)
        card = notices.card(notice)
        assert (check(card).problems, check(card).warnings) == ([], [])
        assert [b["text"] for b in parts(card, "TextBlock")] == ["An approval is stuck"]


def test_an_alert_is_about_no_request_and_leads_to_the_dashboard() -> None:
    alert = Notice(kind="alert", request="", title="Alert: Finance is stuck", text="3 wait.")
    plain = notices.card(alert)
    assert (check(plain).problems, "actions" in plain) == ([], False)
    assert texts(plain) == ["Alert: Finance is stuck", "3 wait."]
    linked = notices.card(replace(alert, link="https://a.example/dashboard"))
    [way] = linked["actions"]
    assert (way["type"], way["url"]) == ("Action.OpenUrl", "https://a.example/dashboard")
