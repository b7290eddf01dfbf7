"""After the approval: its token is used once or taken back, and the outcome is reported."""

from core.commands import Facts, Redeem, ReportExecution, RevokeToken
from core.events import ExecutionReported, TokenRedeemed, TokenRevoked
from core.refusals import Reason, Refused
from core.request import RequestState, Status, Token
from core.rules.course import Course
from core.rules.recording import written
from core.value import Millis


def redeem(course: Course, command: Redeem, facts: Facts, now: Millis) -> None:
    """Use the approval, once. A retry with the same Idempotency-Key never comes here."""
    token = _token(course.state)
    if token.jti != command.jti:
        raise Refused(Reason.TOKEN_INVALID, problem="it is not the token of this approval")
    if facts.frozen:
        raise Refused(Reason.FROZEN)
    if token.revoked_at is not None:
        raise Refused(Reason.TOKEN_REVOKED)
    if token.redeemed_at is not None:
        raise Refused(Reason.TOKEN_USED)
    if now >= token.exp:
        raise Refused(Reason.TOKEN_EXPIRED)
    course.add(TokenRedeemed(jti=token.jti, key=command.key), command.actor, now)


def revoke(course: Course, command: RevokeToken, _facts: Facts, now: Millis) -> None:
    """Take the approval back before it was used."""
    token = _token(course.state)
    if token.revoked_at is not None:
        return
    if token.redeemed_at is not None:
        raise Refused(Reason.TOKEN_USED)
    reason, commitment = written(command.reason)
    course.add(TokenRevoked(token.jti, reason, commitment), command.actor, now)


def report(course: Course, command: ReportExecution, _facts: Facts, now: Millis) -> None:
    """How the action went, said by the agent that asked; the first report stands."""
    state = course.state
    if command.agent_key != state.agent_key:
        raise Refused(Reason.NOT_THE_AGENT)
    if state.status is not Status.APPROVED:
        raise Refused(Reason.NOT_APPROVED, status=state.status.value)
    if state.execution is not None:
        if state.execution.outcome == command.outcome:
            return
        raise Refused(Reason.EXECUTION_REPORTED, outcome=state.execution.outcome)
    detail, commitment = written(command.detail)
    course.add(ExecutionReported(command.outcome, detail, commitment), command.actor, now)


def _token(state: RequestState) -> Token:
    if state.token is None:
        raise Refused(Reason.NOT_APPROVED, status=state.status.value)
    return state.token
