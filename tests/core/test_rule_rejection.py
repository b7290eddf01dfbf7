"""What a rejection leads to, and revisions by the agent."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.events import ChangesRequested, RolledBack, StageOpened
from core.refusals import Reason
from core.request import Decision, StageStatus, Status, asked
from core.route import Category, OnReject, Route, StagePlan
from tests.core.acts import advise, delegate, nudge, revise, withdraw
from tests.core.builders import (
    ALICE,
    DANA,
    DAY,
    FAYE,
    FINN,
    HOUR,
    MARA,
    NOW,
    a_route,
    a_submit,
    stage,
)
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT, CHANGES = Decision.APPROVE, Decision.REJECT, Decision.REQUEST_CHANGES


def back(**fields: Any) -> Route:
    return a_route(on_reject=OnReject.PREVIOUS_STAGE, **fields)


def back_with(*stages: StagePlan) -> Route:
    return a_route(*stages, on_reject=OnReject.PREVIOUS_STAGE)


def changes_wanted(**fields: Any) -> Story:
    story = submitted(route=a_route(**fields))
    return story.votes(MARA, CHANGES, reason="Name the vendor")


# --- terminate and previous_stage -----------------------------------------------------------


def test_terminate_is_the_end() -> None:
    story = submitted().approves(MARA).rejects(FINN)
    assert story.state.status is Status.REJECTED


def test_a_rejection_may_send_the_request_back_one_stage() -> None:
    story = submitted(route=back()).approves(MARA).rejects(FINN, "Wrong cost centre")
    undone = [r.event for r in story.new if isinstance(r.event, RolledBack)]
    assert [(e.level, e.to, e.reason) for e in undone] == [(2, 1, f"comment-{FINN}")]
    assert [s.status for s in story.state.stages] == [
        StageStatus.PENDING,
        StageStatus.WAITING,
        StageStatus.WAITING,
    ]
    assert story.state.current is not None
    assert (story.state.current.round, story.state.current.votes) == (2, ())


def test_a_click_of_the_round_before_never_counts() -> None:
    story = submitted(route=back())
    first = vote(story.state, MARA, APPROVE)
    story.when(first, MARA).rejects(FINN)
    assert story.refused(first, MARA) is Reason.STALE_CARD
    assert story.approves(MARA).state.stages[0].status is StageStatus.APPROVED


def test_a_click_of_the_round_before_is_stale_for_one_who_voted_again() -> None:
    pair = stage(1, "Pair", MARA, DANA, quorum=2)
    story = submitted(route=back_with(pair, stage(2, "Finance", FINN)))
    first = vote(story.state, MARA, APPROVE)
    story.when(first, MARA).approves(DANA).rejects(FINN).approves(MARA)
    assert story.refused(first, MARA) is Reason.STALE_CARD


def test_a_call_that_names_the_round_before_never_counts() -> None:
    story = submitted(route=back())
    said = replace(vote(story.state, MARA, APPROVE), binding=None, stage="Manager")
    story.when(replace(said, round=1), MARA).rejects(FINN)
    assert story.refused(replace(said, round=1), MARA) is Reason.STALE_CARD
    assert story.refused(replace(said, round=3), MARA) is Reason.STALE_CARD
    assert story.when(replace(said, round=2), MARA).state.stages[0].status is StageStatus.APPROVED
    assert story.when(replace(said, round=2), MARA).new == [], "a retry is the same answer"


def test_votes_that_were_undone_do_not_keep_their_voter_from_another_stage() -> None:
    either = stage(1, "Manager", MARA, DANA)
    story = submitted(route=back_with(either, stage(2, "Next", FINN, MARA)))
    story.approves(MARA).rejects(FINN).approves(DANA).approves(MARA)
    assert story.state.outcome is not None
    assert story.state.outcome.by == (DANA, MARA)


def test_a_first_stage_has_nothing_before_it() -> None:
    assert submitted(route=back()).rejects(MARA).state.status is Status.REJECTED


def test_a_stage_that_passed_by_itself_is_no_stage_to_go_back_to() -> None:
    route = a_route(
        stage(1, "Manager", MARA),
        stage(2, "Small", DANA, auto="approve"),
        stage(3, "Finance", FINN),
        on_reject=OnReject.PREVIOUS_STAGE,
    )
    story = submitted(route=route).approves(MARA).rejects(FINN)
    assert story.state.current is not None
    assert story.state.current.plan.name == "Manager"
    opened = [r.event.level for r in story.approves(MARA).new if isinstance(r.event, StageOpened)]
    assert opened == [3]
    assert story.state.stages[1].bypass == "auto_approve_when"


def test_rounds_are_bounded_and_the_last_rejection_ends_it() -> None:
    story = submitted(route=back(max_rounds=2))
    story.approves(MARA).rejects(FINN).approves(MARA)
    assert story.state.current is not None
    assert story.state.current.round == 2
    assert story.rejects(FINN).state.status is Status.REJECTED


def test_those_who_were_asked_before_a_rollback_still_count_as_asked() -> None:
    story = submitted(route=back()).approves(MARA).rejects(FINN)
    assert set(asked(story.state)) >= {MARA, FINN, FAYE}


# --- request_changes ------------------------------------------------------------------------


def test_on_reject_request_changes_waits_for_the_agent() -> None:
    story = submitted(route=a_route(on_reject=OnReject.REQUEST_CHANGES)).rejects(MARA, "Cheaper")
    assert story.state.status is Status.CHANGES_REQUESTED
    assert story.state.feedback is not None
    assert (story.state.feedback.by, story.state.feedback.reason) == (MARA, f"comment-{MARA}")


def test_anyone_asked_may_request_changes_with_a_reason() -> None:
    story = submitted()
    assert story.refused(vote(story.state, MARA, CHANGES), MARA) is Reason.REASON_REQUIRED
    story.votes(MARA, CHANGES, reason="Name the vendor")
    assert isinstance(story.new[-1].event, ChangesRequested)
    assert (story.state.status, story.state.current) == (Status.CHANGES_REQUESTED, None)


def test_nothing_can_be_decided_while_changes_are_awaited() -> None:
    story = changes_wanted()
    for command in (
        vote(story.state, DANA, APPROVE, revision=1),
        delegate(MARA, DANA),
        withdraw(MARA),
        nudge(agent_key="key-1"),
    ):
        assert story.refused(command, DANA) is Reason.WAITING_FOR_REVISION


def test_a_revision_is_routed_from_the_start_and_counts_as_an_attempt() -> None:
    story = submitted().approves(MARA).votes(FINN, CHANGES, reason="Cheaper")
    old = story.state
    story.when(revise(story.state, amount="90000"))
    state = story.state
    assert (state.status, state.revision, state.attempt) == (Status.PENDING, 2, 2)
    assert (state.amount, state.edited, state.edited_by) == ("90000", (), None)
    assert state.commitment != old.commitment
    assert state.current is not None
    assert (state.current.plan.name, state.current.round, state.current.votes) == ("Manager", 1, ())


def test_a_click_for_an_earlier_revision_never_counts() -> None:
    story = submitted()
    old = vote(story.state, MARA, APPROVE)
    story.votes(MARA, CHANGES, reason="Cheaper").when(revise(story.state))
    assert story.refused(old, MARA) is Reason.STALE_CARD
    named = vote(story.state, MARA, APPROVE, revision=1)
    assert story.refused(named, MARA) is Reason.STALE_CARD


def test_the_agent_may_revise_without_being_asked() -> None:
    story = submitted().approves(MARA).when(revise(submitted().state))
    assert (story.state.revision, story.state.stages[0].votes) == (2, ())


@pytest.mark.parametrize("who", [{"agent_key": "key-2"}, {"agent_key": None, "person": MARA}])
def test_only_the_agent_or_the_requester_may_revise(who: dict[str, str | None]) -> None:
    story = changes_wanted()
    command = replace(revise(story.state), **who)
    assert story.refused(command, MARA) is Reason.NOT_ALLOWED_TO_REVISE


def test_the_requester_may_revise() -> None:
    story = changes_wanted()
    story.when(replace(revise(story.state), agent_key=None, person=ALICE), ALICE)
    assert story.state.revision == 2


def test_a_revision_made_from_an_older_one_is_refused() -> None:
    story = changes_wanted()
    first = revise(story.state)
    story.when(first)
    assert story.refused(first, ALICE) is Reason.STALE_REVISION


def test_attempts_are_bounded_and_the_last_cannot_be_sent_back() -> None:
    story = changes_wanted(max_attempts=2)
    story.when(revise(story.state))
    again = vote(story.state, MARA, CHANGES, "More")
    assert story.refused(again, MARA) is Reason.TOO_MANY_ATTEMPTS
    assert story.refused(revise(story.state), ALICE) is Reason.TOO_MANY_ATTEMPTS


def test_on_reject_request_changes_ends_with_the_last_attempt() -> None:
    route = a_route(on_reject=OnReject.REQUEST_CHANGES, max_attempts=1)
    assert submitted(route=route).rejects(MARA).state.status is Status.REJECTED


def test_a_chain_of_requests_counts_its_attempts_together() -> None:
    story = Story().when(a_submit(a_route(max_attempts=3), attempt=3, previous="R0"))
    assert story.refused(revise(story.state), ALICE) is Reason.TOO_MANY_ATTEMPTS


def test_an_agents_revision_is_an_attempt_whatever_fields_it_names() -> None:
    story = changes_wanted()
    story.when(revise(story.state, edited=("amount",)))
    assert (story.state.attempt, story.state.edited) == (2, ())


def test_a_revision_may_turn_out_prohibited() -> None:
    story = changes_wanted()
    story.when(revise(story.state, route=a_route(category=Category.PROHIBITED)))
    assert story.state.status is Status.PROHIBITED


def test_a_request_that_waits_for_changes_expires_all_the_same() -> None:
    story = changes_wanted()
    assert story.state.wake_at == NOW + DAY
    assert story.at(NOW + DAY).refused(revise(story.state), ALICE) is Reason.FINISHED
    assert story.state.status is Status.EXPIRED


def test_a_stage_that_was_sent_back_has_no_clock_of_its_own() -> None:
    story = submitted(route=a_route(stage(1, "Manager", MARA, sla=HOUR, remind_at=(HOUR // 2,))))
    story.votes(MARA, CHANGES, reason="Cheaper").at(NOW + 2 * HOUR).when(advise(story.state))
    assert story.state.status is Status.CHANGES_REQUESTED
    assert story.state.wake_at == NOW + DAY


def test_a_late_rationale_of_an_older_revision_is_dropped() -> None:
    story = changes_wanted()
    late = advise(story.state)
    story.when(revise(story.state)).when(late).then()
