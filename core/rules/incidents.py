"""An approval turned out wrong: reported afterwards, as often as there is something to say.

Nothing is undone by it: what was approved was approved. It is counted where it is judged which
approvals people need to give.
"""

from core.commands import Facts, ReportIncident
from core.events import IncidentReported
from core.refusals import Reason, Refused
from core.request import Status
from core.rules.course import Course
from core.value import Millis

MOST_INCIDENTS = 50
"""Incidents per request."""

MOST_BY_AGENT = 25
"""After so many only people report more: whoever did harm leaves them room to say so."""


def report_incident(course: Course, command: ReportIncident, _facts: Facts, now: Millis) -> None:
    """By a person who may see the request, the agent that asked, or an administrator."""
    state = course.state
    own = command.agent_key is not None and command.agent_key == state.agent_key
    if not (own or command.person is not None or command.as_admin):
        raise Refused(Reason.NOT_CONCERNED, case="incident")
    if state.status is not Status.APPROVED:
        raise Refused(Reason.NOT_APPROVED, case="incident", status=state.status.value)
    if own and not command.as_admin and state.incidents >= MOST_BY_AGENT:
        raise Refused(Reason.TOO_MANY_INCIDENTS, case="agent", limit=str(MOST_BY_AGENT))
    if state.incidents >= MOST_INCIDENTS:
        raise Refused(Reason.TOO_MANY_INCIDENTS, limit=str(MOST_INCIDENTS))
    event = IncidentReported(
        kind=command.kind,
        severity=command.severity,
        content=command.detail.id,
        commitment=command.detail.commitment,
    )
    course.add(event, command.actor, now)
