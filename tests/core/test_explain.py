"""What would become of a request: who is asked, and what happens if nobody answers."""

from typing import Any

from bot.documents import read_document
from core.directory.people import Directory
from core.policy.explain import Explanation, Moment, Tried, explain
from core.policy.text import read_policy
from core.route import Category
from core.submission import Submission
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
    DIRECTORY,
    FAYE,
    FINN,
    HOUR,
    MARA,
    NOW,
    with_changed,
)

POLICY = """\
version: 1
defaults: {expires_in: 24h, sla: 60m}
rules:
  - {name: small, when: request.amount <= 50, category: auto_approve, because: Small change.}
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    stages:
      - {name: Manager, approvers: ["manager_of:requester"], sla: 4h, remind_at: 50%}
      - name: Finance
        when: request.amount > 10000
        approvers: [{group: finance, silent: true}, dana@example.com]
        escalate_to: mara@example.com
  - {name: never, when: request.action.type == "delete_customer", category: prohibited}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""


def explained(
    amount: int | None = 20_000,
    action_type: str = "purchase_order",
    directory: Directory = DIRECTORY,
    text: str = POLICY,
    **fields: Any,
) -> Explanation:
    params = {} if amount is None else {"amount": amount}
    submission = Submission(action_type=action_type, params=params, title="t", **fields)
    policy = read_policy(read_document(text), text, directory)
    return explain(policy, directory, submission, directory.person(ALICE), "agent", NOW)


def test_the_rules_are_told_in_the_order_in_which_they_are_judged() -> None:
    found = explained()
    assert found.tried == (
        Tried("never", 'request.action.type == "delete_customer"', holds=False),
        Tried("small", "request.amount <= 50", holds=False),
        Tried("purchase-order", 'request.action.type == "purchase_order"', holds=True),
    )
    assert (found.rule, found.category) == ("purchase-order", Category.REVIEW)
    assert found.why == "the condition of rule 'purchase-order' holds"
    assert (found.amount, found.expires_at) == ("20000", NOW + DAY)


def test_each_stage_says_who_is_asked_and_when_it_is_due() -> None:
    manager, finance = explained().stages
    assert (manager.level, manager.name, manager.quorum) == (1, "Manager", 1)
    assert (manager.asked, manager.deadline) == ((MARA,), NOW + 4 * HOUR)
    assert (finance.level, finance.asked, finance.silent) == (2, (DANA,), (FINN, FAYE))
    assert finance.deadline == NOW + HOUR


def test_what_happens_while_nobody_answers_is_told_to_the_end() -> None:
    manager, finance = explained().stages
    assert [(m.at, m.what, m.people) for m in manager.moments] == [
        (NOW + 2 * HOUR, "reminder", (MARA,)),
        (NOW + 4 * HOUR, "escalation", (ADA,)),
        (NOW + 6 * HOUR, "reminder", (MARA, ADA)),
        (NOW + 8 * HOUR, "hold", ()),
        (NOW + DAY, "end", ()),
    ]
    assert [(m.what, m.people) for m in finance.moments] == [
        ("escalation", (MARA,)),
        ("escalation", (ADA,)),
        ("hold", ()),
        ("end", ()),
    ]
    assert finance.moments[-1] == Moment(NOW + DAY, "end", because="expired")


def test_how_many_people_would_be_told() -> None:
    found = explained()
    assert (found.told, found.told_later) == ((MARA, DANA), (ADA,))


def test_a_stage_that_is_not_wanted_is_named() -> None:
    found = explained(amount=100)
    assert [stage.name for stage in found.stages] == ["Manager"]
    assert found.left_out == ("Finance",)


def test_what_passes_by_itself_asks_nobody() -> None:
    found = explained(amount=50)
    assert (found.category, found.stages, found.told) == (Category.AUTO_APPROVE, (), ())
    assert found.why == "the condition of rule 'small' holds; Small change."
    assert found.expires_at is None


def test_a_stage_that_decides_by_itself_says_so() -> None:
    text = POLICY.replace("sla: 4h,", "sla: 4h, auto_approve_when: request.amount < 99999,")
    manager, _ = explained(text=text).stages
    assert (manager.auto, manager.asked, manager.moments) == ("approve", (), ())


def test_what_no_rule_names_goes_to_the_fallback() -> None:
    found = explained(action_type="other")
    assert (found.rule, [t.rule for t in found.tried][-1]) == ("fallback", "fallback")
    assert found.why == "no rule names it, so the fallback's people review it"


def test_prohibited_is_told_without_judging_the_rest() -> None:
    found = explained(action_type="delete_customer")
    assert (found.category, [tried.rule for tried in found.tried]) == (
        Category.PROHIBITED,
        ["never"],
    )


def test_a_condition_without_an_answer_is_told_with_what_was_tried_before() -> None:
    found = explained(amount=None)
    assert found.tried == (
        Tried("never", 'request.action.type == "delete_customer"', holds=False),
        Tried("small", "request.amount <= 50", holds=None),
    )
    assert found.refused is not None
    assert "request.amount is missing" in found.refused
    assert (found.rule, found.category, found.stages) == (None, None, ())


def test_who_asks_and_is_named_is_warned_of() -> None:
    people = with_changed(ALICE, groups=("finance",))
    found = explained(directory=people)
    assert found.warnings == (
        "Stage Finance: Alice may not approve: "
        "they ask for it themselves or own the agent that does.",
    )
    assert found.stages[1].silent == (FINN, FAYE)


def test_a_conflict_and_those_asked_instead_are_warned_of() -> None:
    text = POLICY + "conflicts: [{people: mara@example.com, when: 'true'}]\n"
    found = explained(amount=100, text=text)
    assert found.warnings == (
        "Stage Manager: too few of this stage may decide; the last resort was asked.",
        "Stage Manager: Mara may not approve: a conflict of interest is declared.",
    )
    assert found.stages[0].asked == (ADA,)


def test_the_agents_owner_counts_as_asking() -> None:
    submission = Submission(action_type="purchase_order", params={"amount": 100}, title="t")
    policy = read_policy(read_document(POLICY), POLICY, DIRECTORY)
    alice = DIRECTORY.person(ALICE)
    found = explain(policy, DIRECTORY, submission, alice, "agent", NOW, others_asking=(MARA,))
    assert found.stages[0].asked == (ADA,)


def test_an_expiry_before_the_deadline_is_warned_of() -> None:
    found = explained(amount=100, expires_in=HOUR)
    assert found.expires_at == NOW + HOUR
    assert found.warnings == ("Stage Manager: the request may expire before its time is over.",)
    assert [moment.what for moment in found.stages[0].moments] == ["end"]


def test_one_after_the_other_says_the_order() -> None:
    ordered = "approvers: [dana@example.com, finn@example.com], ask: in_order"
    text = POLICY.replace('approvers: ["manager_of:requester"]', ordered)
    manager, _ = explained(text=text).stages
    assert (manager.in_order, manager.asked) == ((DANA, FINN), (DANA,))
    assert next(m.people for m in manager.moments if m.what == "escalation") == (FINN,)


def test_a_balanced_stage_asks_one_first_and_says_that_it_depends() -> None:
    named = "approvers: [{group: finance, silent: true}, dana@example.com]"
    balanced = POLICY.replace(named, 'approvers: ["group:finance"]\n        assign: balanced')
    found = explained(text=balanced)
    finance = found.stages[1]
    assert sorted(finance.in_order) == [FAYE, FINN]
    assert finance.asked == finance.in_order[:1]
    assert any("fewest open requests" in warning for warning in found.warnings)


def test_who_decides_silently_is_not_reminded_nor_counted() -> None:
    text = POLICY.replace("escalate_to: mara@example.com", "remind_at: 50%")
    found = explained(text=text)
    finance = found.stages[1]
    assert finance.silent == (FINN, FAYE)
    reminded = [m.people for m in finance.moments if m.what == "reminder"]
    assert reminded
    assert all(not {FINN, FAYE} & set(people) for people in reminded)
    assert not {FINN, FAYE} & {*found.told, *found.told_later}


def test_what_may_be_approved_together_with_others_is_told() -> None:
    rule = POLICY.replace("    category: review\n", "    category: review\n    batch: true\n", 1)
    assert explained(text=rule).batch
    asking = rule.replace("batch: true\n", "batch: true\n    confirm: 60\n", 1)
    assert explained(text=asking, risk_score=60).batch
    assert not explained(text=asking, risk_score=61).batch
    assert not explained().batch


def test_what_waits_for_a_digest_is_told() -> None:
    rule = POLICY.replace("    category: review\n", "    category: review\n    digest: daily\n", 1)
    assert explained(text=rule).digest
    assert not explained().digest


def test_advice_by_rules_alone_is_told() -> None:
    rule = POLICY.replace(
        "    category: review\n", "    category: review\n    rationale: rules\n", 1
    )
    assert explained(text=rule).by_rules
    assert not explained().by_rules
