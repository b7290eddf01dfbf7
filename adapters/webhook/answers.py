"""What the API answers, as types; the OpenAPI document is drawn from them.

Times are RFC 3339 in UTC with milliseconds; amounts are decimals as strings, so that no
reader rounds them. Stored JSON goes out exactly as it was stored.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.request import Decision as DecisionWord
from core.request import StageStatus, Status
from core.route import Category, Quorum

Moment = Annotated[str, Meta(description="RFC 3339, UTC.", examples=["2026-01-05T09:00:00.000Z"])]
Stored = Annotated[
    msgspec.Raw, Meta(description="As it was stored.", extra_json_schema={"type": "object"})
]
StoredOrErased = Annotated[
    msgspec.Raw,
    Meta(
        description="As it was stored; null once it was erased.",
        extra_json_schema={"type": ["object", "null"]},
    ),
]


Estimate = Annotated[
    str | None,
    Meta(
        description=(
            "RFC 3339, UTC, from how long such stages took of late; `unknown` while open "
            "without a precedent; null when over."
        )
    ),
]


Between = Annotated[
    tuple[str, str],
    Meta(
        description=(
            "RFC 3339, UTC: from when until when eight of ten such requests were decided of late; "
            "left out where too little is known."
        )
    ),
]


class RequestRevision(msgspec.Struct, frozen=True):
    """The revision that stands. `digest` covers everything shown or routed on; `edited` are
    the fields that `edited_by` changed before approving."""

    number: int
    digest: str | None
    edited: tuple[str, ...]
    edited_by: str | None


class RequestAction(msgspec.Struct, frozen=True):
    """What would be done."""

    type: str
    params: StoredOrErased


class RequestPolicy(msgspec.Struct, frozen=True):
    """The rule that applied, and the version of the policy it stands in."""

    rule: str
    version: str


class Vote(msgspec.Struct, frozen=True):
    """One person's vote. `via` is the platform, or "api".

    Who stands in votes `on_behalf_of` somebody, `through` those between the two. A `carried`
    vote was cast on an earlier revision and kept by the rule.
    """

    person: str
    on_behalf_of: str | None
    through: tuple[str, ...]
    decision: DecisionWord
    comment: str | None
    via: str
    at: Moment
    carried: bool


class Stage(msgspec.Struct, frozen=True):
    """One stage. `assigned_to` may decide it now; of a waiting stage, whom the rule names.

    `round` counts how often it was opened. `held` says why it waits for an administrator,
    `bypass` why it passed without a vote.
    """

    level: int
    name: str
    status: StageStatus
    round: int
    escalated: bool
    escalated_because: str | None
    held: str | None
    bypass: str | None
    quorum: Quorum
    assigned_to: tuple[str, ...]
    votes: tuple[Vote, ...]
    opened_at: Moment | None
    closed_at: Moment | None
    sla_deadline: Moment | None


class RationalePoint(msgspec.Struct, frozen=True):
    """One reason and the fields it rests on."""

    text: str
    sources: tuple[str, ...]


Recommendation = Annotated[str, Meta(description="approve, review or reject.")]


class RequestRationale(msgspec.Struct, frozen=True):
    """Advice to the approvers; it decides nothing. `confidence` is a percentage. `source` is
    "rules" or the name of the model; with a model, `rules` and `model` are what each of the two
    recommends, `recommendation` the more cautious, and `removed` says what of the model's answer
    was left out, and why."""

    recommendation: Recommendation
    confidence: int | None
    summary: str
    points: tuple[RationalePoint, ...]
    risks: tuple[str, ...]
    source: str
    questions: Annotated[tuple[str, ...], Meta(description="To ask before deciding.")]
    rules: Recommendation | None
    model: Recommendation | None
    removed: Annotated[
        tuple[str, ...],
        Meta(
            description="What of the model's answer is not shown, and why; never its words.",
            examples=[["point: a number that stands in no fact it rests on"]],
        ),
    ]


class RequestDecision(msgspec.Struct, frozen=True):
    """How the request ended; `by` is empty where a rule or the clock ended it.

    `bypass` names an approval without a person's vote, `cause` what ended it where no person
    did.
    """

    outcome: Status
    by: tuple[str, ...]
    reason: str | None
    bypass: str | None
    cause: str | None
    at: Moment


class RequestFeedback(msgspec.Struct, frozen=True):
    """What is to be changed before it can be approved: `by` whom, at which stage."""

    by: str
    level: int
    reason: str | None
    at: Moment


class RequestDelegation(msgspec.Struct, frozen=True, rename={"giver": "from", "taker": "to"}):
    """`to` acts for `from` on this request. `standing` is the id of the out-of-office
    delegation it came from."""

    giver: str
    taker: str
    at: Moment
    until: Moment | None
    standing: str | None
    reason: str | None
    ended: bool


class RequestComment(msgspec.Struct, frozen=True):
    """A comment or question; `person` is null where the agent wrote it."""

    person: str | None
    text: str | None
    question: bool
    at: Moment


class ExecutionReport(msgspec.Struct, frozen=True):
    """What the agent reported of the approved action."""

    outcome: Literal["succeeded", "failed"]
    detail: str | None
    at: Moment


class RequestDelivery(msgspec.Struct, frozen=True):
    """One recipient's card: `wanted` and `shown` are versions of the request. In the state
    `digest` no card is pushed: the recipient reads of the request in their daily digest, of which
    the next one comes at `digest_at`.

    On the platform `callback` it is the agent, at the host of its address: the sequence of the
    newest callback, and of the newest that was delivered; `dead` if any was given up, and
    `reason` then says why, or why the next one waits."""

    platform: str
    recipient: str
    state: Literal["waiting", "shown", "dead", "digest"]
    wanted: int
    shown: int
    reason: str | None
    digest_at: Moment | None = None


class Request(msgspec.Struct, frozen=True):
    """A request as it stands.

    `token` is the approval token: only the key that asked gets it, from
    `GET /v1/requests/{id}` and from the submission itself; only it is shown `callback_url`.
    `feedback` is there while changes are requested. `comments` are the newest few of
    `comment_count`. `answered_from_record` is true, and otherwise left out, where a submission is
    answered with an earlier rejection. `incidents` counts what was reported since of an approval
    that turned out wrong, and is left out where nothing was.
    """

    id: str
    status: Status
    category: Category
    revision: RequestRevision
    action: RequestAction
    title: str | None
    description: str | None
    requester: str | None
    agent: str
    amount: str | None
    currency: str | None
    risk_score: int | None
    policy: RequestPolicy
    current_stage: int | None
    total_stages: int
    stages: tuple[Stage, ...]
    estimated_completion: Estimate
    rationale: RequestRationale | None
    decision: RequestDecision | None
    feedback: RequestFeedback | None
    token: str | None
    execution: Literal["not_started", "succeeded", "failed"]
    execution_report: ExecutionReport | None
    delegations: tuple[RequestDelegation, ...]
    comments: tuple[RequestComment, ...]
    comment_count: int
    previous_request_id: str | None
    attempt: int
    max_attempts: int
    deliveries: tuple[RequestDelivery, ...]
    created_at: Moment
    expires_at: Moment
    decided_at: Moment | None
    callback_url: str | None
    incidents: int | UnsetType = UNSET
    estimated_between: Between | UnsetType = UNSET
    answered_from_record: bool | UnsetType = UNSET


class RequestList(msgspec.Struct, frozen=True):
    """A page of requests, newest first."""

    items: tuple[Request, ...]
    next_cursor: str | None


class CallbacksReplayed(msgspec.Struct, frozen=True):
    """How many callbacks are sent again now, or at last."""

    queued: int


class AttemptList(msgspec.Struct, frozen=True):
    """The ids of the requests of one chain, the first attempt first."""

    items: tuple[str, ...]
    next_cursor: str | None


class Event(msgspec.Struct, frozen=True):
    """One record of the trail. `record` is the canonical JSON whose SHA-256 is `hash`, and
    holds the hash of the record before it as `previous`."""

    seq: int
    type: str
    at: Moment
    hash: str
    record: Stored


class EventList(msgspec.Struct, frozen=True):
    """The whole trail of one request. `content` holds the texts and parameters that the
    records name by id, as far as they were not erased."""

    items: tuple[Event, ...]
    next_cursor: str | None
    content: dict[str, Stored]


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of the server. `warnings` are sentences for its operator; they say what is wrong
    without keeping this very server from taking calls, and are left out when there are none."""

    status: str
    warnings: tuple[str, ...] = ()
