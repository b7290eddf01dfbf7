"""What a notice says, and that it says nothing once it is no longer so."""

import pytest
from msgspec.structs import replace

from core.chat.notices import WORDS, notice, pack, unpack
from core.commands import Cancel, Reassign, RevokeToken, Tick
from core.directory.people import Directory
from core.refusals import Reason, Refused
from core.request import Decision
from core.route import Category, Glass, OnReject, OnTimeout
from core.rows import OutboxRow, Recipient
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    FINN,
    HOUR,
    LADDER,
    MANAGER,
    MARA,
    NOW,
    a_route,
    stage,
)
from tests.core.shown import BERLIN, BOB, COMPANY, EVE, OWEN, Told, a_text, asked, by

BOARD = stage(1, "Board", MARA, DANA, quorum=2)
TIMED = stage(1, "Manager", MARA, sla=2 * HOUR, remind_at=(HOUR,))
UNTIL = "Decide by Sat 16 Jan 2027, 08:00 UTC."
CANCELLED = Cancel(actor=by(ALICE), person=ALICE)


def reminded() -> Told:
    return asked(route=a_route(TIMED)).at(NOW + HOUR).when(Tick())


# --- the end -------------------------------------------------------------------------------


def test_a_result_says_who_decided_and_why() -> None:
    story = asked(route=a_route(MANAGER))
    story.rejects(MARA, "Too\u202e expensive")
    told = story.notice("result", ALICE)
    assert told is not None
    assert (told.title, told.text) == (
        "New ERP system",
        "Rejected by Mara. Reason: Too⟦U+202E⟧ expensive",
    )
    assert (told.kind, told.request, told.status) == ("result", "R1", "rejected")


def test_an_erased_reason_is_said_to_be() -> None:
    story = asked(route=a_route(MANAGER))
    story.rejects(MARA, "Too expensive")
    story.contents.clear()
    assert story.words("result", ALICE) == "Rejected by Mara. Reason: (erased)"


def test_a_result_by_a_rule_gives_the_rules_sentence() -> None:
    story = asked(route=a_route(category=Category.PROHIBITED, because="Never on Fridays."))
    assert story.words("result", ALICE) == "Prohibited by policy. Never on Fridays."


def test_a_break_glass_is_loud() -> None:
    story = asked(route=a_route(glass=Glass(role="incident_lead"))).breaks_glass(EVE)
    assert story.words("break_glass", MARA) == (
        "BREAK-GLASS. Approved by Eve alone: break-glass. "
        "Everyone else who was to decide was passed over. Reason: The site is down"
    )


def test_a_token_taken_back_says_by_whom_and_why() -> None:
    story = asked(route=a_route(MANAGER))
    story.kid = "k1"
    story.approves(MARA)
    story.when(RevokeToken(actor=by(ADA), reason=a_text("A mistake")))
    assert story.words("token_revoked", ALICE) == (
        "The approval was taken back by Ada before it was used. Reason: A mistake"
    )


def test_an_end_in_time_says_that_nothing_is_left_to_decide() -> None:
    story = asked(route=a_route(MANAGER), owner=OWEN).at(NOW + DAY).when(Tick())
    assert story.words("ended", MARA) == (
        "Expired: nobody decided in time. You need not decide it any more."
    )
    assert story.words("ended", OWEN) == (
        "Expired: nobody decided in time. You own agent purchasing, which asked for it."
    )


# --- reminders, nudges, escalations, holds ---------------------------------------------------


def test_a_reminder_says_what_waits_and_until_when() -> None:
    assert reminded().words("reminder", MARA) == (
        "Reminder: this waits for your decision as Manager. Decide by Fri 15 Jan 2027, 10:00 UTC."
    )


def test_a_reminder_to_who_stands_in_says_for_whom_in_their_own_zone() -> None:
    story = asked(route=a_route(TIMED)).delegates(MARA, BOB).at(NOW + HOUR).when(Tick())
    assert COMPANY.people[BOB].timezone == BERLIN
    assert story.words("reminder", BOB) == (
        "Reminder: this waits for your decision as Manager for Mara. "
        "Decide by Fri 15 Jan 2027, 11:00 CET."
    )


def test_a_nudge_says_who_asks() -> None:
    assert asked().nudges(ALICE).words("nudge", MARA) == (
        f"Alice asks you to look at this: this waits for your decision as Manager. {UNTIL}"
    )


def test_an_escalation_says_to_each_what_it_means_to_them() -> None:
    story = asked(route=a_route(TIMED)).at(NOW + 2 * HOUR).when(Tick())
    why = "nobody decided in time; the last resort was asked."
    assert story.words("escalated", ADA) == (
        f"You are asked now, since {why} This waits for your decision as Manager. "
        "Decide by Fri 15 Jan 2027, 12:00 UTC (it was due Fri 15 Jan 2027, 10:00 UTC)."
    )
    assert story.words("escalated", MARA) == (
        f"Escalated at Manager: {why} You may still decide it."
    )
    assert story.words("escalated", ALICE) == f"Your request was escalated at Manager: {why}"


