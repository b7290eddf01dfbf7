"""What a policy's words become in a request's route: people, times and what acts by itself."""

from dataclasses import dataclass
from typing import Any

import pytest

from core.calendars.calendar import Calendar
from core.calendars.rotation import Rotation
from core.directory.people import Directory
from core.policy.plan import with_enough_people
from core.policy.policy import ConditionError, Conflict, GlassRule, Policy, RequestFields, StageRule
from core.refusals import Reason, Refused
from core.route import Category, ChannelRef, Entry, Grant, OnReject, OnTimeout, Route, StagePlan
from core.routing import route
from core.submission import Submission
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DIRECTORY,
    FAYE,
    FINN,
    HOUR,
    MARA,
    NOW,
    PEOPLE,
    a_policy,
    a_rule,
    person,
    stage,
    with_changed,
)

SUBMISSION = Submission(action_type="purchase_order", params={"amount": 20}, title="t")
OFFICE = Calendar("office", "Europe/Berlin", 540, 1020, (0, 1, 2, 3, 4))
TURNS = Rotation(people=(FINN, FAYE), period="weekly", starts="2026-01-05T09:00")


@dataclass(frozen=True)
class When:
    answer: bool
    text: str = ""

    def holds(self, fields: RequestFields) -> bool:
        return self.answer


class Broken(When):
    def __init__(self) -> None:
        super().__init__(answer=True)

    def holds(self, fields: RequestFields) -> bool:
        raise ConditionError("request.amount is missing")


YES, NO = When(True), When(False)


def routed(policy: Policy, directory: Directory = DIRECTORY) -> Route:
    requester = directory.person(ALICE)
    return route(policy, directory, SUBMISSION, requester, "agent", (ALICE,), NOW)[0]


def planned(**fields: Any) -> StagePlan:
    """The one stage of a policy whose stage has these fields."""
    given = {"name": "S", "approvers": ("group:finance",)} | fields
    return routed(a_policy(a_rule(stages=(StageRule(**given),)), **NAMED)).stages[0]


NAMED: dict[str, Any] = {"calendars": {"office": OFFICE}, "on_call": {"finance": TURNS}}


def test_everything_a_stage_says_is_pinned() -> None:
    found = planned(
        reject_quorum=2,
        sla=4 * HOUR,
        remind_at=(HOUR, 2 * HOUR),
        calendar="office",
        on_timeout=OnTimeout.HOLD,
        in_order=True,
        approvers=("group:finance", MARA),
        seats=(1, 1),
        silent=(True, False),
        escalate_to=((DANA,), ("group:admins", MARA)),
        outside_hours="on_call:finance",
    )
    assert found.entries == (
        Entry("group:finance", (FINN, FAYE), silent=True),
        Entry(MARA, (MARA,)),
    )
    assert found.escalate_to == (
        (Entry(DANA, (DANA,)),),
        (Entry("group:admins", (ADA,)), Entry(MARA, (MARA,))),
    )
    assert found.outside_hours == Entry("on_call:finance", (FINN, FAYE), rotation=TURNS)
    assert (found.calendar, found.approver_hours) == (OFFICE, False)
    assert (found.sla, found.remind_at) == (4 * HOUR, (HOUR, 2 * HOUR))
    assert (found.reject_quorum, found.on_timeout, found.in_order) == (2, OnTimeout.HOLD, True)


def test_the_approvers_own_hours_are_no_calendar_of_the_policy() -> None:
    found = planned(calendar="approver")
    assert (found.calendar, found.approver_hours) == (None, True)
    assert not planned().approver_hours


def test_who_has_not_the_role_is_left_out_everywhere() -> None:
    found = planned(
        approvers=(MARA, "group:finance"),
        escalate_to=((DANA, FINN),),
        outside_hours="on_call:finance",
        required_role="finance_analyst",
    )
    assert [entry.people for entry in found.entries] == [(), (FINN, FAYE)]
    assert [entry.people for entry in found.escalate_to[0]] == [(), (FINN,)]
    assert found.outside_hours is not None
    assert found.outside_hours.people == (FINN, FAYE)


