"""Approvals without a person's vote, or by one person alone: recorded, and bounded."""

from typing import Any

import pytest

from core.commands import Tick, WithdrawVote
from core.events import Actor, Commented, Finished, RationaleRecorded, TokenMinted
from core.refusals import Reason
from core.request import Decision, Status
from core.route import Category, Entry, Glass, Grant, OnReject, Route
from tests.core.acts import (
    advise,
    break_glass,
    by,
    comment,
    escalate,
    reassign,
    redeem,
    revise,
    withdraw,
)
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    FAYE,
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
from tests.core.spec import Story, submitted, vote

APPROVE, CHANGES = Decision.APPROVE, Decision.REQUEST_CHANGES


# --- break-glass ----------------------------------------------------------------------------


def sealed(**fields: Any) -> Story:
    """A request whose rule lets finance analysts break the glass."""
    return submitted(route=a_route(glass=Glass(role="finance_analyst")), **fields)


def test_break_glass_is_a_recorded_bypass_with_person_and_reason() -> None:
    story = sealed().when(break_glass(FINN), FINN)
    assert story.state.outcome is not None
    assert (story.state.status, story.state.outcome.bypass, story.state.outcome.by) == (
        Status.APPROVED,
        "break_glass",
        (FINN,),
    )
    assert story.state.outcome.reason == "text-1"
    assert story.new[0].actor == by(FINN)


def test_breaking_the_glass_twice_is_the_same_answer() -> None:
    sealed().when(break_glass(FINN), FINN).when(break_glass(FINN), FINN).then()


def test_break_glass_needs_a_rule_that_has_it() -> None:
    story = submitted()
    assert story.refused(break_glass(FINN), FINN) is Reason.NO_BREAK_GLASS


def test_break_glass_needs_the_role_today() -> None:
    story = sealed()
    assert story.refused(break_glass(DANA), DANA) is Reason.BREAK_GLASS_ROLE
    story.directory = with_changed(FINN, roles=())
    assert story.refused(break_glass(FINN), FINN) is Reason.BREAK_GLASS_ROLE


def test_break_glass_needs_a_reason() -> None:
    story = sealed()
    assert story.refused(break_glass(FINN, reason=None), FINN) is Reason.REASON_REQUIRED


@pytest.mark.parametrize("asks", [{"requester": FINN}, {"owner": FINN}])
@pytest.mark.parametrize("block", [True, False])
def test_nobody_breaks_the_glass_for_their_own(asks: dict[str, str], block: bool) -> None:
    route = a_route(glass=Glass(role="finance_analyst"), block_self_approval=block)
    story = submitted(route=route, **asks)
    assert story.refused(break_glass(FINN), FINN) is Reason.SELF_APPROVAL


def test_a_conflict_of_interest_keeps_from_breaking_the_glass() -> None:
    route = a_route(glass=Glass(role="finance_analyst"), conflicted=(FINN,))
    assert submitted(route=route).refused(break_glass(FINN), FINN) is Reason.CONFLICT_OF_INTEREST


def test_break_glass_never_passes_what_is_prohibited() -> None:
    glass = Glass(role="finance_analyst")
    story = submitted(route=a_route(category=Category.PROHIBITED, glass=glass))
    assert story.refused(break_glass(FINN), FINN) is Reason.FINISHED


def test_break_glass_is_for_what_was_shown() -> None:
    story = sealed()
    stale = break_glass(FINN, binding=shown(story.state, revision=2))
    assert story.refused(stale, FINN) is Reason.STALE_CARD
    assert story.refused(break_glass(FINN, revision=2), FINN) is Reason.STALE_CARD
    other = break_glass(FINN, binding=shown(story.state, commitment="0" * 16))
    assert story.refused(other, FINN) is Reason.STALE_CARD
    story.when(break_glass(FINN, binding=shown(story.state)), FINN)
    assert story.state.status is Status.APPROVED


def test_break_glass_stays_where_the_rule_wants_decisions() -> None:
    story = submitted(route=a_route(glass=Glass(role="finance_analyst"), decide_in="web"))
    assert story.refused(break_glass(FINN), FINN) is Reason.DECIDE_ELSEWHERE


def test_an_earlier_approver_may_break_the_glass() -> None:
    stages = (stage(1, "Finance", FINN), stage(2, "Director", DANA))
    story = submitted(route=a_route(*stages, glass=Glass(role="finance_analyst"))).approves(FINN)
    assert story.when(break_glass(FINN), FINN).state.status is Status.APPROVED


# --- decide_in ------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", Decision)
def test_a_rule_for_the_web_is_not_decided_in_chat(decision: Decision) -> None:
    story = submitted(route=a_route(MANAGER, decide_in="web"))
    command = vote(story.state, MARA, decision, "why")
    assert story.refused(command, MARA) is Reason.DECIDE_ELSEWHERE
    by_api = vote(story.state, MARA, decision, "why", actor=by(MARA).__class__(via="api"))
    assert story.refused(by_api, MARA) is Reason.DECIDE_ELSEWHERE


