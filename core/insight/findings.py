"""What the counted values come to: findings, each with its numbers and a change of the policy."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from enum import StrEnum

from core.insight.autonomy import Counted, cap, count, earns, loses
from core.insight.cases import Ballot, Case, Kind, StageKey
from core.insight.edits import FALLBACK, Edit, NewCategory, NewKey, NewRule, quoted, quoted_list
from core.insight.stamping import (
    Voting,
    by_person,
    count_ballots,
    hangs_on_one,
    is_stamping,
    never_rejects,
)
from core.insight.thresholds import THRESHOLDS, Thresholds
from core.policy.own import is_reserved
from core.policy.policy import Policy, Rule
from core.route import Category
from core.source import NAME_LIMIT
from core.value import Millis, Value

MOST_FINDINGS = 20

_PLAIN = re.compile(r"[ -~]{1,200}")
"""What is put into a condition as it is: printable ASCII."""


class About(StrEnum):
    """What a finding says, the most urgent first."""

    LOSES = "loses_autonomy"
    ONE_PERSON = "one_person"
    STAMPING = "stamping"
    PERSON = "person"
    EARNS = "earns_autonomy"
    NEVER_REJECTS = "never_rejects"


class Finding(Value, frozen=True):
    """Something that the numbers say. `said` is a sentence; `numbers` are labels with what stands
    behind them; `cautions` are sentences too. `edit` is the change that follows, None where nothing
    follows by itself, and `title` says that change in a few words; `unchanged` says why there is
    none."""

    id: str
    about: About
    title: str
    said: str
    numbers: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...] = ()
    edit: Edit | None = None
    unchanged: str = ""


def findings(
    policy: Policy,
    kinds: Mapping[Kind, Sequence[Case]],
    stages: Mapping[StageKey, Sequence[Ballot]],
    now: Millis,
    at: Thresholds = THRESHOLDS,
) -> tuple[Finding, ...]:
    """All findings about rules that are in force, the most urgent first."""
    rules = {rule.name: rule for rule in policy.rules} | {FALLBACK: policy.fallback}
    stamped = {key.rule for key, each in stages.items() if is_stamping(count_ballots(each), at)}
    kinds_ = _of_kinds(policy, rules, kinds, stamped, now, at)
    found = [*kinds_, *_of_stages(policy, rules, stages, at)]
    order = list(About)
    found.sort(key=lambda each: (order.index(each.about), each.said))
    return tuple(found[:MOST_FINDINGS])


def _of_kinds(
    policy: Policy,
    rules: Mapping[str, Rule],
    kinds: Mapping[Kind, Sequence[Case]],
    stamped: Set[str],
    now: Millis,
    at: Thresholds,
) -> Iterator[Finding]:
    wrong: dict[str, list[tuple[Kind, Counted]]] = {}
    for kind, cases in sorted(kinds.items()):
        rule = rules.get(kind.rule)
        if rule is None or is_reserved(kind.action_type):
            continue
        counted = count(cases)
        if rule.category is Category.REVIEW and earns(counted, now, at):
            others = [k for k in kinds if (k.action_type, k.rule) == (kind.action_type, kind.rule)]
            problem = _unfit(rule, kind, counted, mixed=len(others) > 1)
            name = f"auto {kind.action_type} {kind.currency}".strip()[:NAME_LIMIT]
            if name not in rules:
                yield _earned(
                    rule, kind, counted, name, problem, looked_into=rule.name not in stamped
                )
        if rule.category is Category.AUTO_APPROVE and loses(counted, at):
            wrong.setdefault(rule.name, []).append((kind, counted))
    for name, those in wrong.items():
        yield _lost(policy, rules[name], those)


def _earned(
    rule: Rule, kind: Kind, counted: Counted, name: str, problem: str, *, looked_into: bool
) -> Finding:
    most = cap(counted.amounts)
    said = f"{counted.approved} of {counted.decided} {_where(kind)} were approved by people"
    up_to = "" if most is None else f" up to {most} {kind.currency}".rstrip()
    keys = [
        ("name", quoted(name)),
        ("when", quoted(_condition(rule, kind, most))),
        ("category", "auto_approve"),
        ("because", quoted(f"{said}.")),
    ]
    if rule.amount_from is not None:
        keys.append(("amount_from", quoted(rule.amount_from)))
    return Finding(
        id=_id(About.EARNS, kind.action_type, kind.rule, kind.currency),
        about=About.EARNS,
        title=f"Approve {kind.action_type}{up_to} without a person",
        said=f"{said}, under rule {rule.name}.",
        numbers=(
            ("Approved", f"{counted.approved} of {counted.decided}"),
            ("Approval rate, at least (Wilson, 95 %)", _percent(counted.lower)),
            ("Edited before approval", str(counted.edited)),
            ("Incidents", str(counted.incidents)),
            *(() if most is None else (("95 of 100 approved amounts are at most", most),)),
        ),
        cautions=tuple(_cautions(kind, most, looked_into=looked_into)),
        edit=None if problem else NewRule(rule.name, tuple(keys)),
        unchanged=problem,
    )


def _condition(rule: Rule, kind: Kind, most: str | None) -> str:
    """What the new rule takes: nothing that the reviewed rule does not take."""
    conditions = [f"request.action.type == {json.dumps(kind.action_type)}"]
    before = "true" if rule.when is None else _one_line(rule.when.text)
    if before not in ("true", conditions[0]):
        conditions.append(f"({before})")
    if kind.currency:
        conditions.append(f"request.currency == {json.dumps(kind.currency)}")
    if most is not None:
        conditions.append(f"request.amount <= {most}")
    return " && ".join(conditions)


def _cautions(kind: Kind, most: str | None, *, looked_into: bool) -> Iterator[str]:
    if not looked_into:
        yield "Decisions under this rule may not be looked into, so they speak for little."
    if most is not None:
        yield "Amounts above that still go to people."
    needed = ["an amount"] * (most is not None) + ["a currency"] * bool(kind.currency)
    if needed:
        yield f"Without {' and '.join(needed)} such a request is refused, and says so."


def _unfit(rule: Rule, kind: Kind, counted: Counted, *, mixed: bool) -> str:
    """Why no rule can be written for this; "" where one can."""
    if counted.amounts and counted.bare:
        return "Some of them have no amount, so there is no amount to stop at."
    if mixed:
        return "Some of them are in another currency or in none, so one rule cannot name them."
    if not _PLAIN.fullmatch(kind.action_type):
        return "The type of the action has characters that a condition does not take as they are."
    text = "" if rule.when is None else rule.when.text
    if "//" in text or '"""' in text or "'''" in text:
        return f"The condition of rule {rule.name} is not one that can stand inside another."
    return ""


