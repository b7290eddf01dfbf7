"""Delegation of one request, and reassignment by an administrator."""

import pytest
from msgspec.structs import replace

from core.commands import Tick
from core.directory.people import Directory
from core.events import Delegated, DelegationEnded, Reassigned
from core.refusals import Reason
from core.request import Decision, Status
from core.route import Entry
from core.rules.staffing import NOBODY_LEFT
from core.rules.waiting import waited_for
from tests.core.acts import away, delegate, escalate, reassign, withdraw
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DIRECTOR,
    FAYE,
    FINANCE,
    FINN,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    PEOPLE,
    a_route,
    a_submit,
    person,
    stage,
    with_changed,
)
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT = Decision.APPROVE, Decision.REJECT
ONE = a_route(stage(1, "Manager", MARA))


def handed(*people: str) -> Story:
    """A request for Mara alone, handed on from one of these to the next."""
    story = submitted(route=ONE)
    for giver, taker in zip((MARA, *people), people, strict=False):
        story.when(delegate(giver, taker), giver)
    return story


def test_a_delegation_is_recorded_with_its_reason() -> None:
    story = submitted().when(delegate(MARA, DANA), MARA)
    given = story.new[0].event
    assert isinstance(given, Delegated)
    assert (given.giver, given.taker, given.reason) == (MARA, DANA, "text-1")


def test_who_stands_in_votes_on_behalf_of_the_giver() -> None:
    story = handed(DANA).approves(DANA)
    (vote_cast,) = story.state.stages[0].votes
    assert (vote_cast.person, vote_cast.on_behalf_of, vote_cast.seat) == (DANA, MARA, MARA)
    assert story.state.status is Status.APPROVED
    assert story.state.outcome is not None
    assert story.state.outcome.by == (DANA,)


def test_the_giver_keeps_their_authority() -> None:
    assert handed(DANA).approves(MARA).state.status is Status.APPROVED


def test_a_chain_of_three_is_recorded_whole() -> None:
    story = handed(FINN, FAYE, DANA).approves(DANA)
    (vote_cast,) = story.state.stages[0].votes
    assert vote_cast.voices == (DANA, FAYE, FINN, MARA)


def test_a_fourth_link_is_refused() -> None:
    story = handed(FINN, FAYE, DANA)
    assert story.refused(delegate(DANA, ADA), DANA) is Reason.DELEGATION_TOO_DEEP


def test_who_was_replaced_is_not_handed_it_back() -> None:
    story = handed(FINN).when(reassign(MARA, ADA))
    assert story.refused(delegate(ADA, MARA), ADA) is Reason.DELEGATE_BARRED


def test_a_circle_is_refused() -> None:
    story = handed(FINN, FAYE)
    assert story.refused(delegate(FAYE, FINN), FAYE) is Reason.DELEGATION_CYCLE
    assert story.refused(delegate(MARA, MARA), MARA) is Reason.DELEGATION_CYCLE


def test_the_one_asked_need_not_be_handed_it_back() -> None:
    assert handed(FINN).refused(delegate(FINN, MARA), FINN) is Reason.DELEGATION_CYCLE


def test_handing_it_to_the_same_person_again_changes_nothing() -> None:
    handed(FINN).when(delegate(MARA, FINN), MARA).then()


def test_another_choice_ends_the_first() -> None:
    story = handed(FINN).when(delegate(MARA, FAYE), MARA)
    assert story.new[0].event == DelegationEnded(MARA, FINN)
    assert story.refused(vote(story.state, FINN, APPROVE), FINN) is Reason.NOT_AN_APPROVER
    assert story.approves(FAYE).state.status is Status.APPROVED


def test_a_choice_may_go_back_to_the_first_one() -> None:
    story = handed(FINN).when(delegate(MARA, FAYE), MARA).when(delegate(MARA, FINN), MARA)
    assert story.approves(FINN).state.status is Status.APPROVED


