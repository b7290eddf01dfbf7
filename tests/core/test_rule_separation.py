"""Separation of duties over the whole chain: who clicks, and everyone they stand in for."""

from typing import Any

import pytest

from core.commands import Tick
from core.directory.people import Directory
from core.events import Actor
from core.refusals import Reason
from core.request import Decision, Status
from core.route import Entry, OnReject, Route, StagePlan
from core.rules.staffing import NOBODY_LEFT
from tests.core.acts import away, delegate
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

APPROVE = Decision.APPROVE
BOSS = stage(1, "Boss", MARA)
BOARD = stage(2, "Board", DANA, FINN)


def refusal(story: Story, who: str) -> Reason:
    return story.refused(vote(story.state, who, APPROVE), who)


def loose(*stages: StagePlan, **fields: Any) -> Route:
    return a_route(*stages, different_approvers=False, **fields)


# --- self -----------------------------------------------------------------------------------


@pytest.mark.parametrize("asks", [{"requester": DANA}, {"owner": DANA}])
def test_nobody_lets_another_approve_what_they_asked_for(asks: dict[str, str]) -> None:
    route = a_route(BOSS, stage(2, "Board", DANA, FINN))
    story = submitted(route=route, **asks)
    story.when(delegate(DANA, FAYE), DANA).approves(MARA)
    assert refusal(story, DANA) is Reason.SELF_APPROVAL
    assert refusal(story, FAYE) is Reason.NOT_AN_APPROVER


def test_the_requester_cannot_be_handed_somebodys_seat() -> None:
    story = submitted(route=a_route(BOSS))
    assert story.refused(delegate(MARA, ALICE), MARA) is Reason.DELEGATE_BARRED


def test_a_requester_who_stands_in_may_not_approve_either() -> None:
    story = Story()
    story.standing = (away(MARA, ALICE),)
    story.when(a_submit(a_route(BOSS)))
    assert refusal(story, ALICE) is Reason.SELF_APPROVAL


def test_who_stands_in_between_is_judged_too() -> None:
    story = Story()
    story.standing = (away(MARA, FINN), away(FINN, DANA))
    story.when(a_submit(a_route(BOSS), owner=FINN))
    assert refusal(story, DANA) is Reason.NOT_AN_APPROVER


def test_a_conflict_between_the_two_ends_of_a_chain_holds_too() -> None:
    story = submitted(route=a_route(BOSS))
    story.when(delegate(MARA, FINN), MARA).when(delegate(FINN, DANA), FINN)
    story.directory = with_changed(FINN, conflicts=(ALICE,))
    assert refusal(story, DANA) is Reason.CONFLICT_OF_INTEREST


def test_the_owner_may_approve_where_the_rule_does_not_mind() -> None:
    route = a_route(stage(1, "Peers", FINN), block_self_approval=False)
    assert submitted(route=route, owner=FINN).approves(FINN).state.status is Status.APPROVED


# --- conflicts of interest ------------------------------------------------------------------


def test_a_conflict_that_the_policy_declares_bars_the_person() -> None:
    story = submitted(route=a_route(stage(1, "Peers", MARA, DANA), conflicted=(DANA,)))
    assert story.state.current is not None
    assert story.state.current.assigned == (MARA,)
    assert refusal(story, DANA) is Reason.CONFLICT_OF_INTEREST


def test_a_conflict_bars_whoever_stands_in_for_that_person() -> None:
    story = submitted(route=a_route(BOSS, stage(2, "Board", DANA, FINN), conflicted=(DANA,)))
    story.when(delegate(DANA, FAYE), DANA).approves(MARA)
    assert refusal(story, FAYE) is Reason.NOT_AN_APPROVER


@pytest.mark.parametrize("declared", [ALICE, "group:engineering"])
def test_a_conflict_that_the_directory_declares_bars_the_person(declared: str) -> None:
    people = [with_changed(ALICE, groups=("engineering",)).people[ALICE]]
    people += [with_changed(DANA, conflicts=(declared,)).people[DANA]]
    people += [p for p in PEOPLE if p.email not in (ALICE, DANA)]
    story = Story(Directory(people)).when(a_submit(a_route(stage(1, "Peers", MARA, DANA))))
    assert story.state.current is not None
    assert story.state.current.assigned == (MARA,)
    assert refusal(story, DANA) is Reason.CONFLICT_OF_INTEREST


def test_a_conflict_declared_since_is_obeyed_at_the_click() -> None:
    story = submitted(route=a_route(stage(1, "Peers", MARA, DANA)))
    story.directory = with_changed(DANA, conflicts=(ALICE,))
    assert refusal(story, DANA) is Reason.CONFLICT_OF_INTEREST


# --- different approvers --------------------------------------------------------------------


