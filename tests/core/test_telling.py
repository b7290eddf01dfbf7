"""Who is told of what, and that nobody is told twice or of what they did themselves."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.chat.telling import elsewhere, notices_for
from core.commands import Reassign, RevokeToken, Tick
from core.directory.people import Directory, Identity
from core.events import Actor
from core.request import Decision
from core.route import ChannelRef, Entry, Glass, OnTimeout
from core.rows import Recipient
from core.rules.absence import Standing
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
from tests.core.shown import BOB, BOTH, COMPANY, EVE, OWEN, Told, asked, by

BOARD = stage(1, "Board", MARA, DANA, quorum=2)
TIMED = stage(1, "Manager", MARA, sla=2 * HOUR, remind_at=(HOUR,))
GLASS = Glass(
    role="incident_lead",
    tell=(Entry(ref=FINN, people=(FINN,)),),
    channels=(ChannelRef(platform="slack", id="C1"), ChannelRef(platform="mail", id="x")),
)


def without_requester(**fields: Any) -> Told:
    return asked(requester=None, owner=OWEN, **fields)


def silently(*silent: str) -> dict[str, Any]:
    """A stage of Dana, and these people who are not told."""
    entries = [Entry(ref=p, people=(p,), silent=True) for p in silent]
    return {"entries": (Entry(ref=DANA, people=(DANA,)), *entries)}


# --- the end -------------------------------------------------------------------------------


def test_nothing_is_told_beside_the_cards_while_all_goes_its_way() -> None:
    story = asked()
    assert story.told() == []
    story.approves(MARA)
    assert story.told() == []


def test_the_requester_is_told_the_result_once() -> None:
    story = asked(route=a_route(MANAGER))
    story.approves(MARA)
    (row,) = story.rows()
    assert (row.kind, row.to, row.dedupe) == (
        "result",
        Recipient(platform="slack", id=ALICE),
        f"result:R1:slack:{ALICE}",
    )


def test_the_result_of_an_agent_of_its_own_is_told_to_nobody() -> None:
    story = without_requester(route=a_route(MANAGER))
    story.approves(MARA)
    assert story.told() == []


def test_break_glass_is_told_to_all_whom_it_passed_over_and_whom_the_rule_names() -> None:
    story = asked(route=a_route(BOARD, glass=GLASS)).breaks_glass(EVE)
    assert story.told() == [("break_glass", p) for p in (FINN, ALICE, MARA, DANA, "C1")]
    assert story.rows()[-1].to == Recipient(platform="slack", id="C1", kind="channel")


def test_a_token_that_was_taken_back_is_told_to_the_requester() -> None:
    story = asked(route=a_route(MANAGER))
    story.kid = "k1"
    story.approves(MARA)
    assert story.when(RevokeToken(actor=by(ADA))).told() == [("token_revoked", ALICE)]


# --- time ----------------------------------------------------------------------------------


def test_a_reminder_goes_to_those_who_are_waited_for_and_who_stand_in() -> None:
    story = asked(route=a_route(replace(TIMED, entries=BOARD.entries, quorum=2)))
    story.approves(DANA)
    story.delegates(MARA, BOB).at(NOW + HOUR).when(Tick())
    assert story.told() == [("reminder", MARA), ("reminder", BOB)]


def test_silent_people_are_neither_reminded_nor_nudged() -> None:
    story = asked(route=a_route(replace(TIMED, **silently(MARA))))
    assert story.nudges(ALICE).told() == [("nudge", DANA)]
    assert story.at(NOW + HOUR).when(Tick()).told() == [("reminder", DANA)]


def test_each_reminder_is_told_once() -> None:
    twice = replace(TIMED, sla=None, remind_at=(HOUR, 2 * HOUR))
    story = asked(route=a_route(twice)).at(NOW + HOUR).when(Tick())
    (first,) = story.rows()
    (second,) = story.at(NOW + 2 * HOUR).when(Tick()).rows()
    assert first.dedupe != second.dedupe
    assert first.id != second.id


def test_the_rows_of_the_same_events_are_the_same() -> None:
    story = asked(route=a_route(TIMED)).at(NOW + HOUR).when(Tick())
    assert story.rows() == story.rows()


def test_a_nudge_goes_to_those_who_are_waited_for() -> None:
    assert asked(route=a_route(BOARD)).nudges(ALICE).told() == [("nudge", MARA), ("nudge", DANA)]


def test_an_escalation_is_told_to_the_new_to_those_before_and_to_the_requester() -> None:
    story = asked(route=a_route(TIMED)).at(NOW + 2 * HOUR).when(Tick())
    assert [(r.to.id, r.facts["as"]) for r in story.rows() if r.kind == "escalated"] == [
        (ADA, "new"),
        (MARA, "asked"),
        (ALICE, "asks"),
    ]


def test_whoever_is_concerned_twice_is_told_once() -> None:
    route = a_route(MANAGER, block_self_approval=False)
    story = asked(route=route, requester=MARA).escalates(ALICE, as_admin=True)
    assert [(r.to.id, r.facts["as"]) for r in story.rows()] == [(ADA, "new"), (MARA, "asked")]


def test_who_escalates_is_not_told_of_it() -> None:
    story = asked(route=a_route(LADDER)).escalates(MARA)
    assert story.told() == [("escalated", ADA), ("escalated", ALICE)]


def test_a_hold_is_told_to_the_administrators_and_the_requester() -> None:
    story = asked(route=a_route(MANAGER, last_resort=()))
    story.directory = Directory([p for p in COMPANY.people.values() if p.email != MARA])
    story.when(Tick())
    assert [(r.kind, r.to.id, r.facts["as"]) for r in story.rows()] == [
        ("held", ADA, "admin"),
        ("held", ALICE, "asks"),
    ]


def test_a_hold_of_an_agents_own_request_is_told_to_its_owner() -> None:
    story = without_requester(route=a_route(MANAGER, last_resort=()))
    story.directory = Directory([p for p in COMPANY.people.values() if p.email != MARA])
    assert ("held", OWEN) in story.when(Tick()).told()


# --- who acts ------------------------------------------------------------------------------


def test_a_delegation_is_told_to_the_taker_alone() -> None:
    assert asked().delegates(MARA, BOB).told() == [("delegated", BOB)]


def test_another_choice_is_told_to_the_one_before_not_to_the_giver() -> None:
    story = asked().delegates(MARA, BOB).delegates(MARA, FINN)
    assert story.told() == [("given_back", BOB), ("delegated", FINN)]


def test_an_absence_brings_the_card_and_no_notice_for_each_request() -> None:
    story = asked(expires_at=NOW + 3 * DAY)
    story.standing = (Standing(id="S1", giver=MARA, taker=BOB, starts=NOW, ends=NOW + DAY),)
    assert story.when(Tick()).told() == []
    assert story.at(NOW + DAY).when(Tick()).told() == []


def test_an_absence_of_a_silent_person_is_told_to_nobody() -> None:
    story = asked(route=a_route(stage(1, "Board", **silently(MARA))))
    story.standing = (Standing(id="S1", giver=MARA, taker=BOB, starts=NOW),)
    assert story.when(Tick()).told() == []


def test_a_reassignment_is_told_to_the_new_and_the_old() -> None:
    story = asked().when(Reassign(actor=by(ADA), old=MARA, new=BOB))
    assert story.told() == [("reassigned", BOB), ("reassigned", MARA)]


# --- revisions and remarks -------------------------------------------------------------------


def sent_back(**fields: Any) -> Told:
    story = asked(**fields)
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Another vendor")
    return story


def test_a_wish_for_changes_is_told_to_the_requester() -> None:
    assert sent_back().told() == [("changes_requested", ALICE)]


def test_a_wish_to_an_agent_of_its_own_is_told_to_its_owner() -> None:
    assert sent_back(requester=None, owner=OWEN).told() == [("changes_requested", OWEN)]


def test_without_a_requester_whom_the_key_stands_for_is_asked_before_the_owner() -> None:
    key = Actor(via="api", agent="key-1", person=BOB)
    assert sent_back(requester=None, actor=key, owner=OWEN).told() == [("changes_requested", BOB)]


def test_a_revision_is_told_to_who_asked_for_it() -> None:
    assert sent_back().revises(title="Other").told() == [("revised", MARA)]


def test_a_revision_is_told_to_all_who_had_voted_but_not_to_who_made_it() -> None:
    route = a_route(BOARD, editable=("amount",))
    story = asked(route=route)
    story.approves(MARA)
    story.edits(DANA, "amount", amount="90000", route=route)
    assert story.told() == [("revised", MARA)]


@pytest.mark.parametrize(
    ("writer", "question", "told"),
    [
        (MARA, False, [ALICE, DANA, BOB]),
        (MARA, True, [ALICE, DANA, BOB]),
        (ALICE, False, [MARA, DANA, BOB]),
        (ALICE, True, [MARA, DANA, BOB]),
        (OWEN, False, [ALICE, MARA, DANA, BOB]),
        (OWEN, True, [MARA, DANA, BOB]),
        (FINN, True, [ALICE, MARA, DANA, BOB]),
    ],
)
def test_a_remark_goes_to_the_other_side_and_those_asked_never_to_its_writer(
    writer: str, question: bool, told: list[str]
) -> None:
    story = asked(route=a_route(BOARD), owner=OWEN).delegates(MARA, BOB)
    story.comments(writer, "Which vendor?", question)
    kind = "question" if question else "comment"
    assert story.told() == [(kind, person) for person in told]


def test_a_remark_while_a_revision_is_waited_for_goes_to_who_wants_it() -> None:
    assert sent_back().comments(ALICE, "Which one?", True).told() == [("question", MARA)]


def test_a_remark_after_the_end_goes_to_who_decided() -> None:
    story = asked(route=a_route(MANAGER))
    story.approves(MARA)
    assert story.comments(ALICE, "Thank you").told() == [("comment", MARA)]


def test_a_remark_after_the_end_is_no_matter_of_who_once_wanted_changes() -> None:
    either = stage(1, "Board", MARA, DANA)
    story = sent_back(route=a_route(either)).revises(title="Other")
    story.approves(DANA)
    assert story.comments(ALICE, "Thank you").told() == [("comment", DANA)]


def test_a_remark_disturbs_no_silent_person() -> None:
    story = asked(route=a_route(stage(1, "Board", **silently(MARA))))
    assert story.comments(ALICE, "Soon?").told() == [("comment", DANA)]


def test_a_question_of_the_agent_goes_to_those_asked() -> None:
    story = asked()
    story.comments(MARA, "x")
    event = replace(story.new[0], actor=Actor(via="api", agent="key-1"))
    question = replace(event, event=replace(event.event, question=True))
    rows = notices_for(story.before, story.state, [question], COMPANY, BOTH)
    assert [r.to.id for r in rows] == [MARA]


# --- places ----------------------------------------------------------------------------------


def test_a_notice_goes_to_one_place_also_with_cards_everywhere() -> None:
    teams = Identity(platform="teams", realm="t", account="oid")
    mara = COMPANY.people[MARA]
    both = replace(mara, identities=(*mara.identities, teams), cards="all")
    people = [both if p.email == MARA else p for p in COMPANY.people.values()]
    story = asked()
    story.directory = Directory(people)
    assert [r.to.platform for r in story.nudges(ALICE).rows()] == ["slack"]


def test_whom_nothing_reaches_is_told_nothing() -> None:
    mara = replace(COMPANY.people[MARA], identities=())
    story = asked()
    story.directory = Directory([mara if p.email == MARA else p for p in COMPANY.people.values()])
    assert story.nudges(ALICE).told() == []


@pytest.mark.parametrize("kind", ["result", "nudge"])
def test_a_notice_that_goes_elsewhere_is_the_same_one_in_another_place(kind: str) -> None:
    story = asked(route=a_route(MANAGER))
    if kind == "nudge":
        story.nudges(ALICE)
    else:
        story.approves(MARA)
    (row,) = story.rows()
    there = Recipient(platform="teams", id=row.to.id)
    moved = elsewhere(row, there)
    assert (moved.kind, moved.request, moved.facts, moved.to) == (
        row.kind,
        row.request,
        row.facts,
        there,
    )
    assert moved.id != row.id
    assert moved.dedupe == row.dedupe.replace("slack", "teams")
    assert elsewhere(moved, row.to) == row


def test_who_asked_in_a_channel_hears_no_answer_once_it_went_to_others() -> None:
    room = ChannelRef(platform="slack", id="C1")
    story = asked(route=a_route(BOARD, channels=(room,))).comments(BOB, "Which vendor?", True)
    assert ("comment", BOB) in story.comments(ALICE, "The old one").told()
    story.comments(BOB, "Why?", True)
    story.revises(title="Raise for Bob", route=a_route(stage(1, "Payroll", FINN)))
    assert story.comments(ALICE, "He asked for it").told() == [("comment", FINN)]


# --- what is late ----------------------------------------------------------------------------


def facts(story: Told, kind: str) -> list[tuple[str, str]]:
    """Of each notice of this kind, to whom and as what."""
    return [(r.to.id, r.facts["as"]) for r in story.rows() if r.kind == kind]


def test_an_expiry_is_told_to_who_asked_who_was_asked_and_the_agents_owner() -> None:
    story = asked(route=a_route(BOARD), owner=OWEN).at(NOW + DAY).when(Tick())
    assert [(r.kind, r.to.id) for r in story.rows() if r.kind == "result"] == [("result", ALICE)]
    assert facts(story, "ended") == [(MARA, "asked"), (DANA, "asked"), (OWEN, "owner")]
    assert len({r.id for r in story.rows()}) == 4
    assert story.when(Tick()).told() == []


def test_an_expiry_is_told_to_who_voted_there_and_who_stands_in_but_not_to_earlier_stages() -> None:
    story = asked(route=a_route(stage(1, "First", FINN), replace(BOARD, level=2)))
    story.approves(FINN)
    story.approves(DANA)
    story.delegates(MARA, BOB).at(NOW + DAY).when(Tick())
    assert facts(story, "ended") == [(MARA, "asked"), (DANA, "asked"), (BOB, "asked")]


def test_silent_people_are_not_told_of_an_expiry() -> None:
    story = asked(route=a_route(replace(TIMED, sla=None, remind_at=(), **silently(MARA))))
    assert facts(story.at(NOW + DAY).when(Tick()), "ended") == [(DANA, "asked")]


def test_while_changes_are_awaited_an_expiry_is_told_to_who_wanted_them() -> None:
    story = asked(route=a_route(BOARD))
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Cheaper")
    assert facts(story.at(NOW + DAY).when(Tick()), "ended") == [(MARA, "asked")]


def test_whoever_asked_is_told_the_result_and_not_a_second_time_as_the_owner() -> None:
    story = asked(route=a_route(MANAGER), owner=ALICE).at(NOW + DAY).when(Tick())
    assert story.told() == [("result", ALICE), ("ended", MARA)]


def test_a_rejection_because_nobody_decided_in_time_is_told_like_an_expiry() -> None:
    plan = replace(TIMED, remind_at=(), on_timeout=OnTimeout.REJECT)
    story = asked(route=a_route(plan), owner=OWEN).at(NOW + 2 * HOUR).when(Tick())
    assert story.told() == [("result", ALICE), ("ended", MARA), ("ended", OWEN)]


def test_a_rejection_by_somebody_is_told_to_who_asked_alone() -> None:
    story = asked(route=a_route(BOARD), owner=OWEN)
    story.rejects(MARA)
    assert story.told() == [("result", ALICE)]


def test_a_stage_that_is_held_because_it_is_late_is_told_to_those_it_waits_for() -> None:
    plan = replace(TIMED, remind_at=(), on_timeout=OnTimeout.HOLD)
    story = asked(route=a_route(plan)).at(NOW + 2 * HOUR).when(Tick())
    assert facts(story, "held") == [(ADA, "admin"), (ALICE, "asks"), (MARA, "asked")]


def test_a_stage_that_is_held_for_want_of_people_is_not_called_late() -> None:
    story = asked(route=a_route(MANAGER, last_resort=()))
    story.directory = Directory([p for p in COMPANY.people.values() if p.email != MARA])
    assert facts(story.when(Tick()), "held") == [(ADA, "admin"), (ALICE, "asks")]
