"""A person decides: whether their vote counts, and what follows from it."""

from core.commands import BreakGlass, CastVote, Facts, WithdrawVote
from core.directory.people import OIDC_REALM, SIGNED_IN
from core.events import (
    SYSTEM,
    Actor,
    ChangesRequested,
    Finished,
    RolledBack,
    StageApproved,
    StageRejected,
    Voted,
    VoteWithdrawn,
)
from core.evolve import stage_at
from core.refusals import Reason, Refused, invalid
from core.request import Decision, RequestState, Stage, StageStatus, Status
from core.route import OnReject, some_silent
from core.rules.asking import settle
from core.rules.batch import require_batch
from core.rules.counting import closed_by_votes
from core.rules.course import Course
from core.rules.limits import require_votes_left
from core.rules.recording import (
    COMMITMENT_SHOWN,
    require_current,
    require_open,
    route_of,
    written,
)
from core.rules.revisions import edit
from core.rules.speaking import Speaker, speaking
from core.rules.stages import go_on, open_stage
from core.value import Millis


def vote(course: Course, command: CastVote, facts: Facts, now: Millis) -> None:
    """The vote, and whatever closes, opens or ends with it."""
    state = course.state
    if _is_repeated(state, command, facts):
        return
    require_open(state)
    stage = _stage_meant(state, command)
    require_place(state, command.actor)
    if facts.frozen and command.decision is Decision.APPROVE:
        raise Refused(Reason.FROZEN)
    speaker = speaking(state, stage, command.person, command.decision, facts)
    require_batch(state, command)
    if command.decision is not Decision.APPROVE and command.comment is None:
        raise Refused(Reason.REASON_REQUIRED)
    _require_attempts(state, command)
    require_votes_left(stage, command.person)
    if command.edit is None:
        _cast(course, stage, command, speaker, facts, now)
    else:
        _edit_and_cast(course, command, facts, now)


def withdraw(course: Course, command: WithdrawVote, facts: Facts, now: Millis) -> None:
    """Take back a vote while its stage is open."""
    stage = require_current(course.state)
    # Who has left has no hand in it any more: their vote stands, flagged.
    if facts.person is None or not _voted_in(stage, command.person):
        raise Refused(Reason.NO_VOTE, stage=stage.plan.name)
    require_place(course.state, command.actor)
    taken = VoteWithdrawn(level=stage.plan.level, round=stage.round, person=command.person)
    course.add(taken, command.actor, now)
    settle(course, facts, now)


def _edit_and_cast(course: Course, command: CastVote, facts: Facts, now: Millis) -> None:
    """Edit and approve: the revision, then the vote where the new route seats the editor."""
    edit(course, command, facts, now)
    stage = course.state.current
    if stage is None:
        return
    try:
        require_place(course.state, command.actor)
        speaker = speaking(course.state, stage, command.person, command.decision, facts)
    except Refused:
        return  # The revision stands, without the vote.
    _cast(course, stage, command, speaker, facts, now)


def _cast(
    course: Course,
    stage: Stage,
    command: CastVote,
    speaker: Speaker,
    facts: Facts,
    now: Millis,
) -> None:
    state, person = course.state, facts.person
    comment, commitment = written(command.comment)
    voted = Voted(
        level=stage.plan.level,
        round=stage.round,
        revision=state.revision,
        commitment=state.commitment,
        person=command.person,
        decision=command.decision,
        comment=comment,
        comment_commitment=commitment,
        entries=speaker.entries,
        department=None if person is None else person.department,
        roles=() if person is None else person.roles,
        on_behalf_of=speaker.on_behalf_of,
        through=speaker.through,
        departments=_departments(speaker, facts),
    )
    course.add(voted, command.actor, now)
    after = course.state
    _close(course, stage.plan.level, command, facts, now)
    nothing_followed = course.state is after
    if nothing_followed and _may_unsettle(state, stage, speaker, command, facts):
        settle(course, facts, now)


def _departments(speaker: Speaker, facts: Facts) -> tuple[str | None, ...]:
    """Those of everyone the vote rests on beside the one who casts it."""
    if speaker.on_behalf_of is None:
        return ()
    behind = (facts.people.get(p) for p in (*speaker.through, speaker.on_behalf_of))
    return tuple(None if person is None else person.department for person in behind)


def _may_unsettle(
    state: RequestState, stage: Stage, speaker: Speaker, command: CastVote, facts: Facts
) -> bool:
    """Whether a vote that closed nothing may have made impossible what was possible before.

    A first vote cannot; a changed one may, and any where the same people may come again only
    so often, or where those who are left may not have been told.
    """
    if facts.platforms or route_of(state).minimum_unique_approvers:
        return True
    if some_silent(stage.entries):
        return True
    voices = {command.person, *speaker.through, speaker.on_behalf_of}
    return any(not voices.isdisjoint(v.voices) for v in stage.votes)


# --- what is meant -----------------------------------------------------------------------


def _is_repeated(state: RequestState, command: CastVote, facts: Facts) -> bool:
    """Whether this very decision by this person on this revision, stage and round stands."""
    if command.edit is not None or not revision_meant(state, command):
        return False
    if command.binding is not None:
        bound = (command.binding.level, command.binding.round)
        stages = [s for s in state.stages if (s.plan.level, s.round) == bound]
    elif command.stage is not None:
        stages = [s for s in state.stages if s.plan.name == command.stage]
    else:
        # Without a stage the newest vote is meant: the retry of a call must not go on to the
        # next stage. Who means to decide that one too names it.
        stages = [s for s in state.stages if _voted_in(s, command.person)][-1:]
    if command.round is not None:
        stages = [s for s in stages if s.round == command.round]
    votes = (v for s in stages for v in s.votes if v.person == command.person)
    if not any(v.decision is command.decision for v in votes):
        return False
    unnamed = command.binding is None and command.stage is None
    current = state.current
    if unnamed and current is not None and current not in stages:
        _require_one_meaning(state, current, command, facts)
    return True


