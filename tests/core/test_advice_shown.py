"""What a card says of a model's advice, in lines that letters, pages and the terminal share."""

from msgspec.structs import replace

from bot.cli_show import card_lines
from core.card import Card, Viewer
from core.cards import card
from core.cards.advised import differing, left_out, source
from core.cards.outline import outline
from core.content import Rationale, Revision
from core.text import has_hidden
from tests.core.advised import HARMLESS, RUN, an_answer, cited, rules_of, shown
from tests.core.builders import DIRECTORY, MARA, NOW, content
from tests.core.spec import submitted

GOOD = cited("The requester had 12 of 14 earlier ones approved.", "history.requester")
RECORD = "At this confidence right 45 of 50 times."


def advised(advice: Rationale, revision: Revision = HARMLESS) -> Card:
    contents = {"R1.r1": content("R1.r1", revision).body, "R1.a1": content("R1.a1", advice).body}
    return card(submitted().state, contents, Viewer(person=MARA), DIRECTORY, NOW)


def test_advice_of_the_rules_alone_says_nothing_of_a_model() -> None:
    advice = rules_of()
    assert (differing(advice), source(advice), left_out(advice)) == (None, None, None)
    found = outline(advised(advice)).advice
    assert found is not None
    assert (found.aside, found.questions, found.about) == ("", (), ())


def test_the_card_says_who_advises_what_to_ask_and_what_was_left_out() -> None:
    invented = cited("It saves 77 EUR.", "request.amount")
    advice = shown(an_answer(points=[GOOD, invented], questions=["Who uses the old system?"]))
    found = outline(advised(advice)).advice
    assert found is not None
    assert found.recommendation == "approve (80% sure)"
    assert found.questions == ("Who uses the old system?",)
    assert found.about == (
        "Source: model-1 and rules",
        "Left out of the model's answer: point (a number that stands in no fact it rests on).",
    )
    lines = "\n".join(card_lines(advised(advice)))
    for each in (
        "Advice (model-1 and rules, 80% sure): approve.",
        *found.questions,
        found.about[1],
    ):
        assert each in lines
    assert "77" not in lines


def test_where_model_and_rules_differ_both_are_said() -> None:
    advice = shown(an_answer(recommendation="reject", points=[GOOD]))
    said = "The model says reject, the rules say approve; shown is the more cautious."
    assert differing(advice) == said
    shown_card = advised(advice)
    found = outline(shown_card).advice
    assert found is not None
    assert found.aside == said
    assert said in "\n".join(card_lines(shown_card))


def test_a_record_stands_beside_the_confidence() -> None:
    found = outline(replace(advised(shown(an_answer(points=[GOOD]))), record=RECORD)).advice
    assert found is not None
    assert found.aside == RECORD


def test_the_name_of_a_model_and_its_questions_hide_nothing() -> None:
    advice = Rationale(
        recommendation="review",
        summary="S",
        source="m\u202eodel\nApproved",
        questions=("a\u200bb?",),
        run=RUN,
    )
    found = advised(advice).rationale
    assert found is not None
    assert found.source == "m⟦U+202E⟧odel Approved"
    assert not has_hidden("".join(found.questions))
