"""How a request goes from stage to stage: open, close, pass by itself, go back, end."""

from core.calendars.calendar import Calendar, advance, working_at
from core.calendars.rotation import next_new
from core.calendars.text import calendar_of_person
from core.commands import Facts
from core.events import (
    SYSTEM,
    Actor,
    Delegated,
    DelegationEnded,
    Finished,
    Held,
    StageApproved,
    StageOpened,
    StageRejected,
    TokenMinted,
)
from core.evolve import stage_at
from core.request import Decision, RequestState, Stage, Status
from core.route import Category, Entry, StagePlan
from core.rules.absence import Standing
from core.rules.course import Course
from core.rules.eligibility import Bars, qualifies
from core.rules.recording import route_of
from core.rules.staffing import Ladder, ladder_of
from core.rules.standins import DEPTH, distances, live, standing_now, takers
from core.tokens.token import whole_seconds
from core.value import Millis, Value


class Window(Value, frozen=True):
    """How long those who are asked have: when the timeout acts, and the reminders before it.
    `hands_over` is when somebody is on call who is not asked."""

    acts_at: Millis | None = None
    reminders: tuple[Millis, ...] = ()
    hands_over: Millis | None = None


def begin(course: Course, facts: Facts, now: Millis) -> None:
    """What the category says of a new revision: the end at once, or the first stage."""
    category = route_of(course.state).category
    if category is Category.PROHIBITED:
        course.add(Finished(status=Status.PROHIBITED), SYSTEM, now)
    elif category is Category.AUTO_APPROVE:
        approve(course, facts, now, bypass=category.value)
    else:
        open_stage(course, 1, facts, now)


def open_stage(course: Course, level: int, facts: Facts, now: Millis) -> None:
    """Open a stage with those who may decide it today, or with whom it escalates to.

    A stage that decides by itself does so, and the next one follows.
    """
    auto = stage_at(course.state, level).plan.auto
    if auto == "approve":
        course.add(StageApproved(level=level, bypass="auto_approve_when"), SYSTEM, now)
        go_on(course, level, facts, now)
    elif auto == "reject":
        reject_by_rule(course, level, "auto_reject_when", now)
    else:
        _ask(course, level, facts, now)
        reconcile_absences(course, facts, now)


def _ask(course: Course, level: int, facts: Facts, now: Millis) -> None:
    """The stage opens: whom it asks, and until when."""
    state = course.state
    stage = stage_at(state, level)
    ladder = ladder_of(state, stage, facts, now)
    choice = ladder.open()
    entries, clock = _clock(stage.plan, choice.entries, ladder, facts, now)
    span = _window(stage.plan, clock, entries, state.expires_at, now)
    opened = StageOpened(
        level=level,
        round=stage.round + 1,
        entries=entries,
        escalated_because=choice.because,
        tier=choice.tier,
        due_at=span.acts_at,
        acts_at=span.acts_at,
        reminders=span.reminders,
        hands_over=span.hands_over,
        order=ladder.order,
    )
    course.add(opened, SYSTEM, now)
    if choice.lacks is not None:
        course.add(Held(level=level, because=choice.lacks), SYSTEM, now)


def go_on(course: Course, level: int, facts: Facts, now: Millis) -> None:
    """After a stage has passed: the next one, or the approval."""
    if level < len(course.state.stages):
        open_stage(course, level + 1, facts, now)
        return
    by = approving(course.state)
    approve(course, facts, now, by=by, bypass=None if by else "auto_approve_when")


def approve(
    course: Course,
    facts: Facts,
    now: Millis,
    by: tuple[str, ...] = (),
    bypass: str | None = None,
    reason: tuple[str | None, str | None] = (None, None),
    actor: Actor = SYSTEM,
) -> None:
    """The approval, with the terms of its token where approvals are signed."""
    content, commitment = reason
    finished = Finished(
        status=Status.APPROVED, by=by, bypass=bypass, reason=content, reason_commitment=commitment
    )
    course.add(finished, actor, now)
    if facts.kid:
        state = course.state
        token = TokenMinted(
            jti=f"{state.id}.{state.revision}",
            kid=facts.kid,
            iat=whole_seconds(now),
            exp=whole_seconds(now + route_of(state).token_lifetime),
        )
        course.add(token, SYSTEM, now)


def reject_by_rule(course: Course, level: int, cause: str, now: Millis) -> None:
    """A rejection by no person: a stage's own condition, or its time."""
    course.add(StageRejected(level=level, cause=cause), SYSTEM, now)
    course.add(Finished(status=Status.REJECTED, cause=cause), SYSTEM, now)


def approving(state: RequestState) -> tuple[str, ...]:
    """Everyone who voted for it, in the order of the stages."""
    votes = (v for s in state.stages for v in s.votes if v.decision is Decision.APPROVE)
    return tuple(dict.fromkeys(v.person for v in votes))