@pytest.mark.parametrize("evidence", [{}, {"signed_in": "link"}, {"realm": "oidc"}])
def test_a_rule_for_the_web_is_not_decided_by_who_came_by_a_link(evidence: dict[str, str]) -> None:
    glass = Glass(role="finance_analyst")
    story = submitted(route=a_route(MANAGER, glass=glass, decide_in="web"))
    actor = Actor(via="web", person=MARA, evidence=evidence)
    by_link = vote(story.state, MARA, Decision.APPROVE, None, actor=actor)
    assert story.refused(by_link, MARA) is Reason.COMPANY_SIGN_IN
    alone = break_glass(FINN, actor=Actor(via="web", person=FINN, evidence=evidence))
    assert story.refused(alone, FINN) is Reason.COMPANY_SIGN_IN


@pytest.mark.parametrize("actor", [by(MARA), Actor(via="web", person=MARA)])
def test_what_was_decided_there_is_taken_back_there_alone(actor: Actor) -> None:
    """A rejection that anybody with the chat account could undo would decide nothing."""
    there = Actor(via="web", person=MARA, evidence={"signed_in": "oidc"})
    board = stage(1, "Board", MARA, FINN, quorum=1, reject_quorum=2)
    story = submitted(route=a_route(board, decide_in="web"))
    story.when(vote(story.state, MARA, Decision.REJECT, "why", actor=there), MARA)
    expected = Reason.COMPANY_SIGN_IN if actor.via == "web" else Reason.DECIDE_ELSEWHERE
    assert story.refused(WithdrawVote(actor=actor, person=MARA), MARA) is expected
    story.when(WithdrawVote(actor=there, person=MARA), MARA)
    assert story.state.current is not None
    assert story.state.current.votes == ()


def test_a_rule_for_the_web_is_decided_there_with_the_company_account() -> None:
    story = submitted(route=a_route(MANAGER, decide_in="web"))
    actor = Actor(via="web", person=MARA, evidence={"signed_in": "oidc"})
    story.when(vote(story.state, MARA, Decision.APPROVE, None, actor=actor), MARA)
    assert story.state.status is Status.APPROVED


# --- the model's grant ----------------------------------------------------------------------

POOL = (Entry(ref="group:finance", people=(FINN, FAYE)),)
PAIR = (Entry(ref="group:finance", people=(FINN, FAYE), seats=2),)


def granted(stages: Any = None, **fields: Any) -> Route:
    given: dict[str, Any] = {"grant": Grant(confidence=90, amount="120000")}
    plans = stages or (stage(1, "Finance", entries=POOL),)
    return a_route(*plans, **given | fields)


def advised(route: Route, **fields: Any) -> Story:
    story = submitted(route=route)
    return story.when(advise(story.state, **fields))


def test_a_granted_confident_model_approves_and_the_bypass_is_named() -> None:
    story = advised(granted(), confidence=90)
    assert story.state.outcome is not None
    assert (story.state.status, story.state.outcome.bypass, story.state.outcome.by) == (
        Status.APPROVED,
        "model_grant",
        (),
    )
    assert [type(r.event) for r in story.new] == [RationaleRecorded, Finished]


@pytest.mark.parametrize(
    "advice",
    [
        {"confidence": 89},
        {"confidence": None},
        {"recommendation": "review"},
        {"recommendation": "reject"},
        {"source": "rules"},
    ],
)
def test_a_model_without_confidence_or_another_word_only_advises(advice: dict[str, Any]) -> None:
    story = advised(granted(), **advice)
    assert story.state.status is Status.PENDING
    assert story.state.rationale == "R1.a2"


@pytest.mark.parametrize(
    "route",
    [
        granted(grant=None),
        granted(grant=Grant(confidence=90, amount="119999.99")),
        granted(grant=Grant(confidence=90, amount="120000", currency="EUR")),
        granted(stages=(MANAGER,)),
        granted(stages=(stage(1, "Finance", entries=POOL), stage(2, "Director", DANA))),
        granted(stages=(stage(1, "Finance", entries=POOL, required_role="finance_analyst"),)),
        granted(stages=(stage(1, "Finance", entries=POOL, required_department="Finance"),)),
        granted(
            stages=(
                stage(1, "Finance", entries=POOL),
                stage(2, "Never", entries=POOL, auto="reject"),
            )
        ),
    ],
    ids=["none", "amount", "currency", "person", "later-person", "role", "department", "refuses"],
)
def test_the_model_approves_nothing_beyond_its_grant(route: Route) -> None:
    assert advised(route).state.status is Status.PENDING


def test_a_request_without_an_amount_is_under_no_cap() -> None:
    story = submitted(route=granted(), amount=None)
    assert story.when(advise(story.state)).state.status is Status.PENDING


