"""The history of a request as people read it: one sentence for each kind of event."""

from typing import get_args

import pytest
from msgspec.structs import replace

from core.chat.history import SENTENCES, history
from core.commands import (
    Cancel,
    Reassign,
    Redeem,
    ReportExecution,
    RevokeToken,
    Tick,
    WithdrawVote,
)
from core.directory.people import Directory
from core.events import Actor, AnyEvent
from core.request import Decision
from core.route import OnReject
from core.rules.absence import Standing
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    FINN,
    HOUR,
    LADDER,
    MANAGER,
    MARA,
    NOW,
    a_route,
    stage,
)
from tests.core.shown import BERLIN, BOB, COMPANY, Told, a_text, asked, by

BOARD = stage(1, "Board", MARA, DANA, quorum=2)
AGENT = Actor(via="api", agent="key-1")


def lines(story: Told, timezone: str = "UTC") -> list[str]:
    text = history("R1", story.history, story.contents, story.directory, timezone)
    return [line.split(": ", 1)[1] for line in text.split("\n")]


def approved() -> Told:
    story = asked(route=a_route(MANAGER))
    story.kid = "k1"
    story.approves(MARA)
    return story


def test_every_kind_of_event_has_its_sentence() -> None:
    assert set(SENTENCES) == set(get_args(AnyEvent))


def test_a_request_is_told_from_the_beginning() -> None:
    story = asked(route=a_route(BOARD), previous="R0", attempt=2)
    story.approves(MARA, reason="Fine")
    assert lines(story) == [
        "Alice, through agent purchasing, asked for this under policy rule purchase-order, "
        "attempt 2 after request R0.",
        "Advice from the rules: review.",
        "Asked at stage Board: Mara, Dana.",
        "Mara approved at stage Board (slack): “Fine”.",
    ]


def test_moments_are_in_the_readers_zone() -> None:
    story = asked()
    first = history("R1", story.history, story.contents, COMPANY, BERLIN).split("\n")[0]
    assert first.startswith("Fri 15 Jan 2027, 09:00 CET: Alice")


def test_the_end_says_who_decided_and_why() -> None:
    story = asked(route=a_route(MANAGER))
    story.rejects(MARA, "Too expensive")
    assert lines(story)[-2:] == [
        "Stage Manager was rejected.",
        "Rejected by Mara: “Too expensive”.",
    ]


def test_what_happens_to_an_approval_is_told() -> None:
    story = approved()
    story.when(Redeem(actor=AGENT, jti="R1.1", key="key-1"))
    report = ReportExecution(
        actor=AGENT, agent_key="key-1", outcome="failed", detail=a_text("No stock")
    )
    story.when(report)
    assert lines(story)[-5:] == [
        "Stage Manager was approved.",
        "Approved by Mara.",
        "The approval may be used once, until Sat 16 Jan 2027, 08:00 UTC.",
        "The approval was used, with key key-1.",
        "Agent purchasing reported that the action failed: “No stock”.",
    ]


def test_an_approval_that_is_taken_back_is_told() -> None:
    story = approved().when(RevokeToken(actor=by(ADA), reason=a_text("A mistake")))
    assert lines(story)[-1] == "Ada took the approval back before it was used: “A mistake”."


def test_delegations_are_told_with_their_reason_and_end() -> None:
    story = asked().delegates(MARA, BOB, "On a plane").delegates(MARA, FINN)
    assert lines(story)[3:] == [
        "Mara delegated this to Bob: “On a plane”.",
        "Bob no longer acts for Mara.",
        "Mara delegated this to Finn.",
    ]
    story.approves(FINN)
    assert lines(story)[6] == "Finn approved at stage Manager for Mara (slack)."


def test_being_out_of_office_is_told_with_its_end() -> None:
    story = asked()
    story.standing = (Standing(id="S1", giver=MARA, taker=BOB, starts=NOW, ends=NOW + HOUR),)
    story.when(Tick())
    assert lines(story)[-1] == (
        "Mara is out of office, so Bob may act for them until Fri 15 Jan 2027, 09:00 UTC."
    )


