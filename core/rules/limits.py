"""How often the same may be done to one request: nobody makes a trail grow without end.

Each bound is far above what people need, and leaves a way to decide.
"""

from core.refusals import Reason, Refused
from core.request import RequestState, Stage, asked

MOST_DELEGATIONS = 50
"""Delegations by hand per request; out-of-office ones are bounded where they are made."""

MOST_CHANGES = 10
"""Votes changed or taken back per person, stage and round; taking back is always possible."""

MOST_EDITS = 10
"""Revisions by approvers per request; those of the agent are attempts."""

MOST_COMMENTS = 200
"""Comments and questions per request."""

MOST_FROM_OTHERS = 100
"""Of these, when those who are neither asked nor asking write no more: the talk of a channel
leaves room for the two sides."""


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


def require_comments_left(state: RequestState, person: str | None) -> None:
    """Raises Refused. The agent is nobody."""
    limit = MOST_COMMENTS if person is None or _concerned(state, person) else MOST_FROM_OTHERS
    if state.remark_count >= limit:
        raise Refused(Reason.TOO_MANY_COMMENTS, limit=str(max(limit, state.remark_count)))


def _concerned(state: RequestState, person: str) -> bool:
    """Whether somebody asks for this, or is asked at one of its stages."""
    if person in (state.requester, state.submitter, state.owner, *asked(state)):
        return True
    return any(person in entry.people for s in state.stages for entry in s.plan.entries)
