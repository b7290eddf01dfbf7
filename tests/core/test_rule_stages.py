"""Stages, quorum and votes: how a request gets through its stages."""

import pytest

from core.directory.people import Directory
from core.events import StageApproved, StageOpened, StageRejected, VoteWithdrawn
from core.refusals import Reason, Refused
from core.request import Decision, StageStatus, Status
from core.route import Entry
from tests.core.acts import withdraw
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    FAYE,
    FINN,
    MANAGER,
    MARA,
    PEOPLE,
    a_route,
    a_submit,
    person,
    stage,
    with_changed,
)
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT = Decision.APPROVE, Decision.REJECT
ANN_OR_FINANCE = (
    Entry(ref=FINN, people=(FINN,)),
    Entry(ref="group:finance", people=(FINN, FAYE)),
)


def test_five_levels_are_decided_one_after_the_other() -> None:
    people = (MARA, FINN, FAYE, DANA, ADA)
    route = a_route(*(stage(n, f"S{n}", p) for n, p in enumerate(people, start=1)))
    story = submitted(route=route)
    for level, who in enumerate(people, start=1):
        assert story.state.current is not None
        assert story.state.current.plan.level == level
        story.approves(who)
    assert story.state.status is Status.APPROVED


def test_a_stage_is_told_its_round_and_its_people_when_it_opens() -> None:
    story = submitted().approves(MARA)
    opened = story.new[-1].event
    assert isinstance(opened, StageOpened)
    assert (opened.level, opened.round, opened.entries[0].people) == (2, 1, (FINN, FAYE))


# --- quorum ---------------------------------------------------------------------------------


def test_all_needs_every_entry_filled_by_another_person() -> None:
    story = submitted(route=a_route(stage(1, "Both", MARA, DANA, quorum="all")))
    assert story.approves(MARA).state.status is Status.PENDING
    assert story.approves(DANA).state.status is Status.APPROVED


@pytest.mark.parametrize("order", [(FINN, FAYE), (FAYE, FINN)])
def test_all_is_found_by_matching_not_greedily(order: tuple[str, str]) -> None:
    plan = stage(1, "Both", entries=ANN_OR_FINANCE[::-1], quorum="all")
    story = submitted(route=a_route(plan)).approves(order[0])
    assert story.state.status is Status.PENDING
    assert story.approves(order[1]).state.status is Status.APPROVED


def test_a_group_fills_one_seat_however_many_of_it_vote() -> None:
    board = (Entry(ref="group:finance", people=(FINN, FAYE)), Entry(ref=DANA, people=(DANA,)))
    story = submitted(route=a_route(stage(1, "Board", entries=board, quorum=2)))
    assert story.approves(FINN).approves(FAYE).state.status is Status.PENDING
    assert story.approves(DANA).state.status is Status.APPROVED


def test_a_group_with_more_seats_fills_as_many() -> None:
    pair = (Entry(ref="group:finance", people=(FINN, FAYE), seats=2),)
    story = submitted(route=a_route(stage(1, "Pair", entries=pair, quorum=2)))
    assert story.approves(FINN).state.status is Status.PENDING
    assert story.approves(FAYE).state.status is Status.APPROVED


def test_the_first_rejection_rejects_the_stage() -> None:
    story = submitted(route=a_route(stage(1, "Board", MARA, DANA, quorum=2)))
    assert story.approves(MARA).rejects(DANA).state.status is Status.REJECTED


def test_a_reject_quorum_wants_that_many_rejections() -> None:
    plan = stage(1, "Board", MARA, DANA, FINN, reject_quorum=2)
    story = submitted(route=a_route(plan)).rejects(MARA)
    assert story.state.status is Status.PENDING
    story.rejects(DANA)
    assert story.state.outcome is not None
    assert (story.state.status, story.state.outcome.by) == (Status.REJECTED, (MARA, DANA))


def test_approvals_can_pass_a_stage_below_its_reject_quorum() -> None:
    plan = stage(1, "Board", MARA, DANA, FINN, quorum=2, reject_quorum=2)
    story = submitted(route=a_route(plan)).rejects(MARA).approves(DANA).approves(FINN)
    assert story.state.status is Status.APPROVED


# --- changing and taking back ---------------------------------------------------------------


def test_a_changed_vote_replaces_the_earlier_one() -> None:
    plan = stage(1, "Board", MARA, DANA, FINN, quorum=2, reject_quorum=2)
    story = submitted(route=a_route(plan)).rejects(MARA).approves(MARA)
    current = story.state.current
    assert current is not None
    assert [(v.person, v.decision) for v in current.votes] == [(MARA, APPROVE)]


def test_a_vote_taken_back_no_longer_counts() -> None:
    story = submitted(route=a_route(stage(1, "Board", MARA, DANA, quorum=2))).approves(MARA)
    story.when(withdraw(MARA), MARA).then(VoteWithdrawn(level=1, round=1, person=MARA))
    assert story.approves(DANA).state.status is Status.PENDING
    assert story.approves(MARA).state.status is Status.APPROVED


