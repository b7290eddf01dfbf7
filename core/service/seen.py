"""What a caller of the API has to say they saw, once it could be more than one thing.

A call may arrive late. It must not count for a revision or a round that its caller never saw.
"""

from core.commands import CastVote
from core.refusals import invalid
from core.request import RequestState


def require_revision(state: RequestState, revision: int | None) -> None:
    """Whoever approves what was revised says which revision they saw. Raises Refused."""
    if revision is None and state.revision > 1 and state.current is not None:
        raise invalid(
            "revision",
            f"is missing, and the request was revised: it is at revision {state.revision}",
            "Say which revision you saw.",
        )


def require_round(state: RequestState, vote: CastVote) -> None:
    """Whoever decides a stage that was opened again says which round they saw. Raises Refused.

    Unlike a revision it is asked of every decision: a late rejection would send the request
    back once more.
    """
    stage = state.current
    if vote.round is not None or stage is None or stage.round <= 1:
        return
    # A vote for another stage is told so, and one that stands already changes nothing.
    if vote.stage not in (None, stage.plan.name) or _stands(state, vote):
        return
    raise invalid(
        "round",
        f"is missing, and stage {stage.plan.name} was opened again: it is in round {stage.round}",
        "Look at the request again, and say which round you saw.",
    )


def _stands(state: RequestState, vote: CastVote) -> bool:
    """Whether the newest vote of the person (in the stage of this name, if one is named) is this
    one, so that it is a retry. An edit never is."""
    places = (s.votes for s in state.stages if vote.stage in (None, s.plan.name))
    own = [v for votes in places for v in votes if v.person == vote.person]
    return vote.edit is None and bool(own) and own[-1].decision is vote.decision
