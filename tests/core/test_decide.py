"""The rules, one named test each."""

import pytest
from msgspec.structs import replace

from core.commands import Cancel, Tick
from core.content import Content
from core.events import (
    Actor,
    Finished,
    Recorded,
    StageApproved,
    StageOpened,
    StageRejected,
    Voted,
)
from core.evolve import evolve, fold
from core.refusals import Reason
from core.request import Decision, RequestState, StageStatus, Status
from core.route import Category
from tests.core.builders import (
    ALICE,
    DANA,
    DAY,
    FAYE,
    FINANCE,
    FINN,
    MANAGER,
    MARA,
    NOW,
    a_route,
    a_submit,
    shown,
    stage,
    with_changed,
)
from tests.core.spec import submitted, vote

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


def test_each_event_is_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state after an event is there for the rules, and for whoever asked."""
    story, folded = submitted(), list[Recorded]()

    def counted(state: RequestState, recorded: Recorded) -> RequestState:
        folded.append(recorded)
        return evolve(state, recorded)

    monkeypatch.setattr("core.rules.course.evolve", counted)
    monkeypatch.setattr("core.evolve.evolve", counted)  # by which `fold` does it
    story.approves(MARA).approves(FAYE).rejects(DANA)
    assert len(folded) > 6
    assert folded == story.history[-len(folded) :]


def test_submitting_twice_under_one_id_has_no_second_effect() -> None:
    submitted().when(a_submit()).then()


def test_events_hold_no_free_text() -> None:
    secret = Content(id="c1", salt="00" * 16, body=b'{"text":"the secret reason"}')
    story = submitted()
    story.when(vote(story.state, MARA, REJECT, comment=secret), MARA)
    assert "secret reason" not in repr(story.history)
    assert "New ERP system" not in repr(story.history)
