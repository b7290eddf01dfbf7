"""What another policy would have made of past requests."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.commands import CastVote, Facts
from core.content import Action, Revision, row, seal
from core.decide import decide
from core.directory.people import Directory
from core.events import Actor
from core.policy.backtest import Asked, Change, Compared, backtest, compare
from core.policy.policy import Policy, RequestFields, StageRule
from core.request import Decision, RequestState, Status
from core.route import Category
from core.routing import route
from core.rows import Snapshot
from core.submission import Submission
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DIRECTORY,
    FAYE,
    FINN,
    MARA,
    NOW,
    PEOPLE,
    a_policy,
    a_rule,
    a_submit,
    shown,
)


class Above:
    """Holds for amounts above a limit."""

    text = "request.amount > limit"

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def holds(self, fields: RequestFields) -> bool:
        amount = fields["request.amount"]
        assert isinstance(amount, int)
        return amount > self.limit


MANAGER = StageRule(name="Manager", approvers=("manager_of:requester",))
FINANCE = StageRule(name="Finance", approvers=("group:finance",))
USUAL = a_policy(a_rule(stages=(MANAGER,)))


def past(id: str = "R1", policy: Policy = USUAL, **fields: Any) -> Snapshot:
    """A request as that policy routed it, undecided."""
    params = fields.pop("params", {"amount": 500})
    submission = Submission(action_type="purchase_order", params=params, title="t", **fields)
    alice = DIRECTORY.person(ALICE)
    found, amount, _ = route(policy, DIRECTORY, submission, alice, "agent", (ALICE,), NOW)
    revision = Revision(
        action=Action(type="purchase_order", params=params),
        title="t",
        requester=ALICE,
        amount=amount,
        currency=submission.currency,
    )
    content = row(f"{id}.r1", "00" * 16, seal(revision))
    command = a_submit(found, content=content, amount=amount)
    facts = Facts(people=DIRECTORY.people)
    start = RequestState(id=id)
    state = decide(start, command, facts, NOW).state
    return Snapshot(state=state, contents={content.id: content.body})


def approved(snapshot: Snapshot, *people: str) -> Snapshot:
    state = snapshot.state
    for email in people:
        facts = Facts(person=DIRECTORY.person(email), people=DIRECTORY.people)
        vote = CastVote(
            actor=Actor(via="slack", person=email),
            person=email,
            decision=Decision.APPROVE,
            binding=shown(state),
        )
        state = decide(state, vote, facts, NOW).state
    assert state.status is Status.APPROVED
    return replace(snapshot, state=state)


def compared(
    policy: Policy, snapshot: Snapshot | None = None, directory: Directory = DIRECTORY
) -> Compared:
    found = compare(policy, directory, snapshot or past(), NOW)
    assert found is not None
    return found


OTHERS = [
    (USUAL, Change.SAME),
    (a_policy(a_rule("renamed", stages=(MANAGER,))), Change.SAME),
    (a_policy(a_rule(stages=(FINANCE,))), Change.OTHER_PEOPLE),
    (a_policy(a_rule(stages=(MANAGER, FINANCE))), Change.REVIEWED_MORE),
    (a_policy(a_rule(category=Category.AUTO_APPROVE, stages=())), Change.AUTO_APPROVED),
    (a_policy(a_rule(category=Category.PROHIBITED, stages=())), Change.PROHIBITED),
    (a_policy(a_rule(amount_from="total.net")), Change.REFUSED),
]


@pytest.mark.parametrize(("policy", "change"), OTHERS, ids=[c.value for _, c in OTHERS])
def test_each_request_says_how_it_would_differ(policy: Policy, change: Change) -> None:
    assert compared(policy).change is change


def test_fewer_seats_are_reviewed_less_and_so_is_what_was_prohibited() -> None:
    both = past(policy=a_policy(a_rule(stages=(MANAGER, FINANCE))))
    assert compared(USUAL, both).change is Change.REVIEWED_LESS
    never = past(policy=a_policy(a_rule(category=Category.PROHIBITED, stages=())))
    assert compared(USUAL, never).change is Change.REVIEWED_LESS
    free = past(policy=a_policy(a_rule(category=Category.AUTO_APPROVE, stages=())))
    assert compared(USUAL, free).change is Change.REVIEWED_MORE


def test_both_policies_say_who_is_asked() -> None:
    found = compared(a_policy(a_rule("other", stages=(MANAGER, FINANCE))))
    assert found.before.rule == "purchase-order"
    assert found.before.stages == (Asked("Manager", 1, (MARA,)),)
    assert found.after is not None
    assert found.after.rule == "other"
    assert found.after.stages == (
        Asked("Manager", 1, (MARA,)),
        Asked("Finance", 1, (FINN, FAYE)),
    )


def test_an_approved_request_says_whom_it_would_have_needed() -> None:
    done = approved(past(), MARA)
    found = compared(a_policy(a_rule(stages=(MANAGER, FINANCE))), done)
    assert found.status is Status.APPROVED
    assert found.would_need == (Asked("Finance", 1, (FINN, FAYE)),)
    assert compared(USUAL, done).would_need == ()
    assert compared(a_policy(a_rule(stages=(FINANCE,)))).would_need == ()


def test_one_approver_stands_for_one_stage_unless_the_rule_allows_more() -> None:
    done = approved(past(), MARA)
    twice = (MANAGER, StageRule(name="Again", approvers=(MARA, DANA)))
    found = compared(a_policy(a_rule(stages=twice)), done)
    assert [stage.stage for stage in found.would_need] == ["Again"]
    allowed = a_policy(a_rule(stages=twice, different_approvers=False))
    assert compared(allowed, done).would_need == ()


def test_a_request_whose_content_was_erased_is_counted_and_not_guessed() -> None:
    erased = replace(past(), contents={})
    found = compared(USUAL, erased)
    assert (found.change, found.problem) == (Change.NOT_COMPARABLE, "its content was erased")


def test_a_request_of_somebody_who_has_left_is_not_guessed_either() -> None:
    left = Directory(p for p in PEOPLE if p.email != ALICE)
    found = compared(USUAL, directory=left)
    assert found.change is Change.NOT_COMPARABLE
    assert found.problem == "alice@example.com is not in the directory any more"


def test_an_amount_from_the_params_is_taken_where_the_other_policy_takes_it() -> None:
    both = past(policy=a_policy(a_rule(amount_from="net")), params={"net": 400, "amount": 900})
    large = a_rule("large", when=Above(500), stages=(FINANCE,))
    found = compared(a_policy(large, a_rule()), both)
    assert (found.before.rule, found.after and found.after.rule) == ("purchase-order", "large")


def test_an_amount_of_its_own_stays() -> None:
    own = past(params={"vendor": "ACME"}, amount="900")
    large = a_rule("large", when=Above(500), stages=(FINANCE,))
    found = compared(a_policy(large, a_rule()), own)
    assert found.after is not None
    assert found.after.rule == "large"


def test_the_report_counts_every_change() -> None:
    unknown = Snapshot(state=RequestState(id="R0"), contents={})
    snapshots = (past("R1"), past("R2", params={"amount": 900}), unknown)
    large = a_rule("large", when=Above(500), stages=(MANAGER, FINANCE))
    report = backtest(a_policy(large, a_rule()), DIRECTORY, snapshots, NOW)
    assert report.policy_version == "v1"
    assert [found.request for found in report.requests] == ["R1", "R2"]
    assert report.counts == dict.fromkeys((c.value for c in Change), 0) | {
        "same": 1,
        "reviewed_more": 1,
    }


def test_stages_that_decide_by_themselves_ask_nobody() -> None:
    by_itself = StageRule(name="Auto", approvers=(ADA,), auto_approve_when=Above(0))
    assert compared(a_policy(a_rule(stages=(MANAGER, by_itself)))).change is Change.SAME
    alone = a_policy(a_rule(stages=(by_itself,)))
    assert compared(alone).change is Change.AUTO_APPROVED
    assert compared(USUAL, past(policy=alone)).change is Change.REVIEWED_MORE