def _lost(policy: Policy, rule: Rule, wrong: Sequence[tuple[Kind, Counted]]) -> Finding:
    """Told once for a rule, with the kind of which there was most: the change is about all."""
    kind, counted = max(wrong, key=lambda each: each[1].after_passing)
    asked = policy.fallback.stages[0].approvers if policy.fallback.stages else policy.last_resort
    many = "incident was" if counted.after_passing == 1 else "incidents were"
    return Finding(
        id=_id(About.LOSES, rule.name),
        about=About.LOSES,
        title=f"Have people review what rule {rule.name} approves",
        said=f"{counted.after_passing} {many} reported of {_where(kind)} that rule {rule.name} "
        "approved without a person.",
        numbers=(
            ("Approved without a person", str(counted.passed)),
            ("Incidents after that", str(counted.after_passing)),
            ("Executions that failed", str(counted.failed)),
            *((("Kinds of requests with incidents", str(len(wrong))),) if len(wrong) > 1 else ()),
        ),
        cautions=(f"All that this rule takes is reviewed then, by {', '.join(asked)}.",),
        edit=NewCategory(rule.name, asked),
    )


def _of_stages(
    policy: Policy,
    rules: Mapping[str, Rule],
    stages: Mapping[StageKey, Sequence[Ballot]],
    at: Thresholds,
) -> Iterator[Finding]:
    known = {
        key: ballots
        for key, ballots in sorted(stages.items())
        if key.rule in rules and any(s.name == key.stage for s in rules[key.rule].stages)
    }
    for key, ballots in known.items():
        voting, rule = count_ballots(ballots), rules[key.rule]
        if hangs_on_one(voting, at):
            yield _alone(policy, rule, key, voting)
        if is_stamping(voting, at):
            yield _stamped(rule, key, voting)
        if never_rejects(voting, at):
            yield _idle(rule, key, voting)
    for person, voting in by_person(b for each in known.values() for b in each).items():
        if is_stamping(voting, at):
            yield _of_person(person, voting)