def test_an_escalation_by_somebody_says_who_and_why() -> None:
    story = asked(route=a_route(LADDER)).escalates(MARA, "I am away")
    assert story.words("escalated", ALICE) == (
        "Your request was escalated at Manager: Mara escalated it: "
        "its escalation target was asked. Reason: I am away"
    )


def test_what_is_held_because_it_is_late_is_said_to_be_overdue() -> None:
    plan = replace(TIMED, on_timeout=OnTimeout.HOLD)
    story = asked(route=a_route(plan)).at(NOW + 2 * HOUR).when(Tick())
    assert story.words("held", MARA) == (
        "Overdue: this waits for your decision as Manager. "
        "Decide by Sat 16 Jan 2027, 08:00 UTC (it was due Fri 15 Jan 2027, 10:00 UTC)."
    )


def held() -> Told:
    story = asked(route=a_route(MANAGER, last_resort=()))
    story.directory = Directory([p for p in COMPANY.people.values() if p.email != MARA])
    return story.when(Tick())


def test_a_hold_says_why_and_what_helps() -> None:
    why = "Held at Manager (stage 1 of 1): nobody is left who may decide this stage."
    assert held().words("held", ADA) == (
        f"{why} Mend the directory, reassign it, or withdraw the request."
    )
    assert held().words("held", ALICE) == f"{why} The administrators were told."


# --- who acts ------------------------------------------------------------------------------


def test_a_delegation_says_by_whom_and_why() -> None:
    assert asked().delegates(MARA, BOB, "On a plane").words("delegated", BOB) == (
        "Mara asks you to decide in their place: this waits for your decision as Manager for Mara. "
        "Decide by Sat 16 Jan 2027, 09:00 CET. Reason: On a plane"
    )


def test_what_is_given_back_is_said_to_who_acted() -> None:
    story = asked().delegates(MARA, BOB).delegates(MARA, FINN)
    assert story.words("given_back", BOB) == "You no longer act for Mara on this."


def test_a_reassignment_is_said_to_both() -> None:
    story = asked().when(Reassign(actor=by(ADA), old=MARA, new=BOB))
    assert story.words("reassigned", BOB).startswith(
        "Ada put you in the place of Mara: this waits for your decision as Manager."
    )
    assert story.words("reassigned", MARA) == (
        "Ada put Bob in your place at Manager; you need not decide this."
    )


# --- revisions and remarks -------------------------------------------------------------------


def sent_back() -> Told:
    story = asked()
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Another vendor")
    return story


def test_a_wish_for_changes_is_told_in_its_own_words() -> None:
    assert sent_back().words("changes_requested", ALICE) == (
        "Mara asks for changes: “Another vendor”. It waits for a new revision."
    )


def test_a_revision_says_what_changed_and_what_became_of_the_votes() -> None:
    text = sent_back().revises(title="Other").words("revised", MARA)
    assert "It changed title from “New ERP system” to “Other”." in text
    assert text.endswith("Earlier votes no longer count.")


def test_votes_that_were_kept_are_said_to_stand() -> None:
    route = a_route(BOARD, stage(2, "Next", FINN), keep_approvals=True, editable=("amount",))
    story = asked(route=route)
    story.approves(MARA)
    story.edits(DANA, "amount", amount="90000", route=route)
    text = story.words("revised", MARA)
    assert text.startswith("Revision 2: Dana changed amount from 120,000 to ")
    assert text.endswith("The approvals so far stand.")


def test_who_voted_before_hears_nothing_of_what_went_to_others() -> None:
    story = asked(route=a_route(BOARD))
    story.approves(MARA)
    story.revises(title="Raise for Bob", route=a_route(stage(1, "Payroll", FINN)))
    told = story.notice("revised", MARA)
    assert told is not None
    assert told.title == "A request that is with others now"
    assert told.text == "It was changed, and others decide it now. Your vote no longer counts."


@pytest.mark.parametrize(("question", "verb"), [(True, "asks"), (False, "wrote")])
def test_a_remark_is_told_in_its_own_words(question: bool, verb: str) -> None:
    story = asked().comments(MARA, "Which\u202e vendor?", question)
    kind = "question" if question else "comment"
    assert story.words(kind, ALICE) == f"Mara {verb}: “Which⟦U+202E⟧ vendor?”"


def test_an_erased_remark_is_said_to_be() -> None:
    story = asked().comments(MARA, "Which vendor?")
    story.contents = {}
    told = story.notice("comment", ALICE)
    assert told is not None
    assert (told.title, told.text) == ("(erased)", "Mara wrote: “(erased)”")


# --- what is no longer so ----------------------------------------------------------------------


def gone(story: Told, kind: str, to: str, then: Told) -> bool:
    """Whether a row of one moment says nothing at a later one."""
    row = next(r for r in story.rows() if (r.kind, r.to.id) == (kind, to))
    return notice(row, then.found, then.directory) is None


def later(story: Told, *, by_cancel: bool) -> Told:
    """The same story, a step on: withdrawn, or approved by Mara."""
    then = Told(story.directory)
    then.state, then.contents, then.now = story.state, dict(story.contents), story.now
    if by_cancel:
        return then.when(CANCELLED, ALICE)
    then.approves(MARA)
    return then


