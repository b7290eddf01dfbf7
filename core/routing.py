"""From a submission to its route: which rule applies, which stages, and who is asked.

Prohibited rules are judged first, then the first rule from the top whose condition holds.
The people are resolved here, once, and pinned in the route.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from core.commands import Facts
from core.directory.people import Directory, Person
from core.policy.own import BY_ADMINISTRATORS, judging
from core.policy.plan import Pinning, glass, plan, with_enough_people
from core.policy.policy import Condition, ConditionError, Policy, RequestFields, Rule, StageRule
from core.refusals import Reason, Refused
from core.request import RequestState
from core.route import Category, Entry, Route, StagePlan
from core.rules.eligibility import Bars, still_meant
from core.rules.quorum import needed, possible
from core.rules.staffing import Ladder, line_of, with_people
from core.submission import Submission, amount_of
from core.value import Millis

Seen = tuple[str | None, RequestFields]
"""What a rule sees of a request: its amount, and the fields for conditions."""


def fields_of(
    submission: Submission, amount: str | None, requester: Person | None, agent: str
) -> dict[str, object]:
    """What conditions see of a request, by dotted name; absent values are left out."""
    fields: dict[str, object] = {
        "request.action.type": submission.action_type,
        "request.action.params": submission.params,
        "request.title": submission.title,
        "request.description": submission.description,
        "request.agent": agent,
        "request.labels": list(submission.labels),
        "request.amount": None if amount is None else _number(amount),
        "request.currency": submission.currency,
        "request.risk_score": submission.risk_score,
    }
    if requester is not None:
        fields |= {
            "request.requester": requester.email,
            "request.requester_department": requester.department,
            "request.requester_roles": list(requester.roles),
            "request.requester_groups": list(requester.groups),
        }
    return {name: value for name, value in fields.items() if value is not None}


def route(
    policy: Policy,
    directory: Directory,
    submission: Submission,
    requester: Person | None,
    agent: str,
    asking: tuple[str, ...],
    now: Millis,
) -> tuple[Route, str | None, Rule]:
    """The route, the request's amount and the rule. Raises Refused.

    `asking` are those who ask and may not approve: the requester, the agent's owner, the key's
    person. `now` only says who is on call. A stage whose own people cannot decide goes to its
    escalation target, then to `last_resort`, when it opens; a route in which even that leaves
    nobody is refused here. Where no stage of a review rule applies, the fallback's are taken:
    a review is never passed because of an amount between two stages.
    """
    policy = judging(policy, submission.action_type)
    rule, amount, fields = _choose(policy, submission, requester, agent)
    pins = Pinning(policy, directory, requester)
    review = rule.category is Category.REVIEW
    found = Route(
        rule=rule.name,
        policy_version=policy.version,
        category=rule.category,
        stages=_plans(policy, rule, fields, pins),
        channels=rule.channels if review else (),
        last_resort=pins.entries(policy.last_resort),
        confirm=_confirm(rule, submission.risk_score),
        block_self_approval=rule.block_self_approval,
        different_approvers=rule.different_approvers,
        different_departments=rule.different_departments,
        minimum_unique_approvers=rule.minimum_unique_approvers,
        conflicted=_conflicted(policy, fields, pins) if review else (),
        uncategorised=rule is policy.fallback and rule is not BY_ADMINISTRATORS,
        because=rule.because,
        on_reject=rule.on_reject,
        max_rounds=rule.max_rounds,
        max_attempts=rule.max_attempts,
        editable=rule.editable,
        keep_approvals=rule.keep_approvals,
        amount_from=rule.amount_from,
        grant=rule.grant,
        glass=glass(rule.glass, pins),
        decide_in=rule.decide_in,
        token_lifetime=rule.token_lifetime,
        batch=rule.batch,
        digest=rule.digest,
        by_rules=rule.by_rules,
        retention=rule.retention,
    )
    _refuse_dead_ends(found, directory, asking, now)
    return found, amount, rule


def judged(
    policy: Policy, submission: Submission, requester: Person | None, agent: str
) -> Iterator[tuple[Rule, bool, Seen]]:
    """Each rule in the order in which it is judged, with its answer and what it sees; the last one
    holds. Raises Refused where there is no answer."""
    policy = judging(policy, submission.action_type)
    others = [r for r in policy.rules if r.category is not Category.PROHIBITED]
    rules = (*_prohibited(policy), *others, policy.fallback)
    return _judged(rules, policy.fallback, submission, requester, agent)


def prohibits(policy: Policy, submission: Submission, requester: Person | None, agent: str) -> bool:
    """Whether a rule of this policy prohibits it. Raises Refused where there is no answer."""
    rules = _prohibited(policy)
    return any(h for _, h, _ in _judged(rules, policy.fallback, submission, requester, agent))


def _prohibited(policy: Policy) -> list[Rule]:
    return [rule for rule in policy.rules if rule.category is Category.PROHIBITED]


def _judged(
    rules: Iterable[Rule],
    fallback: Rule,
    submission: Submission,
    requester: Person | None,
    agent: str,
) -> Iterator[tuple[Rule, bool, Seen]]:
    places: dict[str | None, Seen] = {}
    for rule in rules:
        # A rule may say where in the params its amount lies, so each place is seen once.
        seen = places.get(rule.amount_from)
        if seen is None:
            amount = _amount(submission, rule)
            seen = amount, fields_of(submission, amount, requester, agent)
            places[rule.amount_from] = seen
        condition = rule.when
        holds = rule is fallback or condition is None or _answer(condition, seen[1], rule.name)
        yield rule, holds, seen
        if holds:
            return


def _choose(
    policy: Policy, submission: Submission, requester: Person | None, agent: str
) -> tuple[Rule, str | None, RequestFields]:
    """The rule that applies, with the amount and the fields as that rule sees them."""
    for rule, holds, (amount, fields) in judged(policy, submission, requester, agent):
        if holds:
            # Where the rule takes its amount and none was seen, it is told now what is wrong.
            return rule, amount or amount_of(submission, rule.amount_from), fields
    raise AssertionError("the fallback takes everything")


def _amount(submission: Submission, rule: Rule) -> str | None:
    try:
        return amount_of(submission, rule.amount_from)
    except Refused:
        if rule.amount_from is None:
            raise
        return None  # this rule's place for the amount is not in these params


def _answer(condition: Condition | None, fields: RequestFields, whose: str) -> bool:
    """Whether it holds; one that is not there does not. What cannot be answered is refused."""
    if condition is None:
        return False
    try:
        return condition.holds(fields)
    except ConditionError as error:
        raise Refused(Reason.CONDITION_FAILED, rule=whose, problem=str(error)) from error


def _plans(
    policy: Policy, rule: Rule, fields: RequestFields, pins: Pinning
) -> tuple[StagePlan, ...]:
    found = tuple(
        plan(level, stage, pins, _auto(rule, stage, fields))
        for level, stage in enumerate(_stages(policy, rule, fields), start=1)
    )
    return with_enough_people(found, rule.minimum_unique_approvers)


def _stages(policy: Policy, rule: Rule, fields: RequestFields) -> list[StageRule]:
    found = list(_wanted(rule, fields))
    if found or rule.category is not Category.REVIEW:
        return found
    return list(_wanted(policy.fallback, fields))


def _wanted(rule: Rule, fields: RequestFields) -> Iterable[StageRule]:
    for stage in rule.stages:
        if stage.when is None or _answer(stage.when, fields, f"{rule.name}, stage {stage.name}"):
            yield stage


def _auto(
    rule: Rule, stage: StageRule, fields: RequestFields
) -> Literal["approve", "reject"] | None:
    """What the stage does by itself. Refusing goes before passing; both are asked, so that
    neither fails unnoticed."""
    whose = f"{rule.name}, stage {stage.name}"
    passes = _answer(stage.auto_approve_when, fields, f"{whose}, auto_approve_when")
    if _answer(stage.auto_reject_when, fields, f"{whose}, auto_reject_when"):
        return "reject"
    return "approve" if passes else None


def _conflicted(policy: Policy, fields: RequestFields, pins: Pinning) -> tuple[str, ...]:
    """Whom the policy's declared conflicts keep from approving this request."""
    found: set[str] = set()
    for number, conflict in enumerate(policy.conflicts, start=1):
        if _answer(conflict.when, fields, f"conflicts, number {number}"):
            found |= pins.everyone(conflict.people)
    return tuple(sorted(found))


