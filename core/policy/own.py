"""Requests of Countersign itself: a change of its own policy is approved like anything else.

Whatever the policy says, people decide it: no rule approves it by itself, no model, and nobody
alone in an emergency; nobody edits it on the way, and who asks for it does not approve it.
"""

from dataclasses import replace
from typing import Final

from core.policy.policy import Policy, Rule, StageRule
from core.route import Category
from core.value import Millis

RESERVED: Final = "countersign."
"""Begins the types of actions that only Countersign asks for."""

POLICY_CHANGE: Final = "countersign.policy_change"

OWN_AGENT: Final = "Countersign"
OWN_KEY: Final = "countersign"
"""Stands where other requests have the id of an agent's key; no key has this one."""

EXPIRES_IN: Final[Millis] = 7 * 86_400_000

BY_ADMINISTRATORS: Final = Rule(
    name="policy-change",
    category=Category.REVIEW,
    expires_in=EXPIRES_IN,
    stages=(StageRule(name="Administrators", approvers=("group:admins",)),),
    by_rules=True,
)
"""Who decides where no rule names the action."""


def is_reserved(action_type: str) -> bool:
    """Whether only Countersign itself may ask for this."""
    return action_type.startswith(RESERVED)


def judging(policy: Policy, action_type: str) -> Policy:
    """The policy as it judges this type of action: for a change of the policy, what prohibits it,
    then rules of category review that name it, without what would spare people, then the group
    admins."""
    if action_type != POLICY_CHANGE:
        return policy
    rules = (_guarded(rule) for rule in policy.rules if _may_judge(rule))
    return replace(policy, rules=tuple(rules), fallback=BY_ADMINISTRATORS)


def _may_judge(rule: Rule) -> bool:
    if rule.category is Category.PROHIBITED:
        return True
    named = rule.when is not None and POLICY_CHANGE in rule.when.text
    return named and rule.category is Category.REVIEW


def _guarded(rule: Rule) -> Rule:
    return replace(
        rule,
        stages=tuple(replace(stage, auto_approve_when=None) for stage in rule.stages),
        block_self_approval=True,
        editable=(),
        keep_approvals=False,
        grant=None,
        glass=None,
        batch=False,
        by_rules=True,
    )
