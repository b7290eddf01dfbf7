"""Ways around an administrator's act, and votes whose meaning is not clear."""

from core.refusals import Reason
from core.request import Decision, Status
from tests.core.acts import away, delegate, escalate, reassign
from tests.core.builders import ADA, DANA, FAYE, FINN, MARA, NOW, a_route, a_submit, stage
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT = Decision.APPROVE, Decision.REJECT
ONE = a_route(stage(1, "One", DANA))


def test_who_was_replaced_does_not_come_back_as_a_stand_in() -> None:
    story = submitted(route=ONE).when(reassign(DANA, MARA), ADA)
    assert story.refused(delegate(MARA, DANA), MARA) is Reason.DELEGATE_BARRED


def test_who_was_replaced_does_not_come_back_out_of_office() -> None:
    story = Story()
    story.standing = (away(MARA, DANA),)
    story.when(a_submit(route=ONE)).when(reassign(DANA, MARA), ADA)
    assert story.refused(vote(story.state, DANA, APPROVE), DANA) is Reason.NOT_AN_APPROVER


def test_a_delegation_before_the_replacement_does_not_bring_them_back() -> None:
    two = a_route(stage(1, "Two", DANA, FAYE, quorum="all"))
    story = submitted(route=two).when(delegate(FAYE, ADA), FAYE)
    story.when(reassign(DANA, MARA), ADA)
    assert story.refused(vote(story.state, DANA, APPROVE), DANA) is Reason.NOT_AN_APPROVER


def test_an_unnamed_approval_that_could_mean_a_delegated_stage_asks_which() -> None:
    route = a_route(stage(1, "One", DANA), stage(2, "Two", MARA), different_approvers=False)
    story = submitted(route=route)
    story.when(vote(story.state, DANA, APPROVE, stage="One"), DANA)
    story.when(delegate(MARA, DANA), MARA)
    unnamed = vote(story.state, DANA, APPROVE, stage=None)
    assert story.refused(unnamed, DANA) is Reason.INVALID_FIELD
    story.when(vote(story.state, DANA, APPROVE, stage="Two"), DANA)
    assert story.state.status is Status.APPROVED


def test_another_decision_than_before_means_the_stage_that_is_open() -> None:
    route = a_route(stage(1, "One", DANA), stage(2, "Two", DANA), different_approvers=False)
    story = submitted(route=route)
    story.when(vote(story.state, DANA, APPROVE, stage="One"), DANA)
    story.when(vote(story.state, DANA, REJECT, "No", stage=None), DANA)
    assert story.state.status is Status.REJECTED


def test_who_votes_for_somebody_is_not_given_another_seat() -> None:
    story = submitted(route=a_route(stage(1, "Two", DANA, MARA, quorum=2)))
    story.when(delegate(DANA, FAYE), DANA).approves(FAYE)
    assert story.refused(reassign(MARA, FAYE), ADA) is Reason.SEAT_DECIDED


def test_the_agents_owner_does_not_have_the_last_resort_asked() -> None:
    story = submitted(route=ONE, owner=FAYE)
    refused = story.refused(escalate(person=FAYE, as_admin=True), FAYE)
    assert refused is Reason.ONLY_ADMIN_ESCALATES


def test_handing_over_by_hand_outlasts_an_absence() -> None:
    story = Story()
    story.standing = (away(DANA, FINN, ends=NOW + 1000),)
    story.when(a_submit(route=ONE)).when(delegate(DANA, FINN), DANA)
    story.standing = ()
    story.at(NOW + 1000).approves(FINN)
    assert story.state.status is Status.APPROVED
