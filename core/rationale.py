"""The rules provider's rationale: deterministic advice from the request's own fields.

It needs no key and no network. Each point names the fields it rests on. It recommends
"approve", "review" or "reject" and never decides anything.
"""

from typing import Any

from core.advice.hostile import RISKS, UNREAD, searched
from core.content import Point, Rationale, Revision
from core.policy.own import is_reserved
from core.route import Category, Route
from core.text import grouped
from core.value import Millis

HIGH_RISK = 70
VERY_HIGH_RISK = 90
MANY_STAGES = 3

_ADDRESSES = frozenset({"links", "conversation"})
"""Parts of the context that are there to lead elsewhere."""


def rationale(revision: Revision, route: Route, now: Millis) -> Rationale:
    """Advice on one revision under its route."""
    points = [*_amount(revision), *_route(route), *_risk(revision), *_context(revision)]
    risks = tuple(_risks(revision, route))
    recommendation = _recommendation(revision, route, risks)
    return Rationale(
        recommendation=recommendation,
        summary=_summary(recommendation, risks),
        points=tuple(points),
        risks=risks,
        source="rules",
        at=now,
    )


def _summary(recommendation: str, risks: tuple[str, ...]) -> str:
    if recommendation == "reject":
        return "The rules advise against it: see the risks."
    if risks:
        return "Something stands out: see the risks."
    if recommendation == "review":
        return "Large enough for several levels: check amount and purpose with care."
    return "The rules found nothing unusual. Check that you want this."


def _recommendation(revision: Revision, route: Route, risks: tuple[str, ...]) -> str:
    if route.category is Category.PROHIBITED:
        return "reject"
    very_high = revision.risk_score is not None and revision.risk_score >= VERY_HIGH_RISK
    if very_high and _issues(revision.context):
        return "reject"
    return "review" if risks or len(route.stages) >= MANY_STAGES else "approve"


def _amount(revision: Revision) -> list[Point]:
    if revision.amount is None:
        return []
    currency = f" {revision.currency}" if revision.currency else ""
    text = f"The amount is {grouped(revision.amount)}{currency}."
    return [Point(text=text, sources=("request.amount",))]


def _route(route: Route) -> list[Point]:
    if route.category is not Category.REVIEW:
        text = f"Policy rule {route.rule} says {route.category.value}."
        return [Point(text=text, sources=("policy.rule",))]
    names = ", ".join(stage.name for stage in route.stages)
    count = len(route.stages)
    text = f"Policy rule {route.rule} asks for {count} stage{'s'[: count != 1]}: {names}."
    return [Point(text=text, sources=("policy.rule", "policy.stages"))]


def _risk(revision: Revision) -> list[Point]:
    if revision.risk_score is None:
        return []
    text = f"The agent gives a risk score of {revision.risk_score} out of 100."
    return [Point(text=text, sources=("request.risk_score",))]


def _context(revision: Revision) -> list[Point]:
    validation = revision.context.get("validation")
    score = validation.get("score") if isinstance(validation, dict) else None
    if isinstance(score, int | float) and not isinstance(score, bool):
        text = f"The agent's own validation gives a score of {score}."
        return [Point(text=text, sources=("request.context.validation.score",))]
    return []


def _risks(revision: Revision, route: Route) -> list[str]:
    found = []
    if revision.risk_score is not None and revision.risk_score >= HIGH_RISK:
        found.append(f"High risk score: {revision.risk_score} out of 100.")
    if route.uncategorised:
        found.append("No policy rule names this type of action.")
    issues = _issues(revision.context)
    if issues:
        count = "1 issue" if len(issues) == 1 else f"{len(issues)} issues"
        found.append(f"The agent's own validation reports {count}.")
    tried, unread = searched(_texts(revision))
    found += [RISKS[ploy] for ploy in tried]
    if unread:
        found.append(UNREAD)
    return found


def _issues(context: dict[str, Any]) -> list[Any]:
    validation = context.get("validation")
    issues = validation.get("issues") if isinstance(validation, dict) else None
    return issues if isinstance(issues, list) else []


def _texts(revision: Revision) -> list[str]:
    """All that the request says in words: what it is, the parameters, what the agent says of it."""
    if is_reserved(revision.action.type):
        # Of what we ask for ourselves, all behind the first paragraph is the policy's own text.
        return [revision.title, (revision.description or "").partition("\n\n")[0]]
    values = [revision.title, revision.description or "", *revision.labels]
    said = [value for name, value in revision.context.items() if name not in _ADDRESSES]
    pending: list[Any] = [revision.action.params, *said]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if item[:4] != "http" or not _is_address(item):
                values.append(item)
        elif isinstance(item, dict):
            pending += item
            pending += item.values()
        elif isinstance(item, list):
            pending.extend(item)
    return values


def _is_address(value: str) -> bool:
    """Whether a value is an address and nothing else: a parameter as any other, no invitation."""
    return value.startswith(("https://", "http://")) and value.isascii() and " " not in value
