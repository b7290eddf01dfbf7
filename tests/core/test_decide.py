"""The rules, one named test each."""

import pytest
from msgspec.structs import replace

from core.commands import Cancel, Tick
from core.content import Content
from core.directory import Directory
from core.eligibility import held
from core.events import Actor, Finished, StageApproved, StageOpened, StageRejected, Voted
from core.evolve import fold
from core.refusals import Reason
from core.request import (
    Category,
    Decision,
    Entry,
    RequestState,
    StageStatus,
    Status,
)
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    DIRECTORY,
    FAYE,
    FINANCE,
    FINN,
    MANAGER,
    MARA,
    NOW,
    PEOPLE,
    a_route,
    a_submit,
    shown,
    stage,
)
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT = Decision.APPROVE, Decision.REJECT


def test_a_request_opens_its_first_stage_only() -> None:
    story = submitted()
    assert [s.status for s in story.state.stages] == [
        StageStatus.PENDING,
        StageStatus.WAITING,
        StageStatus.WAITING,
    ]
    assert story.state.current is not None
    assert story.state.current.assigned == (MARA,)


def test_three_stages_approve_one_after_the_other() -> None:
    story = submitted().approves(MARA).approves(FAYE).approves(DANA)
    assert story.state.status is Status.APPROVED
    assert story.state.outcome is not None
    assert story.state.outcome.by == (MARA, FAYE, DANA)
    assert story.state.outcome.bypass is None
    assert story.state.current is None


def test_an_approval_opens_the_next_stage() -> None:
    story = submitted().approves(MARA)
    kinds = [type(r.event) for r in story.new]
    assert kinds == [Voted, StageApproved, StageOpened]
    assert story.state.current is not None
    assert story.state.current.plan.name == "Finance"


def test_a_vote_records_the_facts_that_permitted_it() -> None:
    story = submitted().approves(MARA).approves(FINN)
    voted = story.new[0].event
    assert isinstance(voted, Voted)
    assert (voted.department, voted.roles) == ("Finance", ("finance_analyst",))


def test_a_prohibited_request_ends_at_once_and_cannot_be_approved() -> None:
    story = submitted(route=a_route(MANAGER, category=Category.PROHIBITED))
    assert story.state.status is Status.PROHIBITED
    command = vote(story.state, MARA, APPROVE, revision=1)
    assert story.refused(command, MARA) is Reason.FINISHED


def test_an_auto_approved_request_is_a_recorded_bypass_of_a_named_kind() -> None:
    story = submitted(route=a_route(MANAGER, category=Category.AUTO_APPROVE))
    assert story.state.outcome is not None
    assert (story.state.status, story.state.outcome.bypass, story.state.outcome.by) == (
        Status.APPROVED,
        "auto_approve",
        (),
    )


def test_a_rejection_ends_the_request_with_who_and_why() -> None:
    story = submitted().rejects(MARA, "Too expensive")
    assert [type(r.event) for r in story.new] == [Voted, StageRejected, Finished]
    assert story.state.status is Status.REJECTED
    assert story.state.outcome is not None
    assert story.state.outcome.by == (MARA,)
    assert story.state.outcome.reason == f"comment-{MARA}"
    assert [s.status for s in story.state.stages[1:]] == [StageStatus.SKIPPED] * 2


def test_a_rejection_without_a_reason_is_refused() -> None:
    story = submitted()
    assert story.refused(vote(story.state, MARA, REJECT), MARA) is Reason.REASON_REQUIRED


# --- what you see is what you approve ------------------------------------------------------


@pytest.mark.parametrize(
    "stale",
    [{"revision": 2}, {"commitment": "0" * 16}, {"round": 2}, {"level": 2}],
)
def test_a_click_for_anything_but_what_is_shown_changes_nothing(stale: dict[str, object]) -> None:
    story = submitted()
    command = vote(story.state, MARA, APPROVE, binding=shown(story.state, **stale))
    assert story.refused(command, MARA) is Reason.STALE_CARD