def _alone(policy: Policy, rule: Rule, key: StageKey, voting: Voting) -> Finding:
    [stage] = [s for s in rule.stages if s.name == key.stage]
    free = not stage.escalate_to and set(policy.last_resort) != set(stage.approvers)
    edit = NewKey(rule.name, stage.name, "escalate_to", quoted_list(policy.last_resort))
    return Finding(
        id=_id(About.ONE_PERSON, key.rule, key.stage),
        about=About.ONE_PERSON,
        title=f"Have somebody else asked at stage {stage.name} of rule {rule.name}",
        said=f"Stage {stage.name} of rule {rule.name} hangs on one person: {voting.busiest} made "
        f"{voting.most} of {voting.decided} decisions.",
        numbers=(
            ("Decisions", str(voting.decided)),
            (f"By {voting.busiest}", str(voting.most)),
            ("That only one person could make", str(voting.alone)),
        ),
        edit=edit if free else None,
        unchanged="" if free else "It escalates already; name a deputy or a group.",
    )


def _stamped(rule: Rule, key: StageKey, voting: Voting) -> Finding:
    free = rule.confirm_above is None
    return Finding(
        id=_id(About.STAMPING, key.rule, key.stage),
        about=About.STAMPING,
        title=f"Ask once more before an approval under rule {rule.name}",
        said=f"The last {voting.streak} decisions at stage {key.stage} of rule {rule.name} were "
        "approvals, and quick or made without the details.",
        numbers=_stamps(voting),
        cautions=(_FAIR,),
        edit=NewKey(rule.name, None, "confirm", "always") if free else None,
        unchanged="" if free else "It asks once more already, above a risk score.",
    )


def _idle(rule: Rule, key: StageKey, voting: Voting) -> Finding:
    [stage] = [s for s in rule.stages if s.name == key.stage]
    # One that only some requests come to leaves the others to nobody.
    always = (s for s in rule.stages if s.when is None and s.auto_approve_when is None)
    others = [s for s in always if s.name != key.stage]
    whole = others and stage.auto_approve_when is None and not rule.minimum_unique_approvers
    problem = "It is the only stage that always asks people." if not others else ""
    return Finding(
        id=_id(About.NEVER_REJECTS, key.rule, key.stage),
        about=About.NEVER_REJECTS,
        title=f"Pass stage {stage.name} of rule {rule.name} without asking",
        said=f"Stage {stage.name} of rule {rule.name} never said no in {voting.decided} decisions.",
        numbers=(("Decisions", str(voting.decided)), ("Rejections", "0")),
        cautions=("A stage may be worth its time for what is never asked because of it.",),
        edit=NewKey(rule.name, stage.name, "auto_approve_when", quoted("true")) if whole else None,
        unchanged="" if whole else problem or "The rule asks for several people or passes already.",
    )


def _of_person(person: str, voting: Voting) -> Finding:
    return Finding(
        id=_id(About.PERSON, person),
        about=About.PERSON,
        title=f"Talk with {person}",
        said=f"The last {voting.streak} decisions of {person} were approvals, and quick or made "
        "without the details.",
        numbers=_stamps(voting),
        cautions=(_FAIR,),
        unchanged="Whether somebody is asked too much is a matter for people.",
    )


_FAIR = (
    "Quick approvals may be right ones: of what is asked often, much is plain. Times count from "
    "when the stage opened, and only pages tell whether details were opened."
)


def _stamps(voting: Voting) -> tuple[tuple[str, str], ...]:
    seen = f"{voting.unread} of {voting.told}" if voting.told else "not known"
    return (
        ("Decisions", str(voting.decided)),
        ("Approvals in a row", str(voting.streak)),
        ("Half of them took less than", _seconds(voting) if voting.timed else "not known"),
        ("Made without the details", seen),
    )


def _seconds(voting: Voting) -> str:
    return f"{voting.took // 1000 + 1} s"


def _where(kind: Kind) -> str:
    return f"requests for {kind.action_type}" + (f" in {kind.currency}" if kind.currency else "")


def _percent(thousandths: int) -> str:
    return f"{thousandths / 10:.1f} %"


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.split("\n")).strip()


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
