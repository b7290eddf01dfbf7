"""After the decision: tokens, redemption and reports. And comments, which decide nothing."""

import pytest

from core.commands import Cancel, Tick
from core.events import Actor, TokenMinted, TokenRedeemed
from core.refusals import Reason
from core.request import Execution, Status
from core.route import Category
from core.rules.limits import MOST_COMMENTS, MOST_FROM_OTHERS
from tests.core.acts import a_draft, comment, redeem, report, revise, revoke
from tests.core.builders import ADA, ALICE, DANA, DAY, HOUR, MANAGER, MARA, NOW, a_route, a_submit
from tests.core.spec import Story, submitted


def approved(**fields: object) -> Story:
    """An approval with its token, which may be used for an hour."""
    story = Story()
    story.kid = "k1"
    route = a_route(MANAGER, token_lifetime=HOUR, editable=("amount",))
    return story.when(a_submit(route)).approves(MARA, **fields)


# --- tokens ---------------------------------------------------------------------------------


def test_an_approval_mints_one_token_with_it() -> None:
    story = approved()
    minted = [r for r in story.history if isinstance(r.event, TokenMinted)]
    assert [(r.event, r.at) for r in minted] == [
        (TokenMinted(jti="R1.1", kid="k1", iat=NOW, exp=NOW + HOUR), NOW)
    ]
    story.approves(MARA, revision=1).then()


def test_the_token_names_the_revision_that_was_approved() -> None:
    story = Story()
    story.kid = "k1"
    story.when(a_submit(a_route(MANAGER, editable=("amount",))))
    story.approves(MARA, edit=a_draft(story.state, edited=("amount",)))
    assert story.state.token is not None
    assert story.state.token.jti == "R1.2"


def test_an_approval_by_rule_mints_one_too() -> None:
    story = Story()
    story.kid = "k1"
    story.when(a_submit(a_route(category=Category.AUTO_APPROVE)))
    assert story.state.token is not None


def test_without_a_key_there_is_no_token() -> None:
    assert submitted(route=a_route(MANAGER)).approves(MARA).state.token is None


def test_nothing_but_an_approval_has_a_token() -> None:
    story = Story()
    story.kid = "k1"
    story.when(a_submit(a_route(MANAGER))).rejects(MARA)
    assert story.state.token is None
    assert story.refused(redeem(), ADA) is Reason.NOT_APPROVED


def test_a_token_is_redeemed_once() -> None:
    story = approved().at(NOW + HOUR - 1).when(redeem())
    story.then(TokenRedeemed(jti="R1.1", key="key-1"))
    assert story.state.token is not None
    assert story.state.token.redeemed_at == NOW + HOUR - 1
    assert story.refused(redeem(), ADA) is Reason.TOKEN_USED


def test_a_token_is_not_redeemed_after_its_time() -> None:
    assert approved().at(NOW + HOUR).refused(redeem(), ADA) is Reason.TOKEN_EXPIRED


def test_another_requests_token_is_not_this_ones() -> None:
    assert approved().refused(redeem("R1.2"), ADA) is Reason.TOKEN_INVALID


def test_a_revoked_token_is_not_redeemed() -> None:
    story = approved().when(revoke())
    assert story.refused(redeem(), ADA) is Reason.TOKEN_REVOKED
    story.when(revoke()).then()


def test_a_used_token_cannot_be_taken_back() -> None:
    story = approved().when(redeem())
    assert story.refused(revoke(), ADA) is Reason.TOKEN_USED


def test_there_is_nothing_to_revoke_before_an_approval() -> None:
    assert submitted().refused(revoke(), ADA) is Reason.NOT_APPROVED


# --- how the action went --------------------------------------------------------------------


def test_the_agent_reports_how_it_went_and_the_first_report_stands() -> None:
    story = approved().at(NOW + 5).when(report("failed"))
    assert story.state.execution == Execution("failed", NOW + 5, "text-1")
    story.when(report("failed")).then()
    assert story.refused(report("succeeded"), ADA) is Reason.EXECUTION_REPORTED


def test_only_the_agent_that_asked_reports() -> None:
    assert approved().refused(report(key="key-2"), ADA) is Reason.NOT_THE_AGENT


def test_there_is_nothing_to_report_before_an_approval() -> None:
    assert submitted().refused(report(), ADA) is Reason.NOT_APPROVED


# --- comments -------------------------------------------------------------------------------


def test_comments_decide_nothing_and_are_possible_after_the_end() -> None:
    story = submitted().when(comment(DANA, question=True))
    assert story.state.status is Status.PENDING
    assert (story.state.remarks[0].person, story.state.remarks[0].question) == (DANA, True)
    story.rejects(MARA).when(comment(DANA, "text-2"))
    assert [r.content for r in story.state.remarks] == ["text-1", "text-2"]


def test_the_state_names_the_newest_comments_and_counts_all() -> None:
    story = submitted()
    for number in range(8):
        story.when(comment(DANA, f"text-{number}"))
    assert [r.content for r in story.state.remarks] == [f"text-{n}" for n in range(3, 8)]
    assert story.state.remark_count == 8


def test_comments_are_bounded() -> None:
    story = submitted()
    for number in range(MOST_COMMENTS):
        story.when(comment(MARA, f"text-{number}"))
    assert story.refused(comment(MARA), MARA) is Reason.TOO_MANY_COMMENTS


def test_a_channels_talk_leaves_room_for_those_who_ask_and_decide() -> None:
    story = submitted()
    for number in range(MOST_FROM_OTHERS):
        story.when(comment(ADA, f"text-{number}"))
    assert story.refused(comment(ADA), ADA) is Reason.TOO_MANY_COMMENTS
    for number, person in enumerate((MARA, ALICE)):
        story.when(comment(person, f"more-{number}"))
    assert story.state.remark_count == MOST_FROM_OTHERS + 2


# --- final means final ----------------------------------------------------------------------


@pytest.mark.parametrize("end", ["approved", "rejected", "cancelled", "expired"])
def test_after_the_end_nothing_is_due_and_nothing_moves(end: str) -> None:
    story = submitted(route=a_route(MANAGER))
    if end == "approved":
        story.approves(MARA)
    elif end == "rejected":
        story.rejects(MARA)
    elif end == "cancelled":
        story.when(Cancel(actor=Actor(via="cli"), as_admin=True))
    story.at(NOW + 9 * DAY).when(Tick())
    assert story.state.status.value == end
    story.when(Tick()).then()
    assert story.refused(revise(story.state), ADA) is Reason.FINISHED