def test_a_repeated_click_is_the_same_answer_and_no_event() -> None:
    story = submitted()
    command = vote(story.state, MARA, APPROVE)
    story.when(command, MARA).when(command, MARA)
    story.then()
    assert story.state.current is not None
    assert story.state.current.plan.name == "Finance"


def test_a_repeated_click_after_the_end_is_the_same_answer_too() -> None:
    story = submitted(route=a_route(MANAGER))
    command = vote(story.state, MARA, APPROVE)
    story.when(command, MARA).when(command, MARA).then()


def test_the_other_button_after_the_end_is_refused() -> None:
    story = submitted(route=a_route(MANAGER))
    reject = vote(story.state, MARA, REJECT, "Changed my mind")
    story.approves(MARA)
    assert story.refused(reject, MARA) is Reason.FINISHED


def test_the_loser_of_a_race_changes_nothing() -> None:
    story = submitted().approves(MARA)
    late = vote(story.state, FAYE, APPROVE)
    story.approves(FINN)
    assert story.refused(late, FAYE) is Reason.STALE_CARD


# --- order ---------------------------------------------------------------------------------


def test_a_later_approvers_early_click_fills_no_seat() -> None:
    story = submitted()
    early = vote(story.state, DANA, APPROVE)
    assert story.refused(early, DANA) is Reason.NOT_AN_APPROVER


def test_naming_another_stage_is_refused() -> None:
    story = submitted()
    command = vote(story.state, DANA, APPROVE, stage="Director")
    assert story.refused(command, DANA) is Reason.WRONG_STAGE


def test_a_vote_through_the_api_may_name_the_present_stage_and_revision() -> None:
    story = submitted(route=a_route(MANAGER)).approves(MARA, stage="Manager", revision=1)
    assert story.state.status is Status.APPROVED


def test_a_call_that_could_mean_two_stages_must_name_the_one() -> None:
    twice = a_route(stage(1, "First", MARA), stage(2, "Second", MARA), different_approvers=False)
    story = submitted(route=twice).approves(MARA, revision=1)
    retried = vote(story.state, MARA, APPROVE, revision=1)
    assert story.refused(retried, MARA) is Reason.INVALID_FIELD
    story.approves(MARA, stage="First").then()
    assert story.approves(MARA, stage="Second").state.status is Status.APPROVED


def test_a_retried_call_is_the_same_answer_where_one_person_may_approve_once() -> None:
    story = submitted().approves(MARA, revision=1)
    story.approves(MARA, revision=1).then()


# --- authority -----------------------------------------------------------------------------


def test_a_stranger_to_the_stage_is_refused() -> None:
    story = submitted()
    assert story.refused(vote(story.state, FINN, APPROVE), FINN) is Reason.NOT_AN_APPROVER


def test_who_left_the_directory_may_no_longer_decide() -> None:
    story = submitted()
    command = vote(story.state, MARA, APPROVE)
    assert story.refused(command, "gone@example.com") is Reason.NO_LONGER_QUALIFIED


def test_who_lost_the_required_role_may_no_longer_decide() -> None:
    story = submitted(route=a_route(replace(FINANCE, level=1)))
    command = vote(story.state, FINN, APPROVE)
    story.directory = with_changed(FINN, roles=())
    assert story.refused(command, FINN) is Reason.NO_LONGER_QUALIFIED


def with_changed(email: str, **fields: object) -> Directory:
    """Today's directory, in which one person is not as they were."""
    changed = replace(DIRECTORY.people[email], **fields)
    return Directory([changed if p.email == email else p for p in PEOPLE])


# --- separation of duties ------------------------------------------------------------------


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
    story = submitted(route=a_route(stage(1, "Peers", ALICE, escalate_to=target)))
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
    plan = stage(1, "Peers", ALICE, escalate_to=target, required_role="finance_analyst")
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


