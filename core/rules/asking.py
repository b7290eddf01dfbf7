"""Who is asked, brought in line with today's directory and with who is out of office.

Every act that changes who is asked ends with `settle`, so that nothing is left to a tick.
"""

from msgspec.structs import replace

from core.commands import Facts
from core.events import SYSTEM, Escalated, Held, Restaffed
from core.request import RequestState, Stage
from core.route import Entry
from core.rules.course import Course
from core.rules.staffing import Choice, held_for_people, ladder_of
from core.rules.stages import next_window, reconcile_absences
from core.value import Millis


def settle(course: Course, facts: Facts, now: Millis) -> None:
    """What the facts alone bring about: others are asked, absences are taken up or end."""
    staff(course, facts, now)
    reconcile_absences(course, facts, now)


def staff(course: Course, facts: Facts, now: Millis) -> None:
    """A stage that its people can no longer decide is never passed: others are asked."""
    stage = course.state.current
    if stage is None:
        return
    ladder = ladder_of(course.state, stage, facts, now)
    if ladder.lacks(stage.entries, stage) is None:
        if held_for_people(stage):
            restaff(course, stage, stage.entries, facts, now)
        return
    own = stage.entries
    for own in ladder.again(stage):
        if own != stage.entries and ladder.lacks(own, stage) is None:
            restaff(course, stage, own, facts, now)
            return
    choice = ladder.up(_joined(stage.entries, own, facts), stage.tier, stage)
    higher = choice.tier > stage.tier
    if higher:
        course.add(_escalated(course.state, stage, choice, facts, now), SYSTEM, now)
    if choice.lacks is not None and (higher or stage.held is None):
        course.add(Held(level=stage.plan.level, because=choice.lacks), SYSTEM, now)


def _joined(asked: tuple[Entry, ...], back: tuple[Entry, ...], facts: Facts) -> tuple[Entry, ...]:
    """Those who were asked, so that each is told why they may no longer decide, and those who
    may again, in the same places. Who has left vacates theirs."""
    here = facts.people
    return tuple(
        replace(
            old, people=tuple(p for p in dict.fromkeys((*old.people, *new.people)) if p in here)
        )
        for old, new in zip(asked, back, strict=True)
    )


def restaff(
    course: Course, stage: Stage, entries: tuple[Entry, ...], facts: Facts, now: Millis
) -> None:
    """The stage goes on with these people, who have its whole time."""
    span = next_window(course.state, stage, entries, facts, now)
    again = Restaffed(
        level=stage.plan.level,
        entries=entries,
        tier=stage.tier,
        escalated_because=stage.escalated_because,
        acts_at=span.acts_at,
        reminders=span.reminders,
        hands_over=span.hands_over,
    )
    course.add(again, SYSTEM, now)


def _escalated(
    state: RequestState, stage: Stage, choice: Choice, facts: Facts, now: Millis
) -> Escalated:
    span = next_window(state, stage, choice.entries, facts, now)
    known = set(stage.assigned)
    new = dict.fromkeys(p for e in choice.entries for p in e.people if p not in known)
    return Escalated(
        level=stage.plan.level,
        tier=choice.tier,
        entries=choice.entries,
        told=tuple(new),
        because=choice.because or "",
        cause="staffing",
        acts_at=span.acts_at,
        reminders=span.reminders,
        hands_over=span.hands_over,
    )