def _number(amount: str) -> int | float:
    """An integer if integral, else a double: exact, since amounts have at most 15 digits."""
    return float(amount) if "." in amount else int(amount)


def _confirm(rule: Rule, risk: int | None) -> bool:
    """Above the risk the rule names; a rule that always asks names one below every risk."""
    above = rule.confirm_above
    return above is not None and (above < 0 or (risk is not None and risk > above))


def _refuse_dead_ends(
    found: Route, directory: Directory, asking: tuple[str, ...], now: Millis
) -> None:
    """Refuse a route of which a stage could not be decided by anyone today.

    `asking` are the requester, the agent's owner and the key's person, as far as there are.
    """
    if found.category is not Category.REVIEW:
        return
    if not found.stages:
        raise Refused(Reason.NOBODY_TO_ASK, rule=found.rule, stage="none")
    requester, owner, submitter = (*asking, None, None, None)[:3]
    state = RequestState(requester=requester, owner=owner, submitter=submitter, route=found)
    facts = Facts(people=directory.people)
    bars = Bars(state, facts)
    for stage in found.stages:
        if stage.auto is not None or _own_people_can(stage, facts, bars):
            continue
        line = line_of(stage, facts, state)
        entries = Ladder(stage, found, facts, bars, now, order=line).open().entries
        if not possible(entries, needed(stage.entries, stage.quorum)):
            raise Refused(Reason.NOBODY_TO_ASK, rule=found.rule, stage=stage.name)


def _own_people_can(stage: StagePlan, facts: Facts, bars: Bars) -> bool:
    """Whether those the stage names are enough, without asking the ladder, whose answer would
    be the same: of a crowd it goes through everybody.

    Of each entry as many people as the stage has to have are enough to know it: one of them is
    always left for its seat.
    """
    wanted = needed(stage.entries, stage.quorum)
    few: list[Entry] = []
    for entry in stage.entries:
        able: list[str] = []
        for email in entry.people:
            person = facts.people.get(email)
            if person and bars.reason(email) is None and still_meant(person, entry, stage):
                able.append(email)
                if len(able) == wanted:
                    break
        few.append(with_people(entry, able))
    return possible(few, wanted)
