"""Strings that break naive programs, in every field of letters and of the pages behind them.

No text becomes a header, a tag, an attribute or a hidden character; what was typed into a form is
kept as it came, or refused with a reason.
"""

import json
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.email.letters import Kind, blank, threaded, written
from adapters.email.render import Renderer
from bot import clock
from bot.settings import Secret
from bot.signing_keys import load_ring
from core.card import RemarkLine, Verb
from core.cards.view import binding
from core.ports import Notice
from core.text import has_hidden, one_line, visible
from core.tokens.links import Links, Pass
from tests.contract.test_channel import pending
from tests.depth import parts
from tests.e2e.lettered import Office, office
from tests.e2e.rulebook import ALICE, MARA
from tests.mailserver import SENDER, body, read
from tests.real.test_hostile_texts import INJECTIONS, NAUGHTY, PARTS, POLICY, strings

AT = 1_790_000_000_000
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
    *("X-Auto-Response-Suppress", "In-Reply-To", "References", "Content-Type"),
}
HARMLESS = "A harmless text"

pytestmark = pytest.mark.skipif(
    not (NAUGHTY.exists() and INJECTIONS.exists()),
    reason="the hostile strings (../shared/data) are not on this machine",
)


class Seen(HTMLParser):
    """The shape of a page, without its text, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, tuple(sorted(name for name, _ in attrs))))

    def handle_comment(self, data: str) -> None:
        self.shape.append((f"comment {data}", ()))

    def handle_data(self, data: str) -> None:
        self.text += data


def shapes(page: str) -> set[tuple[str, tuple[str, ...]]]:
    """Which tags there are, each with which attributes."""
    return set(Seen(page).shape)


def hidden_in(text: str) -> set[str]:
    return {c for c in text if has_hidden(c)} - {"\ufe0f", "\u200d", "\n", "\r", "\t"}


def letters(text: str) -> tuple[str, str, str, list[str]]:
    """A letter full of the text: subject, plain text, HTML, names of headers."""
    card = replace(
        pending(description=text),
        title=text,
        asked_by=text,
        note=text,
        remarks=(RemarkLine(name=text, text=text, at=AT),),
        risks=(text,),
    )
    made = RENDERER.card(
        card, Kind.ASKS, lambda verb: f"https://a.example/decide/{verb}", first=True
    )
    message = blank(SENDER, MARA, made.subject, "id1", AT)
    threaded(message, "root", [], SENDER)
    found = read(written(message, made).as_bytes())
    return str(found["Subject"]), body(found), body(found, "html"), found.keys()


RENDERER = Renderer()


@pytest.mark.parametrize("part", parts(PARTS))
def test_no_text_is_more_than_text_in_a_letter(part: int) -> None:
    _, _, harmless, _ = letters(HARMLESS)
    for text in strings(part):
        subject, plain, html, headers = letters(text)
        assert set(headers) == HEADERS, text
        assert len(headers) == len(HEADERS), text
        assert "\n" not in subject
        assert "\r" not in subject
        assert hidden_in(subject + plain + html) == set(), text
        assert shapes(html) <= shapes(harmless), text
        shown = " ".join(visible(one_line(text)).split())[:60]
        for read_ in (plain, Seen(html).text):
            assert shown in " ".join(read_.split()), text
        told = RENDERER.notice(Notice(kind="comment", request=text, title=text, text=text), None)
        assert shapes(told.html) <= shapes(harmless), text


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Office]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with office(tmp_path, by_mail=(MARA,), policy=policy, relay=False) as made:
        yield made


async def test_no_text_is_more_than_text_on_a_page(desk: Office, tmp_path: Path) -> None:
    shared = json.loads((tmp_path / "shared.json").read_text())
    links = Links(load_ring(Secret(shared["signing_key"]), Secret(desk.co.database)))
    key = await desk.co.key("submit")
    allowed: set[tuple[str, tuple[str, ...]]] = set()
    for text in [HARMLESS, *strings(0)[::3], *strings(3)[::3]]:
        action = {"type": "expense", "params": {"note": text}}
        given = {"title": f"x {text}"[:150], "description": text, "requester": ALICE}
        status, request = await desk.co.call(
            "POST", "/v1/requests", key, given | {"action": action}
        )
        if status == 422:
            continue
        found = await desk.co.storage.store.snapshot(request["id"])
        assert found is not None
        about = binding(found.state, found.state.current)
        assert about is not None
        given_pass = Pass(letter="x", person=MARA, binding=about, ends=clock.now() + 60_000)
        page = await desk.open(f"https://x/decide/look?t={links.sign(given_pass)}")
        assert page.status == 200
        allowed = allowed or shapes(page.text)
        assert shapes(page.text) <= allowed, text
        assert hidden_in(page.text) == set(), text
        answer = await desk.send(Verb.REJECT.value, {"t": page.forms["reject"], "reason": text})
        assert answer.status in (200, 422), (text, answer.said)
        if answer.status == 200:
            reason = (await desk.co.get(await desk.co.key("read_all"), request["id"]))["decision"]
            assert reason["reason"].strip() == text.strip()
