"""Which letters there are, what stands in them, and what cannot get into them."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.email.letters import Kind, asked, blank, due, name, sent, threaded, verbs, written
from adapters.email.render import SUBJECT_CHARS, Renderer, subject
from core.card import Button, Card, RemarkLine, Verb
from core.chat.port import QueueItem
from core.ports import Notice, OwnNews
from core.rows import MessageRef
from tests.contract.test_channel import HOSTILE, pending, rejected
from tests.mailserver import SENDER, body, read

AT = 1_790_000_000_000
RENDERER = Renderer()


def link(verb: Verb | None) -> str:
    return f"https://a.example/decide/{'look' if verb is None else verb.value}?t=abc.def"


def asks(card: Card) -> MessageRef:
    return sent(Kind.ASKS, card, "id1")


# --- which -----------------------------------------------------------------------------------


def test_who_is_asked_gets_one_letter_for_what_is_asked() -> None:
    card = pending()
    assert due(card, [], unsure=False) is Kind.ASKS
    assert due(card, [asks(card)], unsure=False) is None
    assert due(replace(card, version=99), [asks(card)], unsure=False) is None


@pytest.mark.parametrize("field", ["revision", "level", "round"])
def test_what_is_asked_anew_is_another_letter(field: str) -> None:
    card = pending()
    assert card.binding is not None
    changed: dict[str, Any] = {field: 7}
    again = replace(card, binding=replace(card.binding, **changed))
    assert due(again, [asks(card)], unsure=False) is Kind.ASKS
    assert due(again, [asks(card), asks(again)], unsure=False) is None


def test_who_is_not_asked_or_has_voted_gets_none() -> None:
    card = pending()
    bystander = replace(card, buttons=(), more=())
    voted = replace(card, more=(*card.more, Button(verb=Verb.WITHDRAW, label="Take back")))
    assert due(bystander, [], unsure=False) is None
    assert due(voted, [], unsure=False) is None


def test_the_end_is_told_once_to_those_who_were_asked_and_did_not_end_it() -> None:
    others, before = rejected(), [asks(pending())]
    end = replace(others, ended_by_viewer=True)
    assert due(others, before, unsure=False) is Kind.ENDED
    assert due(end, before, unsure=False) is None
    assert due(others, [], unsure=False) is None
    assert due(others, [], unsure=True) is Kind.ENDED, "they may hold a letter"
    told = [*before, sent(Kind.ENDED, others, "id2")]
    assert due(replace(others, version=99), told, unsure=False) is None


def test_what_a_letter_asked_is_known_from_what_is_kept_of_it() -> None:
    card = pending()
    assert asked([asks(card)]) == card.binding
    assert asked([asks(card), sent(Kind.ENDED, rejected(), "id2")]) is None
    assert asked([]) is None


def test_the_same_letter_has_the_same_name_and_no_other_has() -> None:
    card = pending()
    assert name("asks", "a@b.c", card.binding) == name("asks", "a@b.c", card.binding)
    assert name("asks", "a@b.c", card.binding) != name("asks", "a@b.d", card.binding)
    assert re.fullmatch("[0-9a-f]{40}", name("x"))


# --- the subject ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("New ERP system", "Approval: New ERP system"),
        ("a\r\nBcc: eve@example.com", "Approval: a Bcc: eve@example.com"),
        ("a\u202egnp", "Approval: a⟦U+202E⟧gnp"),
        ("a\x00b\x7f", "Approval: a⟦U+0000⟧b⟦U+007F⟧"),
        ("\ud800x", "Approval: \ufffdx"),
        ("=?utf-8?q?Bcc=3A_eve?=", "Approval: = ?utf-8?q?Bcc=3A_eve?="),
        ("", "Approval: without a title"),
    ],
)
def test_a_title_is_one_clean_line(title: str, shown: str) -> None:
    assert subject(title, first=True) == shown
    assert subject(title, first=False) == f"Re: {shown}"


def test_a_long_title_is_cut_between_characters() -> None:
    shown = subject("e\u0301" * 200, first=True)
    assert len(shown) <= SUBJECT_CHARS + len("Approval: ")
    assert shown.endswith("e\u0301…")


# --- what stands in them ------------------------------------------------------------------------


def letter(card: Card, kind: Kind = Kind.ASKS, *, first: bool = True) -> Any:
    """A letter as a mailbox has it."""
    text = RENDERER.card(card, kind, link if kind is Kind.ASKS else None, first=first)
    message = blank(SENDER, "mara@example.com", text.subject, "id1", AT)
    threaded(message, "root", [], SENDER)
    return read(written(message, text).as_bytes())


class Tags(HTMLParser):
    """All tags and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return "".join(self.said)


def test_both_forms_say_what_is_asked_and_lead_to_the_page() -> None:
    found = letter(pending())
    assert verbs(pending()) == (Verb.APPROVE, Verb.REJECT, Verb.REQUEST_CHANGES)
    page = Tags(body(found, "html"))
    for text in (body(found), page.text):
        for said in (
            "New ERP system",
            "Waiting for Manager (stage 1 of 3)",
            "120,000",
            "Decide by",
            "You are asked as Manager",
            "opening it decides nothing",
        ):
            assert said in text
    assert link(None) in body(found)
    hrefs = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert hrefs == [link(verb) for verb in verbs(pending())]


