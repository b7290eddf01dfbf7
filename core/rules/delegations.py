"""Somebody else acts: a person passes one request on, or an administrator reassigns it."""

from core.commands import Delegate, Facts, Reassign
from core.directory.people import Person
from core.events import Delegated, DelegationEnded, Reassigned
from core.evolve import stage_at
from core.refusals import Reason, Refused
from core.request import RequestState, Stage, StageStatus
from core.rules.asking import restaff, settle
from core.rules.course import Course
from core.rules.eligibility import Bars, asking, places, qualifications, qualifies
from core.rules.limits import require_delegations_left
from core.rules.recording import asked_names, require_current, written
from core.rules.speaking import barred
from core.rules.staffing import ladder_of
from core.rules.standins import DEPTH, chains, depth, live, takers
from core.rules.substitutes import entries_with
from core.value import Millis


def delegate(course: Course, command: Delegate, facts: Facts, now: Millis) -> None:
    """Let somebody act for the person on this request; an earlier choice of theirs ends."""
    state, giver = course.state, command.person
    stage = _stage_of(state, require_current(state), giver)
    taker = _taker(facts, command.taker)
    if any((d.giver, d.taker, d.standing) == (giver, taker.email, None) for d in live(state)):
        return
    _require_takes(state, stage, giver, taker, facts)
    require_delegations_left(state)
    reason, commitment = written(command.reason)
    for earlier in live(state):
        if earlier.giver == giver and earlier.standing is None:
            course.add(DelegationEnded(giver, earlier.taker), command.actor, now)
    given = Delegated(giver, taker.email, None, None, reason, commitment)
    course.add(given, command.actor, now)
    settle(course, facts, now)


def could_take(state: RequestState, giver: str, taker: str, facts: Facts) -> bool:
    """Whether this person could be let act for the giver now."""
    try:
        stage = _stage_of(state, require_current(state), giver)
        _require_takes(state, stage, giver, _taker(facts, taker), facts)
    except Refused:
        return False
    return True


def _require_takes(
    state: RequestState, stage: Stage, giver: str, taker: Person, facts: Facts
) -> None:
    if taker.email == giver:
        raise Refused(Reason.DELEGATION_CYCLE, person=giver, case="self")
    if giver in takers(state, taker.email):
        raise Refused(Reason.DELEGATION_CYCLE, person=taker.email)
    if depth(state, giver) >= DEPTH:
        raise Refused(Reason.DELEGATION_TOO_DEEP, limit=str(DEPTH))
    if taker.email in _asked_at(stage):
        raise Refused(Reason.ALREADY_ASKED, person=taker.email, stage=stage.plan.name)
    if taker.email in stage.replaced:
        why = "an administrator put somebody else in their place."
        raise Refused(Reason.DELEGATE_BARRED, person=taker.email, why=why)
    _require_able(state, stage, taker, facts)


def reassign(course: Course, command: Reassign, facts: Facts, now: Millis) -> None:
    """Put another person in the place of one who is asked and has not answered; whose request
    it is does not choose who decides it."""
    state, actor = course.state, command.actor
    if actor.person in asking(state) or actor.agent == state.agent_key:
        raise Refused(Reason.OWN_REQUEST)
    stage = require_current(state)
    old = command.old
    if old not in stage.assigned and not _planned(stage, old):
        waiting = asked_names(stage)
        raise Refused(Reason.NOT_ASKED, person=old, stage=stage.plan.name, waiting_for=waiting)
    if any(old in vote.voices for vote in stage.votes):
        raise Refused(Reason.SEAT_DECIDED, person=old)
    new = _taker(facts, command.new)
    if any(new.email in vote.voices for vote in stage.votes):
        # Their vote counts for somebody already, and a person has one.
        raise Refused(Reason.SEAT_DECIDED, person=new.email)
    if new.email in stage.assigned:
        raise Refused(Reason.ALREADY_ASKED, person=new.email, stage=stage.plan.name)
    _require_able(state, stage, new, facts)
    reason, commitment = written(command.reason)
    done = Reassigned(
        level=stage.plan.level,
        old=old,
        new=new.email,
        entries=entries_with(stage, old, new.email),
        reason=reason,
        reason_commitment=commitment,
    )
    course.add(done, actor, now)
    freed = stage_at(course.state, stage.plan.level)
    if stage.held is not None and _suffices(course.state, freed, facts, now):
        restaff(course, freed, freed.entries, facts, now)
    settle(course, facts, now)


def _suffices(state: RequestState, stage: Stage, facts: Facts, now: Millis) -> bool:
    return ladder_of(state, stage, facts, now).lacks(stage.entries, stage) is None


def _stage_of(state: RequestState, current: Stage, giver: str) -> Stage:
    """The stage at which the giver is asked, or will be. Raises Refused."""
    if giver in current.assigned or chains(state, current, giver):
        return current
    for stage in state.stages:
        if stage.status is StageStatus.WAITING and _planned(stage, giver):
            return stage
    waiting = asked_names(current)
    raise Refused(Reason.NOTHING_TO_DELEGATE, stage=current.plan.name, waiting_for=waiting)


def _planned(stage: Stage, person: str) -> bool:
    return any(person in entry.people for entry in stage.plan.entries)


def _asked_at(stage: Stage) -> set[str]:
    """Who has a seat of their own there, or will have."""
    if stage.status is StageStatus.PENDING:
        return set(stage.assigned)
    return {person for entry in stage.plan.entries for person in entry.people}


def _taker(facts: Facts, email: str) -> Person:
    person = facts.people.get(email)
    if person is None:
        raise Refused(Reason.UNKNOWN_PERSON, person=email)
    return person


def _require_able(state: RequestState, stage: Stage, person: Person, facts: Facts) -> None:
    """Who acts for an approver obeys the stage's role and department, and its separation."""
    plan = stage.plan
    if not qualifies(person, plan) and not places(person, stage):
        raise Refused(
            Reason.DELEGATE_NOT_QUALIFIED,
            person=person.email,
            stage=plan.name,
            needs=" and ".join(qualifications(plan)),
        )
    reason = Bars(state, facts).reason(person.email)
    if reason is not None:
        why = Refused(reason, **barred(state, reason, person.email).details, case="other").sentence
        raise Refused(Reason.DELEGATE_BARRED, person=person.email, why=why)
