"""What was counted, judged by what the policy wants to be told. Pure.

Each kind has two bounds: an episode begins above the upper one and ends below the lower one, so
that what swings around one bound is told once.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from core.alerting.episode import Kind, Sign
from core.alerting.wanted import HOUR, Alerts, Escalations, Rejections
from core.value import Millis, Value

LOWER: Final = 80
"""Percent of the upper bound of a count or rate: what is above that keeps an episode open."""

UNKNOWN_FOR: Final[Millis] = 24 * HOUR
"""For so long no request of an action that no rule names ends its episode."""


class Late(Value, frozen=True):
    """Requests that are late at one stage of a rule: how many, since when the first of them should
    have been decided, and the oldest."""

    rule: str
    stage: str
    count: int
    since: Millis
    request: str


class Happened(Value, frozen=True):
    """How often something happened at a stage of a rule in its window: stages approved and
    rejected by people, and escalations."""

    rule: str
    stage: str
    approved: int = 0
    rejected: int = 0
    escalated: int = 0


class Trouble(Value, frozen=True):
    """Something is wrong with the server's own work; `said` is a sentence with what to do."""

    name: str
    said: str


class Seen(Value, frozen=True):
    """What was counted at one look. `rejections` and `escalations` have a window each; `load` are
    open requests by person, `unknown` requests by an action's type that no rule names."""

    late: tuple[Late, ...] = ()
    rejections: tuple[Happened, ...] = ()
    escalations: tuple[Happened, ...] = ()
    load: tuple[tuple[str, int], ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    troubles: tuple[Trouble, ...] = ()


def signs(alerts: Alerts, seen: Seen) -> Iterator[Sign]:
    """The signs of what is wanted, the worst of each kind first."""
    if alerts.stuck is not None:
        yield from map(_late, sorted(seen.late, key=lambda each: (each.since, each.rule)))
    if alerts.rejections is not None:
        yield from _rejections(alerts.rejections, seen.rejections)
    if alerts.overloaded is not None:
        yield from _overloaded(alerts.overloaded, seen.load)
    if alerts.escalations is not None:
        yield from _escalations(alerts.escalations, seen.escalations)
    if alerts.unknown_actions:
        for action, count in sorted(seen.unknown, key=lambda each: (-each[1], each[0])):
            facts = {"action": action, "count": str(count)}
            yield Sign(Kind.UNKNOWN_ACTION, action, facts)
    if alerts.trouble:
        yield from map(trouble, seen.troubles)


def trouble(found: Trouble) -> Sign:
    """The sign of something that is wrong with the server's own work."""
    return Sign(Kind.TROUBLE, found.name, {"said": found.said})


def _late(late: Late) -> Sign:
    facts = _where(late.rule, late.stage)
    facts |= {"count": str(late.count), "late": str(late.since), "request": late.request}
    return Sign(Kind.STUCK, _subject(late.rule, late.stage), facts)


def _rejections(wanted: Rejections, found: Iterable[Happened]) -> Iterator[Sign]:
    rates = [(_rate(each), each) for each in found if each.approved + each.rejected >= wanted.of]
    for rate, each in sorted(rates, key=lambda pair: (-pair[0], pair[1].rule, pair[1].stage)):
        if rate * 100 > wanted.over * LOWER:
            facts = _where(each.rule, each.stage)
            facts |= {"rejected": str(each.rejected), "of": str(each.approved + each.rejected)}
            subject = _subject(each.rule, each.stage)
            yield Sign(Kind.REJECTIONS, subject, facts, begins=rate > wanted.over)


def _rate(found: Happened) -> int:
    """Percent rejected, not rounded up."""
    return found.rejected * 100 // (found.approved + found.rejected)


def _overloaded(limit: int, load: Iterable[tuple[str, int]]) -> Iterator[Sign]:
    for person, count in sorted(load, key=lambda each: (-each[1], each[0])):
        if count * 100 > limit * LOWER:
            facts = {"person": person, "count": str(count)}
            yield Sign(Kind.OVERLOADED, person, facts, begins=count > limit)


def _escalations(wanted: Escalations, found: Iterable[Happened]) -> Iterator[Sign]:
    for each in sorted(found, key=lambda each: (-each.escalated, each.rule, each.stage)):
        if each.escalated * 100 > wanted.over * LOWER:
            facts = _where(each.rule, each.stage) | {"count": str(each.escalated)}
            subject = _subject(each.rule, each.stage)
            yield Sign(Kind.ESCALATIONS, subject, facts, begins=each.escalated > wanted.over)


def _where(rule: str, stage: str) -> dict[str, str]:
    return {"rule": rule, "stage": stage}


def _subject(rule: str, stage: str) -> str:
    return f"{rule} / {stage}"