def test_an_earlier_approver_does_not_approve_through_another() -> None:
    story = submitted(route=a_route(BOSS, stage(2, "Board", DANA, FINN)))
    story.approves(MARA)
    assert story.refused(delegate(DANA, MARA), DANA) is Reason.DELEGATE_BARRED


def test_whose_authority_was_used_is_an_approver_too() -> None:
    story = submitted(route=a_route(BOSS, stage(2, "Board", MARA, FINN)))
    story.when(delegate(MARA, DANA), MARA).approves(DANA)
    assert story.state.current is not None
    assert story.state.current.assigned == (FINN,)
    assert refusal(story, MARA) is Reason.APPROVED_EARLIER_STAGE
    assert refusal(story, DANA) is Reason.APPROVED_EARLIER_STAGE


def test_a_new_address_gives_nobody_a_second_vote() -> None:
    """Neither in the stage in which they voted under the old one, nor in a later one."""
    now_dana = with_changed(DANA, formerly=(MARA,))
    both = stage(1, "Peers", MARA, DANA, FINN, quorum=2)
    for route in (loose(both), a_route(BOSS, stage(2, "Board", DANA, FINN))):
        story = submitted(route=route).approves(MARA)
        story.directory = now_dana
        assert refusal(story, DANA) is Reason.CONFLICT_OF_INTEREST
        story.approves(FINN)
        assert story.state.status is Status.APPROVED
    story = submitted(route=loose(BOSS, stage(2, "Board", DANA))).approves(MARA)
    story.directory = now_dana
    assert story.approves(DANA).state.status is Status.APPROVED


def test_who_passed_it_on_is_an_approver_too() -> None:
    story = submitted(route=a_route(BOSS, stage(2, "Board", FINN, FAYE)))
    story.when(delegate(MARA, FINN), MARA).when(delegate(FINN, DANA), FINN).approves(DANA)
    assert story.state.current is not None
    assert story.state.current.assigned == (FAYE,)
    assert refusal(story, FINN) is Reason.APPROVED_EARLIER_STAGE


def test_one_person_may_approve_two_stages_where_the_rule_allows_it() -> None:
    story = submitted(route=loose(BOSS, stage(2, "Again", MARA)))
    story.approves(MARA, stage="Boss").approves(MARA, stage="Again")
    assert story.state.status is Status.APPROVED


def test_a_rolled_back_approver_may_approve_a_later_stage() -> None:
    first, second = stage(1, "One", MARA, DANA), stage(2, "Two", MARA, FINN)
    story = submitted(route=a_route(first, second, on_reject=OnReject.PREVIOUS_STAGE))
    story.approves(MARA).rejects(FINN).approves(DANA)
    assert story.approves(MARA).state.status is Status.APPROVED


def test_a_prior_approver_who_only_passed_by_rule_is_nobody() -> None:
    route = a_route(stage(1, "Auto", MARA, auto="approve"), stage(2, "Boss", MARA))
    assert submitted(route=route).approves(MARA).state.status is Status.APPROVED


# --- different departments ------------------------------------------------------------------


def test_different_departments_wants_another_department_each_stage() -> None:
    route = a_route(stage(1, "One", FINN), stage(2, "Two", FAYE, DANA), different_departments=True)
    story = submitted(route=route).approves(FINN)
    assert story.state.current is not None
    assert story.state.current.assigned == (DANA,)
    assert refusal(story, FAYE) is Reason.DEPARTMENT_APPROVED


def test_who_has_no_department_cannot_show_that_it_is_another() -> None:
    route = a_route(stage(1, "One", ADA, MARA), different_departments=True)
    story = submitted(route=route)
    assert story.state.current is not None
    assert story.state.current.assigned == (MARA,)
    assert refusal(story, ADA) is Reason.NO_DEPARTMENT


def test_the_department_of_whom_they_stand_for_counts() -> None:
    route = a_route(stage(1, "One", FINN), stage(2, "Two", FAYE, DANA), different_departments=True)
    story = submitted(route=route).when(delegate(FINN, MARA), FINN).approves(MARA)
    assert story.state.current is not None
    assert story.state.current.assigned == (DANA,), "finance approved, by Mara's hand"


def test_a_department_left_since_was_still_the_one_that_approved() -> None:
    route = a_route(stage(1, "One", FINN), stage(2, "Two", FAYE, DANA), different_departments=True)
    story = submitted(route=route)
    story.directory = with_changed(FINN, department="Finance")
    story.approves(FINN)
    story.directory = with_changed(FINN, department="Sales")
    assert refusal(story, FAYE) is Reason.DEPARTMENT_APPROVED


# --- how many different people --------------------------------------------------------------


def test_the_same_person_again_is_refused_when_too_few_others_would_be_left() -> None:
    route = loose(BOSS, stage(2, "Two", MARA, DANA), minimum_unique_approvers=2)
    story = submitted(route=route).approves(MARA)
    assert refusal(story, MARA) is Reason.TOO_FEW_APPROVERS
    assert story.approves(DANA).state.status is Status.APPROVED