def test_who_is_not_in_the_department_is_left_out_too() -> None:
    found = planned(approvers=(MARA, DANA), required_department="Executive")
    assert [entry.people for entry in found.entries] == [(), (DANA,)]


def test_who_takes_turns_and_has_left_is_not_pinned() -> None:
    left = Directory(p for p in PEOPLE if p.email != FINN)
    found = routed(
        a_policy(a_rule(stages=(StageRule(name="S", approvers=("on_call:finance",)),)), **NAMED),
        left,
    )
    assert found.stages[0].entries == (Entry("on_call:finance", (FAYE,), rotation=TURNS),)


def test_everything_a_rule_says_is_pinned() -> None:
    glass = GlassRule(role="pilot", tell=("group:admins",), channels=(ChannelRef("slack", "C1"),))
    rule = a_rule(
        different_departments=True,
        on_reject=OnReject.PREVIOUS_STAGE,
        max_rounds=4,
        max_attempts=6,
        editable=("amount",),
        keep_approvals=True,
        grant=Grant(90, "100"),
        glass=glass,
        token_lifetime=HOUR,
        by_rules=True,
    )
    found = routed(a_policy(rule))
    assert (found.by_rules, routed(a_policy(a_rule())).by_rules) == (True, False)
    assert (found.different_departments, found.on_reject) == (True, OnReject.PREVIOUS_STAGE)
    assert (found.max_rounds, found.max_attempts, found.token_lifetime) == (4, 6, HOUR)
    assert (found.editable, found.keep_approvals) == (("amount",), True)
    assert found.grant == Grant(90, "100")
    assert found.glass is not None
    assert found.glass.tell == (Entry("group:admins", (ADA,)),)
    assert (found.glass.role, found.glass.channels) == ("pilot", glass.channels)


def test_what_routes_the_same_is_equal() -> None:
    policy = a_policy(conflicts=(Conflict(people=(DANA, FINN), when=YES),), **NAMED)
    assert routed(policy) == routed(policy)


# --- what a stage does by itself -----------------------------------------------------------


@pytest.mark.parametrize(
    ("approve", "reject", "auto"),
    [(YES, None, "approve"), (NO, None, None), (None, YES, "reject"), (YES, YES, "reject")],
)
def test_a_stage_may_decide_by_itself(
    approve: When | None, reject: When | None, auto: str | None
) -> None:
    assert planned(auto_approve_when=approve, auto_reject_when=reject).auto == auto


@pytest.mark.parametrize("key", ["auto_approve_when", "auto_reject_when"])
def test_a_condition_of_a_stage_that_errs_refuses_the_submission(key: str) -> None:
    broken = {"auto_approve_when": YES, "auto_reject_when": YES, key: Broken()}
    with pytest.raises(Refused) as refused:
        planned(**broken)
    assert refused.value.reason is Reason.CONDITION_FAILED
    assert refused.value.details["rule"] == f"purchase-order, stage S, {key}"


# --- conflicts of interest -----------------------------------------------------------------


def test_the_people_of_a_conflict_that_holds_are_pinned_once() -> None:
    conflicts = (
        Conflict(people=("manager_of:requester", DANA), when=YES),
        Conflict(people=(DANA, "on_call:finance"), when=YES),
        Conflict(people=("group:admins",), when=NO),
    )
    found = routed(a_policy(conflicts=conflicts, **NAMED))
    assert found.conflicted == (DANA, FAYE, FINN, MARA)


def test_a_conflict_that_errs_refuses_the_submission_and_names_it() -> None:
    with pytest.raises(Refused) as refused:
        routed(a_policy(conflicts=(Conflict(people=(DANA,), when=Broken()),)))
    assert refused.value.details["rule"] == "conflicts, number 1"


def test_what_nobody_reviews_asks_for_no_conflicts() -> None:
    never = a_rule(category=Category.PROHIBITED, stages=())
    found = routed(a_policy(never, conflicts=(Conflict(people=(DANA,), when=Broken()),)))
    assert (found.category, found.conflicted) == (Category.PROHIBITED, ())


