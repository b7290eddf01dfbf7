"""Separation of duties: who may not approve, and who is asked in their place."""

from core.directory.people import Directory
from core.events import Actor
from core.refusals import Reason
from core.request import Decision, Status
from core.route import Entry
from core.rules.eligibility import held
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    FAYE,
    FINANCE,
    FINN,
    MANAGER,
    MARA,
    PEOPLE,
    a_route,
    a_submit,
    stage,
    with_changed,
)
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT = Decision.APPROVE, Decision.REJECT


def test_the_requester_never_approves_even_when_the_policy_names_them() -> None:
    story = submitted(route=a_route(stage(1, "Peers", ALICE, MARA)))
    assert story.state.current is not None
    assert story.state.current.assigned == (MARA,)
    assert story.refused(vote(story.state, ALICE, APPROVE), ALICE) is Reason.SELF_APPROVAL


def test_the_agents_owner_never_approves() -> None:
    story = submitted(route=a_route(stage(1, "Peers", FINN, MARA)), owner=FINN)
    assert story.refused(vote(story.state, FINN, APPROVE), FINN) is Reason.SELF_APPROVAL


def test_the_requester_may_approve_where_the_policy_says_so() -> None:
    story = submitted(route=a_route(stage(1, "Peers", ALICE), block_self_approval=False))
    assert story.approves(ALICE).state.status is Status.APPROVED


def test_one_person_approves_one_stage_only() -> None:
    story = submitted(route=a_route(MANAGER, stage(2, "Finance", MARA, FINN))).approves(MARA)
    assert story.state.current is not None
    assert story.state.current.assigned == (FINN,)
    command = vote(story.state, MARA, APPROVE)
    assert story.refused(command, MARA) is Reason.APPROVED_EARLIER_STAGE


def test_separation_of_duties_does_not_limit_rejections() -> None:
    story = submitted(route=a_route(MANAGER, stage(2, "Finance", MARA, FINN))).approves(MARA)
    assert story.rejects(MARA).state.status is Status.REJECTED


def test_a_stage_left_with_nobody_goes_to_its_escalation_target() -> None:
    target = (Entry(ref=DANA, people=(DANA,)),)
    story = submitted(route=a_route(stage(1, "Peers", ALICE, escalate_to=(target,))))
    current = story.state.current
    assert current is not None
    assert (current.assigned, current.escalated) == ((DANA,), True)
    assert current.escalated_because is not None
    assert story.approves(DANA).state.status is Status.APPROVED


def test_a_stage_left_with_nobody_and_no_target_goes_to_the_last_resort() -> None:
    story = submitted(route=a_route(MANAGER, stage(2, "Again", MARA))).approves(MARA)
    current = story.state.current
    assert current is not None
    assert (current.assigned, current.escalated) == ((ADA,), True)
    assert story.approves(ADA).state.status is Status.APPROVED


def test_a_stage_with_nobody_at_all_holds_and_is_never_passed() -> None:
    route = a_route(MANAGER, stage(2, "Again", MARA), last_resort=())
    story = submitted(route=route).approves(MARA)
    current = story.state.current
    assert current is not None
    assert (story.state.status, current.assigned) == (Status.PENDING, ())
    assert held(current)


def test_whoever_is_barred_is_replaced_and_the_quorum_stays() -> None:
    plan = stage(1, "Board", ALICE, FAYE, quorum=2)
    story = submitted(route=a_route(plan))
    current = story.state.current
    assert current is not None
    assert current.assigned == (FAYE, ADA)
    assert story.approves(ADA).state.status is Status.PENDING
    assert story.approves(FAYE).state.status is Status.APPROVED


def test_the_person_of_the_submitting_key_never_approves() -> None:
    actor = Actor(via="api", agent="key-1", person=MARA)
    story = submitted(route=a_route(stage(1, "Peers", MARA, FINN)), actor=actor)
    assert story.state.current is not None
    assert story.state.current.assigned == (FINN,)
    assert story.refused(vote(story.state, MARA, APPROVE), MARA) is Reason.SELF_APPROVAL


def test_who_has_left_when_a_stage_opens_is_not_waited_for() -> None:
    story = submitted(route=a_route(MANAGER, stage(2, "Director", DANA)))
    story.directory = Directory([p for p in PEOPLE if p.email != DANA])
    current = story.approves(MARA).state.current
    assert current is not None
    assert (current.assigned, current.escalated) == ((ADA,), True)


def test_who_lost_the_role_when_a_stage_opens_is_not_waited_for() -> None:
    story = submitted(route=a_route(MANAGER, FINANCE))
    story.directory = with_changed(FINN, roles=())
    current = story.approves(MARA).state.current
    assert current is not None
    assert current.assigned == (FAYE,)


def test_who_has_left_the_group_since_may_no_longer_decide() -> None:
    story = submitted(route=a_route(MANAGER, FINANCE)).approves(MARA)
    story.directory = with_changed(FINN, groups=("sales",))
    command = vote(story.state, FINN, APPROVE)
    assert story.refused(command, FINN) is Reason.NO_LONGER_QUALIFIED


def test_an_escalation_target_needs_the_role_at_the_click_too() -> None:
    target = (Entry(ref=FINN, people=(FINN,)),)
    plan = stage(1, "Peers", ALICE, escalate_to=(target,), required_role="finance_analyst")
    story = submitted(route=a_route(plan))
    story.directory = with_changed(FINN, roles=())
    command = vote(story.state, FINN, APPROVE)
    assert story.refused(command, FINN) is Reason.NO_LONGER_QUALIFIED


def test_a_vote_fills_only_the_seat_its_voter_was_entitled_to_at_the_click() -> None:
    both = (
        Entry(ref="group:finance", people=(FINN, FAYE)),
        Entry(ref="group:legal", people=(FINN,)),
    )
    story = Story(with_changed(FINN, groups=("finance", "legal")))
    story.when(a_submit(a_route(stage(1, "Both", entries=both, quorum="all"))))
    story.directory = with_changed(FINN, groups=("finance",))
    story.approves(FINN).approves(FAYE)
    assert story.state.status is Status.PENDING, "nobody of legal has voted"


def test_who_helps_out_never_outvotes_those_who_are_left() -> None:
    resort = tuple(Entry(ref=p, people=(p,)) for p in (ADA, DANA))
    plan = stage(1, "Pair", ALICE, FAYE, quorum="all")
    story = submitted(route=a_route(plan, last_resort=resort)).approves(ADA).approves(DANA)
    assert story.state.status is Status.PENDING, "faye has not voted"
    assert story.approves(FAYE).state.status is Status.APPROVED


def test_the_last_resort_needs_no_role() -> None:
    plan = stage(1, "Peers", ALICE, required_role="finance_analyst")
    assert submitted(route=a_route(plan)).approves(ADA).state.status is Status.APPROVED
