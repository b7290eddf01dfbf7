"""What events mean: `evolve(state, event)` gives the next state.

It reads nothing but the event, so a replay years later gives the same state, whatever has
become of the policy, the directory or the content rows.
"""

from collections.abc import Iterable
from functools import singledispatch

from msgspec.structs import replace

from core.events import (
    AnyEvent,
    Finished,
    RationaleRecorded,
    Recorded,
    StageApproved,
    StageOpened,
    StageRejected,
    Submitted,
    Voted,
)
from core.lifecycle import REQUEST_MOVES, STAGE_MOVES, move
from core.request import Outcome, RequestState, Stage, StageStatus, Status, Vote


def evolve(state: RequestState, recorded: Recorded) -> RequestState:
    """The state after one more event."""
    return replace(_apply(recorded.event, state, recorded), version=state.version + 1)


def fold(state: RequestState, events: Iterable[Recorded]) -> RequestState:
    """The state after all of these events."""
    for recorded in events:
        state = evolve(state, recorded)
    return state


@singledispatch
def _apply(event: AnyEvent, state: RequestState, recorded: Recorded) -> RequestState:
    raise TypeError(f"no rule for {type(event).__name__}")


@_apply.register
def _(event: Submitted, state: RequestState, recorded: Recorded) -> RequestState:
    return replace(
        state,
        status=Status.PENDING,
        created_at=recorded.at,
        expires_at=event.expires_at,
        requester=event.requester,
        submitter=recorded.actor.person,
        agent=event.agent,
        agent_key=event.agent_key,
        owner=event.owner,
        action_type=event.action_type,
        amount=event.amount,
        currency=event.currency,
        risk_score=event.risk_score,
        revision=1,
        commitment=event.commitment,
        content=event.content,
        route=event.route,
        stages=tuple(Stage(plan=plan) for plan in event.route.stages),
    )


@_apply.register
def _(event: RationaleRecorded, state: RequestState, recorded: Recorded) -> RequestState:
    return replace(state, rationale=event.content)


@_apply.register
def _(event: StageOpened, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(
        state,
        event.level,
        status=StageStatus.PENDING,
        round=event.round,
        entries=event.entries,
        escalated=event.escalated_because is not None,
        escalated_because=event.escalated_because,
        votes=(),
        opened_at=recorded.at,
        closed_at=None,
    )


@_apply.register
def _(event: Voted, state: RequestState, recorded: Recorded) -> RequestState:
    vote = Vote(
        person=event.person,
        decision=event.decision,
        via=recorded.actor.via,
        at=recorded.at,
        entries=event.entries,
        comment=event.comment,
    )
    earlier = tuple(v for v in stage_at(state, event.level).votes if v.person != event.person)
    return _with_stage(state, event.level, votes=(*earlier, vote))


@_apply.register
def _(event: StageApproved, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(state, event.level, status=StageStatus.APPROVED, closed_at=recorded.at)


@_apply.register
def _(event: StageRejected, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(state, event.level, status=StageStatus.REJECTED, closed_at=recorded.at)


@_apply.register
def _(event: Finished, state: RequestState, recorded: Recorded) -> RequestState:
    move(REQUEST_MOVES, state.status, event.status)
    outcome = Outcome(
        status=event.status,
        at=recorded.at,
        by=event.by,
        reason=event.reason,
        bypass=event.bypass,
    )
    return replace(
        state,
        status=event.status,
        outcome=outcome,
        stages=tuple(_closed(stage, recorded.at) for stage in state.stages),
    )


def _closed(stage: Stage, at: int) -> Stage:
    """A finished request has no stage that could still be decided."""
    if StageStatus.SKIPPED in STAGE_MOVES[stage.status]:
        return replace(stage, status=StageStatus.SKIPPED, closed_at=at)
    return stage


def stage_at(state: RequestState, level: int) -> Stage:
    """The stage of this level; levels count from 1."""
    return state.stages[level - 1]


def _with_stage(state: RequestState, level: int, **changes: object) -> RequestState:
    stages = list(state.stages)
    changed = replace(stages[level - 1], **changes)
    move(STAGE_MOVES, stages[level - 1].status, changed.status)
    stages[level - 1] = changed
    return replace(state, stages=tuple(stages))
