"""What moves a request along without deciding it, and what ends it from outside."""

from typing import Literal

from msgspec.structs import replace

from core.commands import Advise, BreakGlass, Cancel, Comment, Escalate, Facts, Nudge
from core.events import Commented, Escalated, Finished, Nudged, RationaleRecorded
from core.refusals import Reason, Refused
from core.request import RequestState, Stage, Status
from core.route import OnTimeout, Route
from core.rules.asking import settle
from core.rules.counting import seats_missing, wanted
from core.rules.course import Course
from core.rules.eligibility import OR, Bars, asking
from core.rules.limits import require_comments_left
from core.rules.recording import require_current, require_open, route_of, written
from core.rules.speaking import barred
from core.rules.staffing import ladder_of
from core.rules.stages import approve, next_window
from core.rules.standins import chains
from core.rules.votes import require_place, revision_meant
from core.rules.waiting import waited_for
from core.submission import at_most
from core.value import Millis

NUDGE_EVERY: Millis = 4 * 3_600_000
"""At most one nudge in this time: more of them make people look away."""


def cancel(course: Course, command: Cancel, _facts: Facts, now: Millis) -> None:
    """Withdraw the request; its agent, its requester or an administrator may."""
    state = course.state
    if not (command.as_admin or _asks(state, command)):
        raise Refused(Reason.NOT_ALLOWED_TO_CANCEL)
    if state.status is Status.CANCELLED:
        return
    require_open(state)
    reason, commitment = written(command.reason)
    finished = Finished(
        status=Status.CANCELLED,
        by=() if command.person is None else (command.person,),
        reason=reason,
        reason_commitment=commitment,
    )
    course.add(finished, command.actor, now)


