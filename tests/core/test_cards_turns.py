"""What cards and notices say after a step back, after a timeout, and of deadlines that moved."""

import pytest

from core.cards import headline
from core.chat.queue import queue_item
from core.commands import Reassign, Tick
from core.refusals import Reason, Refused
from core.request import Decision
from core.route import Entry, OnReject, OnTimeout
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    FAYE,
    FINN,
    HOUR,
    LADDER,
    MANAGER,
    MARA,
    NOW,
    a_route,
    stage,
)
from tests.core.shown import BOB, COMPANY, Told, asked, by

BOARD = stage(2, "Board", DANA, FINN)
TIMED = stage(1, "Manager", MARA, sla=2 * HOUR, remind_at=(HOUR,))
HOLDS = stage(1, "Manager", MARA, sla=2 * HOUR, on_timeout=OnTimeout.HOLD)
STILL = "it may still be decided, and an administrator can reassign it"


# --- sent back -------------------------------------------------------------------------------


def sent_back(reason: str = "Wrong cost centre", *more: Entry) -> Told:
    first = stage(1, "Manager", entries=(Entry(ref=MARA, people=(MARA,)), *more))
    story = asked(route=a_route(first, BOARD, on_reject=OnReject.PREVIOUS_STAGE))
    story.approves(MARA)
    story.rejects(FINN, reason)
    return story


def test_a_card_that_was_sent_back_says_by_whom_why_and_which_round_it_is() -> None:
    assert sent_back().card(MARA).note == "Sent back by Finn: “Wrong cost centre”; round 2 of 3."


def test_it_goes_on_saying_so_until_a_new_revision() -> None:
    story = sent_back()
    story.approves(MARA)
    note = story.card(DANA).note
    assert note is not None
    assert note.startswith("Sent back by Finn")
    story.votes(DANA, Decision.REQUEST_CHANGES, reason="Another vendor")
    note = story.revises(title="Other").card(MARA).note
    assert note is not None
    assert "Sent back" not in note


def test_who_is_asked_again_and_the_requester_are_told_once() -> None:
    silent = Entry(ref=FAYE, people=(FAYE,), silent=True)
    assert sent_back("No", silent).told() == [("sent_back", MARA), ("sent_back", ALICE)]


def test_what_they_are_told_says_what_it_means_to_them() -> None:
    story = sent_back("Wrong cost centre.")
    assert story.words("sent_back", MARA) == (
        "Sent back by Finn: “Wrong cost centre.” Round 2 of 3: this waits for your decision as "
        "Manager. Decide by Sat 16 Jan 2027, 08:00 UTC."
    )
    assert story.words("sent_back", ALICE) == (
        "Your request was sent back to Manager by Finn: “Wrong cost centre.” Round 2 of 3."
    )


def test_it_is_not_told_when_it_is_no_longer_so() -> None:
    story = sent_back()
    rows = story.rows()
    story.approves(MARA)
    assert story.notice("sent_back", MARA, rows) is None
    assert story.notice("sent_back", ALICE, rows) is None


# --- deadlines -------------------------------------------------------------------------------


def late() -> Told:
    return asked(route=a_route(TIMED)).at(NOW + 2 * HOUR).when(Tick())


def test_after_an_escalation_people_read_the_deadline_that_they_have() -> None:
    story = late()
    assert story.card(ADA).deadline == NOW + 4 * HOUR
    assert queue_item(story.found, COMPANY).deadline == NOW + 4 * HOUR
    assert story.words("escalated", ADA).endswith(
        "Decide by Fri 15 Jan 2027, 12:00 UTC (it was due Fri 15 Jan 2027, 10:00 UTC)."
    )


def test_a_deadline_after_the_end_of_the_request_is_its_end() -> None:
    story = asked(route=a_route(stage(1, "Manager", MARA, sla=3 * DAY)))
    assert story.card(MARA).deadline == NOW + DAY


def test_nobody_is_told_to_decide_by_a_moment_that_has_passed() -> None:
    story = asked(route=a_route(HOLDS)).at(NOW + 2 * HOUR).when(Tick()).nudges(ALICE)
    assert story.words("nudge", MARA).endswith(
        "Decide by Sat 16 Jan 2027, 08:00 UTC (it was due Fri 15 Jan 2027, 10:00 UTC)."
    )
    assert story.card(MARA).deadline == queue_item(story.found, COMPANY).deadline == NOW + DAY