def test_the_same_person_again_is_fine_while_enough_others_are_to_come() -> None:
    stages = (BOSS, stage(2, "Two", MARA, DANA), stage(3, "Three", DANA))
    story = submitted(route=loose(*stages, minimum_unique_approvers=2)).approves(MARA)
    story.approves(MARA, stage="Two").approves(DANA, stage="Three")
    assert story.state.status is Status.APPROVED


def test_two_who_come_again_in_one_stage_are_counted_together() -> None:
    pair = (MARA, DANA, FINN, FAYE)
    stages = (stage(1, "One", *pair, quorum=2), stage(2, "Two", *pair, quorum=2))
    story = submitted(route=loose(*stages, minimum_unique_approvers=3))
    story.approves(MARA).approves(DANA).approves(MARA, stage="Two")
    command = vote(story.state, DANA, APPROVE)
    assert story.refused(command, DANA) is Reason.TOO_FEW_APPROVERS
    assert story.approves(FINN).state.status is Status.APPROVED


def test_others_who_voted_at_the_same_stage_count_as_different() -> None:
    stages = (BOSS, stage(2, "Two", MARA, FINN, quorum=2))
    story = submitted(route=loose(*stages, minimum_unique_approvers=2)).approves(MARA)
    story.approves(FINN, stage="Two").approves(MARA, stage="Two")
    assert story.state.status is Status.APPROVED


def test_who_may_not_come_again_after_another_did_is_replaced_at_once() -> None:
    stages = (stage(1, "One", MARA, DANA, quorum=2), stage(2, "Two", MARA, DANA, quorum=2))
    story = submitted(route=loose(*stages, minimum_unique_approvers=3))
    story.approves(MARA).approves(DANA).approves(MARA, stage="Two")
    assert story.state.current is not None
    assert story.state.current.assigned == (MARA, DANA, ADA)
    story.when(Tick()).then()
    assert story.approves(ADA).state.status is Status.APPROVED


def test_one_vote_for_another_is_one_approver_not_two() -> None:
    stages = (BOSS, stage(2, "Two", MARA, DANA))
    story = submitted(route=loose(*stages, minimum_unique_approvers=2))
    story.when(delegate(MARA, FINN), MARA).approves(FINN)
    assert refusal(story, MARA) is Reason.TOO_FEW_APPROVERS


def test_standing_in_for_an_earlier_approver_makes_nobody_new() -> None:
    stages = (BOSS, stage(2, "Two", MARA, DANA))
    story = submitted(route=loose(*stages, minimum_unique_approvers=2)).approves(MARA)
    story.standing = (away(MARA, FINN),)
    assert refusal(story, FINN) is Reason.NOT_AN_APPROVER


# --- who is asked instead -------------------------------------------------------------------


def test_the_person_of_a_submitting_key_is_barred_like_the_requester() -> None:
    actor = Actor(via="api", agent="key-1", person=DANA)
    story = submitted(route=a_route(stage(1, "Peers", DANA, MARA)), actor=actor)
    assert refusal(story, DANA) is Reason.SELF_APPROVAL


def test_a_stage_whose_people_are_all_barred_asks_its_target_at_once() -> None:
    target = (Entry(ref=FINN, people=(FINN,)),)
    route = a_route(MANAGER, stage(2, "Again", MARA, escalate_to=(target,)))
    story = submitted(route=route).approves(MARA)
    current = story.state.current
    assert current is not None
    assert (current.assigned, current.escalated, current.tier) == ((FINN,), True, 1)


def test_a_barred_target_is_passed_over_too() -> None:
    target = (Entry(ref=ALICE, people=(ALICE,)),)
    route = a_route(stage(1, "Peers", ALICE, escalate_to=(target,)))
    current = submitted(route=route).state.current
    assert current is not None
    assert (current.assigned, current.tier) == ((ADA,), 2)


def test_a_stage_with_nobody_at_all_says_why_it_holds() -> None:
    story = submitted(route=a_route(stage(1, "Peers", DANA), last_resort=()), owner=DANA)
    current = story.state.current
    assert current is not None
    assert current.held == NOBODY_LEFT
    assert (current.acts_at, current.reminders) == (None, ())


def test_a_newcomer_frees_a_stage_that_was_held() -> None:
    group = (Entry(ref="group:finance", people=(FINN,)),)
    story = Story(with_changed(FINN, groups=()))
    story.when(a_submit(a_route(stage(1, "Finance", entries=group), last_resort=())))
    assert story.state.current is not None
    assert story.state.current.held is not None
    story.directory = Directory([*PEOPLE, person("new@example.com")])
    assert story.approves(FINN).state.status is Status.APPROVED
