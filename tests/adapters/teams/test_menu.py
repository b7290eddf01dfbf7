"""What a card offers beside its buttons: the overflow menu, what each entry asks for."""

import json

import pytest

from adapters.teams import actions as codec
from adapters.teams.limits import MOST
from adapters.teams.render import render, size
from core.card import Button, Card, RemarkLine, StageLine, Verb
from core.request import Status
from playground.teams.cards import check
from tests.adapters.teams.cards import (
    APPROVE,
    BINDING,
    DATA,
    HOUR,
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
from tests.adapters.teams.conftest import Json
from tests.adapters.teams.test_render import OURS, assert_valid, naughty

FULL = a_card(buttons=(APPROVE, REJECT), more=(*MORE, VIEW))


def menu(card: Json) -> list[Json]:
    return [action for action in actions(card) if action.get("mode") == "secondary"]


def beside(card: Json) -> list[str]:
    return [a["title"] for a in actions(card) if a.get("mode") != "secondary"]


def entry(card: Card, title: str) -> Json:
    (found,) = (each for each in menu(render(card)) if each["title"] == title)
    return found


def test_the_menu_is_teams_own_and_the_decision_stands_beside_it() -> None:
    card = render(FULL)
    assert beside(card) == ["Approve", "Reject", "View full action"]
    assert [each["title"] for each in menu(card)] == [button.label for button in MORE]
    report = check(card)
    assert (report.problems, report.warnings) == ([], [])
    assert size(card) <= MOST
    assert_valid(card)


def test_an_entry_opens_nothing_by_itself_since_teams_shows_no_card_from_its_menu() -> None:
    entries = menu(render(FULL))
    assert len(entries) == len(MORE)
    for each in entries:
        assert each["type"] == "Action.Execute"
        assert each["fallback"]["type"] == "Action.Submit"
        assert each["fallback"]["data"] == each["data"]


@pytest.mark.parametrize("button", MORE, ids=lambda b: b.verb.value)
def test_every_entry_is_read_back_as_what_it_says(button: Button) -> None:
    press = codec.submitted(entry(FULL, button.label)["data"])
    assert press is not None
    if button.verb is Verb.HISTORY:
        assert (press.verb, press.history, press.part) == (None, True, 1)
        return
    assert (press.verb, press.binding) == (button.verb, BINDING)
    assert press.opens == (button.verb not in (Verb.NUDGE, Verb.WITHDRAW))


def test_what_needs_nothing_filled_in_is_done_at_once() -> None:
    assert entry(FULL, "Nudge")["data"] == {**DATA, "verb": "nudge"}
    assert entry(FULL, "Delegate")["data"] == {**DATA, "verb": "form", "act": "delegate"}


def test_without_a_binding_only_what_is_no_decision_is_offered() -> None:
    titles = [each["title"] for each in menu(render(a_card(more=MORE, binding=None)))]
    assert titles == [
        "Delegate",
        "Ask a question",
        "Comment",
        "Escalate",
        "Take my vote back",
        "Nudge",
        "Withdraw the request",
        "History",
    ]
    assert entry(a_card(more=MORE, binding=None), "Nudge")["data"] == {
        "verb": "nudge",
        "request": REQUEST,
    }


def test_after_the_end_the_menu_still_shows_the_action_and_the_history() -> None:
    card = render(a_rejected_card(more=(VIEW, MORE[-1])))
    assert beside(card) == []
    assert [(e["title"], e["verb"]) for e in menu(card)] == [
        ("View full action", "page"),
        ("History", "history"),
    ]


def test_more_than_four_buttons_go_on_in_the_menu() -> None:
    verbs = (Verb.NUDGE, Verb.COMMENT, Verb.ESCALATE)
    extra = tuple(Button(verb=verb, label=verb.value) for verb in verbs)
    card = render(a_card(buttons=(APPROVE, REJECT, VIEW, *extra)))
    assert beside(card) == ["Approve", "Reject", "View full action", "nudge"]
    assert [each["title"] for each in menu(card)] == ["comment", "escalate"]


def test_who_decides_reads_the_action_beside_the_decision_although_it_is_in_the_menu() -> None:
    card = render(a_card(buttons=(APPROVE, REJECT), more=(VIEW,)))
    assert beside(card) == ["Approve", "Reject", "View full action"]


def test_whatever_stands_in_a_menu_a_note_or_a_comment_is_text() -> None:
    for text in naughty():
        remark = RemarkLine(name=text, text=text, at=NOW, question=True)
        stage = StageLine(level=1, name="Board", status="pending", note=text)
        button = Button(verb=Verb.COMMENT, label=text)
        card = render(a_card(note=text, remarks=(remark,) * 9, stages=(stage,), more=(button,) * 2))
        report = check(card)
        assert (report.problems, report.warnings) == ([], [])
        assert size(card) <= MOST
        for block in parts(card, "TextBlock"):
            assert OURS.fullmatch(block["text"]), block["text"]
        json.dumps(card, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("letter", ["x", "漢", "\n", "\u202e", "<at>"])
def test_the_fullest_menu_fits_beside_any_amount_of_text(letter: str) -> None:
    long = letter * 20_000
    remarks = (RemarkLine(name=long, text=long, at=NOW),) * 20
    labels = tuple(Button(verb=button.verb, label=long) for button in MORE)
    card = render(
        a_card(title=long, note=long, description=long, remarks=remarks, more=labels, why=long)
    )
    assert size(card) <= MOST
    assert len(menu(card)) == len(MORE)


# --- what is new on the card ---------------------------------------------------------------


def test_a_note_says_what_changed_before_anything_else_is_read() -> None:
    shown = texts(render(a_card(note="Revision 2: Ann changed amount from 10 to 20."))["body"])
    assert shown.index("Revision 2: Ann changed amount from 10 to 20.") < shown.index("Amount")


def test_comments_and_questions_are_told_apart_and_the_newest_are_shown() -> None:
    remarks = tuple(
        RemarkLine(name="Ann", text=f"Note {n}", at=NOW + n * HOUR, question=n == 7)
        for n in range(8)
    )
    shown = texts(render(a_card(remarks=remarks)))
    assert "Note 7" in shown
    assert "Note 2" not in shown
    assert "3 more in the history" in shown
    assert " asked, 21 Nov 2026, 12:00 CET: " in shown
    assert " wrote, 21 Nov 2026, 11:00 CET: " in shown


def test_a_stages_own_sentence_is_shown_as_it_is() -> None:
    held = "Held: nobody is left to ask. An administrator must help."
    stage = StageLine(level=1, name="Board", status="pending", note=held)
    assert held in texts(render(a_card(stages=(stage,))))


def test_a_request_that_waits_for_changes_offers_no_decision() -> None:
    waiting = a_card(
        status=Status.CHANGES_REQUESTED,
        headline="Changes requested by Mara: waiting for a new revision",
        buttons=(),
        more=(MORE[4], MORE[-1]),
    )
    card = render(waiting)
    assert beside(card) == []
    assert [each["title"] for each in menu(card)] == ["Comment", "History"]