def test_a_letter_loads_nothing_and_reports_nothing() -> None:
    for found in (letter(pending(title=HOSTILE)), letter(rejected(), Kind.ENDED)):
        html = body(found, "html")
        page = Tags(html)
        kinds = {tag for tag, _ in page.tags}
        assert kinds.isdisjoint({"img", "link", "script", "iframe", "object", "form", "video"})
        assert "url(" not in html
        assert not {"src", "background", "srcset"} & {n for _, a in page.tags for n in a}
        assert [part for part in found.walk() if part.get_content_maintype() != "text"] == [found]


def test_text_from_outside_is_text_in_both_forms() -> None:
    hostile = f'{HOSTILE} <img src=x onerror=alert(1)> " onmouseover="x {{{{ 7*7 }}}}'
    card = replace(
        pending(description=hostile),
        title=hostile,
        remarks=(RemarkLine(name=hostile, text=hostile, at=AT),),
    )
    found = letter(card)
    page = Tags(body(found, "html"))
    assert {tag for tag, _ in page.tags}.isdisjoint({"at", "img"})
    assert not any(n.startswith("on") for _, attributes in page.tags for n in attributes)
    assert page.text.count(hostile) >= 4
    assert body(found).count(hostile) >= 4


def test_the_end_says_who_decided_and_asks_nothing() -> None:
    found = letter(rejected(), Kind.ENDED, first=False)
    assert found["Subject"] == "Re: Approval: New ERP system"
    for text in (body(found), Tags(body(found, "html")).text):
        assert "Rejected by Mara" in text
        assert "Too dear" in text
        assert "Nothing is asked of you any more" in text
        assert "Decide by" not in text
    assert "/decide/" not in found.as_string()


def test_a_long_letter_says_that_it_was_cut_and_how_many_comments_there_are() -> None:
    remarks = tuple(RemarkLine(name="Ann", text=f"Remark {n}", at=AT) for n in range(9))
    found = body(letter(replace(pending(description="long " * 900), remarks=remarks)))
    assert "(cut, see the full action)" in found
    assert "4 older ones are on the page." in found
    assert "Remark 3" not in found
    assert "Remark 8" in found


def test_a_notice_that_must_not_be_overlooked_begins_with_what_it_is() -> None:
    notice = Notice(kind="break_glass", request="R1", title="ERP", text="BREAK-GLASS. <b>!")
    text = RENDERER.notice(notice, None)
    assert text.plain.startswith("Break-glass\n\nERP\n\nBREAK-GLASS. <b>!\n")
    assert "BREAK-GLASS. &lt;b&gt;!" in text.html
    assert "href" not in text.html


def test_a_digest_leads_to_each_request_and_tells_of_ones_own() -> None:
    item = QueueItem(
        request="R1",
        title="Chairs <1>",
        asked_by="Alice",
        stage="Manager",
        amount="840 EUR",
        deadline=AT,
        comments=2,
    )
    own = OwnNews(request="R9", title="Laptop", text="Approved by Mara")
    notice = Notice(
        kind="digest",
        request="",
        title="2 requests wait for you",
        text="",
        items=(item, replace(item, request="R2", title="Sofa", comments=0)),
        more=3,
        own=(own,),
        timezone="Europe/Berlin",
    )
    text = RENDERER.digest(notice, lambda request: f"https://a.example/decide/look?t={request}")
    page = Tags(text.html)
    assert text.subject == "2 requests wait for you"
    hrefs = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert hrefs == [f"https://a.example/decide/look?t=R{n}" for n in (1, 2)]
    for said in (text.plain, page.text):
        assert "Chairs <1>" in said
        assert "840 EUR · asked by Alice · Manager · decide by Mon 21 Sep 2026, 16:13 CEST" in said
        assert "2 new comments" in said
        assert "3 more wait" in said
        assert "Laptop: Approved by Mara" in said
    assert all(href in text.plain for href in hrefs if href)


def test_letters_of_one_request_hang_together_whichever_came_first() -> None:
    message = blank(SENDER, "mara@example.com", "x", "id3", AT)
    threaded(message, "root", ["id1", "id2"], SENDER)
    assert message["References"] == "<root@example.com> <id1@example.com> <id2@example.com>"
    assert message["In-Reply-To"] == "<id2@example.com>"
    assert message["Message-ID"] == "<id3@example.com>"


def test_an_alert_is_a_letter_that_names_the_dashboard() -> None:
    notice = Notice(
        kind="alert",
        request="",
        title="Alert: <Finance> is stuck",
        text="3 wait.",
        link="https://a.example/dashboard",
    )
    text = RENDERER.digest(notice, lambda request: request)
    assert text.subject == "Alert: <Finance> is stuck"
    for said in (text.plain, Tags(text.html).text):
        assert "3 wait." in said
        assert "https://a.example/dashboard" in said
        assert "Request" not in said
