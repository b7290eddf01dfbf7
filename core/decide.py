"""The rules: `decide(state, command, facts, now)` says which events a command leads to.

It is pure. An expected no raises `Refused` and means that this command has no events.
What is due at `now` is not the command's affair: `due` says it, and the service applies it
first, so that a click after the deadline never beats the clock because a tick was late.

A repeated click by the same person is no refusal and no event: the answer is as before.
"""

from core.commands import Cancel, CastVote, Command, Facts, Submit, Tick
from core.directory import Person
from core.eligibility import barred_from, choose, closed_by_votes, entitled
from core.events import (
    SYSTEM,
    Actor,
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
from core.evolve import fold, stage_at
from core.refusals import Reason, Refused, invalid
from core.request import (
    Category,
    Decision,
    RequestState,
    Route,
    Stage,
    StageStatus,
    Status,
)
from core.value import Millis

COMMITMENT_SHOWN = 16
"""Hex digits of a revision's commitment that a card's buttons carry."""


def decide(state: RequestState, command: Command, facts: Facts, now: Millis) -> list[Recorded]:
    """The events a command leads to at `now`; empty when it changes nothing."""
    match command:
        case Submit():
            return _submit(state, command, facts, now)
        case CastVote():
            return _vote(state, command, facts, now)
        case Cancel():
            return _cancel(state, command, now)
        case Tick():
            return due(state, now)


def due(state: RequestState, now: Millis) -> list[Recorded]:
    """What time alone has brought about by `now`, once, however often it is asked."""
    if state.version == 0 or not state.is_open or now < state.expires_at:
        return []
    return [_at(Finished(status=Status.EXPIRED), SYSTEM, state.expires_at)]


# --- submit ------------------------------------------------------------------------------


def _submit(state: RequestState, command: Submit, facts: Facts, now: Millis) -> list[Recorded]:
    if state.version > 0:
        return []
    submitted = Submitted(
        agent=command.agent,
        agent_key=command.agent_key,
        owner=command.owner,
        requester=command.requester,
        action_type=command.action_type,
        amount=command.amount,
        currency=command.currency,
        risk_score=command.risk_score,
        route=command.route,
        content=command.content.id,
        commitment=command.content.commitment,
        expires_at=command.expires_at,
    )
    rationale = RationaleRecorded(
        content=command.rationale.id,
        commitment=command.rationale.commitment,
        source="rules",
        recommendation=command.recommendation,
    )
    events = [_at(submitted, command.actor, now), _at(rationale, SYSTEM, now)]
    return events + _begin(fold(state, events), command.route, facts, now)


def _begin(state: RequestState, route: Route, facts: Facts, now: Millis) -> list[Recorded]:
    if route.category is Category.PROHIBITED:
        return [_at(Finished(status=Status.PROHIBITED), SYSTEM, now)]
    if route.category is Category.AUTO_APPROVE:
        passed = Finished(status=Status.APPROVED, bypass=Category.AUTO_APPROVE.value)
        return [_at(passed, SYSTEM, now)]
    return _open(state, 1, facts, now)


def _open(state: RequestState, level: int, facts: Facts, now: Millis) -> list[Recorded]:
    """Open a stage with those who may decide it today, or with whom it escalates to."""
    stage, route = stage_at(state, level), _route(state)
    choice = choose(stage.plan, route, facts.people, barred_from(state, route))
    opened = StageOpened(
        level=level,
        round=stage.round + 1,
        entries=choice.entries,
        escalated_because=choice.because,
    )
    return [_at(opened, SYSTEM, now)]


# --- vote --------------------------------------------------------------------------------


def _vote(state: RequestState, command: CastVote, facts: Facts, now: Millis) -> list[Recorded]:
    if _is_repeated(state, command):
        return []
    _require_open(state)
    stage = _stage_meant(state, command)
    _require_authority(state, stage, command, facts)
    if command.decision is Decision.REJECT and command.comment is None:
        raise Refused(Reason.REASON_REQUIRED)
    vote = _at(_voted(state, stage, command, facts), command.actor, now)
    return [vote, *_close(fold(state, [vote]), stage.plan.level, command, facts, now)]


def _is_repeated(state: RequestState, command: CastVote) -> bool:
    """Whether this very decision by this person on this revision, stage and round stands."""
    if not _revision_meant(state, command):
        return False
    if command.binding is not None:
        stages = [s for s in state.stages if s.plan.level == command.binding.level]
        stages = [s for s in stages if s.round == command.binding.round]
    elif command.stage is not None:
        stages = [s for s in state.stages if s.plan.name == command.stage]
    else:
        # Without a stage the newest vote is meant: the retry of a call must not go on to the
        # next stage. Who means to decide that one too names it.
        stages = [s for s in state.stages if _voted_in(s, command.person)][-1:]
        current = state.current
        if stages and current not in stages and current and command.person in current.assigned:
            raise invalid("stage", "is missing, and two could be meant", "Name the stage.")
    votes = (v for s in stages for v in s.votes if v.person == command.person)
    return any(v.decision is command.decision for v in votes)


def _voted_in(stage: Stage, person: str) -> bool:
    return any(v.person == person for v in stage.votes)


def _revision_meant(state: RequestState, command: CastVote) -> bool:
    """Whether the command is about the revision that stands."""
    if command.binding is not None:
        return (
            command.binding.revision == state.revision
            and command.binding.commitment == state.commitment[:COMMITMENT_SHOWN]
        )
    return command.revision is None or command.revision == state.revision


def _require_open(state: RequestState) -> None:
    if not state.is_open:
        by = ", ".join(state.outcome.by) if state.outcome else ""
        raise Refused(Reason.FINISHED, status=state.status.value, by=f" by {by}" if by else "")


def _stage_meant(state: RequestState, command: CastVote) -> Stage:
    stage = state.current
    if stage is None:
        raise Refused(Reason.WRONG_STAGE, stage=command.stage or "", current="none")
    if not _revision_meant(state, command):
        raise Refused(Reason.STALE_CARD)
    if command.binding is not None:
        bound = (command.binding.level, command.binding.round)
        if bound != (stage.plan.level, stage.round):
            raise Refused(Reason.STALE_CARD)
    elif command.stage is not None and command.stage != stage.plan.name:
        decided = _decided(state, command.stage)
        current = stage.plan.name
        raise Refused(Reason.WRONG_STAGE, stage=command.stage, decided=decided, current=current)
    return stage


def _decided(state: RequestState, name: str) -> str:
    """Who closed the stage of this name, for the one who came too late; "" while it is open."""
    closed = [s for s in state.stages if s.plan.name == name and s.closed_at is not None]
    people = [vote.person for s in closed for vote in s.votes]
    return f": it was {closed[0].status.value} by {', '.join(people)}" if people else ""


def _require_authority(state: RequestState, stage: Stage, command: CastVote, facts: Facts) -> None:
    """Who clicks must be asked at this stage and still be entitled, today.

    Separation of duties limits approvals, not rejections.
    """
    route = _route(state)
    if command.decision is Decision.APPROVE and command.person in barred_from(state, route):
        if route.different_approvers and (earlier := _earlier(state, command.person)):
            raise Refused(Reason.APPROVED_EARLIER_STAGE, stage=earlier)
        raise Refused(Reason.SELF_APPROVAL)
    entries = stage.entries
    if command.decision is Decision.REJECT:
        entries += stage.plan.entries
    named = [entry for entry in entries if command.person in entry.people]
    if not named:
        waiting = ", ".join(stage.assigned) or "nobody"
        raise Refused(Reason.NOT_AN_APPROVER, stage=stage.plan.name, waiting_for=waiting)
    person = facts.person
    if person is None or not any(entitled(person, entry, stage.plan) for entry in named):
        raise Refused(Reason.NO_LONGER_QUALIFIED, stage=stage.plan.name, needs=_needs(stage))


def _earlier(state: RequestState, person: str) -> str:
    stages = (s for s in state.stages if s.status is StageStatus.APPROVED)
    return next((s.plan.name for s in stages if any(v.person == person for v in s.votes)), "")


def _needs(stage: Stage) -> str:
    wanted = []
    if stage.plan.required_role:
        wanted.append(f"the role {stage.plan.required_role}")
    if stage.plan.required_department:
        wanted.append(f"the department {stage.plan.required_department}")
    groups = [e.ref for e in stage.entries if e.ref.startswith("group:")]
    if groups:
        wanted.append(f"membership in {' or '.join(groups)}")
    return " and ".join(wanted) or "an entry in the directory"


def _voted(state: RequestState, stage: Stage, command: CastVote, facts: Facts) -> Voted:
    person = facts.person
    return Voted(
        level=stage.plan.level,
        round=stage.round,
        revision=state.revision,
        commitment=state.commitment,
        person=command.person,
        decision=command.decision,
        comment=None if command.comment is None else command.comment.id,
        comment_commitment=None if command.comment is None else command.comment.commitment,
        entries=() if person is None else _fillable(person, stage),
        department=None if person is None else person.department,
        roles=() if person is None else person.roles,
    )


def _fillable(person: Person, stage: Stage) -> tuple[int, ...]:
    places = enumerate(stage.entries)
    return tuple(index for index, entry in places if entitled(person, entry, stage.plan))


def _close(
    state: RequestState, level: int, command: CastVote, facts: Facts, now: Millis
) -> list[Recorded]:
    """What follows from the votes of a stage: nothing yet, the next stage, or the end."""
    stage = stage_at(state, level)
    if command.decision is Decision.REJECT:
        finished = Finished(
            status=Status.REJECTED,
            by=(command.person,),
            reason=None if command.comment is None else command.comment.id,
            reason_commitment=None if command.comment is None else command.comment.commitment,
        )
        return [_at(StageRejected(level=level), SYSTEM, now), _at(finished, SYSTEM, now)]
    if not closed_by_votes(stage):
        return []
    closed = _at(StageApproved(level=level), SYSTEM, now)
    after = fold(state, [closed])
    if level < len(after.stages):
        return [closed, *_open(after, level + 1, facts, now)]
    return [closed, _at(Finished(status=Status.APPROVED, by=_approvers(after)), SYSTEM, now)]


def _approvers(state: RequestState) -> tuple[str, ...]:
    votes = (v for s in state.stages for v in s.votes if v.decision is Decision.APPROVE)
    return tuple(dict.fromkeys(v.person for v in votes))


# --- cancel ------------------------------------------------------------------------------


def _cancel(state: RequestState, command: Cancel, now: Millis) -> list[Recorded]:
    is_requester = command.person is not None and command.person == state.requester
    is_agent = command.agent_key is not None and command.agent_key == state.agent_key
    if not (command.as_admin or is_requester or is_agent):
        raise Refused(Reason.NOT_ALLOWED_TO_CANCEL)
    if state.status is Status.CANCELLED:
        return []
    _require_open(state)
    finished = Finished(
        status=Status.CANCELLED,
        by=() if command.person is None else (command.person,),
        reason=None if command.reason is None else command.reason.id,
        reason_commitment=None if command.reason is None else command.reason.commitment,
    )
    return [_at(finished, command.actor, now)]


def _route(state: RequestState) -> Route:
    assert state.route is not None, "every submitted request has a route"
    return state.route


def _at(event: AnyEvent, actor: Actor, at: Millis) -> Recorded:
    return Recorded(event=event, actor=actor, at=at)
