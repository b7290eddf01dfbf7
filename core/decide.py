"""The rules: `decide(state, command, facts, now)` says what a command leads to.

It is pure. An expected no raises `Refused` and means that this command has no events.
What is due at `now` is not the command's affair: `due` says it, and the service applies it
first, so that a click after the deadline never beats the clock because a tick was late.
Both give the events together with the state after them, so that nobody folds them again.

A repeated click by the same person is no refusal and no event: the answer is as before.
Each kind of act has its own file in `core/rules`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.commands import (
    Advise,
    BreakGlass,
    Cancel,
    CastVote,
    Command,
    Comment,
    Delegate,
    Escalate,
    Facts,
    Nudge,
    Reassign,
    Redeem,
    ReportExecution,
    ReportIncident,
    Restore,
    Revise,
    RevokeToken,
    Submit,
    Tick,
    WithdrawVote,
)
from core.events import SYSTEM, Finished, RationaleRecorded, Recorded, Submitted
from core.refusals import Reason, Refused
from core.request import RequestState, Status
from core.rules import (
    delegations,
    granting,
    incidents,
    restoring,
    revisions,
    stages,
    steering,
    votes,
)
from core.rules.course import Course, Decided
from core.rules.recording import COMMITMENT_SHOWN
from core.rules.time import catch_up
from core.value import Millis

__all__ = ["COMMITMENT_SHOWN", "Decided", "decide", "due"]


def decide(state: RequestState, command: Command, facts: Facts, now: Millis) -> Decided:
    """What a command leads to at `now`; no events when it changes nothing. Raises Refused."""
    course = Course(state)
    RULES[type(command)](course, command, facts, now)
    if facts.frozen and any(_approves(recorded) for recorded in course.events):
        raise Refused(Reason.FROZEN)
    return course.decided()


def due(state: RequestState, facts: Facts, now: Millis) -> Decided:
    """What time and today's facts alone lead to by `now`; no events when asked again."""
    course = Course(state)
    catch_up(course, facts, now)
    return course.decided()


def _approves(recorded: Recorded) -> bool:
    event = recorded.event
    return isinstance(event, Finished) and event.status is Status.APPROVED


def _submit(course: Course, command: Submit, facts: Facts, now: Millis) -> None:
    if course.state.version > 0:
        return
    submitted = Submitted(
        agent=command.agent,
        agent_key=command.agent_key,
        owner=command.owner,
        requester=command.requester,
        previous=command.previous,
        attempt=command.attempt,
        action_type=command.action_type,
        amount=command.amount,
        currency=command.currency,
        risk_score=command.risk_score,
        route=command.route,
        content=command.content.id,
        commitment=command.content.commitment,
        expires_at=command.expires_at,
        callback=None if command.callback is None else command.callback.id,
        callback_commitment=None if command.callback is None else command.callback.commitment,
    )
    rationale = RationaleRecorded(
        content=command.rationale.id,
        commitment=command.rationale.commitment,
        source="rules",
        recommendation=command.recommendation,
    )
    course.add(submitted, command.actor, now)
    course.add(rationale, SYSTEM, now)
    stages.begin(course, facts, now)


def _tick(course: Course, _command: Tick, facts: Facts, now: Millis) -> None:
    catch_up(course, facts, now)


RULES: Mapping[type, Callable[[Course, Any, Facts, Millis], None]] = {
    Submit: _submit,
    Tick: _tick,
    CastVote: votes.vote,
    WithdrawVote: votes.withdraw,
    Revise: revisions.revise,
    Delegate: delegations.delegate,
    Reassign: delegations.reassign,
    Escalate: steering.escalate,
    Nudge: steering.nudge,
    Comment: steering.comment,
    BreakGlass: steering.break_glass,
    Advise: steering.advise,
    Cancel: steering.cancel,
    Redeem: granting.redeem,
    RevokeToken: granting.revoke,
    ReportExecution: granting.report,
    ReportIncident: incidents.report_incident,
    Restore: restoring.restore,
}
"""What each command leads to; every command has exactly one rule."""
