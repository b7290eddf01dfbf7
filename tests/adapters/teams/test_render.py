"""Cards as Teams draws them: valid, small enough, nothing from outside read as markup."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adapters.teams.limits import MOST, SIZES
from adapters.teams.render import render, size, summary
from adapters.teams.sections import notice
from core.card import Card, Fact, StageLine, VoteLine
from core.content import Point, Rationale
from core.request import Status
from playground.teams.cards import check
from tests.adapters.teams.cards import (
    ASK_TWICE,
    BINDING,
    DATA,
    MORE,
    NOW,
    REJECT,
    REQUEST,
    VIEW,
    a_card,
    a_rejected_card,
    actions,
    parts,
    texts,
)

FULL = a_card(more=MORE)
TAKING = {"approve", "reject"}
DATA_FOLDER = Path(__file__).parents[4] / "shared" / "data"
JOINER = "\u2060"
OURS = re.compile(
    r"Risks|Stages|Comments|Facts|Description|What changed|Why this advice|⚑ \d+ more below|"
    r"\d+ more (risks|stages|points|votes|in the (full action|history))|"
    r"Decide by \{\{DATE\([\dT:Z-]+, SHORT\)\}\} at \{\{TIME\([\dT:Z-]+\)\}\}"
)
"""Everything that may stand where Markdown is read."""


def naughty() -> list[str]:
    """A collection of strings that break naive programs; a few of our own without it."""
    path = DATA_FOLDER / "naughty-strings.json"
    own = ["", " ", "\n", "\x00", "\ud800", "‮abc", "😀" * 50, "[a](http://b)", "<at>x</at>", "{{"]
    return own + (json.loads(path.read_text("utf-8")) if path.exists() else [])


def outside(text: str) -> Card:
    """A card in which everything that comes from outside is that text."""
    vote = VoteLine(name=text, decision="approved", via=text, at=NOW, comment=text)
    stage = StageLine(
        level=1,
        name=text,
        status="pending",
        votes=(vote, vote),
        waiting_for=(text, text),
        needed=3,
        escalated_because=text,
    )
    point = Point(text=text, sources=(text, text))
    return a_card(
        title=text,
        headline=text,
        asked_by=text,
        facts=(Fact(label=text, value=text),) * 12,
        stages=(stage,) * 6,
        why=text,
        rationale=Rationale(recommendation=text, summary=text, points=(point,) * 8, source=text),
        risks=(text,) * 8,
        whole_action=text,
        description=text,
        reason=text,
        timezone=text,
        digest=text,
        buttons=(ASK_TWICE, REJECT, VIEW),
    )


CARDS: dict[str, Card] = {
    "pending": a_card(),
    "risky": a_card(buttons=(ASK_TWICE, REJECT, VIEW)),
    "bystander": a_card(buttons=(VIEW,)),
    "rejected": a_rejected_card(),
    "bare": a_card(
        facts=(), stages=(), why=None, deadline=None, rationale=None, risks=(), description=None
    ),
    **{status.value: a_card(status=status) for status in Status},
}


def assert_drawable(card: dict[str, Any]) -> None:
    """Small enough, at most four actions, and nothing that a client would refuse or ignore."""
    assert size(card) <= MOST
    assert card["version"] == "1.5"
    assert len(actions(card)) <= 4
    report = check(card)
    assert (report.problems, report.warnings) == ([], [])
    json.dumps(card, ensure_ascii=False).encode("utf-8")


def assert_valid(card: dict[str, Any]) -> None:
    path = DATA_FOLDER / "schemas" / "adaptive-card-1.5.0.json"
    if not path.exists():
        pytest.skip("the official schema is not on this machine")
    bare = {name: value for name, value in card.items() if name != "msteams"}
    jsonschema.Draft6Validator(json.loads(path.read_text("utf-8"))).validate(bare)


@pytest.mark.parametrize("name", CARDS)
def test_every_kind_of_card_is_drawable(name: str) -> None:
    assert_drawable(render(CARDS[name]))


@pytest.mark.parametrize("name", ["pending", "risky", "rejected", "bare"])
def test_every_kind_of_card_fits_the_official_schema(name: str) -> None:
    assert_valid(render(CARDS[name], said=notice("Out of date.", refused=True)))


def test_hostile_text_keeps_every_card_drawable_and_plain() -> None:
    for text in naughty():
        card = render(outside(text))
        assert_drawable(card)
        for block in parts(card, "TextBlock"):
            assert OURS.fullmatch(block["text"]), block["text"]
        assert parts(card, "Action.OpenUrl") == []
        assert parts(card, "Image") == []
        assert "entities" not in card["msteams"]


def test_hostile_text_fits_the_official_schema() -> None:
    for text in naughty()[:12]:
        assert_valid(render(outside(text)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** _it_ [a](http://b) `c`", "**bold** _it_ [a](http://b) `c`"),
        ("<at>Everyone</at>", f"<{JOINER}at>Everyone<{JOINER}/at>"),
        ("< AT id=1>x", f"<{JOINER} AT id=1>x"),
        ("{{DATE(2020-01-01T00:00:00Z)}}", f"{{{JOINER}{{DATE(2020-01-01T00:00:00Z)}}}}"),
        ("{{{TIME", f"{{{JOINER}{{{JOINER}{{TIME"),
        ("two\nlines\tand  gaps", "two lines and gaps"),
        ("safe‮evil", "safe⟦U+202E⟧evil"),
        ("zero​width", "zero⟦U+200B⟧width"),
        ("half\ud83d", "half⟦U+D83D⟧"),
    ],
)
def test_outside_text_stands_in_runs_without_meaning(text: str, shown: str) -> None:
    card = render(a_card(title=text))
    run = card["body"][0]["inlines"][0]
    assert (run["type"], run["text"]) == ("TextRun", shown)


@pytest.mark.parametrize("length", [10_000, 200_000])
@pytest.mark.parametrize("letter", ["x", "é", "漢", "😀", "\n", "\u202e", "{", "<at>"])
def test_any_amount_of_any_text_fits_and_keeps_its_buttons(letter: str, length: int) -> None:
    card = render(outside(letter * length))
    assert_drawable(card)
    assert [a["title"] for a in actions(card)] == ["Approve", "Reject", "View full action"]


def test_each_size_is_smaller_than_the_one_before() -> None:
    card = a_card(description="word " * 500, whole_action="a line\n" * 100)
    full, small, tiny = (size(render(card, smaller=n)) for n in range(len(SIZES)))
    assert full > small > tiny


def test_what_is_cut_says_so() -> None:
    card = render(a_card(title="T" * 1000, description="d\n" * 50))
    shown = texts(card)
    assert f"{'T' * 300}… [cut: 1,000 characters]" in shown
    assert "… [cut: 21 more lines]" in shown


def test_votes_and_points_that_have_no_room_are_counted() -> None:
    vote = VoteLine(name="Ann", decision="approved", via="slack", at=NOW)
    stage = StageLine(level=1, name="Board", status="pending", votes=(vote,) * 11)
    advice = Rationale(
        recommendation="review", summary="s", points=(Point(text="p", sources=("x",)),) * 9
    )
    shown = texts(render(a_card(stages=(stage,), rationale=advice)))
    assert "3 more votes" in shown
    assert "3 more points" in shown


def test_even_the_smallest_card_says_that_its_description_goes_on() -> None:
    card = render(a_card(description="word " * 500), smaller=len(SIZES) - 1)
    assert any("word word" in text and "[cut: " in text for text in texts(card))


def test_a_final_card_has_no_buttons_and_says_who_decided_and_why() -> None:
    card = render(a_rejected_card())
    assert actions(card) == []
    assert parts(card, "Action.Execute") == []
    shown = texts(card)
    assert shown[:2] == ["New ERP system", "Rejected by Finn Fischer"]
    assert shown.count("Over budget") == 1
    assert "Reason: " in shown
    # What was given as the reason stands there already.
    assert "“Over budget”" not in shown
    assert "rejected in Teams, 21 Nov 2026, 05:00 CET" in shown


@pytest.mark.parametrize("status", Status)
def test_advice_is_shown_only_while_there_is_something_to_decide(status: Status) -> None:
    shown = texts(render(a_card(status=status)))
    is_open = status in (Status.PENDING, Status.CHANGES_REQUESTED)
    assert ("look closely" in shown) == is_open
    assert ("The amount is 120,000 EUR." in shown) == is_open


def test_a_card_without_a_digest_does_not_speak_of_one() -> None:
    assert texts(render(a_card(digest="", revision=3))["body"])[-1] == (
        f"Request {REQUEST} · revision 3"
    )


def test_a_bystanders_card_has_nothing_that_decides() -> None:
    card = render(a_card(buttons=(VIEW,)))
    assert [a["title"] for a in actions(card)] == ["View full action"]
    assert {each["verb"] for each in parts(card, "Action.Execute")} == {"page"}
    assert parts(card, "Input.Text") == []


def test_buttons_without_a_binding_are_not_shown() -> None:
    card = render(a_card(binding=None))
    assert [a["title"] for a in actions(card)] == ["View full action"]


def test_each_deciding_button_carries_its_binding_and_a_fallback() -> None:
    deciding = [a for a in parts(render(a_card()), "Action.Execute") if a["verb"] != "page"]
    assert [execute["verb"] for execute in deciding] == ["approve", "reject"]
    for execute in deciding:
        verb = execute["verb"]
        assert execute["data"] == {**DATA, "verb": verb}
        assert execute["fallback"]["type"] == "Action.Submit"
        assert execute["fallback"]["data"] == execute["data"]
    assert BINDING.request == REQUEST


def test_the_reason_is_required_for_rejecting_and_never_in_the_way_of_approving() -> None:
    card = render(a_card())
    approve, reject, _ = actions(card)
    assert (approve["type"], approve["associatedInputs"]) == ("Action.Execute", "auto")
    (comment,) = (element for element in card["body"] if element["type"] == "Input.Text")
    assert (comment["id"], comment.get("isRequired")) == ("comment", None)
    reason = reject["card"]["body"][0]
    assert (reason["id"], reason["isRequired"]) == ("reason", True)
    assert reason["errorMessage"] == "Please say why: a rejection needs a reason."
    assert reject["card"]["actions"][0]["associatedInputs"] == "auto"


def test_nothing_but_approve_and_reject_takes_inputs_along() -> None:
    rest = [a for a in parts(render(FULL), "Action.Execute") if a["verb"] not in TAKING]
    assert len(rest) > 5
    assert {action["associatedInputs"] for action in rest} == {"none"}


def test_a_stage_that_needs_more_votes_says_how_many() -> None:
    vote = VoteLine(name="Ann", decision="approved", via="slack", at=NOW)
    stage = StageLine(
        level=1, name="Board", status="pending", votes=(vote,), waiting_for=("B", "C"), needed=2
    )
    assert " (2 approvals needed)" in texts(render(a_card(stages=(stage,))))


def test_many_people_are_counted_rather_than_listed() -> None:
    names = tuple(f"Person {n}" for n in range(11))
    stage = StageLine(level=1, name="Board", status="pending", waiting_for=names)
    shown = texts(render(a_card(stages=(stage,))))
    assert ", ".join(names[:8]) in shown
    assert " and 3 more (1 approval needed)" in shown


def test_a_stage_that_nobody_decides_any_more_does_not_read_as_if_it_waited() -> None:
    stages = (
        StageLine(level=1, name="Manager", status="pending"),
        StageLine(level=2, name="Finance", status="waiting"),
    )
    open_ = texts(render(a_card(stages=stages[1:])))
    assert open_[open_.index("2. Finance") + 2] == "comes later"
    over = texts(render(a_card(stages=stages, status=Status.CANCELLED, buttons=(), binding=None)))
    assert over[over.index("1. Manager") + 2] == "not decided"
    assert over[over.index("2. Finance") + 2] == "not decided"


def test_an_escalated_stage_says_why() -> None:
    stage = StageLine(level=1, name="Board", status="pending", escalated_because="Ann left")
    assert "Escalated: Ann left" in texts(render(a_card(stages=(stage,))))


def test_a_model_is_named_as_the_source_of_its_advice() -> None:
    point = Point(text="p", sources=())
    advice = Rationale("approve", "Fine.", confidence=80, points=(point,), source="gpt-x")
    shown = "".join(texts(render(a_card(rationale=advice))))
    assert "Advice: approve (80% sure). Fine." in shown
    assert "Source: gpt-x" in shown


def test_a_skipped_stage_was_not_needed() -> None:
    stage = StageLine(level=1, name="Legal", status="skipped")
    shown = texts(render(a_card(stages=(stage,))))
    assert "not needed" in shown
    assert "skipped" not in shown


def test_a_rejection_asks_for_its_reason_in_the_words_of_every_platform() -> None:
    (asks,) = (i for i in parts(render(a_card()), "Input.Text") if i["id"] == "reason")
    assert asks["label"] == "Why? Everyone concerned will read it."
    assert "placeholder" not in asks


def test_the_same_card_always_gives_the_same_json() -> None:
    assert render(a_card()) == render(a_card())


def test_the_notification_is_one_plain_line() -> None:
    assert summary(a_card(title="a\n{{DATE")) == (
        f"a {{{JOINER}{{DATE: Waiting for Finance (stage 2 of 3)"
    )