# --- time --------------------------------------------------------------------------------


def next_turn(entries: tuple[Entry, ...], now: Millis) -> Millis | None:
    """When the next of these rotations is handed over to somebody who is not asked yet; None
    where nobody is left. Answers do not count, since they can be taken back."""
    moments: list[Millis] = []
    for entry in entries:
        if entry.rotation is not None and entry.people:
            moment = next_new(entry.rotation, entry.people, now)
            moments += () if moment is None else (moment,)
    return min(moments, default=None)


def _window(
    plan: StagePlan,
    clock: tuple[Calendar, ...],
    entries: tuple[Entry, ...],
    expires_at: Millis,
    start: Millis,
) -> Window:
    """The time from `start` that the stage's plan gives, counted on its clock."""
    acts_at = None if plan.sla is None else advance(clock, start, plan.sla)
    if not plan.remind_at:
        return Window(acts_at, (), next_turn(entries, start))
    end = expires_at if acts_at is None else min(acts_at, expires_at)
    reminders = sorted({advance(clock, start, length) for length in plan.remind_at})
    left = tuple(moment for moment in reminders if start < moment < end)
    return Window(acts_at, left, next_turn(entries, start))


def next_window(
    state: RequestState, stage: Stage, entries: tuple[Entry, ...], facts: Facts, now: Millis
) -> Window:
    """The time that those have who are asked now."""
    clock = _hours(stage.plan, entries, facts)
    return _window(stage.plan, clock, entries, state.expires_at, now)


def _clock(
    plan: StagePlan, entries: tuple[Entry, ...], ladder: Ladder, facts: Facts, now: Millis
) -> tuple[tuple[Entry, ...], tuple[Calendar, ...]]:
    """Outside hours either the clock stops, or somebody on call is asked and it runs."""
    clock = _hours(plan, entries, facts)
    if plan.outside_hours is None or not clock or working_at(clock, now):
        return entries, clock
    too = ladder.able(plan.outside_hours)
    return ((*entries, too), ()) if too.people else (entries, clock)


def _hours(plan: StagePlan, entries: tuple[Entry, ...], facts: Facts) -> tuple[Calendar, ...]:
    if plan.calendar is not None:
        return (plan.calendar,)
    if not plan.approver_hours:
        return ()
    emails = dict.fromkeys(p for entry in entries for p in entry.people)
    people = (facts.people[email] for email in emails if email in facts.people)
    found = (calendar_of_person(p.timezone, p.working_hours) for p in people)
    return tuple(dict.fromkeys(found))


# --- absences ----------------------------------------------------------------------------


def reconcile_absences(course: Course, facts: Facts, now: Millis) -> None:
    """Bring the request's delegations in line with who is out of office now.

    A standing delegation applies to whoever is asked at the open stage, and to those who
    stand in for them; what it no longer covers is given back.
    """
    if not facts.standing and not course.state.delegations:
        return
    active = standing_now(course.state, facts.standing, now)
    for d in live(course.state):
        over = d.until is not None and d.until <= now
        if over or (d.standing is not None and d.standing not in active):
            course.add(DelegationEnded(d.giver, d.taker, d.standing), SYSTEM, now)
    # One way between two people is enough; when it ends, another takes its place.
    have = {(d.giver, d.taker) for d in live(course.state)}
    new: dict[tuple[str, str], Standing] = {}
    for standing in active.values():
        if (pair := (standing.giver, standing.taker)) not in have:
            new.setdefault(pair, standing)
    _take_up(course, list(new.values()), facts, now)


def _take_up(course: Course, waiting: list[Standing], facts: Facts, now: Millis) -> None:
    """These, as far as somebody who is asked has passed their seat on by them."""
    stage = course.state.current
    if stage is None or not waiting:
        return
    bars = Bars(course.state, facts)
    for _ in range(DEPTH):
        # Each round goes one link further, by those who have a seat passed on to them.
        links = distances(course.state, stage)
        near = [s for s in waiting if links.get(s.giver, DEPTH) < DEPTH]
        waiting = [s for s in waiting if links.get(s.giver, DEPTH) >= DEPTH]
        for standing in near:
            if _fits(course.state, stage, standing, facts, bars):
                passed = Delegated(standing.giver, standing.taker, standing.ends, standing.id)
                course.add(passed, SYSTEM, now)


def _fits(state: RequestState, stage: Stage, standing: Standing, facts: Facts, bars: Bars) -> bool:
    """Whether the taker could decide in the giver's name; nobody is asked in vain."""
    taker = facts.people.get(standing.taker)
    if taker is None or taker.email == standing.giver or bars.reason(taker.email) is not None:
        return False
    if standing.giver in takers(state, standing.taker) or taker.email in stage.replaced:
        return False
    return qualifies(taker, stage.plan) or any(entry.exempt for entry in stage.entries)
