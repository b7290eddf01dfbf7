"""Those who ask do not choose who decides, and nobody makes a trail grow without end."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.commands import Tick
from core.events import Actor
from core.refusals import Reason, Refused
from core.request import Decision, Status
from core.route import Entry, Glass, Grant, OnTimeout
from core.rules.limits import MOST_CHANGES, MOST_DELEGATIONS
from tests.core.acts import (
    a_draft,
    advise,
    break_glass,
    by,
    delegate,
    escalate,
    reassign,
    revise,
    withdraw,
)
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    FAYE,
    FINN,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    a_route,
    a_submit,
    stage,
    with_changed,
)
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT, CHANGES = Decision.APPROVE, Decision.REJECT, Decision.REQUEST_CHANGES
CONCERNED: tuple[dict[str, Any], ...] = (
    {"agent_key": "key-1"},
    {"person": ALICE},
    {"person": MARA},
)


def assigned(story: Story) -> tuple[str, ...]:
    current = story.state.current
    assert current is not None
    return current.assigned


# --- escalation by hand ---------------------------------------------------------------------


def laddered(**fields: Any) -> Story:
    helpers = ((Entry(ref=FINN, people=(FINN,)),), (Entry(ref=DANA, people=(DANA,)),))
    given: dict[str, Any] = {"sla": HOUR, "escalate_to": helpers, "required_role": None}
    return submitted(route=a_route(stage(1, "Manager", MARA, **given | fields)))


@pytest.mark.parametrize("who", CONCERNED)
def test_an_escalation_by_hand_stays_on_the_stages_own_ladder(who: dict[str, Any]) -> None:
    story = laddered().when(escalate(**who)).when(escalate(**who))
    assert assigned(story) == (MARA, FINN, DANA)
    assert story.refused(escalate(**who), MARA) is Reason.ONLY_ADMIN_ESCALATES
    story.when(escalate(as_admin=True))
    assert assigned(story) == (MARA, FINN, DANA, ADA)


@pytest.mark.parametrize("who", CONCERNED)
def test_a_ladder_without_levels_ends_with_the_managers(who: dict[str, Any]) -> None:
    story = Story(with_changed(MARA, manager=DANA)).when(a_submit(a_route(MANAGER)))
    story.when(escalate(**who))
    assert assigned(story) == (MARA, DANA)
    assert story.refused(escalate(**who), MARA) is Reason.ONLY_ADMIN_ESCALATES


@pytest.mark.parametrize("who", CONCERNED)
def test_rungs_that_ask_nobody_new_do_not_lead_to_the_last_resort(who: dict[str, Any]) -> None:
    story = submitted(route=a_route(MANAGER))
    assert story.refused(escalate(**who), MARA) is Reason.ONLY_ADMIN_ESCALATES


@pytest.mark.parametrize("on_timeout", [OnTimeout.HOLD, OnTimeout.REJECT])
@pytest.mark.parametrize("who", CONCERNED)
def test_a_stage_that_never_escalates_does_not_by_hand(
    on_timeout: OnTimeout, who: dict[str, Any]
) -> None:
    story = laddered(on_timeout=on_timeout)
    assert story.refused(escalate(**who), MARA) is Reason.ONLY_ADMIN_ESCALATES
    story.when(escalate(as_admin=True))
    assert assigned(story) == (MARA, FINN)


def test_the_deadline_goes_on_to_the_last_resort() -> None:
    story = laddered().when(escalate(agent_key="key-1")).when(escalate(agent_key="key-1"))
    story.at(NOW + HOUR).when(Tick())
    assert assigned(story) == (MARA, FINN, DANA, ADA)


# --- one's own request ----------------------------------------------------------------------


@pytest.mark.parametrize("asks", [{}, {"requester": None, "owner": ALICE}])
def test_who_asks_does_not_choose_the_approver(asks: dict[str, Any]) -> None:
    story = submitted(route=a_route(MANAGER), **asks)
    own = replace(reassign(MARA, FINN), actor=by(ALICE))
    assert story.refused(own, ALICE) is Reason.OWN_REQUEST
    story.when(reassign(MARA, FINN))
    assert assigned(story) == (FINN,)


def test_the_key_that_asks_does_not_choose_the_approver() -> None:
    story = submitted(route=a_route(MANAGER))
    own = replace(reassign(MARA, FINN), actor=Actor(via="api", agent="key-1"))
    assert story.refused(own, ADA) is Reason.OWN_REQUEST


# --- bypasses -------------------------------------------------------------------------------


def test_the_glass_is_not_broken_while_changes_are_awaited() -> None:
    story = submitted(route=a_route(MANAGER, glass=Glass(role="finance_analyst")))
    story.votes(MARA, CHANGES, reason="the account is wrong")
    assert story.refused(break_glass(FINN), FINN) is Reason.WAITING_FOR_REVISION
    story.when(revise(story.state)).when(break_glass(FINN), FINN)
    assert story.state.status is Status.APPROVED


POOL = Entry(ref="group:finance", people=(FINN, FAYE), seats=2)


def granted() -> Story:
    plan = stage(1, "Pool", entries=(POOL,), quorum=2, reject_quorum=2)
    return submitted(route=a_route(plan, grant=Grant(confidence=90, amount="500000")))


def test_the_model_passes_nothing_that_a_person_rejected_in_any_revision() -> None:
    story = granted().rejects(FINN)
    story.when(revise(story.state, amount="119999"))
    assert story.when(advise(story.state)).state.status is Status.PENDING


def test_a_rejection_that_was_taken_back_closes_the_grant_too() -> None:
    story = granted().rejects(FINN).when(withdraw(FINN), FINN)
    assert story.when(advise(story.state)).state.status is Status.PENDING


# --- bounds ---------------------------------------------------------------------------------


def test_a_request_is_handed_on_only_so_often() -> None:
    story = submitted(route=a_route(MANAGER))
    takers = (DANA, FINN, FAYE)
    for number in range(MOST_DELEGATIONS):
        story.when(delegate(MARA, takers[number % 3]), MARA)
    last = takers[(MOST_DELEGATIONS - 1) % 3]
    story.when(delegate(MARA, last), MARA).then()
    other = takers[MOST_DELEGATIONS % 3]
    assert story.refused(delegate(MARA, other), MARA) is Reason.TOO_MANY_DELEGATIONS
    assert story.approves(last).state.status is Status.APPROVED


def test_a_vote_is_taken_back_only_so_often_in_a_round_and_somebody_else_can_vote() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, FINN, quorum=2)))
    for _ in range(MOST_CHANGES):
        story.approves(MARA).when(withdraw(MARA), MARA)
    again = vote(story.state, MARA, APPROVE)
    assert story.refused(again, MARA) is Reason.TOO_MANY_VOTES
    story.approves(FINN).when(reassign(MARA, DANA)).approves(DANA)
    assert story.state.status is Status.APPROVED


def test_a_vote_is_changed_only_so_often_in_a_round_and_may_always_be_taken_back() -> None:
    plan = stage(1, "Pair", MARA, FINN, quorum=2, reject_quorum=2)
    story = submitted(route=a_route(plan))
    for _ in range(MOST_CHANGES // 2):
        story.approves(MARA).rejects(MARA)
    story.approves(MARA).approves(MARA).then()
    again = vote(story.state, MARA, REJECT, "no")
    assert story.refused(again, MARA) is Reason.TOO_MANY_VOTES
    story.when(withdraw(MARA), MARA)
    assert story.state.current is not None
    assert story.state.current.votes == ()


def test_a_new_round_has_votes_of_its_own() -> None:
    story = submitted(route=a_route(stage(1, "Pair", MARA, FINN, quorum=2)))
    for _ in range(MOST_CHANGES):
        story.approves(MARA).when(withdraw(MARA), MARA)
    story.when(revise(story.state)).approves(MARA)
    assert story.state.current is not None
    assert [v.person for v in story.state.current.votes] == [MARA]


def test_a_vote_too_many_changes_nothing_even_with_an_edit() -> None:
    plan = stage(1, "Pair", MARA, FINN, quorum=2)
    story = submitted(route=a_route(plan, editable=("amount",), keep_approvals=True))
    for _ in range(MOST_CHANGES):
        story.approves(MARA).when(withdraw(MARA), MARA)
    draft = a_draft(story.state, edited=("amount",))
    with pytest.raises(Refused):
        story.approves(MARA, edit=draft)
    assert story.state.revision == 1
