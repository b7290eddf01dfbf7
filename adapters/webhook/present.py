"""Snapshots into answers. It shows what is there and makes nothing up.

What was erased is null. Params and trail go through as the bytes that were stored.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from adapters.webhook import answers
from core.audit import Link
from core.content import read_rationale, read_text
from core.ports import Delivery, Listed, Snapshot
from core.request import Category, Outcome, RequestState, Stage, StageStatus, Vote
from core.value import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NULL = msgspec.Raw(b"null")
_encoder = msgspec.json.Encoder()


class _StoredAction(msgspec.Struct, frozen=True):
    params: msgspec.Raw


class _StoredRevision(msgspec.Struct, frozen=True):
    """The part of a revision's content row that is shown, params left as bytes."""

    action: _StoredAction
    title: str | None
    description: str | None = None
    digest: str | None = None


_read_revision = msgspec.json.Decoder(_StoredRevision).decode
_ERASED = _StoredRevision(action=_StoredAction(params=_NULL), title=None)


def encode(answer: Any) -> bytes:
    """JSON bytes of an answer."""
    return _encoder.encode(answer)


def moment(at: Millis) -> str:
    """RFC 3339, UTC, milliseconds."""
    second, millis = divmod(at, 1000)
    return f"{_second(second)}.{millis:03d}Z"


@lru_cache(maxsize=1024)
def _second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:-6]


def request(found: Snapshot) -> answers.Request:
    """A request as it stands."""
    state, contents = found.state, found.contents
    route = state.route
    assert route is not None, "every submitted request has a route"
    body = contents.get(state.content)
    revision = _ERASED if body is None else _read_revision(body)
    current = state.current
    return answers.Request(
        id=state.id,
        status=state.status,
        category=route.category,
        revision=answers.RequestRevision(number=state.revision, digest=revision.digest),
        action=answers.RequestAction(type=state.action_type, params=revision.action.params),
        title=revision.title,
        description=revision.description,
        requester=state.requester,
        agent=state.agent,
        amount=state.amount,
        currency=state.currency,
        risk_score=state.risk_score,
        policy=answers.RequestPolicy(rule=route.rule, version=route.policy_version),
        current_stage=None if current is None else current.plan.level,
        total_stages=len(state.stages),
        stages=tuple(_stage(stage, contents) for stage in state.stages),
        estimated_completion=_estimated(state),
        rationale=_rationale(state, contents),
        decision=_decision(state, contents),
        token=None,
        execution="not_started",
        deliveries=tuple(_delivery(delivery) for delivery in found.deliveries),
        created_at=moment(state.created_at),
        expires_at=moment(state.expires_at),
        decided_at=None if state.outcome is None else moment(state.outcome.at),
    )


def page(found: Listed) -> answers.RequestList:
    """A page of requests."""
    items = tuple(request(item) for item in found.items)
    return answers.RequestList(items=items, next_cursor=found.next_cursor)


def trail(links: Iterable[Link], contents: Mapping[str, bytes]) -> answers.EventList:
    """The audit trail of one request."""
    return answers.EventList(
        items=tuple(_event(link) for link in links),
        next_cursor=None,
        content={name: msgspec.Raw(body) for name, body in contents.items()},
    )


def _event(link: Link) -> answers.Event:
    return answers.Event(
        seq=link.seq,
        type=link.type,
        at=moment(link.at),
        hash=link.hash,
        record=msgspec.Raw(link.body),
    )


def _stage(stage: Stage, contents: Mapping[str, bytes]) -> answers.Stage:
    deadline = stage.sla_deadline
    return answers.Stage(
        level=stage.plan.level,
        name=stage.plan.name,
        status=stage.status,
        escalated=stage.escalated,
        quorum=stage.plan.quorum,
        assigned_to=stage.assigned if stage.opened_at is not None else _planned(stage),
        votes=tuple(_vote(vote, contents) for vote in stage.votes),
        sla_deadline=None if deadline is None else moment(deadline),
    )


def _planned(stage: Stage) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for entry in stage.plan.entries for p in entry.people))


def _vote(vote: Vote, contents: Mapping[str, bytes]) -> answers.Vote:
    return answers.Vote(
        person=vote.person,
        on_behalf_of=vote.on_behalf_of,
        decision=vote.decision,
        comment=_text(vote.comment, contents),
        via=vote.via,
        at=moment(vote.at),
    )


def _text(content: str | None, contents: Mapping[str, bytes]) -> str | None:
    body = None if content is None else contents.get(content)
    return None if body is None else read_text(body)


def _estimated(state: RequestState) -> str | None:
    """When the last stage would be decided if each took all of its time; null if unknown."""
    current = state.current
    if current is None or current.opened_at is None:
        return None
    left = [s for s in state.stages if s.status in (StageStatus.PENDING, StageStatus.WAITING)]
    times = [s.plan.sla for s in left]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return None
    return moment(min(current.opened_at + sum(known), state.expires_at))


def _rationale(
    state: RequestState, contents: Mapping[str, bytes]
) -> answers.RequestRationale | None:
    body = None if state.rationale is None else contents.get(state.rationale)
    if body is None:
        return None
    advice = read_rationale(body)
    return answers.RequestRationale(
        recommendation=advice.recommendation,
        confidence=advice.confidence,
        summary=advice.summary,
        points=tuple(answers.RationalePoint(p.text, p.sources) for p in advice.points),
        risks=advice.risks,
        source=advice.source,
    )


def _decision(state: RequestState, contents: Mapping[str, bytes]) -> answers.RequestDecision | None:
    outcome = state.outcome
    if outcome is None:
        return None
    return answers.RequestDecision(
        outcome=outcome.status,
        by=outcome.by,
        reason=_reason(state, outcome, contents),
        at=moment(outcome.at),
    )


def _reason(state: RequestState, outcome: Outcome, contents: Mapping[str, bytes]) -> str | None:
    """What somebody wrote, or the rule's own words where a rule decided."""
    if outcome.reason is not None or state.route is None:
        return _text(outcome.reason, contents)
    return None if state.route.category is Category.REVIEW else state.route.because


def _delivery(delivery: Delivery) -> answers.RequestDelivery:
    if delivery.dead_reason is not None:
        state = "dead"
    else:
        state = "shown" if delivery.shown >= delivery.wanted else "waiting"
    return answers.RequestDelivery(
        platform=delivery.to.platform,
        recipient=delivery.to.id,
        state=state,
        wanted=delivery.wanted,
        shown=delivery.shown,
        reason=delivery.dead_reason,
    )
