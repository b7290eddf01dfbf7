"""The rules: `decide(state, command, facts, now)` says which events a command leads to.

It is pure. An expected no raises `Refused` and means that this command has no events.
What is due at `now` is not the command's affair: `due` says it, and the service applies it
first, so that a click after the deadline never beats the clock because a tick was late.

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
    Revise,
    RevokeToken,
    Submit,
    Tick,
    WithdrawVote,
)
from core.events import SYSTEM, Finished, RationaleRecorded, Recorded, Submitted
from core.evolve import fold
from core.refusals import Reason, Refused
from core.request import RequestState, Status
from core.rules import delegations, granting, revisions, stages, steering, votes
from core.rules.recording import COMMITMENT_SHOWN, at
from core.rules.time import due
from core.value import Millis

__all__ = ["COMMITMENT_SHOWN", "decide", "due"]


def decide(state: RequestState, command: Command, facts: Facts, now: Millis) -> list[Recorded]:
    """The events a command leads to at `now`; empty when it changes nothing."""
    events = RULES[type(command)](state, command, facts, now)
    if facts.frozen and any(_approves(recorded) for recorded in events):
        raise Refused(Reason.FROZEN)
    return events


def _approves(recorded: Recorded) -> bool:
    event = recorded.event
    return isinstance(event, Finished) and event.status is Status.APPROVED


def _submit(state: RequestState, command: Submit, facts: Facts, now: Millis) -> list[Recorded]:
    if state.version > 0:
        return []
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
    )
    rationale = RationaleRecorded(
        content=command.rationale.id,
        commitment=command.rationale.commitment,
        source="rules",
        recommendation=command.recommendation,
    )
    events = [at(submitted, command.actor, now), at(rationale, SYSTEM, now)]
    return events + stages.begin(fold(state, events), facts, now)


def _tick(state: RequestState, _command: Tick, facts: Facts, now: Millis) -> list[Recorded]:
    return due(state, facts, now)


RULES: Mapping[type, Callable[[RequestState, Any, Facts, Millis], list[Recorded]]] = {
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
}
"""What each command leads to; every command has exactly one rule."""
