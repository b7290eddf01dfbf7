"""What events mean: `evolve(state, event)` gives the next state.

It reads nothing but the event, so a replay years later gives the same state, whatever has
become of the policy, the directory or the content rows.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from core.events import (
    ChangesRequested,
    Commented,
    Delegated,
    DelegationEnded,
    Escalated,
    ExecutionReported,
    Finished,
    Held,
    IncidentReported,
    Nudged,
    RationaleRecorded,
    Reassigned,
    Recorded,
    Reminded,
    Restaffed,
    Restored,
    Revised,
    RolledBack,
    StageApproved,
    StageOpened,
    StageRejected,
    Submitted,
    TokenMinted,
    TokenRedeemed,
    TokenRevoked,
    Voted,
    VoteWithdrawn,
)
from core.lifecycle import REQUEST_MOVES, STAGE_MOVES, ImpossibleMoveError, move
from core.request import (
    Decision,
    Delegation,
    Execution,
    Feedback,
    Outcome,
    Remark,
    RequestState,
    SentBack,
    Stage,
    StageStatus,
    Status,
    Token,
    with_declined,
    with_incident,
)
from core.rules.ballots import carried, stands_beside, vote_of, without
from core.rules.substitutes import plan_with, replaced_with

Changes = dict[str, Any]
"""The fields of the state that an event changes, with what they become."""

REMARKS_KEPT = 5
"""The newest comments that the state names; all of them stand in the events."""


def evolve(state: RequestState, recorded: Recorded) -> RequestState:
    """The state after one more event."""
    changes = RULES[type(recorded.event)](recorded.event, state, recorded)
    return replace(state, version=state.version + 1, **changes)


def fold(state: RequestState, events: Iterable[Recorded]) -> RequestState:
    """The state after all of these events."""
    for recorded in events:
        state = evolve(state, recorded)
    return state


def _submitted(event: Submitted, state: RequestState, recorded: Recorded) -> Changes:
    return {
        "status": Status.PENDING,
        "created_at": recorded.at,
        "expires_at": event.expires_at,
        "requester": event.requester,
        "submitter": recorded.actor.person,
        "agent": event.agent,
        "agent_key": event.agent_key,
        "owner": event.owner,
        "previous": event.previous,
        "attempt": event.attempt,
        "callback": event.callback,
        "action_type": event.action_type,
        "amount": event.amount,
        "currency": event.currency,
        "risk_score": event.risk_score,
        "revision": 1,
        "commitment": event.commitment,
        "content": event.content,
        "route": event.route,
        "stages": tuple(Stage(plan=plan) for plan in event.route.stages),
    }


def _revised(event: Revised, state: RequestState, recorded: Recorded) -> Changes:
    move(REQUEST_MOVES, state.status, Status.PENDING)
    by_agent = not event.edited
    stages = tuple(Stage(plan=plan) for plan in event.route.stages)
    if event.kept is not None:
        stages = tuple(carried(stage, event.kept) for stage in state.stages)
    return {
        "status": Status.PENDING,
        "attempt": state.attempt + 1 if by_agent else state.attempt,
        "action_type": event.action_type,
        "amount": event.amount,
        "currency": event.currency,
        "risk_score": event.risk_score,
        "revision": event.revision,
        "revised_at": recorded.at,
        "edited": event.edited,
        "edited_by": None if by_agent else recorded.actor.person,
        "revised_by": recorded.actor.person if by_agent and not recorded.actor.agent else None,
        "edits": state.edits if by_agent else state.edits + 1,
        "expires_at": state.expires_at if event.expires_at is None else event.expires_at,
        "commitment": event.commitment,
        "content": event.content,
        "route": event.route,
        "stages": stages,
        "sent_back": None,
    }


def _rationale_recorded(
    event: RationaleRecorded, state: RequestState, recorded: Recorded
) -> Changes:
    return {"rationale": event.content}


def _stage_opened(event: StageOpened, state: RequestState, recorded: Recorded) -> Changes:
    return _with_stage(
        state,
        event.level,
        status=StageStatus.PENDING,
        round=event.round,
        entries=event.entries,
        escalated=event.escalated_because is not None,
        escalated_because=event.escalated_because,
        escalated_by=None,
        votes=(),
        opened_at=recorded.at,
        closed_at=None,
        due_at=event.due_at,
        acts_at=event.acts_at,
        reminders=event.reminders,
        hands_over=event.hands_over,
        tier=event.tier,
        held=None,
        bypass=None,
        order=event.order,
    )


def _voted(event: Voted, state: RequestState, recorded: Recorded) -> Changes:
    vote = vote_of(event, recorded)
    stage = stage_at(state, event.level)
    if gone := [v for v in stage.votes if not stands_beside(v, vote)]:
        stage = replace(stage, **without(stage, gone))
    changes = _with_stage(state, event.level, votes=(*stage.votes, vote), undone=stage.undone)
    if event.decision is not Decision.APPROVE:
        changes["opposed"] = True
    return changes


def _vote_withdrawn(event: VoteWithdrawn, state: RequestState, recorded: Recorded) -> Changes:
    stage = stage_at(state, event.level)
    gone = [v for v in stage.votes if v.person == event.person]
    return _with_stage(state, event.level, **without(stage, gone))


def _stage_approved(event: StageApproved, state: RequestState, recorded: Recorded) -> Changes:
    return _with_stage(
        state,
        event.level,
        status=StageStatus.APPROVED,
        closed_at=recorded.at,
        bypass=event.bypass,
    )


def _stage_rejected(event: StageRejected, state: RequestState, recorded: Recorded) -> Changes:
    changes = _with_stage(state, event.level, status=StageStatus.REJECTED, closed_at=recorded.at)
    # A step back is the rejection of a stage, so this holds for it too.
    return changes if event.cause else {**changes, "declined": with_declined(state)}


def _rolled_back(event: RolledBack, state: RequestState, recorded: Recorded) -> Changes:
    last = stage_at(state, event.level).votes[-1].person
    back = SentBack(last, event.level, event.to, recorded.at, event.reason)
    return {"stages": tuple(_undone(s, event) for s in state.stages), "sent_back": back}


def _undone(stage: Stage, event: RolledBack) -> Stage:
    """A stage that was sent back waits again, without votes; its rounds go on counting, and
    those who were asked still were."""
    if not event.to <= stage.plan.level <= event.level:
        return stage
    move(STAGE_MOVES, stage.status, StageStatus.WAITING)
    return Stage(
        plan=stage.plan,
        round=stage.round,
        entries=stage.entries,
        opened_at=stage.opened_at,
        replaced=stage.replaced,
    )


def _changes_requested(event: ChangesRequested, state: RequestState, recorded: Recorded) -> Changes:
    move(REQUEST_MOVES, state.status, Status.CHANGES_REQUESTED)
    feedback = Feedback(by=event.by, level=event.level, at=recorded.at, reason=event.reason)
    changes: Changes = {"status": Status.CHANGES_REQUESTED, "feedback": feedback}
    changes["declined"] = with_declined(state)
    if stage_at(state, event.level).status is not StageStatus.PENDING:
        return changes
    waiting = _with_stage(state, event.level, status=StageStatus.WAITING, acts_at=None)
    return {**changes, **waiting}


def _delegated(event: Delegated, state: RequestState, recorded: Recorded) -> Changes:
    given = Delegation(
        giver=event.giver,
        taker=event.taker,
        at=recorded.at,
        until=event.until,
        standing=event.standing,
        reason=event.reason,
    )
    return {"delegations": (*state.delegations, given)}


def _delegation_ended(event: DelegationEnded, state: RequestState, recorded: Recorded) -> Changes:
    over = (event.giver, event.taker, event.standing)
    return {
        "delegations": tuple(
            replace(d, ended=True) if (d.giver, d.taker, d.standing) == over else d
            for d in state.delegations
        ),
    }


def _reassigned(event: Reassigned, state: RequestState, recorded: Recorded) -> Changes:
    stage = stage_at(state, event.level)
    return _with_stage(
        state,
        event.level,
        plan=plan_with(stage.plan, event.old, event.new),
        replaced=replaced_with(stage, event.old, event.new),
        order=tuple(dict.fromkeys(event.new if p == event.old else p for p in stage.order)),
        entries=event.entries,
        held=None,
    )


def _escalated(event: Escalated, state: RequestState, recorded: Recorded) -> Changes:
    return _with_stage(
        state,
        event.level,
        entries=event.entries,
        tier=event.tier,
        escalated=True,
        escalated_because=event.because,
        escalated_by=recorded.actor.person,
        acts_at=event.acts_at,
        reminders=event.reminders,
        hands_over=event.hands_over,
        held=None,
    )


def _restaffed(event: Restaffed, state: RequestState, recorded: Recorded) -> Changes:
    return _with_stage(
        state,
        event.level,
        entries=event.entries,
        tier=event.tier,
        escalated_because=event.escalated_because,
        acts_at=event.acts_at,
        reminders=event.reminders,
        hands_over=event.hands_over,
        held=None,
    )


def _held(event: Held, state: RequestState, recorded: Recorded) -> Changes:
    return _with_stage(state, event.level, held=event.because, acts_at=None, reminders=())


def _reminded(event: Reminded, state: RequestState, recorded: Recorded) -> Changes:
    return _with_stage(state, event.level, reminders=event.left)


def _commented(event: Commented, state: RequestState, recorded: Recorded) -> Changes:
    remark = Remark(event.content, recorded.at, recorded.actor.person, event.question)
    return {
        "remarks": (*state.remarks, remark)[-REMARKS_KEPT:],
        "remark_count": state.remark_count + 1,
    }


def _token_minted(event: TokenMinted, state: RequestState, recorded: Recorded) -> Changes:
    return {"token": Token(jti=event.jti, kid=event.kid, iat=event.iat, exp=event.exp)}


def _token_redeemed(event: TokenRedeemed, state: RequestState, recorded: Recorded) -> Changes:
    return _with_token(state, redeemed_at=recorded.at, redeemed_by=event.key)


def _token_revoked(event: TokenRevoked, state: RequestState, recorded: Recorded) -> Changes:
    return _with_token(state, revoked_at=recorded.at)


def _execution_reported(
    event: ExecutionReported, state: RequestState, recorded: Recorded
) -> Changes:
    reported = Execution(outcome=event.outcome, at=recorded.at, detail=event.detail)
    return {"execution": reported}


def _finished(event: Finished, state: RequestState, recorded: Recorded) -> Changes:
    move(REQUEST_MOVES, state.status, event.status)
    outcome = Outcome(
        status=event.status,
        at=recorded.at,
        by=event.by,
        reason=event.reason,
        bypass=event.bypass,
        cause=event.cause,
    )
    return {
        "status": event.status,
        "outcome": outcome,
        "stages": tuple(_closed(stage, recorded.at) for stage in state.stages),
    }


def _with_token(state: RequestState, **changes: object) -> Changes:
    if state.token is None:
        raise ImpossibleMoveError("an approval without a token was used")
    return {"token": replace(state.token, **changes)}


def _closed(stage: Stage, at: int) -> Stage:
    """A finished request has no stage that could still be decided."""
    if StageStatus.SKIPPED in STAGE_MOVES[stage.status]:
        return replace(stage, status=StageStatus.SKIPPED, closed_at=at)
    return stage


def stage_at(state: RequestState, level: int) -> Stage:
    """The stage of this level; levels count from 1."""
    return state.stages[level - 1]


def _with_stage(state: RequestState, level: int, **changes: object) -> Changes:
    stages = list(state.stages)
    old = stages[level - 1]
    changed = stages[level - 1] = replace(old, **changes)
    move(STAGE_MOVES, old.status, changed.status)
    return {"stages": tuple(stages)}


RULES: Mapping[type, Callable[[Any, RequestState, Recorded], Changes]] = {
    Submitted: _submitted,
    Revised: _revised,
    RationaleRecorded: _rationale_recorded,
    StageOpened: _stage_opened,
    Voted: _voted,
    VoteWithdrawn: _vote_withdrawn,
    StageApproved: _stage_approved,
    StageRejected: _stage_rejected,
    RolledBack: _rolled_back,
    ChangesRequested: _changes_requested,
    Delegated: _delegated,
    DelegationEnded: _delegation_ended,
    Reassigned: _reassigned,
    Escalated: _escalated,
    Restaffed: _restaffed,
    Held: _held,
    Reminded: _reminded,
    Nudged: lambda _event, _state, recorded: {"nudged_at": recorded.at},
    Commented: _commented,
    TokenMinted: _token_minted,
    TokenRedeemed: _token_redeemed,
    TokenRevoked: _token_revoked,
    ExecutionReported: _execution_reported,
    IncidentReported: lambda event, state, _recorded: with_incident(state, event.severity),
    Restored: lambda _event, _state, _recorded: {},
    Finished: _finished,
}
"""What each event changes; every event has exactly one rule."""