def test_an_unqualified_person_is_refused_with_what_they_lack() -> None:
    story = submitted().approves(MARA)
    assert story.refused(delegate(FINN, DANA), FINN) is Reason.DELEGATE_NOT_QUALIFIED


def test_who_lost_the_role_since_may_no_longer_stand_in() -> None:
    third = person("fern@example.com", roles=("finance_analyst",), groups=("audit",))
    story = Story(Directory([*PEOPLE, third]))
    story.when(a_submit()).approves(MARA).when(delegate(FINN, third.email), FINN)
    story.directory = Directory([*PEOPLE, person(third.email)])
    command = vote(story.state, third.email, APPROVE)
    assert story.refused(command, third.email) is Reason.NO_LONGER_QUALIFIED


def test_nobody_stands_in_for_one_who_has_left() -> None:
    third = person("fern@example.com", roles=("finance_analyst",), groups=("audit",))
    story = Story(Directory([*PEOPLE, third]))
    story.when(a_submit()).approves(MARA).when(delegate(FINN, third.email), FINN)
    story.directory = Directory([*(p for p in PEOPLE if p.email != FINN), third])
    command = vote(story.state, third.email, APPROVE)
    assert story.refused(command, third.email) is Reason.NO_LONGER_QUALIFIED


def test_a_chain_is_broken_by_one_between_who_has_left() -> None:
    story = handed(FINN, DANA)
    story.directory = Directory([p for p in PEOPLE if p.email != FINN])
    assert story.refused(vote(story.state, DANA, APPROVE), DANA) is Reason.NO_LONGER_QUALIFIED


def test_a_stranger_cannot_hand_on_what_is_not_theirs() -> None:
    story = submitted()
    assert story.refused(delegate(FINN.replace("finn", "zed"), DANA), MARA) is (
        Reason.NOTHING_TO_DELEGATE
    )


def test_nobody_unknown_is_handed_anything() -> None:
    story = submitted()
    assert story.refused(delegate(MARA, "zed@example.com"), MARA) is Reason.UNKNOWN_PERSON


def test_one_who_is_asked_already_cannot_be_handed_a_second_seat() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2)))
    assert story.refused(delegate(MARA, DANA), MARA) is Reason.ALREADY_ASKED


def test_a_later_approver_hands_on_by_the_rules_of_their_own_stage() -> None:
    analyst = person("fern@example.com", roles=("finance_analyst",))
    story = Story(Directory([*PEOPLE, analyst])).when(a_submit(a_route(MANAGER, FINANCE)))
    assert story.refused(delegate(FINN, DANA), FINN) is Reason.DELEGATE_NOT_QUALIFIED
    story.when(delegate(FINN, analyst.email), FINN).approves(MARA)
    assert story.approves(analyst.email).state.status is Status.APPROVED


def test_a_first_stages_role_does_not_bind_a_later_approvers_choice() -> None:
    first = replace(FINANCE, level=1)
    story = submitted(route=a_route(first, replace(DIRECTOR, level=2)))
    story.when(delegate(DANA, MARA), DANA).approves(FINN)
    assert story.approves(MARA).state.status is Status.APPROVED


# --- one vote together ----------------------------------------------------------------------


def test_giver_and_taker_have_one_vote_together() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2)))
    story.when(delegate(MARA, FINN), MARA).approves(FINN).approves(MARA)
    assert story.state.status is Status.PENDING
    assert [v.person for v in story.state.stages[0].votes] == [MARA]


def test_who_stands_in_does_not_overrule_the_giver() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, reject_quorum=2, quorum=2)))
    story.when(delegate(MARA, FINN), MARA).rejects(MARA)
    assert story.refused(vote(story.state, FINN, APPROVE), FINN) is Reason.SEAT_DECIDED


