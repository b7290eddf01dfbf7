"""Finds what a policy may mean but is unwise: rules and people never reached, stages without
end, people who cannot be told. A policy with warnings is in force all the same.
"""

from collections.abc import Iterable, Sequence

from core.calendars.duration import written
from core.directory.people import EMAIL
from core.policy.policy import Rule
from core.policy.reading import Reading
from core.policy.rules import Ruled
from core.rationale import HIGH_RISK
from core.route import Category, OnTimeout
from core.rules.digests import LEAD
from core.source import Node

_MOST_PEOPLE = 20
"""How many people without an account are told one by one."""

_ALWAYS = "true"
_AMOUNT = "request.amount"


def warn_of_rules(reading: Reading, rules: Sequence[Ruled], fallback: Ruled) -> None:
    """Note the rules that no request reaches, stages that never ask their second approver,
    and that no stage has a deadline."""
    judged = _in_order(rules)
    for place, ruled in enumerate(judged):
        earlier = next((r for r in judged[:place] if _takes_all_of(r.rule, ruled.rule)), None)
        if earlier is not None:
            message = (
                f"no request reaches rule '{ruled.rule.name}': "
                f"'{earlier.rule.name}' takes them before"
            )
            reading.warn(ruled.fields, "when", message, "Move it up, or remove it")
    for ruled in (*rules, fallback):
        _warn_of_turns(reading, ruled)
        _warn_of_batches(reading, ruled)
        _warn_of_digests(reading, ruled)
    stages = [stage for ruled in (*rules, fallback) for stage in ruled.rule.stages]
    if stages and all(stage.sla is None for stage in stages):
        message = "no stage has an sla: nobody is asked but those who are asked first"
        reading.warn(fallback.fields, None, message, "Write defaults: {sla: 4h}")


def _warn_of_turns(reading: Reading, ruled: Ruled) -> None:
    """With `ask: in_order` and `assign: balanced` only an escalation asks the next in line."""
    for staged in ruled.stages:
        stage = staged.stage
        one_by_one = stage.balanced or (stage.in_order and len(stage.approvers) > 1)
        if not one_by_one or stage.sla is None:
            continue
        if stage.on_timeout is not OnTimeout.ESCALATE:
            message = (
                f"stage '{stage.name}' asks only its first approver: with 'on_timeout: "
                f"{stage.on_timeout.value}' the next in order is never asked"
            )
            remedy = "Write on_timeout: escalate, or ask: all"
            reading.warn(staged.fields, "on_timeout", message, remedy)


def _warn_of_batches(reading: Reading, ruled: Ruled) -> None:
    """What asks once more for its risk is never approved together with others."""
    rule, above = ruled.rule, ruled.rule.confirm_above
    if not rule.batch:
        return
    if above is not None and above < 0:
        message = f"'batch' has no effect in rule '{rule.name}' with 'confirm: always'"
        reading.warn(ruled.fields, "batch", message, "Remove one of them")
    elif above is None or above >= HIGH_RISK:
        message = f"rule '{rule.name}' lets requests of high risk be approved together with others"
        remedy = f"Write confirm: {HIGH_RISK - 1} or less, so that those are approved one by one"
        reading.warn(ruled.fields, "batch", message, remedy)


def _warn_of_digests(reading: Reading, ruled: Ruled) -> None:
    """What has to be decided within the hour waits for nobody's digest."""
    if not ruled.rule.digest:
        return
    for stage in ruled.rule.stages:
        if stage.sla is not None and stage.calendar is None and stage.sla <= LEAD:
            message = (
                f"'digest' has no effect on stage '{stage.name}': with an sla of "
                f"{written(stage.sla)} its cards are pushed at once"
            )
            reading.warn(ruled.fields, "digest", message, "Write a longer sla, or remove it")


def warn_of_the_unreached(reading: Reading) -> None:
    """Note people whom the policy asks or tells and who have no account on any platform, unless
    their entry says that they want letters."""
    directory = reading.people.directory
    if directory is None:
        return
    found: dict[str, Node] = {}
    first: dict[str, Node] = {}
    for node, reference in reading.people.named:
        first.setdefault(reference, node)
    for reference, node in first.items():
        for email in reading.people.possible(reference):
            person = directory.person(email)
            if person is not None and not (person.identities or EMAIL in person.notify):
                found.setdefault(email, node)
    for email, node in list(found.items())[:_MOST_PEOPLE]:
        others = len(found) - _MOST_PEOPLE
        more = f" (and {others} more people)" if others > 0 else ""
        message = f"{email} has no account on any platform and is told by e-mail at most{more}"
        remedy = "Link one, add 'identities' to the directory, or 'notify: [email]' for letters"
        reading.warn_at(node, message, remedy)


def _in_order(rules: Iterable[Ruled]) -> list[Ruled]:
    """As they are judged: prohibited ones first."""
    return sorted(rules, key=lambda ruled: ruled.rule.category is not Category.PROHIBITED)


def _takes_all_of(earlier: Rule, later: Rule) -> bool:
    """Whether the same words, or "true", leave nothing for the later rule."""
    before, after = _words(earlier), _words(later)
    if before == _ALWAYS:
        return True
    # The same words may be about another amount.
    same_amount = earlier.amount_from == later.amount_from or _AMOUNT not in after
    return before == after and same_amount


def _words(rule: Rule) -> str:
    return " ".join(rule.when.text.split()) if rule.when is not None else ""
