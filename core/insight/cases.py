"""What is looked at: requests that ended, and single decisions, without any of their texts."""

from core.events import Actor
from core.request import Outcome, RequestState, Status
from core.value import Millis, Value

DETAILS = "details"
"""The page on which a request is read whole before it is decided."""


class Kind(Value, frozen=True, order=True):
    """Requests that are alike: one type of action under one rule, in one currency ("" for none)."""

    action_type: str
    rule: str
    currency: str = ""


class Case(Value, frozen=True):
    """A request that ended. `bypass` names an approval without a person's vote. `opposed` says
    that somebody rejected it or wanted changes, in any revision; `failed` that the agent reported
    a failure."""

    request: str
    ended_at: Millis
    status: str
    bypass: str | None = None
    amount: str | None = None
    edits: int = 0
    opposed: bool = False
    incidents: int = 0
    failed: bool = False

    @property
    def by_people(self) -> bool:
        """Whether people decided it: approved or rejected, with a vote."""
        return self.bypass is None and self.status in (
            Status.APPROVED.value,
            Status.REJECTED.value,
        )

    @property
    def approved(self) -> bool:
        return self.status == Status.APPROVED.value


class StageKey(Value, frozen=True, order=True):
    """A stage of a rule, by their names."""

    rule: str
    stage: str


class Ballot(Value, frozen=True):
    """One decision. `took` is the time since the stage opened, None where that is not known;
    `surface` the page it was made on ("details", "batch", "decide"), "" where nobody can say, as in
    chat; `eligible` how many people could have made it."""

    request: str
    person: str
    decision: str
    at: Millis
    took: Millis | None = None
    surface: str = ""
    eligible: int = 0

    @property
    def approves(self) -> bool:
        return self.decision == "approve"


def case_of(state: RequestState) -> tuple[Kind, Case] | None:
    """The case that a request is; None while it is open."""
    ended, route = state.outcome, state.route
    if ended is None or route is None:
        return None
    kind = Kind(state.action_type, route.rule, state.currency or "")
    done = state.execution
    return kind, Case(
        request=state.id,
        ended_at=ended.at,
        status=ended.status.value,
        bypass=_bypass(ended),
        amount=state.amount,
        edits=state.edits,
        opposed=state.opposed,
        incidents=state.incidents,
        failed=done is not None and done.outcome == "failed",
    )


def surface_of(actor: Actor) -> str:
    """The page on which somebody decided, as the evidence of their click has it."""
    return actor.evidence.get("surface", "")


def _bypass(ended: Outcome) -> str | None:
    if ended.status is Status.APPROVED and not ended.by:
        return ended.bypass or "rule"
    return ended.bypass
