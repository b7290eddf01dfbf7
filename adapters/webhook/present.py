"""Snapshots into answers. It shows what is there and makes nothing up.

What was erased is null. Params and trail go through as the bytes that were stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from adapters.webhook import answers
from core.audit.chain import Link
from core.content import read_rationale, read_text
from core.request import Outcome, RequestState, Stage, Status, Vote
from core.route import Category
from core.rows import Delivery, QueuedCallback, Snapshot
from core.service.estimate import Estimate
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


def moment_or_none(at: Millis | None) -> str | None:
    """RFC 3339 of a moment, where there is one."""
    return None if at is None else moment(at)


def request(
    found: Snapshot,
    *,
    token: str | None = None,
    estimate: Estimate | None = None,
    from_record: bool = False,
    own: bool = False,
) -> answers.Request:
    """A request as it stands; `estimate` is when it is likely to be decided, if known. The key
    that asked is shown its `own` address for callbacks."""
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
        revision=answers.RequestRevision(
            number=state.revision,
            digest=revision.digest,
            edited=state.edited,
            edited_by=state.edited_by,
        ),
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
        estimated_completion=_estimated(state, estimate),
        rationale=_rationale(state, contents),
        decision=_decision(state, contents),
        feedback=_feedback(state, contents),
        token=token,
        execution="not_started" if state.execution is None else state.execution.outcome,
        execution_report=_execution(state, contents),
        delegations=tuple(_delegations(state, contents)),
        comments=tuple(_comments(state, contents)),
        comment_count=state.remark_count,
        previous_request_id=state.previous,
        attempt=state.attempt,
        max_attempts=route.max_attempts,
        deliveries=(*map(_delivery, found.deliveries), *_called(found.callbacks)),
        created_at=moment(state.created_at),
        expires_at=moment(state.expires_at),
        decided_at=None if state.outcome is None else moment(state.outcome.at),
        callback_url=_text(state.callback, contents) if own else None,
        incidents=state.incidents or UNSET,
        estimated_between=_between(estimate),
        answered_from_record=True if from_record else UNSET,
    )


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
    return answers.Stage(
        level=stage.plan.level,
        name=stage.plan.name,
        status=stage.status,
        round=stage.round,
        escalated=stage.escalated,
        escalated_because=stage.escalated_because,
        held=stage.held,
        bypass=stage.bypass,
        quorum=stage.plan.quorum,
        assigned_to=stage.assigned if stage.opened_at is not None else _planned(stage),
        votes=tuple(_vote(vote, contents) for vote in stage.votes),
        opened_at=moment_or_none(stage.opened_at),
        closed_at=moment_or_none(stage.closed_at),
        sla_deadline=moment_or_none(stage.sla_deadline),
    )


def _planned(stage: Stage) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for entry in stage.plan.entries for p in entry.people))


def _vote(vote: Vote, contents: Mapping[str, bytes]) -> answers.Vote:
    return answers.Vote(
        person=vote.person,
        on_behalf_of=vote.on_behalf_of,
        through=vote.through,
        decision=vote.decision,
        comment=_text(vote.comment, contents),
        via=vote.via,
        at=moment(vote.at),
        carried=vote.carried,
    )


def _text(content: str | None, contents: Mapping[str, bytes]) -> str | None:
    body = None if content is None else contents.get(content)
    return None if body is None else read_text(body)


def _estimated(state: RequestState, estimate: Estimate | None) -> str | None:
    if not state.is_open:
        return None
    return "unknown" if estimate is None else moment(estimate.at)


def _between(estimate: Estimate | None) -> tuple[str, str] | UnsetType:
    if estimate is None or estimate.between is None:
        return UNSET
    earliest, latest = estimate.between
    return moment(earliest), moment(latest)


def _feedback(state: RequestState, contents: Mapping[str, bytes]) -> answers.RequestFeedback | None:
    given = state.feedback
    if given is None or state.status is not Status.CHANGES_REQUESTED:
        return None
    return answers.RequestFeedback(
        by=given.by, level=given.level, reason=_text(given.reason, contents), at=moment(given.at)
    )


def _execution(
    state: RequestState, contents: Mapping[str, bytes]
) -> answers.ExecutionReport | None:
    done = state.execution
    if done is None:
        return None
    return answers.ExecutionReport(
        outcome=done.outcome, detail=_text(done.detail, contents), at=moment(done.at)
    )


def _delegations(
    state: RequestState, contents: Mapping[str, bytes]
) -> Iterator[answers.RequestDelegation]:
    for given in state.delegations:
        yield answers.RequestDelegation(
            giver=given.giver,
            taker=given.taker,
            at=moment(given.at),
            until=moment_or_none(given.until),
            standing=given.standing,
            reason=_text(given.reason, contents),
            ended=given.ended,
        )


def _comments(
    state: RequestState, contents: Mapping[str, bytes]
) -> Iterator[answers.RequestComment]:
    for remark in state.remarks:
        yield answers.RequestComment(
            person=remark.person,
            text=_text(remark.content, contents),
            question=remark.question,
            at=moment(remark.at),
        )


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
        questions=advice.questions,
        rules=advice.rules,
        model=advice.model,
        removed=() if advice.run is None else advice.run.removed,
    )


def _decision(state: RequestState, contents: Mapping[str, bytes]) -> answers.RequestDecision | None:
    outcome = state.outcome
    if outcome is None:
        return None
    return answers.RequestDecision(
        outcome=outcome.status,
        by=outcome.by,
        reason=_reason(state, outcome, contents),
        bypass=outcome.bypass,
        cause=outcome.cause,
        at=moment(outcome.at),
    )


def _reason(state: RequestState, outcome: Outcome, contents: Mapping[str, bytes]) -> str | None:
    """What somebody wrote, or the rule's own words where a rule decided."""
    if outcome.reason is not None or state.route is None:
        return _text(outcome.reason, contents)
    return None if state.route.category is Category.REVIEW else state.route.because


def _delivery(delivery: Delivery) -> answers.RequestDelivery:
    comes = delivery.next_at if delivery.in_digest else 0
    return answers.RequestDelivery(
        platform=delivery.to.platform,
        recipient=delivery.to.id,
        state=_delivery_state(delivery),
        wanted=delivery.wanted,
        shown=delivery.shown,
        reason=delivery.dead_reason,
        digest_at=moment(comes) if comes else None,
    )


def _called(callbacks: Sequence[QueuedCallback]) -> Iterator[answers.RequestDelivery]:
    """What became of the agent's callbacks, in one line."""
    if not callbacks:
        return
    dead = [each for each in callbacks if each.state == "dead"]
    waiting = [each for each in callbacks if each.state == "pending"]
    told = [each.row.sequence for each in callbacks if each.state == "done"]
    yield answers.RequestDelivery(
        platform="callback",
        recipient=callbacks[-1].row.host,
        state="dead" if dead else "waiting" if waiting else "shown",
        wanted=callbacks[-1].row.sequence,
        shown=max(told, default=0),
        reason=dead[-1].reason if dead else waiting[0].reason if waiting else None,
    )


def _delivery_state(delivery: Delivery) -> Literal["waiting", "shown", "dead", "digest"]:
    if delivery.dead_reason is not None:
        return "dead"
    if delivery.in_digest:
        return "digest"
    return "shown" if delivery.shown >= delivery.wanted else "waiting"