def nudge(course: Course, command: Nudge, _facts: Facts, now: Millis) -> None:
    """Have those who are waited for reminded, at most once in four hours."""
    state = course.state
    if not (command.as_admin or _asks(state, command)):
        raise Refused(Reason.NOT_CONCERNED, case="nudge")
    stage = require_current(state)
    if state.nudged_at is not None and now < state.nudged_at + NUDGE_EVERY:
        left = -(-(state.nudged_at + NUDGE_EVERY - now) // 60_000)
        raise Refused(Reason.NUDGED_RECENTLY, minutes=str(left), wait=_in_words(left))
    people = waited_for(state)
    course.add(Nudged(level=stage.plan.level, people=people), command.actor, now)


def _in_words(minutes: int) -> str:
    """How long: in minutes, or in hours when there are many."""
    if minutes > 90:
        return f"{-(-minutes // 60)} hours"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def comment(course: Course, command: Comment, _facts: Facts, now: Millis) -> None:
    """A comment or a question; whoever may see the request may write one."""
    require_comments_left(course.state, command.actor.person)
    remark = Commented(
        content=command.text.id, commitment=command.text.commitment, question=command.question
    )
    course.add(remark, command.actor, now)


def escalate(course: Course, command: Escalate, facts: Facts, now: Millis) -> None:
    """Have the next level asked now instead of at the deadline.

    Only an administrator goes beyond the stage's own ladder: where the rule does not escalate,
    or to the last resort, of whom no role and department is asked.
    """
    state, person = course.state, command.person
    stage = require_current(state)
    asked = person is not None and (person in stage.assigned or bool(chains(state, stage, person)))
    if not (command.as_admin or asked or _asks(state, command)):
        raise Refused(Reason.NOT_CONCERNED)
    # An administrator who asks for it is no administrator here: the last resort waives roles.
    own = _asks(state, command) or person in asking(state)
    as_admin = command.as_admin and not own
    if not as_admin and stage.plan.on_timeout is not OnTimeout.ESCALATE:
        raise _only_admin(state, stage)
    reason, commitment = written(command.reason)
    step = next_rung(state, stage, facts, now, "somebody asked for it", cause="person")
    if step is None:
        raise Refused(Reason.NOBODY_LEFT_TO_ASK, stage=stage.plan.name)
    if not as_admin and any(e.exempt for e in step.entries[len(stage.entries) :]):
        raise _only_admin(state, stage)
    step = replace(step, reason=reason, reason_commitment=commitment)
    course.add(step, command.actor, now)
    settle(course, facts, now)


def _only_admin(state: RequestState, stage: Stage) -> Refused:
    waiting = ", ".join(waited_for(state)) or "nobody"
    reason = Reason.ONLY_ADMIN_ESCALATES
    return Refused(reason, stage=stage.plan.name, waiting_for=waiting)


def break_glass(course: Course, command: BreakGlass, facts: Facts, now: Millis) -> None:
    """One person passes the request alone, if the rule names their role; never their own."""
    state = course.state
    ended = state.outcome
    if ended is not None and ended.bypass == "break_glass" and command.person in ended.by:
        return
    # While changes are awaited, what stands is what was sent back.
    require_current(state)
    glass = route_of(state).glass
    if glass is None:
        raise Refused(Reason.NO_BREAK_GLASS, rule=route_of(state).rule)
    if facts.frozen:
        raise Refused(Reason.FROZEN)
    person = facts.person
    if person is None or glass.role not in person.roles:
        raise Refused(Reason.BREAK_GLASS_ROLE, role=glass.role)
    # Whatever the rule says of self-approval: alone, nobody passes what they asked for.
    if command.person in asking(state):
        raise barred(state, Reason.SELF_APPROVAL, command.person)
    if Bars(state, facts).in_conflict(command.person):
        raise barred(state, Reason.CONFLICT_OF_INTEREST, command.person)
    require_place(state, command.actor)
    if not revision_meant(state, command):
        raise Refused(Reason.STALE_CARD)
    if command.reason is None:
        raise Refused(Reason.REASON_REQUIRED)
    approve(
        course,
        facts,
        now,
        by=(command.person,),
        bypass="break_glass",
        reason=written(command.reason),
        actor=command.actor,
    )


def advise(course: Course, command: Advise, facts: Facts, now: Millis) -> None:
    """A rationale arrives; where the rule grants it, a confident one approves."""
    state = course.state
    if not state.is_open or command.revision != state.revision:
        return
    recorded = RationaleRecorded(
        content=command.content.id,
        commitment=command.content.commitment,
        source=command.source,
        recommendation=command.recommendation,
        confidence=command.confidence,
    )
    course.add(recorded, command.actor, now)
    if not facts.frozen and _granted(state, command, route_of(state)):
        approve(course, facts, now, bypass="model_grant")


def next_rung(
    state: RequestState,
    stage: Stage,
    facts: Facts,
    now: Millis,
    because: str,
    *,
    cause: Literal["timeout", "person"],
) -> Escalated | None:
    """The escalation to the next level that asks anybody new; None at the top."""
    ladder = ladder_of(state, stage, facts, now)
    seats = seats_missing(stage) or wanted(stage)
    silent = waited_for(state)
    rung = ladder.climb(stage.entries, stage.tier, seats, silent)
    while rung is not None and not rung.told:
        rung = ladder.climb(rung.entries, rung.tier, seats, silent)
    if rung is None:
        return None
    span = next_window(state, stage, rung.entries, facts, now)
    return Escalated(
        level=stage.plan.level,
        tier=rung.tier,
        entries=rung.entries,
        told=rung.told,
        because=f"{because}; {rung.because.partition('; ')[2] or rung.because}",
        cause=cause,
        acts_at=span.acts_at,
        reminders=span.reminders,
        hands_over=span.hands_over,
    )


def _asks(state: RequestState, command: Cancel | Nudge | Escalate) -> bool:
    """Whether it comes from those who asked: the requester or the submitting key."""
    person, key = command.person, command.agent_key
    return (person is not None and person in (state.requester, state.submitter)) or (
        key is not None and key == state.agent_key
    )


def _granted(state: RequestState, command: Advise, route: Route) -> bool:
    """Whether the model may approve this: never against a vote, nor a seat for a person."""
    grant = route.grant
    if grant is None or state.status is not Status.PENDING or command.source == "rules":
        return False
    if command.recommendation != "approve" or (command.confidence or 0) < grant.confidence:
        return False
    if state.amount is None or not at_most(state.amount, grant.amount):
        return False
    if grant.currency is not None and grant.currency != state.currency:
        return False
    return not _spoken(state) and all(map(_open_to_model, state.stages))


def _spoken(state: RequestState) -> bool:
    """Whether a person's decision stands or was undone, or was ever against it."""
    return state.opposed or any(s.votes or s.round > 1 for s in state.stages)


def _open_to_model(stage: Stage) -> bool:
    """Whether the stage asks groups for anybody's vote, not a person nor a qualification."""
    plan = stage.plan
    if plan.required_role or plan.required_department or plan.auto == "reject":
        return False
    refs = (ref for entry in (*plan.entries, *stage.entries) for ref in entry.ref.split(OR))
    return all(ref.startswith(("group:", "on_call:")) for ref in refs)
