"""Approving several requests in one click: only what its rule lets pass so, each by itself.

The rule was pinned when the request was made. Whatever would ask once more before a single
approval counts is never approved together with others.
"""

from core.commands import CastVote
from core.refusals import Reason, Refused
from core.request import Decision, RequestState
from core.route import Route


def may_batch(route: Route) -> bool:
    """Whether requests of this route may be approved together with others."""
    return route.batch and not route.confirm


def require_batch(state: RequestState, command: CastVote) -> None:
    """Raises Refused for one of several votes in a click that has to be cast by itself."""
    route = state.route
    if not command.batch or route is None:
        return
    if route.batch and route.confirm:
        raise Refused(Reason.NOT_IN_BATCH, case="risk")
    bound = command.binding is not None and command.edit is None
    if not route.batch or not bound or command.decision is not Decision.APPROVE:
        raise Refused(Reason.NOT_IN_BATCH, rule=route.rule)
