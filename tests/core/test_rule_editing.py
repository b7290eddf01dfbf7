"""Edit and approve: a person changes what the rule lets them, and approves that."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.events import Revised, StageApproved, Voted
from core.refusals import Reason
from core.request import Decision, Status
from core.route import Category
from tests.core.acts import a_draft, by, delegate
from tests.core.builders import ALICE, DANA, FINN, MANAGER, MARA, a_route, stage
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT, CHANGES = Decision.APPROVE, Decision.REJECT, Decision.REQUEST_CHANGES
TWO = (stage(1, "Manager", MARA), stage(2, "Finance", FINN, DANA, quorum=2))


def editable(*stages: Any, **fields: Any) -> Story:
    return submitted(route=a_route(*(stages or TWO), editable=("amount", "vendor"), **fields))


def edits(story: Story, person: str, **fields: Any) -> Story:
    draft = a_draft(story.state, **{"edited": ("amount",)} | fields)
    return story.approves(person, edit=draft)


def test_an_edit_makes_a_revision_and_the_vote_is_for_it() -> None:
    story = edits(editable(MANAGER), MARA, amount="90000")
    revised = next(r.event for r in story.new if isinstance(r.event, Revised))
    voted = next(r.event for r in story.new if isinstance(r.event, Voted))
    assert (voted.revision, voted.commitment) == (2, revised.commitment)
    state = story.state
    assert (state.status, state.amount, state.edited, state.edited_by) == (
        Status.APPROVED,
        "90000",
        ("amount",),
        MARA,
    )


def test_a_persons_edit_is_no_attempt_of_the_agent() -> None:
    assert edits(editable(MANAGER), MARA).state.attempt == 1


@pytest.mark.parametrize("fields", [("title",), ("amount", "currency"), ("action.type",)])
def test_only_what_the_rule_lists_may_be_edited(fields: tuple[str, ...]) -> None:
    story = editable(MANAGER)
    command = vote(story.state, MARA, APPROVE, edit=a_draft(story.state, edited=fields))
    assert story.refused(command, MARA) is Reason.NOT_EDITABLE


def test_the_actions_type_is_never_edited() -> None:
    story = submitted(route=a_route(MANAGER, editable=("amount", "action.type", "type")))
    draft = a_draft(story.state, edited=("amount",), action_type="refund")
    command = vote(story.state, MARA, APPROVE, edit=draft)
    assert story.refused(command, MARA) is Reason.NOT_EDITABLE


def test_an_edit_that_changes_nothing_is_refused() -> None:
    story = editable(MANAGER)
    command = vote(story.state, MARA, APPROVE, edit=a_draft(story.state))
    assert story.refused(command, MARA) is Reason.REVISION_UNCHANGED


@pytest.mark.parametrize("decision", [REJECT, CHANGES])
def test_an_edit_comes_with_an_approval(decision: Decision) -> None:
    story = editable(MANAGER)
    draft = a_draft(story.state, edited=("amount",))
    command = vote(story.state, MARA, decision, "no", edit=draft)
    assert story.refused(command, MARA) is Reason.EDIT_WITHOUT_APPROVAL


def test_an_edit_of_an_older_revision_is_refused() -> None:
    story = editable()
    draft = a_draft(story.state, edited=("amount",), base=7)
    command = vote(story.state, MARA, APPROVE, edit=draft)
    assert story.refused(command, MARA) is Reason.STALE_REVISION


@pytest.mark.parametrize("person", [ALICE, DANA])
def test_only_who_may_approve_now_may_edit(person: str) -> None:
    story = editable()
    command = vote(story.state, person, APPROVE, edit=a_draft(story.state, edited=("amount",)))
    assert story.refused(command, person) in (Reason.SELF_APPROVAL, Reason.NOT_AN_APPROVER)


def test_who_stands_in_may_edit_too() -> None:
    story = editable(MANAGER).when(delegate(MARA, DANA), MARA)
    assert edits(story, DANA).state.status is Status.APPROVED


# --- routed again ---------------------------------------------------------------------------


def test_an_edit_is_routed_again_from_the_start() -> None:
    story = edits(editable().approves(MARA), FINN)
    assert story.state.current is not None
    assert (story.state.current.plan.name, story.state.current.votes) == ("Manager", ())
    assert [v for s in story.state.stages for v in s.votes] == []


def test_the_editors_vote_counts_only_where_the_new_route_seats_them_first() -> None:
    story = edits(editable(), MARA)
    assert story.state.current is not None
    assert story.state.current.plan.name == "Finance", "mara is the first stage herself"
    story = edits(editable(), MARA, route=a_route(stage(1, "Director", DANA)))
    assert story.state.status is Status.PENDING
    assert not any(isinstance(r.event, Voted) for r in story.new)


def test_a_vote_for_the_earlier_revision_is_gone() -> None:
    story = edits(editable().approves(MARA), FINN)
    assert story.approves(MARA).state.stages[0].votes[0].at == story.now
    assert story.state.status is Status.PENDING


def test_an_edit_may_lead_where_nobody_is_asked() -> None:
    prohibited = a_route(category=Category.PROHIBITED)
    assert edits(editable(), MARA, route=prohibited).state.status is Status.PROHIBITED
    small = a_route(category=Category.AUTO_APPROVE)
    story = edits(editable(), MARA, route=small)
    assert story.state.outcome is not None
    assert story.state.outcome.bypass == "auto_approve"


def test_an_edit_into_a_rule_for_the_web_is_no_vote_in_chat() -> None:
    web = a_route(*TWO, decide_in="web")
    story = edits(editable(), MARA, route=web)
    assert (story.state.revision, story.state.stages[0].votes) == (2, ())
    signed_in = {"signed_in": "oidc"}
    story.approves(MARA, actor=replace(by(MARA), via="web", evidence=signed_in))
    assert story.state.stages[0].votes != ()


# --- approvals that stand -------------------------------------------------------------------


def keeping(**fields: Any) -> Story:
    return editable(keep_approvals=True, **fields).approves(MARA)


def test_approvals_are_carried_where_the_rule_keeps_them_with_both_digests() -> None:
    story = keeping()
    before = story.state.commitment
    edits(story, FINN)
    revised = next(r.event for r in story.new if isinstance(r.event, Revised))
    assert (revised.before, revised.commitment) == (before, story.state.commitment)
    assert revised.before != revised.commitment
    assert revised.kept is not None
    assert [(v.person, v.carried) for v in revised.kept] == [(MARA, True)]
    assert [v.carried for v in story.state.stages[0].votes] == [True]
    assert [(v.person, v.carried) for v in story.state.stages[1].votes] == [(FINN, False)]
    assert story.approves(DANA).state.status is Status.APPROVED


def test_the_editors_own_earlier_vote_is_cast_anew() -> None:
    story = edits(keeping().approves(DANA), DANA)
    assert story.state.current is not None
    assert [(v.person, v.carried) for v in story.state.current.votes] == [(DANA, False)]


def test_rejections_below_their_quorum_are_not_carried() -> None:
    plan = stage(1, "Board", MARA, FINN, DANA, quorum=2, reject_quorum=2)
    story = edits(editable(plan, keep_approvals=True).rejects(MARA), FINN)
    assert [v.person for v in story.state.stages[0].votes] == [FINN]


def test_one_persons_votes_in_two_stages_stay_where_they_were() -> None:
    stages = (stage(1, "One", MARA), stage(2, "Two", MARA, DANA, quorum=2))
    story = editable(*stages, keep_approvals=True, different_approvers=False)
    story.approves(MARA, stage="One").approves(MARA, stage="Two")
    edits(story, DANA)
    assert [len(s.votes) for s in story.state.stages] == [1, 2]
    assert story.state.status is Status.APPROVED


@pytest.mark.parametrize(
    "change",
    [
        {"keep_approvals": False},
        {"stages": TWO[:1]},
        {"conflicted": (MARA,)},
        {"minimum_unique_approvers": 3},
        {"different_departments": True},
    ],
)
def test_approvals_fall_where_the_new_route_judges_them_otherwise(change: dict[str, Any]) -> None:
    story = keeping()
    assert story.state.route is not None
    edits(story, FINN, route=replace(story.state.route, **change))
    votes = [v for s in story.state.stages for v in s.votes]
    assert not any(v.carried for v in votes)
    assert StageApproved(level=2) not in [r.event for r in story.new]


def test_a_click_on_the_card_before_a_carried_edit_is_stale() -> None:
    story = keeping()
    old = vote(story.state, DANA, APPROVE)
    edits(story, FINN)
    assert story.refused(old, DANA) is Reason.STALE_CARD


def test_a_carried_vote_can_be_repeated_without_effect() -> None:
    plan = stage(1, "Board", MARA, FINN, DANA, quorum=3)
    story = edits(editable(plan, keep_approvals=True).approves(MARA), FINN)
    story.approves(MARA).then()