# --- quorum --------------------------------------------------------------------------------


def test_a_quorum_of_two_needs_two_different_people() -> None:
    plan = stage(1, "Board", MARA, DANA, FINN, quorum=2)
    story = submitted(route=a_route(plan)).approves(MARA)
    assert story.state.status is Status.PENDING
    assert story.approves(DANA).state.status is Status.APPROVED


def test_a_vote_may_be_changed_until_its_stage_closes() -> None:
    plan = stage(1, "Board", MARA, DANA, quorum=2)
    story = submitted(route=a_route(plan)).approves(MARA).rejects(MARA)
    assert story.state.status is Status.REJECTED


# --- time ----------------------------------------------------------------------------------


def test_a_request_expires_at_its_time_however_late_the_tick() -> None:
    story = submitted().at(NOW + 3 * DAY).when(Tick())
    assert story.state.status is Status.EXPIRED
    assert story.state.outcome is not None
    assert story.state.outcome.at == NOW + DAY


def test_a_click_after_the_deadline_never_beats_a_late_tick() -> None:
    story = submitted()
    late = vote(story.state, MARA, APPROVE)
    assert story.at(NOW + DAY).refused(late, MARA) is Reason.FINISHED
    assert story.state.status is Status.EXPIRED


def test_a_click_just_before_the_deadline_counts() -> None:
    story = submitted(route=a_route(MANAGER)).at(NOW + DAY - 1).approves(MARA)
    assert story.state.status is Status.APPROVED


def test_a_tick_emits_what_is_due_once() -> None:
    story = submitted().at(NOW + DAY).when(Tick()).when(Tick())
    story.then()


def test_nothing_is_due_before_its_time_and_wake_at_says_when() -> None:
    story = submitted().at(NOW + DAY - 1).when(Tick())
    story.then()
    assert story.state.wake_at == NOW + DAY


def test_a_finished_request_never_wakes() -> None:
    assert submitted(route=a_route(MANAGER)).approves(MARA).state.wake_at is None


# --- cancel --------------------------------------------------------------------------------


def cancel(**fields: object) -> Cancel:
    return Cancel(actor=Actor(via="api"), **fields)  # type: ignore[arg-type] # test shorthand


@pytest.mark.parametrize("by", [{"person": ALICE}, {"agent_key": "key-1"}, {"as_admin": True}])
def test_requester_agent_and_admin_may_cancel(by: dict[str, object]) -> None:
    assert submitted().when(cancel(**by)).state.status is Status.CANCELLED


@pytest.mark.parametrize("by", [{"person": MARA}, {"agent_key": "key-2"}, {}])
def test_nobody_else_may_cancel(by: dict[str, object]) -> None:
    story = submitted()
    assert story.refused(cancel(**by), MARA) is Reason.NOT_ALLOWED_TO_CANCEL


def test_cancelling_twice_is_the_same_answer() -> None:
    submitted().when(cancel(as_admin=True)).when(cancel(as_admin=True)).then()


def test_a_decided_request_cannot_be_cancelled() -> None:
    story = submitted(route=a_route(MANAGER)).approves(MARA)
    assert story.refused(cancel(as_admin=True), ALICE) is Reason.FINISHED


# --- replay --------------------------------------------------------------------------------


def test_a_replay_of_the_events_gives_the_same_state() -> None:
    story = submitted().approves(MARA).approves(FAYE).rejects(DANA)
    assert fold(RequestState(id="R1"), story.history) == story.state


def test_submitting_twice_under_one_id_has_no_second_effect() -> None:
    submitted().when(a_submit()).then()


def test_events_hold_no_free_text() -> None:
    secret = Content(id="c1", salt="00" * 16, body=b'{"text":"the secret reason"}')
    story = submitted()
    story.when(vote(story.state, MARA, REJECT, comment=secret), MARA)
    assert "secret reason" not in repr(story.history)
    assert "New ERP system" not in repr(story.history)