def test_a_rejection_taken_back_no_longer_counts() -> None:
    plan = stage(1, "Board", MARA, DANA, FINN, quorum=2, reject_quorum=2)
    story = submitted(route=a_route(plan)).rejects(MARA).when(withdraw(MARA), MARA)
    assert story.rejects(DANA).state.status is Status.PENDING


def test_who_has_no_vote_has_none_to_take_back() -> None:
    story = submitted()
    assert story.refused(withdraw(MARA), MARA) is Reason.NO_VOTE


def test_a_vote_of_a_closed_stage_cannot_be_taken_back() -> None:
    story = submitted().approves(MARA)
    assert story.refused(withdraw(MARA), MARA) is Reason.NO_VOTE


def test_nothing_is_taken_back_after_the_end() -> None:
    story = submitted(route=a_route(MANAGER)).approves(MARA)
    assert story.refused(withdraw(MARA), MARA) is Reason.FINISHED


def test_who_left_takes_no_vote_back() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum="all"))).approves(MARA)
    story.directory = Directory([p for p in PEOPLE if p.email != MARA])
    assert story.refused(withdraw(MARA), MARA) is Reason.NO_VOTE


# --- stages that decide by themselves -------------------------------------------------------


def test_a_stage_that_passes_by_itself_is_a_recorded_bypass() -> None:
    route = a_route(stage(1, "Small", MARA, auto="approve"), stage(2, "Director", DANA))
    story = submitted(route=route)
    assert StageApproved(level=1, bypass="auto_approve_when") in [r.event for r in story.new]
    assert story.state.stages[0].bypass == "auto_approve_when"
    assert story.state.current is not None
    assert story.state.current.plan.name == "Director"
    story.approves(DANA)
    assert story.state.outcome is not None
    assert (story.state.outcome.by, story.state.outcome.bypass) == ((DANA,), None)


def test_an_approval_without_any_vote_names_what_passed_it() -> None:
    story = submitted(route=a_route(stage(1, "Small", MARA, auto="approve")))
    assert story.state.outcome is not None
    assert (story.state.status, story.state.outcome.bypass, story.state.outcome.by) == (
        Status.APPROVED,
        "auto_approve_when",
        (),
    )


def test_a_stage_that_refuses_by_itself_ends_the_request_and_says_so() -> None:
    story = submitted(route=a_route(MANAGER, stage(2, "Never", DANA, auto="reject")))
    story.approves(MARA)
    assert StageRejected(level=2, cause="auto_reject_when") in [r.event for r in story.new]
    assert story.state.outcome is not None
    assert (story.state.status, story.state.outcome.by, story.state.outcome.cause) == (
        Status.REJECTED,
        (),
        "auto_reject_when",
    )


# --- races ----------------------------------------------------------------------------------


def test_two_who_click_for_one_seat_leave_one_vote_and_an_honest_answer() -> None:
    story = submitted().approves(MARA)
    late = vote(story.state, FAYE, APPROVE)
    story.approves(FINN)
    assert story.refused(late, FAYE) is Reason.STALE_CARD
    assert [v.person for v in story.state.stages[1].votes] == [FINN]


def test_the_loser_who_names_the_stage_is_told_who_decided() -> None:
    story = submitted().approves(MARA).approves(FINN)
    command = vote(story.state, FAYE, APPROVE, stage="Finance")
    with pytest.raises(Refused) as refusal:
        story.when(command, FAYE)
    assert f"approved by {FINN}" in refusal.value.sentence


def test_a_closed_stage_counts_no_more_votes() -> None:
    story = submitted().approves(MARA)
    assert story.state.stages[0].status is StageStatus.APPROVED
    assert story.refused(vote(story.state, DANA, REJECT, "no", stage="Manager"), DANA) is (
        Reason.WRONG_STAGE
    )


def test_a_vote_cast_stands_when_its_voter_leaves() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2))).approves(MARA)
    story.directory = Directory([p for p in PEOPLE if p.email != MARA])
    assert story.approves(DANA).state.status is Status.APPROVED


def test_who_lost_a_group_in_between_fills_only_what_they_still_may() -> None:
    both = (Entry(ref="group:finance", people=(FINN,)), Entry(ref=FINN, people=(FINN, DANA)))
    story = Story(with_changed(FINN, groups=("sales",)))
    story.when(a_submit(a_route(stage(1, "Two", entries=both, quorum=1))))
    story.approves(FINN)
    assert story.state.stages[0].votes[0].entries == (1,)


def test_somebody_new_in_the_group_was_not_asked_and_may_not_decide() -> None:
    story = submitted().approves(MARA)
    newcomer = person("nora@example.com", groups=("finance",), roles=("finance_analyst",))
    story.directory = Directory([*PEOPLE, newcomer])
    command = vote(story.state, newcomer.email, APPROVE)
    assert story.refused(command, newcomer.email) is Reason.NOT_AN_APPROVER


def test_a_requester_who_is_named_may_reject() -> None:
    story = submitted(route=a_route(stage(1, "Peers", ALICE, MARA))).rejects(ALICE)
    assert story.state.status is Status.REJECTED
