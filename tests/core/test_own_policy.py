"""A change of the policy is decided by people, whatever the policy says."""

from dataclasses import replace
from typing import Any

import pytest

from core.policy.own import OWN_KEY, POLICY_CHANGE
from core.policy.policy import Policy
from core.refusals import Reason, Refused
from core.route import Category, Grant, Route
from core.routing import route
from core.submission import Submission
from tests.core.builders import ADA, ALICE, DIRECTORY, FINN, NOW, a_policy, a_rule
from tests.core.test_routing import When

NAMED = f'request.action.type == "{POLICY_CHANGE}"'


def routed(*rules: Any, **fields: Any) -> Route:
    submission = Submission(action_type=POLICY_CHANGE, params={}, title="Change it")
    policy: Policy = a_policy(*rules, **fields)
    found, _, _ = route(policy, DIRECTORY, submission, DIRECTORY.person(ALICE), "x", (ALICE,), NOW)
    return found


def test_no_rule_that_does_not_name_it_passes_or_takes_it() -> None:
    """The policy file's fallback does not either: it may ask anybody."""
    for category in (Category.AUTO_APPROVE, Category.REVIEW):
        stages = a_rule().stages if category is Category.REVIEW else ()
        every = a_rule("all", when=When(True, "true"), category=category, stages=stages)
        found = routed(every)
        assert (found.rule, found.category) == ("policy-change", Category.REVIEW)
        assert not found.uncategorised
        assert [entry.people for stage in found.stages for entry in stage.entries] == [(ADA,)]


def test_a_rule_that_names_it_cannot_pass_it_without_people() -> None:
    named = a_rule("named", when=When(True, NAMED), category=Category.AUTO_APPROVE, stages=())
    assert routed(named).rule == "policy-change"


def test_a_review_that_names_it_takes_it_without_what_spares_people() -> None:
    [stage] = a_rule().stages[:1]
    named = a_rule(
        "named",
        when=When(True, NAMED),
        stages=(replace(stage, approvers=(FINN,), auto_approve_when=When(True, "true")),),
        block_self_approval=False,
        editable=("title",),
        keep_approvals=True,
        grant=Grant(confidence=1, amount="1"),
        batch=True,
    )
    found = routed(named)
    assert (found.rule, found.stages[0].auto, found.grant, found.glass) == (
        "named",
        None,
        None,
        None,
    )
    assert found.block_self_approval
    assert (found.editable, found.keep_approvals, found.batch) == ((), False, False)
    assert found.stages[0].entries[0].people == (FINN,)


def test_a_rule_may_still_prohibit_it() -> None:
    never = a_rule("never", when=When(True, "true"), category=Category.PROHIBITED, stages=())
    assert routed(never).category is Category.PROHIBITED


def test_where_the_proposer_is_the_only_administrator_it_is_refused() -> None:
    submission = Submission(action_type=POLICY_CHANGE, params={}, title="Change it")
    with pytest.raises(Refused) as refused:
        route(a_policy(), DIRECTORY, submission, DIRECTORY.person(ADA), OWN_KEY, (ADA,), NOW)
    assert refused.value.reason is Reason.NOBODY_TO_ASK