STILL_OPEN = [
    (reminded(), "reminder", MARA),
    (asked().nudges(ALICE), "nudge", MARA),
    (asked(route=a_route(TIMED)).at(NOW + 2 * HOUR).when(Tick()), "escalated", ADA),
    (asked(route=a_route(TIMED)).at(NOW + 2 * HOUR).when(Tick()), "escalated", MARA),
    (asked(route=a_route(TIMED)).at(NOW + 2 * HOUR).when(Tick()), "escalated", ALICE),
    (held(), "held", ADA),
    (asked().delegates(MARA, BOB), "delegated", BOB),
    (asked().delegates(MARA, BOB).delegates(MARA, FINN), "given_back", BOB),
    (asked().when(Reassign(actor=by(ADA), old=MARA, new=BOB)), "reassigned", BOB),
    (asked().when(Reassign(actor=by(ADA), old=MARA, new=BOB)), "reassigned", MARA),
    (sent_back(), "changes_requested", ALICE),
    (sent_back().revises(title="Other"), "revised", MARA),
]


@pytest.mark.parametrize(("story", "kind", "to"), STILL_OPEN)
def test_of_a_request_that_is_over_only_what_remains_true_is_told(
    story: Told, kind: str, to: str
) -> None:
    assert not gone(story, kind, to, story)
    assert gone(story, kind, to, later(story, by_cancel=True))


def test_who_has_decided_since_is_not_reminded() -> None:
    story = asked(route=a_route(replace(TIMED, entries=BOARD.entries, quorum=2)))
    story.at(NOW + HOUR).when(Tick())
    then = later(story, by_cancel=False)
    assert gone(story, "reminder", MARA, then)
    assert not gone(story, "reminder", DANA, then)


def test_a_reminder_of_a_stage_that_is_closed_is_not_told() -> None:
    story = asked(route=a_route(TIMED, stage(2, "Next", DANA))).at(NOW + HOUR).when(Tick())
    assert gone(story, "reminder", MARA, later(story, by_cancel=False))


def test_a_reminder_of_an_earlier_round_is_not_told() -> None:
    again = a_route(TIMED, stage(2, "Board", DANA), on_reject=OnReject.PREVIOUS_STAGE)
    story = asked(route=again).at(NOW + HOUR).when(Tick())
    rows = story.rows()
    story.approves(MARA)
    story.rejects(DANA, "Ask again")
    assert story.state.current is not None
    assert (story.state.current.plan.level, story.state.current.round) == (1, 2)
    assert story.notice("reminder", MARA, rows) is None


def test_a_hold_that_has_ended_is_not_told() -> None:
    story = held()
    rows = story.rows()
    story.directory = COMPANY
    assert story.when(Tick()).notice("held", ADA, rows) is None


def test_a_delegation_that_was_taken_back_is_not_told() -> None:
    story = asked().delegates(MARA, BOB)
    rows, then = story.rows(), story.delegates(MARA, FINN)
    assert then.notice("delegated", BOB, rows) is None


def test_of_two_revisions_only_the_newer_is_told() -> None:
    story = sent_back().revises(title="Other")
    rows = story.rows()
    assert story.revises(title="Third").notice("revised", MARA, rows) is None


def test_a_wish_that_was_answered_is_not_told() -> None:
    story = sent_back()
    rows = story.rows()
    assert story.revises(title="Other").notice("changes_requested", ALICE, rows) is None


# --- answers -----------------------------------------------------------------------------------


def an_answer(refusal: Refused) -> OutboxRow:
    to = Recipient(platform="slack", id="U-Mara", kind="account")
    facts = pack(refusal, 1) | {"channel": "C1"}
    return OutboxRow(id="a", dedupe="a", kind="answer", request="R1", to=to, facts=facts)


def test_a_refusal_survives_the_outbox() -> None:
    refusal = Refused(Reason.NOT_AN_APPROVER, stage="Finance", waiting_for="Finn")
    back = unpack(pack(refusal, 2))
    assert (back.reason, back.details) == (refusal.reason, refusal.details)


def test_an_answer_says_what_is_true_when_it_is_told() -> None:
    story = asked(route=a_route(MANAGER))
    story.approves(MARA)
    told = notice(an_answer(Refused(Reason.FINISHED)), story.found, COMPANY)
    assert told is not None
    assert told.text == "Approved by Mara. Nothing was changed."
    assert told.facts["channel"] == "C1"


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_REQUEST])
def test_an_answer_to_who_may_not_see_it_names_nothing(reason: Reason) -> None:
    told = notice(an_answer(Refused(reason)), asked().found, COMPANY)
    assert told is not None
    assert told.title == ""


def test_every_kind_that_is_queued_has_its_words() -> None:
    kinds = {kind for _, kind, _ in STILL_OPEN}
    others = {"result", "break_glass", "token_revoked", "comment", "question", "sent_back", "ended"}
    assert set(WORDS) == kinds | others
