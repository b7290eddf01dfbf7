"""What the API reads for acts on a request: who acts is the key's person, never the body."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from adapters.webhook.schema import (
    Action,
    ActionType,
    Address,
    Amount,
    Comment,
    Context,
    Currency,
    Description,
    Labels,
    Params,
    RiskScore,
    Strict,
    Title,
    Written,
    remedy,
)
from core.request import Decision, IncidentKind, Severity
from core.tokens.token import MAX_CHARS

MOST_EDITS = 50

DecisionWord = Annotated[
    Decision, Meta(extra=remedy('Send "approve", "reject" or "request_changes".'))
]
StageName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="The stage that is meant; any but the current one is refused.",
        extra=remedy("Send the name of the current stage, or leave it out."),
    ),
]
RevisionNumber = Annotated[
    int,
    Meta(
        ge=1,
        description=(
            "The revision that was seen; any but the present one is refused. To approve a request "
            "that was revised needs it."
        ),
        extra=remedy("Send the revision's number, or leave it out."),
    ),
]
RoundNumber = Annotated[
    int,
    Meta(
        ge=1,
        description=(
            "The round of the stage that was seen, as `stages[].round` shows it; any but the "
            "present one is refused. To decide a stage that was opened again needs it."
        ),
        extra=remedy("Send the round of the current stage, or leave it out."),
    ),
]
FieldName = Annotated[str, Meta(min_length=1, max_length=200)]
LongText = Annotated[str, Meta(max_length=10_000)]
Edits = Annotated[
    dict[FieldName, LongText | bool | int | float],
    Meta(
        max_length=MOST_EDITS,
        description=(
            "With an approval: new values for fields that the rule lists as `editable`, by "
            "their names (`amount`, or a path in the params such as `total.gross`)."
        ),
        examples=[{"amount": 900}],
        extra=remedy(f"Send an object of at most {MOST_EDITS} names with texts or numbers."),
    ),
]
Question = Annotated[
    bool,
    Meta(description="Whether an answer is wanted.", extra=remedy("Send true or false.")),
]
IncidentWord = Annotated[
    IncidentKind,
    Meta(
        description="What it is: the approval was wrong, did harm, somebody was deceived, "
        "somebody complains, or anything else.",
        extra=remedy('Send "wrong", "harm", "fraud", "complaint" or "other".'),
    ),
]
SeverityWord = Annotated[
    Severity, Meta(extra=remedy('Send "low", "medium" or "high", or leave it out.'))
]
Outcome = Annotated[
    Literal["succeeded", "failed"],
    Meta(description="How it went.", extra=remedy('Send "succeeded" or "failed".')),
]
TokenText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_CHARS,
        description="The approval token, exactly as it was given.",
        extra=remedy("Send the text that GET /v1/requests/{id} gave as `token`."),
    ),
]


class DecisionBody(Strict, frozen=True):
    """A decision by the person the key stands for."""

    decision: DecisionWord
    comment: Comment | None = None
    stage: StageName | None = None
    revision: RevisionNumber | None = None
    round: RoundNumber | None = None
    edits: Edits | None = None


class ReasonBody(Strict, frozen=True):
    """Why, if there is anything to say."""

    reason: Comment | None = None


class CancelBody(ReasonBody, frozen=True):
    """The withdrawal of an open request."""


class NudgeBody(Strict, frozen=True):
    """Nothing needs to be said."""


class BreakGlassBody(Strict, frozen=True):
    """One person passes the request alone."""

    reason: Written
    revision: RevisionNumber | None = None


class DelegationBody(Strict, frozen=True):
    """Who is to act for the key's person on this request."""

    to: Address
    reason: Comment | None = None


class ReassignBody(Strict, frozen=True, rename={"from_": "from"}):
    """`to` is asked in the place of `from`, in the stage that is open."""

    from_: Address
    to: Address
    reason: Comment | None = None


class CommentBody(Strict, frozen=True):
    """A comment, or a question."""

    text: Written
    question: Question = False


class RevisedAction(Strict, frozen=True):
    """What of the action changes."""

    type: ActionType | UnsetType = UNSET
    params: Params | UnsetType = UNSET


class RevisionBody(Strict, frozen=True):
    """A new revision. A member that is left out keeps its value, null empties it.

    An amount that stands in the params is taken from them again.
    """

    action: RevisedAction | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    amount: Amount | UnsetType | None = UNSET
    currency: Currency | UnsetType | None = UNSET
    risk_score: RiskScore | UnsetType | None = UNSET
    context: Context | UnsetType | None = UNSET
    labels: Labels | UnsetType | None = UNSET
    revision: RevisionNumber | None = None


class ExecutionBody(Strict, frozen=True):
    """How the approved action went."""

    outcome: Outcome
    detail: Comment | None = None


class IncidentBody(Strict, frozen=True):
    """What turned out wrong of an approval."""

    detail: Written
    kind: IncidentWord = "other"
    severity: SeverityWord = "medium"


class RedeemBody(Strict, frozen=True):
    """The token, and the action that is about to be run."""

    token: TokenText
    action: Action
