"""What events mean: `evolve(state, event)` gives the next state.

It reads nothing but the event, so a replay years later gives the same state, whatever has
become of the policy, the directory or the content rows.
"""

from collections.abc import Iterable
from functools import singledispatch

from msgspec.structs import replace

from core.events import (
    AnyEvent,
    ChangesRequested,
    Commented,
    Delegated,
    DelegationEnded,
    Escalated,
    ExecutionReported,
    Finished,
    Held,
    Nudged,
    RationaleRecorded,
    Reassigned,
    Recorded,
    Reminded,
    Restaffed,
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
    Delegation,
    Execution,
    Feedback,
    Outcome,
    Remark,
    RequestState,
    Stage,
    StageStatus,
    Status,
    Token,
    Vote,
)

REMARKS_KEPT = 5
"""The newest comments that the state names; all of them stand in the events."""


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
        previous=event.previous,
        attempt=event.attempt,
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
def _(event: Revised, state: RequestState, recorded: Recorded) -> RequestState:
    move(REQUEST_MOVES, state.status, Status.PENDING)
    by_agent = not event.edited
    stages = tuple(Stage(plan=plan) for plan in event.route.stages)
    if event.kept is not None:
        stages = tuple(_carried(stage, event.kept) for stage in state.stages)
    return replace(
        state,
        status=Status.PENDING,
        attempt=state.attempt + 1 if by_agent else state.attempt,
        action_type=event.action_type,
        amount=event.amount,
        currency=event.currency,
        risk_score=event.risk_score,
        revision=event.revision,
        revised_at=recorded.at,
        edited=event.edited,
        edited_by=None if by_agent else recorded.actor.person,
        commitment=event.commitment,
        content=event.content,
        route=event.route,
        stages=stages,
    )


def _carried(stage: Stage, kept: tuple[Vote, ...]) -> Stage:
    """The stage with the votes that were kept, in the seats that they had."""
    carried = (replace(vote, carried=True) for vote in stage.votes)
    return replace(stage, votes=tuple(vote for vote in carried if vote in kept))


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
        due_at=event.due_at,
        acts_at=event.acts_at,
        reminders=event.reminders,
        tier=event.tier,
        held=None,
        bypass=None,
    )


@_apply.register
def _(event: Voted, state: RequestState, recorded: Recorded) -> RequestState:
    vote = Vote(
        person=event.person,
        decision=event.decision,
        via=recorded.actor.via,
        at=recorded.at,
        entries=event.entries,
        on_behalf_of=event.on_behalf_of,
        through=event.through,
        comment=event.comment,
        department=event.department,
    )
    # One person has one vote, and so have a person and those who stand in for them.
    earlier = stage_at(state, event.level).votes
    if earlier:
        earlier = tuple(v for v in earlier if v.person != vote.person and v.seat != vote.seat)
    return _with_stage(state, event.level, votes=(*earlier, vote))


@_apply.register
def _(event: VoteWithdrawn, state: RequestState, recorded: Recorded) -> RequestState:
    earlier = stage_at(state, event.level).votes
    left = tuple(v for v in earlier if v.person != event.person)
    return _with_stage(state, event.level, votes=left)


