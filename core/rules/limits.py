"""How often the same may be done to one request: nobody makes a trail grow without end.

Each bound is far above what people need, and leaves a way to decide.
"""

from core.refusals import Reason, Refused
from core.request import RequestState, Stage

MOST_DELEGATIONS = 50
"""Delegations by hand per request; out-of-office ones are bounded where they are made."""

MOST_CHANGES = 10
"""Votes changed or taken back per person, stage and round; taking back is always possible."""

MOST_EDITS = 10
"""Revisions by approvers per request; those of the agent are attempts."""

MOST_COMMENTS = 200
"""Comments and questions per request."""


def require_delegations_left(state: RequestState) -> None:
    """Raises Refused."""
    by_hand = sum(d.standing is None for d in state.delegations)
    if by_hand >= MOST_DELEGATIONS:
        raise Refused(Reason.TOO_MANY_DELEGATIONS, limit=str(MOST_DELEGATIONS))


def require_votes_left(stage: Stage, person: str) -> None:
    """Raises Refused."""
    if stage.undone.count(person) >= MOST_CHANGES:
        raise Refused(Reason.TOO_MANY_VOTES, limit=str(MOST_CHANGES), stage=stage.plan.name)


def require_edits_left(state: RequestState) -> None:
    """Raises Refused."""
    if state.edits >= MOST_EDITS:
        raise Refused(Reason.TOO_MANY_EDITS, limit=str(MOST_EDITS))


def require_comments_left(state: RequestState) -> None:
    """Raises Refused."""
    if state.remark_count >= MOST_COMMENTS:
        raise Refused(Reason.TOO_MANY_COMMENTS, limit=str(MOST_COMMENTS))
