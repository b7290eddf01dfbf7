"""From a submission to its route: which rule applies, which stages, and who is asked.

Prohibited rules are judged first, then the first rule from the top whose condition holds.
The people are resolved here, once, and pinned in the route.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from core.directory import Directory, Person
from core.eligibility import choose, pinned, qualifies
from core.policy import ConditionError, Policy, RequestFields, Rule, StageRule, people_of
from core.quorum import needed, possible
from core.refusals import Reason, Refused
from core.request import Category, Entry, Route, StagePlan
from core.submission import Submission, amount_of


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
    barred: set[str],
) -> tuple[Route, str | None, Rule]:
    """The route, the request's amount and the rule. Raises Refused.

    `barred` are those who ask and may not approve. A stage whose own people cannot decide
    goes to its escalation target, then to `last_resort`, when it opens; a route in which even
    that leaves nobody is refused here. Where no stage of a review rule applies, the
    fallback's are taken: a review is never passed because of an amount between two stages.
    """
    rule, amount, fields = _choose(policy, submission, requester, agent)
    last_resort = _entries(policy.last_resort, (), directory, requester)
    stages = tuple(
        _plan(level, stage, directory, requester)
        for level, stage in enumerate(_stages(policy, rule, fields), start=1)
    )
    found = Route(
        rule=rule.name,
        policy_version=policy.version,
        category=rule.category,
        stages=stages,
        channels=rule.channels if rule.category is Category.REVIEW else (),
        last_resort=last_resort,
        confirm=_confirm(rule, submission.risk_score),
        block_self_approval=rule.block_self_approval,
        different_approvers=rule.different_approvers,
        uncategorised=rule is policy.fallback,
        because=rule.because,
    )
    _refuse_dead_ends(found, directory, barred)
    return found, amount, rule


def _choose(
    policy: Policy, submission: Submission, requester: Person | None, agent: str
) -> tuple[Rule, str | None, RequestFields]:
    """The rule that applies, with the amount and the fields as that rule sees them."""
    prohibited = [r for r in policy.rules if r.category is Category.PROHIBITED]
    others = [r for r in policy.rules if r.category is not Category.PROHIBITED]
    seen: dict[str | None, RequestFields] = {}
    for rule in (*prohibited, *others, policy.fallback):
        # A rule may say where in the params its amount lies, so each place is seen once.
        place = rule.amount_from
        if place not in seen:
            amount = _amount(submission, rule)
            seen[place] = fields_of(submission, amount, requester, agent)
        if rule is policy.fallback or _holds(rule, seen[place]):
            return rule, amount_of(submission, place), seen[place]
    raise AssertionError("the fallback takes everything")


def _amount(submission: Submission, rule: Rule) -> str | None:
    try:
        return amount_of(submission, rule.amount_from)
    except Refused:
        if rule.amount_from is None:
            raise
        return None  # this rule's place for the amount is not in these params


def _holds(rule: Rule, fields: RequestFields) -> bool:
    if rule.when is None:
        return True
    try:
        return rule.when.holds(fields)
    except ConditionError as error:
        raise Refused(Reason.CONDITION_FAILED, rule=rule.name, problem=str(error)) from error


def _stages(policy: Policy, rule: Rule, fields: RequestFields) -> list[StageRule]:
    found = list(_wanted(rule, fields))
    if found or rule.category is not Category.REVIEW:
        return found
    return list(_wanted(policy.fallback, fields))


def _wanted(rule: Rule, fields: RequestFields) -> Iterable[StageRule]:
    for stage in rule.stages:
        try:
            wanted = stage.when is None or stage.when.holds(fields)
        except ConditionError as error:
            name = f"{rule.name}, stage {stage.name}"
            raise Refused(Reason.CONDITION_FAILED, rule=name, problem=str(error)) from error
        if wanted:
            yield stage


def _plan(
    level: int, stage: StageRule, directory: Directory, requester: Person | None
) -> StagePlan:
    plan = StagePlan(
        level=level,
        name=stage.name,
        entries=_entries(stage.approvers, stage.seats, directory, requester),
        quorum=stage.quorum,
        required_role=stage.required_role,
        required_department=stage.required_department,
        escalate_to=_entries(stage.escalate_to, (), directory, requester),
        sla=stage.sla,
    )
    if stage.required_role is None and stage.required_department is None:
        return plan
    return replace(
        plan,
        entries=_qualified(plan.entries, plan, directory),
        escalate_to=_qualified(plan.escalate_to, plan, directory),
    )


def _entries(
    references: tuple[str, ...],
    seats: tuple[int, ...],
    directory: Directory,
    requester: Person | None,
) -> tuple[Entry, ...]:
    email = None if requester is None else requester.email
    return tuple(
        Entry(
            ref=reference,
            people=people_of(reference, directory, email),
            seats=seats[index] if index < len(seats) else 1,
        )
        for index, reference in enumerate(references)
    )


def _qualified(
    entries: tuple[Entry, ...], plan: StagePlan, directory: Directory
) -> tuple[Entry, ...]:
    return tuple(
        replace(
            entry, people=tuple(p for p in entry.people if qualifies(directory.people[p], plan))
        )
        for entry in entries
    )


def _number(amount: str) -> int | float:
    """An integer if integral, else a double: exact, since amounts have at most 15 digits."""
    return float(amount) if "." in amount else int(amount)


def _confirm(rule: Rule, risk: int | None) -> bool:
    """Above the risk the rule names; a rule that always asks names one below every risk."""
    above = rule.confirm_above
    return above is not None and (above < 0 or (risk is not None and risk > above))


def _refuse_dead_ends(found: Route, directory: Directory, barred: set[str]) -> None:
    if found.category is Category.REVIEW and not found.stages:
        raise Refused(Reason.NOBODY_TO_ASK, rule=found.rule, stage="none")
    people = {p: directory.people[p] for p in pinned(found)}
    barred = barred if found.block_self_approval else set()
    for plan in found.stages:
        entries = choose(plan, found, people, barred).entries
        if not possible(entries, needed(plan.entries, plan.quorum)):
            raise Refused(Reason.NOBODY_TO_ASK, rule=found.rule, stage=plan.name)
