"""Which rule applies and who is asked, pinned."""

from dataclasses import dataclass

import pytest

from core.policy.policy import ConditionError, Policy, RequestFields, Rule, StageRule
from core.refusals import Reason, Refused
from core.route import Category, Route
from core.routing import route
from core.submission import Submission
from tests.core.builders import (
    ADA,
    ALICE,
    DIRECTORY,
    FAYE,
    FINN,
    MARA,
    NOW,
    a_policy,
    a_rule,
)


@dataclass(frozen=True)
class When:
    """A condition made of a fixed answer or error."""

    answer: bool | str
    text: str = ""

    def holds(self, fields: RequestFields) -> bool:
        if isinstance(self.answer, str):
            raise ConditionError(self.answer)
        return self.answer


SUBMISSION = Submission(action_type="purchase_order", params={"amount": 20}, title="t")


def routed(
    policy: Policy | None = None,
    requester: str | None = ALICE,
    submission: Submission = SUBMISSION,
) -> tuple[Route, str | None, Rule]:
    person = None if requester is None else DIRECTORY.person(requester)
    return route(policy or a_policy(), DIRECTORY, submission, person, "agent", (ALICE,), NOW)


def test_prohibited_wins_over_every_other_rule_wherever_it_stands() -> None:
    policy = a_policy(a_rule("first"), a_rule("never", category=Category.PROHIBITED, stages=()))
    found, _, _ = routed(policy)
    assert (found.rule, found.category) == ("never", Category.PROHIBITED)


def test_the_first_rule_that_holds_applies() -> None:
    policy = a_policy(a_rule("no", when=When(False)), a_rule("yes", when=When(True)), a_rule("x"))
    assert routed(policy)[0].rule == "yes"


def test_what_no_rule_names_goes_to_the_fallback_marked_uncategorised() -> None:
    found, _, _ = routed(a_policy(a_rule("no", when=When(False))))
    assert (found.rule, found.uncategorised) == ("fallback", True)
    assert found.stages[0].entries[0].people == (ADA,)


def test_a_condition_that_errs_refuses_the_submission_and_names_the_rule() -> None:
    with pytest.raises(Refused) as refused:
        routed(a_policy(a_rule("broken", when=When("request.amount is missing"))))
    assert refused.value.reason is Reason.CONDITION_FAILED
    assert refused.value.details["rule"] == "broken"


def test_a_stage_whose_condition_does_not_hold_is_left_out_and_levels_close_up() -> None:
    stages = (
        StageRule(name="Manager", approvers=("manager_of:requester",)),
        StageRule(name="Never", approvers=("group:admins",), when=When(False)),
        StageRule(name="Finance", approvers=("group:finance",)),
    )
    found, _, _ = routed(a_policy(a_rule(stages=stages)))
    assert [(s.level, s.name) for s in found.stages] == [(1, "Manager"), (2, "Finance")]
    assert found.stages[1].entries[0].people == (FINN, FAYE)


def test_a_review_in_which_no_stage_applies_is_asked_of_the_fallbacks_people() -> None:
    never = StageRule(name="Large", approvers=("group:finance",), when=When(False))
    found, _, _ = routed(a_policy(a_rule(stages=(never,))))
    assert [(s.name, s.entries[0].people) for s in found.stages] == [("Review", (ADA,))]


def test_a_review_that_even_the_fallback_does_not_stage_is_refused() -> None:
    never = StageRule(name="Large", approvers=("group:finance",), when=When(False))
    empty = a_rule("fallback", stages=(never,))
    with pytest.raises(Refused) as refused:
        routed(a_policy(a_rule(stages=(never,)), fallback=empty))
    assert refused.value.reason is Reason.NOBODY_TO_ASK


def test_required_role_and_department_leave_out_who_lacks_them() -> None:
    stages = (
        StageRule(
            name="Finance", approvers=(MARA, "group:finance"), required_role="finance_analyst"
        ),
    )
    found, _, _ = routed(a_policy(a_rule(stages=stages)))
    assert [e.people for e in found.stages[0].entries] == [(), (FINN, FAYE)]


def test_a_route_that_leads_to_nobody_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        routed(a_policy(last_resort=("group:nobody",)), requester=MARA)
    assert refused.value.reason is Reason.NOBODY_TO_ASK


def test_someone_without_a_manager_is_routed_to_the_last_resort() -> None:
    found, _, _ = routed(requester=MARA)
    assert found.stages[0].entries[0].people == ()
    assert found.last_resort[0].people == (ADA,)


def test_what_may_be_approved_together_is_pinned() -> None:
    assert routed(a_policy(a_rule(batch=True)))[0].batch
    assert not routed(a_policy(a_rule()))[0].batch


def test_the_confirmation_is_asked_above_the_rules_risk() -> None:
    policy = a_policy(a_rule(confirm_above=70))
    risky = Submission(action_type="x", params={}, title="t", risk_score=71)
    edge = Submission(action_type="x", params={}, title="t", risk_score=70)
    assert routed(policy, submission=risky)[0].confirm
    assert not routed(policy, submission=edge)[0].confirm


def test_a_rule_that_always_asks_needs_no_risk_score() -> None:
    always = a_policy(a_rule(confirm_above=-1))
    assert routed(always)[0].confirm
    assert not routed(a_policy(a_rule(confirm_above=0)))[0].confirm


def test_a_rule_takes_its_amount_from_where_it_says() -> None:
    policy = a_policy(a_rule(amount_from="total"))
    submission = Submission(action_type="x", params={"total": "12.50"}, title="t")
    assert routed(policy, submission=submission)[1] == "12.5"


def test_a_rule_that_holds_is_told_what_is_wrong_with_the_amount_where_it_takes_it() -> None:
    policy = a_policy(a_rule(amount_from="total"))
    for params, problem in (({"amount": 5}, "is missing"), ({"total": "x"}, "is not a number")):
        submission = Submission(action_type="x", params=params, title="t")
        with pytest.raises(Refused) as refused:
            routed(policy, submission=submission)
        assert refused.value.details["field"] == "action.params.total"
        assert problem in refused.value.details["problem"]