def test_who_is_further_down_the_chain_does_not_overrule_who_is_nearer() -> None:
    plan = stage(1, "Pair", MARA, DANA, reject_quorum=2, quorum=2)
    story = submitted(route=a_route(plan)).when(delegate(MARA, FINN), MARA)
    story.when(delegate(FINN, FAYE), FINN).rejects(FINN)
    assert story.refused(vote(story.state, FAYE, APPROVE), FAYE) is Reason.SEAT_DECIDED


def passed_on() -> Story:
    """Mara and Dana are asked; Mara's seat went to Dana, as she is away, and on to Finn."""
    story = Story()
    story.standing = (away(MARA, DANA),)
    story.when(a_submit(a_route(stage(1, "Pair", MARA, DANA, quorum=2, reject_quorum=2))))
    return story.when(delegate(DANA, FINN), DANA)


def test_who_voted_does_not_choose_a_second_voter_by_passing_a_seat_on() -> None:
    story = passed_on().approves(DANA)
    assert story.refused(vote(story.state, FINN, APPROVE), FINN) is Reason.SEAT_DECIDED
    assert waited_for(story.state) == (MARA,)
    assert story.approves(MARA).state.status is Status.APPROVED


def test_who_votes_takes_back_what_was_voted_through_their_hand() -> None:
    target = (Entry(ref=DANA, people=(DANA,)),)
    plan = stage(1, "Pair", MARA, FAYE, quorum=2, escalate_to=(target,))
    story = submitted(route=a_route(plan)).when(delegate(MARA, DANA), MARA)
    story.when(delegate(DANA, FINN), DANA).approves(FINN)
    story.when(escalate(as_admin=True)).approves(DANA)
    assert [v.voices for v in story.state.stages[0].votes] == [(DANA,)]
    assert story.state.status is Status.PENDING


def test_one_hand_does_not_pass_on_two_seats_of_a_stage() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2)))
    for giver, taker in ((MARA, FAYE), (DANA, FAYE), (FAYE, FINN)):
        story.when(delegate(giver, taker), giver)
    story.approves(FINN).when(delegate(FAYE, ADA), FAYE)
    story.directory = Directory([p for p in PEOPLE if p.email != MARA])
    assert story.state.stages[0].votes[0].voices == (FINN, FAYE, MARA)
    assert story.refused(vote(story.state, ADA, APPROVE), ADA) is Reason.NO_LONGER_QUALIFIED


def test_a_vote_taken_back_by_the_stand_in_frees_the_seat() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2)))
    story.when(delegate(MARA, FINN), MARA).approves(FINN).when(withdraw(FINN), FINN)
    assert story.approves(DANA).state.status is Status.PENDING
    assert story.approves(MARA).state.status is Status.APPROVED


def test_who_has_a_seat_and_stands_in_has_one_vote() -> None:
    story = Story()
    story.standing = (away(MARA, DANA),)
    story.when(a_submit(a_route(stage(1, "Pair", MARA, DANA, quorum=2))))
    assert story.approves(DANA).approves(DANA).state.status is Status.PENDING
    assert story.state.stages[0].votes[0].on_behalf_of is None


def test_who_lost_their_own_place_may_still_stand_in_for_another() -> None:
    entries = (Entry(ref="group:finance", people=(FINN, FAYE)), Entry(ref=MARA, people=(MARA,)))
    story = Story()
    story.standing = (away(MARA, FINN),)
    story.when(a_submit(a_route(stage(1, "Any", entries=entries))))
    story.directory = with_changed(FINN, groups=())
    assert story.approves(FINN).state.status is Status.APPROVED
    assert story.state.stages[0].votes[0].on_behalf_of == MARA


def test_a_rejection_by_a_stand_in_counts_as_one() -> None:
    plan = stage(1, "Board", MARA, DANA, FINN, reject_quorum=2)
    story = submitted(route=a_route(plan)).when(delegate(MARA, FAYE), MARA)
    story.rejects(FAYE).rejects(MARA)
    assert story.state.status is Status.PENDING


