"""Small steps that several rules share when they record what happened."""

from core.content import Content
from core.refusals import Reason, Refused
from core.request import RequestState, Stage
from core.route import Route

COMMITMENT_SHOWN = 16
"""Hex digits of a revision's commitment that a card's buttons carry."""


def route_of(state: RequestState) -> Route:
    assert state.route is not None, "every submitted request has a route"
    return state.route


def written(content: Content | None) -> tuple[str | None, str | None]:
    """What an event holds of a text: its row's id and commitment."""
    return (None, None) if content is None else (content.id, content.commitment)


def asked_names(stage: Stage) -> str:
    """Whom a stage asks, for a refusal's sentence."""
    return ", ".join(stage.assigned) or "nobody"


def require_open(state: RequestState) -> None:
    """Raises Refused for what is over, naming who decided."""
    if not state.is_open:
        by = ", ".join(state.outcome.by) if state.outcome else ""
        raise Refused(Reason.FINISHED, status=state.status.value, by=f" by {by}" if by else "")


def require_current(state: RequestState) -> Stage:
    """The stage that is open; raises Refused where none is."""
    require_open(state)
    stage = state.current
    if stage is None:
        raise Refused(Reason.WAITING_FOR_REVISION)
    return stage
