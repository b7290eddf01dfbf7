"""The page of findings: who sees it, what stands on it, and what its buttons do."""

import re

import pytest

from adapters.web.insight.handlers import PATH
from adapters.web.insight.shown import line
from core.events import Actor
from core.insight.cases import Kind
from core.insight.port import Proposed
from core.insight.proposals import Found
from core.refusals import Reason, Refused
from tests.adapters.web.insight.insight_rig import Here, item_of
from tests.core.builders import ADA, NOW
from tests.core.test_insight_findings import POLICY

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def here() -> Here:
    return Here()


async def test_a_finding_stands_with_its_numbers_its_change_and_a_button(here: Here) -> None:
    text = await here.text()
    for said in (
        "Could pass without a person",
        "Approve trip up to 95 EUR without a person",
        "<dt>Approved</dt><dd>100 of 100</dd>",
        "96.3 %",
        '<span class="came">+  - name: &#39;auto trip EUR&#39;</span>',
        "Of the last 100 requests, with this policy: 4 pass without a person, 96 stay as they are.",
    ):
        assert said in text, said
    [item] = here.fake.ledger.newest.items if here.fake.ledger.newest else ()
    assert f'name="finding" value="{item.finding.id}"' in text
    assert 'name="csrf"' in text
    assert [len(m) for m in re.findall(r"<h([123])", text)] == [1, 1, 1]


async def test_only_administrators_see_or_do_anything(here: Here) -> None:
    here.leave()
    assert "This page is for administrators" in await here.text(403)
    answer = await here.door.call(here.page.propose, f"{PATH}/propose", {"finding": ("x",)})
    assert answer.status == 403
    answer = await here.door.call(here.page.accepted, f"{PATH}/accepted/R7", id="R7")
    assert answer.status == 403
    assert here.fake.calls == []


async def test_the_button_proposes_as_the_visitor_with_the_session(here: Here) -> None:
    answer = await here.door.call(here.page.propose, f"{PATH}/propose", {"finding": ("F1",)})
    assert (answer.status, answer.headers["Location"]) == (303, PATH)
    actor = Actor(via="web", person=ADA, evidence={"session": "session-1"})
    assert here.fake.calls == [("F1", ADA, actor)]
    here.fake.refused = Refused(Reason.STALE_FINDING)
    answer = await here.door.call(here.page.propose, f"{PATH}/propose", {"finding": ("F1",)})
    assert answer.status == 303


@pytest.mark.parametrize(
    ("status", "ended_at", "said", "button"),
    [
        ("open", None, "Waits for a decision", False),
        ("rejected", NOW - 1, "rejected less than 90 days ago", False),
        ("cancelled", NOW - 1, "Withdrawn", True),
        ("failed", NOW - 1, "Approved, not applied", True),
    ],
)
async def test_what_was_proposed_says_what_became_of_it(
    here: Here, status: str, ended_at: int | None, said: str, button: bool
) -> None:
    made = Proposed("R7", item_of().finding.id, "a", "b", ADA, NOW, status, ended_at)
    here.fake.ledger.made.append(made)
    text = await here.text()
    assert said in text
    assert ("Propose<span" in text) is button
    assert '<th scope="row"><a href="/inbox/R7">R7</a></th>' in text


async def test_under_another_policy_there_is_no_button(here: Here) -> None:
    here.version = "another"
    text = await here.text()
    assert "worked out anew within minutes" in text
    assert "Propose<span" not in text


async def test_before_anything_was_counted_the_page_says_so(here: Here) -> None:
    here.fake.ledger.newest = None
    assert "Nothing was counted yet" in await here.text()


async def test_what_comes_from_agents_is_escaped(here: Here) -> None:
    item = item_of(Kind(HOSTILE, "travel", "EUR"))
    here.fake.ledger.newest = Found(at=NOW, policy=POLICY.version, items=(item,))
    text = await here.text()
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


async def test_hidden_characters_of_agents_are_shown(here: Here) -> None:
    item = item_of(Kind("pay\u202eeporp", "travel", "EUR"))
    here.fake.ledger.newest = Found(at=NOW, policy=POLICY.version, items=(item,))
    text = await here.text()
    assert "Approve pay⟦U+202E⟧eporp up to" in text
    assert "requests for pay⟦U+202E⟧eporp" in text
    assert "\u202e" not in text
    assert line("+# x\u200b y").text == "+# x⟦U+200B⟧ y"


async def test_where_a_file_is_the_source_the_text_can_be_fetched() -> None:
    here = Here(from_file=True)
    assert "countersign policy accepted ID" in await here.text()
    answer = await here.door.call(here.page.accepted, f"{PATH}/accepted/R7", id="R7")
    assert (answer.text, answer.headers["Content-Disposition"]) == (
        "version: 1\n",
        'attachment; filename="policy.yaml"',
    )
    answer = await here.door.call(here.page.accepted, f"{PATH}/accepted/R8", id="R8")
    assert answer.status == 404