def test_those_who_stand_in_are_waited_for_until_one_of_them_answers() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2)))
    story.when(delegate(MARA, FINN), MARA)
    assert waited_for(story.state) == (MARA, DANA, FINN)
    assert waited_for(story.approves(FINN).state) == (DANA,)


# --- reassignment ---------------------------------------------------------------------------


def test_an_administrator_puts_another_in_somebodys_place() -> None:
    story = submitted(route=ONE).when(reassign(MARA, DANA))
    done = story.new[0].event
    assert isinstance(done, Reassigned)
    assert (done.old, done.new, done.reason) == (MARA, DANA, "text-1")
    assert story.refused(vote(story.state, MARA, APPROVE), MARA) is Reason.NOT_AN_APPROVER
    assert story.approves(DANA).state.status is Status.APPROVED


def test_one_of_a_group_is_replaced_and_the_seats_stay() -> None:
    pair = (Entry(ref="group:finance", people=(FINN, FAYE), seats=2),)
    story = submitted(route=a_route(stage(1, "Pair", entries=pair, quorum="all")))
    story.when(reassign(FAYE, DANA)).approves(FINN)
    assert story.state.status is Status.PENDING
    assert story.approves(DANA).state.status is Status.APPROVED


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (DANA, FINN, Reason.NOT_ASKED),
        (MARA, "zed@example.com", Reason.UNKNOWN_PERSON),
        (MARA, MARA, Reason.ALREADY_ASKED),
        (MARA, ALICE, Reason.DELEGATE_BARRED),
    ],
)
def test_a_reassignment_that_makes_no_sense_is_refused(old: str, new: str, reason: Reason) -> None:
    assert submitted(route=ONE).refused(reassign(old, new), ADA) is reason


def test_who_has_voted_is_not_replaced() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2))).approves(MARA)
    assert story.refused(reassign(MARA, FINN), ADA) is Reason.SEAT_DECIDED


def test_who_let_another_vote_is_not_replaced_either() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2)))
    story.when(delegate(MARA, FINN), MARA).approves(FINN)
    assert story.refused(reassign(MARA, FAYE), ADA) is Reason.SEAT_DECIDED


def test_who_takes_a_place_needs_its_role() -> None:
    story = submitted().approves(MARA)
    assert story.refused(reassign(FINN, DANA), ADA) is Reason.DELEGATE_NOT_QUALIFIED


def test_a_held_stage_is_freed_by_putting_somebody_in_the_place_of_one_who_left() -> None:
    story = submitted(route=a_route(stage(1, "Director", DANA, sla=HOUR), last_resort=()))
    story.directory = Directory([p for p in PEOPLE if p.email != DANA])
    before = story.when(Tick()).state.current
    assert before is not None
    assert before.held == NOBODY_LEFT
    after = story.when(reassign(DANA, MARA)).state.current
    assert after is not None
    assert (after.held, after.acts_at) == (None, NOW + HOUR)
    assert story.approves(MARA).state.status is Status.APPROVED


def test_a_place_that_was_empty_from_the_start_can_be_given_to_somebody() -> None:
    story = Story(Directory([p for p in PEOPLE if p.email != DANA]))
    story.when(a_submit(a_route(stage(1, "Director", DANA), last_resort=())))
    story.when(reassign(DANA, MARA))
    assert story.approves(MARA).state.status is Status.APPROVED


def test_a_reassignment_of_one_of_two_missing_still_holds_at_once() -> None:
    story = Story(Directory([p for p in PEOPLE if p.email not in (DANA, FINN)]))
    story.when(a_submit(a_route(stage(1, "Pair", DANA, FINN, quorum="all"), last_resort=())))
    story.when(reassign(DANA, MARA))
    current = story.state.current
    assert current is not None
    assert (current.assigned, current.held) == ((MARA,), NOBODY_LEFT)
    story.when(Tick()).then()