def test_the_model_never_goes_against_a_vote() -> None:
    plan = stage(1, "Finance", entries=POOL, quorum=1, reject_quorum=2)
    story = submitted(route=granted((plan,))).rejects(FINN)
    assert story.when(advise(story.state)).state.status is Status.PENDING


def test_an_approval_taken_back_no_longer_stands_in_the_models_way() -> None:
    story = submitted(route=granted((stage(1, "Finance", entries=PAIR, quorum=2),)))
    story.approves(FINN).when(withdraw(FINN), FINN)
    assert story.when(advise(story.state)).state.status is Status.APPROVED


def test_the_model_does_not_pass_what_people_sent_back() -> None:
    plans = (stage(1, "One", entries=POOL), stage(2, "Two", entries=POOL))
    story = submitted(route=granted(plans, on_reject=OnReject.PREVIOUS_STAGE))
    story.approves(FINN).rejects(FAYE)
    assert story.when(advise(story.state)).state.status is Status.PENDING


def test_the_model_does_not_pass_what_a_person_wanted_changed() -> None:
    story = submitted(route=granted()).votes(FINN, CHANGES, reason="Cheaper")
    assert story.when(advise(story.state)).state.status is Status.CHANGES_REQUESTED
    story.when(revise(story.state))
    assert story.when(advise(story.state)).state.status is Status.PENDING


def test_the_model_does_not_take_a_seat_given_to_a_person() -> None:
    story = submitted(route=granted()).when(reassign(FINN, MARA), ADA)
    assert story.state.status is Status.PENDING
    story = Story(with_changed(MARA, roles=()))
    story.when(a_submit(granted())).when(reassign(FINN, MARA), ADA)
    assert story.when(advise(story.state)).state.status is Status.PENDING


def test_the_model_decides_nothing_after_the_deadline() -> None:
    story = submitted(route=granted()).at(NOW + DAY)
    assert story.when(advise(story.state)).state.status is Status.EXPIRED


# --- freeze ---------------------------------------------------------------------------------


def frozen(**fields: Any) -> Story:
    story = submitted(**fields)
    story.frozen = True
    return story


def test_nothing_is_approved_while_frozen() -> None:
    story = frozen(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2)))
    assert story.refused(vote(story.state, MARA, APPROVE), MARA) is Reason.FROZEN


def test_rejecting_and_taking_back_are_possible_while_frozen() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, DANA, quorum=2))).approves(MARA)
    story.frozen = True
    story.when(withdraw(MARA), MARA).rejects(DANA)
    assert story.state.status is Status.REJECTED


def test_the_glass_is_frozen_too() -> None:
    story = frozen(route=a_route(glass=Glass(role="finance_analyst")))
    assert story.refused(break_glass(FINN), FINN) is Reason.FROZEN


def test_the_model_only_advises_while_frozen_and_is_not_asked_again() -> None:
    story = frozen(route=granted())
    story.when(advise(story.state))
    assert (story.state.status, story.state.rationale) == (Status.PENDING, "R1.a2")
    story.frozen = False
    assert story.when(Tick()).state.status is Status.PENDING


@pytest.mark.parametrize(
    "route",
    [
        a_route(category=Category.AUTO_APPROVE),
        a_route(stage(1, "Small", MARA, auto="approve")),
    ],
)
def test_nothing_passes_by_itself_while_frozen(route: Route) -> None:
    story = Story()
    story.frozen = True
    assert story.refused(a_submit(route), ALICE) is Reason.FROZEN


def test_a_prohibited_request_is_recorded_while_frozen() -> None:
    story = Story()
    story.frozen = True
    story.when(a_submit(a_route(category=Category.PROHIBITED)))
    assert story.state.status is Status.PROHIBITED


def test_a_revision_that_would_pass_by_itself_waits_for_the_thaw() -> None:
    story = frozen()
    command = revise(story.state, route=a_route(category=Category.AUTO_APPROVE))
    assert story.refused(command, ALICE) is Reason.FROZEN


def test_time_and_talk_go_on_while_frozen() -> None:
    story = frozen()
    story.when(comment(DANA)).when(escalate(as_admin=True))
    assert story.at(NOW + DAY).when(Tick()).state.status is Status.EXPIRED


def test_nothing_is_redeemed_while_frozen() -> None:
    story = Story()
    story.kid = "k1"
    story.when(a_submit(a_route(MANAGER))).approves(MARA)
    assert any(isinstance(r.event, TokenMinted) for r in story.new)
    story.frozen = True
    assert story.refused(redeem(), MARA) is Reason.FROZEN
    story.frozen = False
    assert story.when(redeem()).state.token is not None


def test_a_comment_is_no_decision() -> None:
    story = submitted(route=granted()).when(comment(FINN))
    assert isinstance(story.new[0].event, Commented)
    assert story.when(advise(story.state)).state.status is Status.APPROVED