def test_while_a_revision_is_waited_for_nobody_is_to_decide() -> None:
    story = asked()
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Name the vendor.")
    card = story.card(MARA)
    assert card.deadline is None
    assert card.note == (
        "Mara asks: “Name the vendor.” Without a new revision it ends Sat 16 Jan 2027, 08:00 UTC."
    )


# --- held ------------------------------------------------------------------------------------


def test_what_is_held_because_time_ran_out_can_still_be_decided() -> None:
    story = asked(route=a_route(HOLDS)).at(NOW + 2 * HOUR).when(Tick())
    why = "its time ran out and the rule says to hold"
    shown = f"Held at Manager (stage 1 of 1): {why}"
    assert headline(story.state, COMPANY) == f"{shown}; {STILL}"
    assert story.card(MARA).stages[0].note == f"Held: {why}; {STILL}"
    assert story.words("held", ADA) == (
        f"{shown}. It may still be decided; reassign it if nobody does, or withdraw the request."
    )
    assert story.words("held", ALICE) == (
        f"{shown}. It may still be decided. The administrators were told."
    )


# --- who escalated, who stands in --------------------------------------------------------------


def test_an_escalation_by_a_person_names_them() -> None:
    story = asked(route=a_route(LADDER)).escalates(MARA)
    because = "Mara escalated it; its escalation target was asked"
    assert story.card(None).stages[0].escalated_because == because
    why = story.card(ADA).why
    assert why is not None
    assert why.endswith(f"({because})")


def test_a_later_escalation_by_time_names_nobody() -> None:
    ladder = tuple((Entry(ref=p, people=(p,)),) for p in (ADA, DANA))
    plan = stage(1, "Manager", MARA, sla=HOUR, escalate_to=ladder)
    story = asked(route=a_route(plan)).escalates(MARA).at(NOW + HOUR).when(Tick())
    because = story.card(None).stages[0].escalated_because
    assert because is not None
    assert because.startswith("nobody decided in time; ")


def test_who_stands_in_is_named_with_the_one_who_is_away() -> None:
    story = asked().delegates(MARA, BOB)
    assert story.card(None).stages[0].waiting_for == ("Mara (or Bob in their place)",)
    story.delegates(BOB, FINN)
    assert story.card(None).stages[0].waiting_for == ("Mara (or Bob or Finn in their place)",)


def test_a_new_place_is_told_with_the_deadline_of_now() -> None:
    story = late().when(Reassign(actor=by(ADA), old=MARA, new=BOB))
    assert "Decide by Fri 15 Jan 2027, 13:00 CET" in story.words("reassigned", BOB)


# --- refusals ----------------------------------------------------------------------------------


def test_who_may_nudge_is_said_to_who_may_not() -> None:
    refused = Refused(Reason.NOT_CONCERNED, case="nudge").sentence
    assert refused == "Only the requester, the agent or an administrator may nudge."


@pytest.mark.parametrize(
    ("later", "wait"), [(0, "4 hours"), (151, "89 minutes"), (239, "1 minute")]
)
def test_the_wait_until_the_next_nudge_is_said_in_hours_while_it_is_long(
    later: int, wait: str
) -> None:
    story = asked().nudges(ALICE).at(NOW + later * 60_000)
    with pytest.raises(Refused, match=f"Try again in {wait}\\."):
        story.nudges(ALICE)


def test_handing_it_to_oneself_is_refused_in_plain_words() -> None:
    with pytest.raises(Refused, match=r"^You cannot stand in for yourself"):
        asked().delegates(MARA, MARA)


def test_a_bar_of_somebody_else_is_not_said_to_the_reader_as_their_own() -> None:
    for reason in (
        Reason.SELF_APPROVAL,
        Reason.APPROVED_EARLIER_STAGE,
        Reason.TOO_FEW_APPROVERS,
    ):
        said = Refused(reason, stage="Manager", person=ALICE, case="other").sentence
        assert "you" not in said.lower().split(), said


def test_the_requester_as_a_stand_in_is_spoken_of_as_somebody_else() -> None:
    with pytest.raises(Refused, match=f"^{ALICE} cannot act here: they asked for this or own"):
        asked().delegates(MARA, ALICE)


def test_the_manager_is_shown_plainly() -> None:
    assert asked(route=a_route(MANAGER)).card(None).stages[0].waiting_for == ("Mara",)
