"""The one line that says where a request stands, with who decided or who is waited for."""

from core.cards.names import agent_name, deciders, listed
from core.directory import Directory
from core.eligibility import held
from core.request import RequestState, Stage, StageStatus, Status
from core.route import Category

TOO_FEW = "too few people may decide it"
"""Why a stage is held, where its people have just gone and nothing was recorded yet."""


def headline(state: RequestState, directory: Directory) -> str:
    """Where the request stands, without a full stop."""
    match state.status:
        case Status.APPROVED:
            return _approved(state, directory)
        case Status.REJECTED:
            return _rejected(state, directory)
        case Status.CANCELLED:
            return f"Withdrawn by {_enders(state, directory) or agent_name(state)}"
        case Status.EXPIRED:
            return "Expired: nobody decided in time"
        case Status.PROHIBITED:
            return "Prohibited by policy"
        case Status.CHANGES_REQUESTED:
            by = "" if state.feedback is None else f" by {directory.name(state.feedback.by)}"
            return f"Changes requested{by}: waiting for a new revision"
        case _:
            return _waiting(state)


def place(state: RequestState, stage: Stage) -> str:
    """A stage among the others: "Finance (stage 2 of 3)"."""
    return f"{stage.plan.name} (stage {stage.plan.level} of {len(state.stages)})"


def held_because(stage: Stage) -> str | None:
    """Why a stage waits for an administrator; None while its people can decide it."""
    return (stage.held or TOO_FEW) if held(stage) else None


def because(state: RequestState) -> str | None:
    """The rule's own sentence, where the rule and not a person ended the request."""
    route = state.route
    return None if route is None or route.category is Category.REVIEW else route.because


def _approved(state: RequestState, directory: Directory) -> str:
    text = _approval(state, directory)
    if state.execution is not None:
        return f"{text}. Executed: {state.execution.outcome}"
    if state.token is not None and state.token.revoked_at is not None:
        return f"{text}. The approval was taken back before it was used"
    return text


def _approval(state: RequestState, directory: Directory) -> str:
    rule = "" if state.route is None else state.route.rule
    match None if state.outcome is None else state.outcome.bypass:
        case None:
            return f"Approved by {deciders(state, directory)}"
        case "break_glass":
            return f"Approved by {_enders(state, directory)} alone: break-glass"
        case "model_grant":
            return f"Approved by the model, as rule {rule} allows"
        case _:
            return "Approved by policy"


def _enders(state: RequestState, directory: Directory) -> str:
    """Who ended it in their own name, whomever they may have voted for before."""
    return "" if state.outcome is None else listed(state.outcome.by, directory)


def _rejected(state: RequestState, directory: Directory) -> str:
    match None if state.outcome is None else state.outcome.cause:
        case "timeout":
            return "Rejected: nobody decided in time"
        case None:
            return f"Rejected by {deciders(state, directory)}"
        case _:
            refused = (s.plan.name for s in state.stages if s.status is StageStatus.REJECTED)
            stage = next(refused, None)
            where = "" if stage is None else f": stage {stage} refuses such requests by itself"
            return f"Rejected by policy{where}"


def _waiting(state: RequestState) -> str:
    stage = state.current
    if stage is None:
        return "Waiting"
    where = place(state, stage)
    why = held_because(stage)
    if why is not None:
        return f"Held at {where}: {why}; an administrator must help"
    return f"Waiting for {where}"