@_apply.register
def _(event: StageApproved, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(
        state,
        event.level,
        status=StageStatus.APPROVED,
        closed_at=recorded.at,
        bypass=event.bypass,
    )


@_apply.register
def _(event: StageRejected, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(state, event.level, status=StageStatus.REJECTED, closed_at=recorded.at)


@_apply.register
def _(event: RolledBack, state: RequestState, recorded: Recorded) -> RequestState:
    return replace(state, stages=tuple(_undone(s, event) for s in state.stages))


def _undone(stage: Stage, event: RolledBack) -> Stage:
    """A stage that was sent back waits again, without votes; its rounds go on counting, and
    those who were asked still were."""
    if not event.to <= stage.plan.level <= event.level:
        return stage
    move(STAGE_MOVES, stage.status, StageStatus.WAITING)
    return Stage(
        plan=stage.plan, round=stage.round, entries=stage.entries, opened_at=stage.opened_at
    )


@_apply.register
def _(event: ChangesRequested, state: RequestState, recorded: Recorded) -> RequestState:
    move(REQUEST_MOVES, state.status, Status.CHANGES_REQUESTED)
    feedback = Feedback(by=event.by, level=event.level, at=recorded.at, reason=event.reason)
    stage = stage_at(state, event.level)
    if stage.status is StageStatus.PENDING:
        state = _with_stage(state, event.level, status=StageStatus.WAITING, acts_at=None)
    return replace(state, status=Status.CHANGES_REQUESTED, feedback=feedback)


@_apply.register
def _(event: Delegated, state: RequestState, recorded: Recorded) -> RequestState:
    given = Delegation(
        giver=event.giver,
        taker=event.taker,
        at=recorded.at,
        until=event.until,
        standing=event.standing,
        reason=event.reason,
    )
    return replace(state, delegations=(*state.delegations, given))


@_apply.register
def _(event: DelegationEnded, state: RequestState, recorded: Recorded) -> RequestState:
    over = (event.giver, event.taker, event.standing)
    return replace(
        state,
        delegations=tuple(
            replace(d, ended=True) if (d.giver, d.taker, d.standing) == over else d
            for d in state.delegations
        ),
    )


@_apply.register
def _(event: Reassigned, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(state, event.level, entries=event.entries, held=None)


@_apply.register
def _(event: Escalated, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(
        state,
        event.level,
        entries=event.entries,
        tier=event.tier,
        escalated=True,
        escalated_because=event.because,
        acts_at=event.acts_at,
        reminders=event.reminders,
        held=None,
    )


@_apply.register
def _(event: Restaffed, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(
        state,
        event.level,
        entries=event.entries,
        tier=event.tier,
        escalated_because=event.escalated_because,
        acts_at=event.acts_at,
        reminders=event.reminders,
        held=None,
    )


@_apply.register
def _(event: Held, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(state, event.level, held=event.because, acts_at=None, reminders=())


@_apply.register
def _(event: Reminded, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_stage(state, event.level, reminders=event.left)


@_apply.register
def _(event: Nudged, state: RequestState, recorded: Recorded) -> RequestState:
    return replace(state, nudged_at=recorded.at)


@_apply.register
def _(event: Commented, state: RequestState, recorded: Recorded) -> RequestState:
    remark = Remark(
        content=event.content,
        at=recorded.at,
        person=recorded.actor.person,
        question=event.question,
    )
    return replace(
        state,
        remarks=(*state.remarks, remark)[-REMARKS_KEPT:],
        remark_count=state.remark_count + 1,
    )


@_apply.register
def _(event: TokenMinted, state: RequestState, recorded: Recorded) -> RequestState:
    token = Token(jti=event.jti, kid=event.kid, iat=event.iat, exp=event.exp)
    return replace(state, token=token)


@_apply.register
def _(event: TokenRedeemed, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_token(state, redeemed_at=recorded.at, redeemed_by=event.key)


@_apply.register
def _(event: TokenRevoked, state: RequestState, recorded: Recorded) -> RequestState:
    return _with_token(state, revoked_at=recorded.at)


@_apply.register
def _(event: ExecutionReported, state: RequestState, recorded: Recorded) -> RequestState:
    reported = Execution(outcome=event.outcome, at=recorded.at, detail=event.detail)
    return replace(state, execution=reported)


@_apply.register
def _(event: Finished, state: RequestState, recorded: Recorded) -> RequestState:
    move(REQUEST_MOVES, state.status, event.status)
    outcome = Outcome(
        status=event.status,
        at=recorded.at,
        by=event.by,
        reason=event.reason,
        bypass=event.bypass,
        cause=event.cause,
    )
    return replace(
        state,
        status=event.status,
        outcome=outcome,
        stages=tuple(_closed(stage, recorded.at) for stage in state.stages),
    )


def _with_token(state: RequestState, **changes: object) -> RequestState:
    if state.token is None:
        raise ImpossibleMoveError("an approval without a token was used")
    return replace(state, token=replace(state.token, **changes))


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
