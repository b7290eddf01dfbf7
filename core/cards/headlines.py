"""The one line that says where a request stands, with who decided or who is waited for."""

from msgspec.structs import replace

from core.cards.names import agent_name, deciders, in_sentence
from core.directory.people import Directory
from core.request import RequestState, Stage, StageStatus, Status
from core.route import Category
from core.rules.eligibility import held
from core.rules.staffing import held_for_people
from core.value import Millis

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


def held_line(stage: Stage) -> str | None:
    """Why a stage is held and what helps, without a full stop; None while it is not."""
    why = held_because(stage)
    if why is None:
        return None
    if out_of_time(stage):
        return f"{why}; it may still be decided, and an administrator can reassign it"
    return f"{why}; an administrator must help"


def out_of_time(stage: Stage) -> bool:
    """Whether a stage is held only because nobody decided in time."""
    short = held(replace(stage, held=None))
    return stage.held is not None and not (short or held_for_people(stage))


def decide_by(state: RequestState) -> Millis | None:
    """The deadline of those who are asked now; None while nobody is."""
    stage = state.current
    if stage is None:
        return None
    # Once the time of a held stage is over, only the end of the request is left.
    return state.expires_at if state.is_open and out_of_time(stage) else state.deadline


def escalation(stage: Stage, directory: Directory) -> str | None:
    """Why others are asked too, with the name of the person who wanted it."""
    why = stage.escalated_because
    if why is None or stage.escalated_by is None:
        return why
    return f"{directory.name(stage.escalated_by)} escalated it; {done(why)}"


def done(why: str) -> str:
    """What was done, of a sentence that says why first."""
    return why.rpartition("; ")[2]


def because(state: RequestState) -> str | None:
    """The rule's own sentence, where the rule and not a person ended the request."""
    route = state.route
    return None if route is None or route.category is Category.REVIEW else route.because


def _approved(state: RequestState, directory: Directory) -> str:
    text = _used(state, directory)
    if state.incidents:
        many = "An incident was" if state.incidents == 1 else f"{state.incidents} incidents were"
        return f"{text}. {many} reported since ({state.severity})"
    return text


def _used(state: RequestState, directory: Directory) -> str:
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
    return "" if state.outcome is None else in_sentence(state.outcome.by, directory)


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
    why = held_line(stage)
    if why is not None:
        return f"Held at {where}: {why}"
    return f"Waiting for {where}"
