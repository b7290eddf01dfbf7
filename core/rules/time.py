"""What time and today's directory alone bring about, once.

A deadline that decides (expiry, `on_timeout: reject`) counts from its own moment, however
late it is noticed. What only tells people happens when it is noticed: after a long delay one
reminder is sent, not five, and each level of escalation gets its time from then on.
"""

from core.commands import Facts
from core.events import SYSTEM, Escalated, Finished, Held, Reminded, Restaffed
from core.request import Status
from core.route import OnTimeout
from core.rules.asking import staff
from core.rules.course import Course
from core.rules.staffing import ladder_of
from core.rules.stages import next_turn, reconcile_absences, reject_by_rule
from core.rules.steering import next_rung
from core.rules.waiting import waited_for
from core.value import Millis

TIMED_OUT = "nobody decided in time"
TOP = "everyone was asked and nobody decided in time"
RULE_SAYS = "its time ran out and the rule says to hold"

OUT_OF_TIME = frozenset({TOP, RULE_SAYS})
"""Why a stage is held of which nobody decided in time."""


def catch_up(course: Course, facts: Facts, now: Millis) -> None:
    """What is due by `now`; nothing when asked again."""
    if course.state.version == 0:
        return
    for step in (_end, staff, _hand_over, _timeout, reconcile_absences, _reminder):
        if not course.state.is_open:
            return
        step(course, facts, now)


def _end(course: Course, _facts: Facts, now: Millis) -> None:
    """The deadline that came first, at the moment at which it came."""
    stage = course.state.current
    moment = course.state.expires_at
    if (
        stage is not None
        and stage.plan.on_timeout is OnTimeout.REJECT
        and stage.acts_at is not None
        and stage.acts_at < moment
        and stage.acts_at <= now
    ):
        reject_by_rule(course, stage.plan.level, "timeout", stage.acts_at)
    elif now >= moment:
        course.add(Finished(status=Status.EXPIRED), SYSTEM, moment)


def _hand_over(course: Course, facts: Facts, now: Millis) -> None:
    """Somebody else is on call: they are asked too, in the time that is left."""
    stage = course.state.current
    if stage is None or (turn := stage.turns_at) is None or now < turn:
        return
    entries = ladder_of(course.state, stage, facts, now).handed_over(stage)
    turned = Restaffed(
        level=stage.plan.level,
        entries=entries,
        tier=stage.tier,
        escalated_because=stage.escalated_because,
        acts_at=stage.acts_at,
        reminders=stage.reminders,
        hands_over=next_turn(entries, now),
        turn=True,
    )
    course.add(turned, SYSTEM, now)


def _timeout(course: Course, facts: Facts, now: Millis) -> None:
    stage = course.state.current
    if stage is None or stage.acts_at is None or now < stage.acts_at:
        return
    step: Escalated | Held | None
    if stage.plan.on_timeout is OnTimeout.HOLD:
        step = Held(level=stage.plan.level, because=RULE_SAYS)
    else:
        step = next_rung(course.state, stage, facts, now, TIMED_OUT, cause="timeout")
    course.add(step or Held(level=stage.plan.level, because=TOP), SYSTEM, now)


def _reminder(course: Course, _facts: Facts, now: Millis) -> None:
    stage = course.state.current
    if stage is None or not stage.reminders or now < stage.reminders[0]:
        return
    left = tuple(moment for moment in stage.reminders if moment > now)
    reminded = Reminded(level=stage.plan.level, people=waited_for(course.state), left=left)
    course.add(reminded, SYSTEM, now)
