"""How the votes of a stage fill its seats, each only where its voter was entitled to at the
click."""

from core.request import Decision, Stage, Vote
from core.route import Entry
from core.rules.quorum import missing, needed


def approvals(stage: Stage) -> list[Vote]:
    """The votes for it that stand."""
    return [v for v in stage.votes if v.decision is Decision.APPROVE]


def filled_by(stage: Stage) -> tuple[Entry, ...]:
    """The stage's entries with only those whose approval counts for them."""
    cast = approvals(stage)
    return tuple(
        Entry(
            ref=entry.ref,
            people=tuple(v.seat for v in cast if place in v.entries),
            seats=entry.seats,
        )
        for place, entry in enumerate(stage.entries)
    )


def wanted(stage: Stage) -> int:
    """How many seats the policy wants filled; helpers never change it."""
    return needed(stage.plan.entries, stage.plan.quorum)


def seats_missing(stage: Stage) -> int:
    """How many seats the approvals so far leave open."""
    if not stage.votes:
        return wanted(stage)
    return missing(filled_by(stage), wanted(stage))


def closed_by_votes(stage: Stage) -> bool:
    """Whether the approvals fill the seats that the stage needs."""
    cast, enough = approvals(stage), wanted(stage)
    if len(cast) < enough:
        return False
    if len(stage.entries) == 1:
        # One entry needs no matching: its seats are all alike.
        seats = {vote.seat for vote in cast if vote.entries}
        return min(len(seats), stage.entries[0].seats) >= enough
    if enough == 1:
        return any(vote.entries for vote in cast)
    return not missing(filled_by(stage), enough)


def answered(stage: Stage) -> frozenset[str]:
    """Who has decided, and for whom somebody has."""
    return stage.answered