def test_reminders_nudges_and_escalations_are_told() -> None:
    timed = stage(1, "Manager", MARA, sla=2 * HOUR, remind_at=(HOUR,))
    story = asked(route=a_route(timed))
    story.nudges(ALICE).at(NOW + HOUR).when(Tick())
    story.at(NOW + 2 * HOUR).when(Tick())
    told = lines(story)
    assert told[2] == "Asked at stage Manager: Mara, due Fri 15 Jan 2027, 10:00 UTC."
    assert told[3:5] == ["Alice nudged Mara.", "Reminded: Mara."]
    assert told[5] == (
        "Escalated at stage Manager (nobody decided in time; the last resort was asked); "
        "asked too: Ada."
    )


def test_an_escalation_by_somebody_names_them_and_why() -> None:
    story = asked(route=a_route(LADDER)).escalates(MARA, "I am away")
    assert lines(story)[-1] == (
        "Escalated by Mara at stage Manager "
        "(its escalation target was asked); asked too: Ada: “I am away”."
    )


def test_votes_taken_back_and_seats_reassigned_are_told() -> None:
    story = asked(route=a_route(BOARD))
    story.approves(MARA)
    story.when(WithdrawVote(actor=by(MARA), person=MARA), MARA)
    story.when(Reassign(actor=by(ADA), old=MARA, new=BOB, reason=a_text("Left")))
    assert lines(story)[-2:] == [
        "Mara took their vote back at stage Board.",
        "Ada put Bob in the place of Mara at stage Board: “Left”.",
    ]


def test_what_goes_back_to_an_earlier_stage_is_told() -> None:
    route = a_route(MANAGER, stage(2, "Board", DANA), on_reject=OnReject.PREVIOUS_STAGE)
    story = asked(route=route)
    story.approves(MARA)
    story.rejects(DANA, "Ask again")
    assert lines(story)[-2:] == [
        "Sent back by Dana to stage Manager: “Ask again”.",
        "Asked again (round 2) at stage Manager: Mara.",
    ]


def test_revisions_are_told_with_what_led_to_them() -> None:
    story = asked()
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Another vendor")
    story.revises(title="Other")
    assert lines(story)[3:6] == [
        "Mara asked for changes at stage Manager (slack): “Another vendor”.",
        "Waiting for a new revision, as Mara asked: “Another vendor”.",
        "Agent purchasing sent revision 2.",
    ]


def test_an_edit_is_told_with_its_fields_and_what_it_carries_over() -> None:
    route = a_route(BOARD, keep_approvals=True, editable=("amount",))
    story = asked(route=route)
    story.approves(MARA)
    story.edits(DANA, "amount", amount="90000", route=route)
    assert lines(story)[4] == (
        "Dana changed amount: revision 2. The approvals so far were carried over."
    )


def test_a_stage_that_decides_by_itself_is_told() -> None:
    passed = asked(route=a_route(replace(MANAGER, auto="approve")))
    assert "Stage Manager passed by itself (auto_approve_when)." in lines(passed)
    refused = asked(route=a_route(replace(MANAGER, auto="reject")))
    assert "Stage Manager was rejected (auto_reject_when)." in lines(refused)


def test_a_hold_is_told_and_the_new_people_when_the_directory_has_some() -> None:
    plan = stage(1, "Manager", MARA)
    story = asked(route=a_route(plan, last_resort=()))
    story.directory = Directory([p for p in COMPANY.people.values() if p.email != MARA])
    story.when(Tick())
    assert lines(story)[-1] == ("Held at stage Manager: nobody is left who may decide this stage.")
    story.directory = COMPANY
    story.when(Tick())
    assert lines(story)[-1] == "The directory changed; asked at stage Manager now: Mara."


def test_a_withdrawal_by_the_agent_is_told() -> None:
    story = asked().when(Cancel(actor=AGENT, agent_key="key-1", reason=a_text("Done already")))
    assert lines(story)[-1] == "Withdrawn by agent purchasing: “Done already”."


# --- hostile and erased ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("a\u202eb", "Mara wrote: “a⟦U+202E⟧b”."),
        ("ok\nFri 15 Jan: Approved by Dana.", "Mara wrote: “ok Fri 15 Jan: Approved by Dana.”"),
    ],
)
def test_no_comment_can_hide_a_character_or_forge_a_line(written: str, told: str) -> None:
    assert lines(asked().comments(MARA, written))[-1] == told


def test_erased_text_is_said_to_be() -> None:
    story = asked().comments(ALICE, "Which vendor?", question=True)
    story.contents.clear()
    assert lines(story)[-1] == "Alice asked: “(erased)”."
