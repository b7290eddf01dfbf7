"""A card as Slack blocks: what stands where, and that no text from outside breaks it."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.slack import render
from core.card import Button, Card, Fact, RemarkLine, StageLine, Verb, VoteLine
from core.content import Point, Rationale
from core.request import Status
from tests.adapters.slack import cards
from tests.adapters.slack.limits import assert_message, texts
from tests.depth import parts

GOLDEN = Path(__file__).parent / "golden"
DATA = Path(__file__).parents[4] / "shared" / "data"

Json = dict[str, Any]

HOSTILE = "*b* _i_ <!channel> <@U1> <https://evil.example|Bank> :tada: `x` \u202e\u0000 & > @here"


def block(card: Card, name: str) -> Json:
    return next(b for b in render.blocks(card) if b["block_id"] == f"countersign_{name}")


def names(card: Card) -> list[str]:
    return [b["block_id"].removeprefix("countersign_") for b in render.blocks(card)]


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("waiting", cards.card(buttons=(cards.APPROVE, cards.REJECT, cards.VIEW))),
        ("approved", cards.approved()),
        ("rejected", cards.rejected()),
        ("hostile", cards.card(title=HOSTILE, facts=(Fact(label=HOSTILE, value=HOSTILE),))),
    ],
)
def test_a_card_is_laid_out_exactly_so(name: str, card: Card) -> None:
    made = render.message(card)
    golden = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    assert {"text": made.text, "blocks": made.blocks} == golden
    assert_message(made.blocks)


def test_what_one_needs_to_decide_stands_before_the_buttons() -> None:
    assert names(cards.card()) == [
        "title",
        "state",
        "facts",
        "about",
        "risks",
        "advice",
        "why",
        "actions",
        "stages",
        "points",
        "footer",
    ]


def test_what_changed_and_what_was_said_stand_around_the_facts() -> None:
    remark = RemarkLine(name="Ann", text="Which\nbudget?", at=cards.NOW, question=True)
    card = cards.card(note="Revision 2: amount 120,000 → 90,000", remarks=(remark,))
    found = names(card)
    assert found.index("note") == found.index("facts") - 1
    assert found.index("remarks") == found.index("stages") + 1
    assert block(card, "note")["text"]["text"] == "Revision 2: amount 120,000 → 90,000"
    assert block(card, "remarks")["text"]["text"] == (
        "*Comments*\n❓ Ann "
        "<!date^1795233600^{date_short_pretty} {time}|21 Nov 2026 05:00 Europe/Berlin>"
        ": Which budget?"
    )


def test_of_many_comments_the_newest_are_shown_and_it_says_so() -> None:
    said = tuple(RemarkLine(name="Ann", text=f"r{n}", at=cards.NOW) for n in range(7))
    card = cards.card(remarks=said)
    lines = block(card, "remarks")["text"]["text"].split("\n")[1:]
    assert [line[-2:] for line in lines] == ["r2", "r3", "r4", "r5", "r6"]
    assert "shortened to fit" in block(card, "footer")["elements"][0]["text"]


def test_a_stage_that_is_held_says_so() -> None:
    held = "held: nobody may decide it; an administrator must help"
    stage = StageLine(level=1, name="Finance", status="pending", note=held)
    text = block(cards.card(stages=(stage,)), "stages")["text"]["text"]
    assert text == f"*Stages*\n🔵 1. *Finance* – {held}"


def test_the_menu_of_a_finished_request_stands_below_its_record() -> None:
    card = cards.approved(more=cards.MORE)
    assert names(card)[-3:] == ["stages", "actions", "footer"]
    (menu,) = block(card, "actions")["elements"]
    assert [o["text"]["text"] for o in menu["options"]] == ["History", "View full action"]
    assert_message(render.blocks(card))


@pytest.mark.parametrize("status", [s for s in Status if s not in ("pending", "changes_requested")])
def test_a_finished_request_has_no_buttons_whatever_the_card_says(status: Status) -> None:
    assert "actions" not in names(cards.card(status=status))


def test_without_a_binding_only_looking_is_possible() -> None:
    found = block(cards.card(binding=None), "actions")["elements"]
    assert [e["action_id"] for e in found] == ["countersign_view"]


def test_buttons_carry_what_they_decide_about() -> None:
    approve, reject, view = block(cards.card(), "actions")["elements"]
    bound = '[1,["req_01J9ZK4T7QX2",1,"4be1c0ffee4be1c0",2,0]]'
    assert (approve["action_id"], approve["style"], approve["value"]) == (
        "countersign_approve",
        "primary",
        bound,
    )
    assert (reject["action_id"], reject["style"], reject["value"]) == (
        "countersign_reject",
        "danger",
        bound,
    )
    assert view["value"] == '[1,"req_01J9ZK4T7QX2"]'
    assert "confirm" not in approve


def test_a_risky_request_asks_once_more() -> None:
    button = Button(verb=Verb.APPROVE, label="Approve", confirm=cards.ASK_TWICE)
    (made,) = block(cards.card(buttons=(button,)), "actions")["elements"]
    assert {name: text["text"] for name, text in made["confirm"].items()} == {
        "title": "Approve this high-risk request?",
        "text": "Risk score 82 of 100 over 120,000 EUR. Your approval is recorded.",
        "confirm": "Approve",
        "deny": "Back",
    }


def test_a_long_list_of_facts_keeps_the_buttons_in_sight() -> None:
    card = cards.card(facts=tuple(Fact(label=f"F{n}", value=str(n)) for n in range(9)))
    assert block(card, "facts")["text"]["text"] == "*F0*: 0\n*F1*: 1\n*F2*: 2\n*F3*: 3"
    assert len(block(card, "more_facts")["fields"]) == 5
    assert names(card).index("actions") < names(card).index("more_facts")


def test_a_fact_that_the_title_says_already_gives_way_to_others() -> None:
    facts = (Fact(label="Purpose", value="New desks"), Fact(label="Vendor", value="Nordwind"))
    card = cards.card(title="New desks", facts=facts)
    assert block(card, "facts")["text"]["text"] == "*Vendor*: Nordwind"
    assert block(card, "more_facts")["fields"][0]["text"] == "*Purpose*\nNew desks"


def test_labels_stay_bold_beside_values_of_several_lines() -> None:
    card = cards.card(
        facts=(Fact(label="Items", value="Two racks\n\nFour servers"),),
        description="First.\nSecond.",
    )
    assert block(card, "more_facts")["fields"][0]["text"] == "*Items*\nTwo racks\n\nFour servers"
    assert block(card, "about")["text"]["text"] == "*Description:* First.\nSecond."


def test_a_value_with_a_line_of_markup_is_shown_letter_by_letter() -> None:
    card = cards.card(facts=(Fact(label="Items", value="Two racks\n- *four* servers"),))
    assert block(card, "more_facts")["fields"][0]["type"] == "plain_text"


LONG = "One sentence of many that say why this is needed now. " * 20
HEAD = {"title", "state", "note", "facts", "about", "risks", "advice", "why", "actions"}


def test_above_the_buttons_everything_is_short_and_the_whole_follows_below() -> None:
    advice = Rationale(recommendation="approve", summary=LONG, risks=(LONG,) * 5)
    card = cards.card(
        facts=(Fact(label="Amount", value="120,000 EUR"), Fact(label="Purpose", value=LONG[:300])),
        description=LONG,
        note=LONG,
        rationale=advice,
        risks=advice.risks,
    )
    found = names(card)
    end = found.index("actions")
    assert set(found[: end + 1]) == HEAD
    above = sum(len(t["text"]) for b in render.blocks(card)[:end] for t in texts(b))
    assert above < 1_200
    for name in ("more_facts", "description", "whole_note", "all_risks", "points"):
        assert found.index(name) > end
        assert LONG[:299].strip() in json.dumps(block(card, name))
    assert block(card, "risks")["text"]["text"].endswith("\n🚩 2 more below")


def test_what_is_short_is_said_once() -> None:
    card = cards.card(note="Revision 2", risks=("One vendor.",), description="Two\nlines.")
    assert {"description", "whole_note", "all_risks"} & set(names(card)) == set()
    assert block(card, "risks")["text"]["text"] == "🚩 One vendor."


def test_until_when_stands_with_where_it_stands() -> None:
    date = "<!date^1795255200^{date_short_pretty} {time}|21 Nov 2026 11:00 Europe/Berlin>"
    assert block(cards.card(), "state")["text"]["text"].endswith(f"\n*Decide by* {date}")
    over = cards.card(status=Status.EXPIRED)
    assert "Decide by" not in block(over, "state")["text"]["text"]


def test_more_than_fourteen_facts_are_cut_and_it_says_so() -> None:
    card = cards.card(facts=tuple(Fact(label=f"F{n}", value=str(n)) for n in range(15)))
    assert len(block(card, "more_facts")["fields"]) == 10
    assert "shortened to fit" in block(card, "footer")["elements"][0]["text"]


def test_a_card_that_shows_everything_does_not_claim_to_be_cut() -> None:
    assert "shortened" not in block(cards.card(), "footer")["elements"][0]["text"]


def test_votes_say_who_when_where_and_why() -> None:
    vote = VoteLine(
        name="Finn Fischer", decision="approved", via="api", at=cards.NOW, comment="Fine by me."
    )
    stage = StageLine(
        level=1,
        name="Finance",
        status="pending",
        votes=(vote,),
        waiting_for=("Faye Frank",),
        escalated_because="nobody answered",
    )
    assert block(cards.card(stages=(stage,)), "stages")["text"]["text"] == (
        "*Stages*\n"
        "🔵 1. *Finance*: Finn Fischer approved "
        "<!date^1795233600^{date_short_pretty} {time}|21 Nov 2026 05:00 Europe/Berlin> "
        "through the API – Fine by me.; waiting for Faye Frank "
        "(escalated: nobody answered)"
    )


def test_a_stage_says_how_many_approvals_are_missing() -> None:
    board = StageLine(level=1, name="Board", status="pending", waiting_for=("B", "C"))
    for left, said in ((3, " (3 approvals needed)"), (1, " (1 approval needed)")):
        stage = replace(board, needed=left)
        text = block(cards.card(stages=(stage,)), "stages")["text"]["text"]
        assert text.endswith(f"waiting for B, C{said}")


def test_of_several_who_are_asked_one_may_do() -> None:
    text = block(cards.card(), "stages")["text"]["text"]
    assert "waiting for Finn Fischer, Faye Frank (1 approval needed)\n" in text


def test_a_skipped_stage_was_not_needed() -> None:
    stage = StageLine(level=1, name="Legal", status="skipped")
    text = block(cards.card(stages=(stage,)), "stages")["text"]["text"]
    assert text == "*Stages*\n⚪ 1. Legal: not needed"


def test_many_people_are_counted() -> None:
    stage = StageLine(level=1, name="All", status="pending", waiting_for=tuple("ABCDEFG"))
    text = block(cards.card(stages=(stage,)), "stages")["text"]["text"]
    assert text.endswith("waiting for A, B, C, D, E and 2 more (1 approval needed)")


def test_a_stage_that_was_never_decided_waits_no_longer_after_the_end() -> None:
    card = cards.card(status=Status.EXPIRED, stages=(cards.FINANCE,))
    assert block(card, "stages")["text"]["text"].startswith("*Stages*\n⚪ 2. Finance")


def test_confidence_is_shown_when_there_is_one() -> None:
    advice = Rationale(
        recommendation="approve", summary="All good.", confidence=80, source="openai"
    )
    card = cards.card(rationale=advice)
    text = block(card, "advice")["text"]["text"]
    assert text == "💡 *Advice:* *approve* (80% sure). All good."


@pytest.mark.parametrize(
    ("recommendation", "words"),
    [("approve", "approve"), ("review", "look closely"), ("reject", "reject")],
)
def test_advice_is_said_in_the_words_of_every_platform(recommendation: str, words: str) -> None:
    advice = Rationale(recommendation=recommendation, summary="See the points.")
    text = block(cards.card(rationale=advice), "advice")["text"]["text"]
    assert text == f"💡 *Advice:* *{words}*. See the points."


@pytest.mark.parametrize("status", [s for s in Status if s not in ("pending", "changes_requested")])
def test_a_finished_request_shows_no_advice(status: Status) -> None:
    assert not {"advice", "points"} & set(names(cards.card(status=status)))


def test_the_notification_says_what_how_much_and_where_it_stands() -> None:
    assert render.text(cards.card()) == (
        "New ERP system · 120,000 EUR · Waiting for Finance (stage 2 of 3)"
    )


def test_the_notification_mentions_nobody_and_stays_short() -> None:
    made = render.text(cards.card(title="<!channel> " * 100))
    assert made.startswith("&lt;!channel&gt; ")
    assert len(made) <= 300


def test_a_sentence_may_stand_above_the_card() -> None:
    made = render.blocks(cards.card(), lead="You approved <this>.")
    assert made[0]["text"]["text"] == "You approved &lt;this&gt;."
    assert made[1]["block_id"] == "countersign_title"


def enormous_stages(text: str) -> tuple[StageLine, ...]:
    """More stages, votes and names than a message holds."""
    votes = tuple(
        VoteLine(name=text, decision="approved", via="slack", at=cards.NOW, comment=text)
        for _ in range(20)
    )
    return tuple(
        StageLine(
            level=n,
            name=text,
            status="pending",
            votes=votes,
            waiting_for=(text,) * 30,
            escalated_because=text,
            note=text,
        )
        for n in range(12)
    )


def enormous(text: str) -> Card:
    """A card in which everything that can be long is."""
    points = tuple(Point(text=text, sources=(text,) * 10) for _ in range(20))
    return cards.card(
        title=text,
        headline=text,
        asked_by=text,
        facts=tuple(Fact(label=text, value=text) for _ in range(30)),
        stages=enormous_stages(text),
        why=text,
        rationale=Rationale(recommendation=text, summary=text, points=points, source=text),
        risks=(text,) * 30,
        description=text,
        reason=text,
        whole_action=text,
        digest=text,
        note=text,
        remarks=tuple(RemarkLine(name=text, text=text, at=cards.NOW) for _ in range(30)),
        more=tuple(Button(verb=verb, label=text) for verb in Verb),
    )


@pytest.mark.parametrize(
    "text",
    [
        "x" * 20_000,
        "&" * 20_000,
        "<" * 5000,
        '"\\' * 5000,
        "漢" * 5000,
        "😀" * 5000,
        "\u202e" * 5000,
        "\n" * 5000,
        "a\u0301" * 5000,
    ],
)
def test_a_card_of_any_size_fits_into_one_message_and_says_that_it_was_cut(text: str) -> None:
    made = render.message(enormous(text), lead=text)
    assert_message(made.blocks)
    ids = {b["block_id"] for b in made.blocks}
    assert ids >= {"countersign_title", "countersign_state", "countersign_actions"}
    assert "shortened to fit" in made.blocks[-1]["elements"][0]["text"]


def naughty() -> list[str]:
    found: list[str] = json.loads((DATA / "naughty-strings.json").read_text("utf-8"))
    return found


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not on this machine")
@pytest.mark.parametrize("part", parts(3))
def test_naughty_strings_render_without_mention_or_link_and_within_the_limits(part: int) -> None:
    strings = naughty()[part::3]
    assert len(strings) > 150
    for text in strings:
        made = render.message(enormous(text))
        assert_message(made.blocks)
        assert "<" not in made.text


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not on this machine")
def test_naughty_strings_are_never_read_as_markup() -> None:
    seen = 0
    for text in (t for t in naughty() if any(sign in t for sign in "*~`")):
        for found in texts(render.blocks(cards.card(title=text, headline=text, description=text))):
            if found["type"] == "mrkdwn":
                seen += 1
                assert text not in found["text"]
    assert seen > 100
