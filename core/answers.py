"""What a person is told after a click or question: one sentence about what is true now.

The loser of a race is told who decided; a click on an old card is told what changed.
"""

from core.cards import headline
from core.directory import Directory
from core.evolve import stage_at
from core.refusals import Reason, Refused
from core.request import Decision, RequestState, StageStatus


def accepted(state: RequestState, decision: Decision, directory: Directory) -> str:
    """The sentence for a click that counted, or had counted before."""
    word = "approved" if decision is Decision.APPROVE else "rejected"
    return f"You {word} this. {headline(state, directory)}."


def refused(state: RequestState, refusal: Refused, level: int, directory: Directory) -> str:
    """The sentence for a click that changed nothing."""
    if refusal.reason is Reason.FINISHED:
        return f"{headline(state, directory)}. Nothing was changed."
    if refusal.reason is Reason.STALE_CARD:
        return _stale(state, level, directory)
    if refusal.reason is Reason.NOT_AN_APPROVER and state.current is not None:
        stage = state.current
        names = ", ".join(directory.name(p) for p in stage.assigned) or "nobody"
        details = {"stage": stage.plan.name, "waiting_for": names}
        return Refused(Reason.NOT_AN_APPROVER, **details).sentence
    return refusal.sentence


def _stale(state: RequestState, level: int, directory: Directory) -> str:
    if 1 <= level <= len(state.stages):
        stage = stage_at(state, level)
        if stage.status in (StageStatus.APPROVED, StageStatus.REJECTED) and stage.votes:
            names = ", ".join(directory.name(v.person) for v in stage.votes)
            return (
                f"{stage.plan.name} was already {stage.status.value} by {names}. "
                f"{headline(state, directory)}. Nothing was changed."
            )
    return Refused(Reason.STALE_CARD).sentence