def test_a_conflict_that_leaves_nobody_is_a_dead_end() -> None:
    everyone = tuple(p.email for p in PEOPLE)
    with pytest.raises(Refused) as refused:
        routed(a_policy(conflicts=(Conflict(people=everyone, when=YES),)))
    assert refused.value.reason is Reason.NOBODY_TO_ASK


def test_a_conflict_of_the_directory_counts_towards_a_dead_end() -> None:
    one = a_policy(a_rule(stages=(StageRule(name="S", approvers=(DANA,)),)), last_resort=(DANA,))
    assert routed(one).stages[0].entries[0].people == (DANA,)
    with pytest.raises(Refused):
        routed(one, with_changed(DANA, conflicts=(ALICE,)))


def test_a_rotation_of_those_who_may_not_approve_is_a_dead_end() -> None:
    turns = Rotation(people=(ALICE,), period="weekly", starts="2026-01-05T09:00")
    policy = a_policy(
        a_rule(stages=(StageRule(name="S", approvers=("on_call:own",)),)),
        last_resort=("on_call:own",),
        on_call={"own": turns},
    )
    with pytest.raises(Refused) as refused:
        routed(policy, with_changed(ALICE, manager=None))
    assert refused.value.reason is Reason.NOBODY_TO_ASK


# --- so many different people --------------------------------------------------------------

FINANCE = stage(2, "Finance", entries=(Entry("group:finance", (FINN, FAYE)),))


def test_stages_that_ask_enough_people_stay_as_they_are() -> None:
    stages = (stage(1, "Manager", MARA), FINANCE)
    assert with_enough_people(stages, 2) == stages
    assert with_enough_people((), 2) == ()


def test_what_is_missing_is_asked_of_the_last_stage_and_its_group() -> None:
    first, last = with_enough_people((stage(1, "Manager", MARA), FINANCE), 3)
    assert first.quorum == 1
    assert (last.quorum, last.entries[0].seats) == (2, 2)


def test_a_stage_without_so_many_people_needs_helpers_for_the_rest() -> None:
    [only] = with_enough_people((stage(1, "Manager", MARA),), 2)
    assert (only.quorum, only.entries[0].seats) == (2, 1)


def test_a_group_that_has_seats_enough_keeps_them() -> None:
    roomy = stage(1, "Finance", entries=(Entry("group:finance", (FINN, FAYE, ADA), seats=3),))
    [only] = with_enough_people((roomy,), 2)
    assert (only.quorum, only.entries[0].seats) == (2, 3)


def test_a_quorum_of_all_grows_too() -> None:
    every = stage(1, "All", MARA, DANA, quorum="all")
    [only] = with_enough_people((every,), 3)
    assert only.quorum == 3


def test_a_stage_that_passes_by_itself_counts_for_nobody() -> None:
    by_itself = stage(2, "Finance", FINN, FAYE, auto="approve")
    first, last = with_enough_people((stage(1, "Manager", MARA, DANA), by_itself), 2)
    assert (first.quorum, last.auto) == (2, "approve")


def test_were_every_stage_to_pass_by_itself_the_last_one_asks() -> None:
    by_itself = (stage(1, "A", MARA, auto="approve"), stage(2, "B", FINN, FAYE, auto="approve"))
    first, last = with_enough_people(by_itself, 2)
    assert (first.auto, last.auto, last.quorum) == ("approve", None, 2)


def test_a_rule_with_too_few_people_for_its_count_is_refused_when_asked() -> None:
    alone = a_rule(minimum_unique_approvers=3, stages=(StageRule(name="S", approvers=(MARA,)),))
    with pytest.raises(Refused) as refused:
        routed(a_policy(alone))
    assert refused.value.reason is Reason.NOBODY_TO_ASK
    helped = a_policy(alone, last_resort=("group:admins", DANA))
    assert routed(helped).stages[0].quorum == 3


def test_a_person_in_two_groups_is_one_approver() -> None:
    both = Directory([*PEOPLE, person("bo@example.com", groups=("a", "b"))])
    rule = a_rule(stages=(StageRule(name="S", approvers=("group:a", "group:b"), quorum=2),))
    with pytest.raises(Refused):
        routed(a_policy(rule, last_resort=("group:a",)), both)
