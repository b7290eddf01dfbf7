"""What time and today's directory alone bring about: `due` says it, once.

A deadline that decides (expiry, `on_timeout: reject`) counts from its own moment, however
late it is noticed. What only tells people happens when it is noticed: after a long delay one
reminder is sent, not five, and each level of escalation gets its time from then on.
"""

from core.commands import Facts
from core.events import SYSTEM, Finished, Held, Recorded, Reminded
from core.evolve import fold
from core.request import RequestState, Status
from core.route import OnTimeout
from core.rules.asking import staffed
from core.rules.recording import at
from core.rules.stages import reconcile_absences, refused_by_rule
from core.rules.steering import next_rung
from core.rules.waiting import waited_for
from core.value import Millis

TIMED_OUT = "nobody decided in time"
TOP = "everyone was asked and nobody decided in time"
RULE_SAYS = "its time ran out and the rule says to hold"


def due(state: RequestState, facts: Facts, now: Millis) -> list[Recorded]:
    """The events that are due by `now`; empty when asked again."""
    if state.version == 0 or not state.is_open:
        return []
    if (ended := _ended(state, now)) is not None:
        return ended
    events: list[Recorded] = []
    for step in (staffed, _timeout, reconcile_absences, _reminder):
        new = step(state, facts, now)
        state = fold(state, new)
        events += new
    return events


def _ended(state: RequestState, now: Millis) -> list[Recorded] | None:
    """The deadline that came first, at the moment at which it came."""
    stage = state.current
    moment = state.expires_at
    if (
        stage is not None
        and stage.plan.on_timeout is OnTimeout.REJECT
        and stage.acts_at is not None
        and stage.acts_at < moment
        and stage.acts_at <= now
    ):
        return refused_by_rule(stage.plan.level, "timeout", stage.acts_at)
    if now >= moment:
        return [at(Finished(status=Status.EXPIRED), SYSTEM, moment)]
    return None


def _timeout(state: RequestState, facts: Facts, now: Millis) -> list[Recorded]:
    stage = state.current
    if stage is None or stage.acts_at is None or now < stage.acts_at:
        return []
    if stage.plan.on_timeout is OnTimeout.HOLD:
        return [at(Held(level=stage.plan.level, because=RULE_SAYS), SYSTEM, now)]
    step = next_rung(state, stage, facts, now, TIMED_OUT, "timeout")
    if step is None:
        return [at(Held(level=stage.plan.level, because=TOP), SYSTEM, now)]
    return [at(step, SYSTEM, now)]


def _reminder(state: RequestState, _facts: Facts, now: Millis) -> list[Recorded]:
    stage = state.current
    if stage is None or not stage.reminders or now < stage.reminders[0]:
        return []
    left = tuple(moment for moment in stage.reminders if moment > now)
    reminded = Reminded(level=stage.plan.level, people=waited_for(state), left=left)
    return [at(reminded, SYSTEM, now)]