def _require_one_meaning(
    state: RequestState, current: Stage, command: CastVote, facts: Facts
) -> None:
    """Refuse what could be the retry of an earlier vote or a vote in the stage that is open."""
    try:
        speaking(state, current, command.person, command.decision, facts)
    except Refused:
        return
    raise invalid("stage", "is missing, and two could be meant", "Name the stage.")


def _voted_in(stage: Stage, person: str) -> bool:
    return any(v.person == person for v in stage.votes)


def revision_meant(state: RequestState, command: CastVote | BreakGlass) -> bool:
    """Whether the command is about the revision that stands."""
    if command.binding is not None:
        return (
            command.binding.revision == state.revision
            and command.binding.commitment == state.commitment[:COMMITMENT_SHOWN]
        )
    return command.revision is None or command.revision == state.revision


def _stage_meant(state: RequestState, command: CastVote) -> Stage:
    stage = state.current
    if stage is None:
        raise Refused(Reason.WAITING_FOR_REVISION)
    if not revision_meant(state, command):
        raise Refused(Reason.STALE_CARD)
    if command.binding is not None:
        bound = (command.binding.level, command.binding.round)
        if bound != (stage.plan.level, stage.round):
            raise Refused(Reason.STALE_CARD)
    elif command.stage is not None and command.stage != stage.plan.name:
        decided = _decided(state, command.stage)
        current = stage.plan.name
        raise Refused(Reason.WRONG_STAGE, stage=command.stage, decided=decided, current=current)
    if command.round is not None and command.round != stage.round:
        raise Refused(Reason.STALE_CARD, field="round")
    return stage


def _decided(state: RequestState, name: str) -> str:
    """Who closed the stage of this name, for the one who came too late; "" while it is open."""
    closed = [s for s in state.stages if s.plan.name == name and s.closed_at is not None]
    people = [v.person for s in closed for v in s.votes]
    return f": it was {closed[0].status.value} by {', '.join(people)}" if people else ""


# --- authority ---------------------------------------------------------------------------


def require_place(state: RequestState, actor: Actor) -> None:
    """A rule may keep its decisions out of chat, and away from all that chat leads to: whoever has
    somebody's chat account has their one-time links too. Raises Refused."""
    wanted = route_of(state).decide_in
    if wanted is None:
        return
    if actor.via != wanted:
        raise Refused(Reason.DECIDE_ELSEWHERE, place="on the web pages")
    if actor.evidence.get(SIGNED_IN) != OIDC_REALM:
        raise Refused(Reason.COMPANY_SIGN_IN)


def _require_attempts(state: RequestState, command: CastVote) -> None:
    """Asking for another revision needs one to be possible."""
    limit = route_of(state).max_attempts
    if command.decision is Decision.REQUEST_CHANGES and state.attempt >= limit:
        raise Refused(Reason.TOO_MANY_ATTEMPTS, limit=str(limit))


# --- what follows ------------------------------------------------------------------------


def _close(course: Course, level: int, command: CastVote, facts: Facts, now: Millis) -> None:
    """What follows from the votes of a stage: nothing yet, the next stage, or the end."""
    stage = stage_at(course.state, level)
    if command.decision is Decision.REQUEST_CHANGES:
        _request_changes(course, level, command, now)
    elif command.decision is Decision.REJECT:
        _reject(course, stage, command, facts, now)
    elif closed_by_votes(stage):
        course.add(StageApproved(level=level), SYSTEM, now)
        go_on(course, level, facts, now)


def _reject(course: Course, stage: Stage, command: CastVote, facts: Facts, now: Millis) -> None:
    against = [v.person for v in stage.votes if v.decision is Decision.REJECT]
    if len(against) < stage.plan.reject_quorum:
        return
    level, route = stage.plan.level, route_of(course.state)
    course.add(StageRejected(level=level), SYSTEM, now)
    if route.on_reject is OnReject.REQUEST_CHANGES and course.state.attempt < route.max_attempts:
        _request_changes(course, level, command, now)
        return
    if route.on_reject is OnReject.PREVIOUS_STAGE:
        earlier = _stage_before(course.state, level)
        if earlier is not None and earlier.round < route.max_rounds:
            _send_back(course, level, earlier.plan.level, command, facts, now)
            return
    reason, commitment = written(command.comment)
    finished = Finished(
        status=Status.REJECTED, by=tuple(against), reason=reason, reason_commitment=commitment
    )
    course.add(finished, SYSTEM, now)


def _request_changes(course: Course, level: int, command: CastVote, now: Millis) -> None:
    reason, commitment = written(command.comment)
    course.add(ChangesRequested(level, command.person, reason, commitment), SYSTEM, now)


def _stage_before(state: RequestState, level: int) -> Stage | None:
    """The stage before this one that people decided; those that passed by themselves would
    only pass again."""
    earlier = (s for s in state.stages[: level - 1] if s.bypass is None)
    return next((s for s in reversed(list(earlier)) if s.status is StageStatus.APPROVED), None)


def _send_back(
    course: Course, level: int, to: int, command: CastVote, facts: Facts, now: Millis
) -> None:
    reason, commitment = written(command.comment)
    course.add(RolledBack(level, to, reason, commitment), SYSTEM, now)
    open_stage(course, to, facts, now)
