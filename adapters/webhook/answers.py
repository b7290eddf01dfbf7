"""What the API answers, as types; the OpenAPI document is drawn from them.

Times are RFC 3339 in UTC with milliseconds; amounts are decimals as strings, so that no
reader rounds them. Stored JSON goes out exactly as it was stored.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.request import Category, Quorum, StageStatus, Status
from core.request import Decision as DecisionWord

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


class RequestRevision(msgspec.Struct, frozen=True):
    """The revision that stands. `digest` covers everything shown or routed on."""

    number: int
    digest: str | None


class RequestAction(msgspec.Struct, frozen=True):
    """What would be done."""

    type: str
    params: StoredOrErased


class RequestPolicy(msgspec.Struct, frozen=True):
    """The rule that applied, and the version of the policy it stands in."""

    rule: str
    version: str


class Vote(msgspec.Struct, frozen=True):
    """One person's vote. `via` is the platform, or "api"."""

    person: str
    on_behalf_of: str | None
    decision: DecisionWord
    comment: str | None
    via: str
    at: Moment


class Stage(msgspec.Struct, frozen=True):
    """One stage. `assigned_to` may decide it now; of a waiting stage, whom the rule names."""

    level: int
    name: str
    status: StageStatus
    escalated: bool
    quorum: Quorum
    assigned_to: tuple[str, ...]
    votes: tuple[Vote, ...]
    sla_deadline: Moment | None


class RationalePoint(msgspec.Struct, frozen=True):
    """One reason and the fields it rests on."""

    text: str
    sources: tuple[str, ...]


class RequestRationale(msgspec.Struct, frozen=True):
    """Advice to the approvers; it decides nothing. `confidence` is a percentage."""

    recommendation: str
    confidence: int | None
    summary: str
    points: tuple[RationalePoint, ...]
    risks: tuple[str, ...]
    source: str


class RequestDecision(msgspec.Struct, frozen=True):
    """How the request ended; `by` is empty where a rule or the clock ended it."""

    outcome: Status
    by: tuple[str, ...]
    reason: str | None
    at: Moment


class RequestDelivery(msgspec.Struct, frozen=True):
    """One recipient's card: `wanted` and `shown` are versions of the request."""

    platform: str
    recipient: str
    state: str
    wanted: int
    shown: int
    reason: str | None


class Request(msgspec.Struct, frozen=True):
    """A request as it stands. `token` is null and `execution` "not_started": neither is
    offered by this version."""

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
    estimated_completion: Moment | None
    rationale: RequestRationale | None
    decision: RequestDecision | None
    token: str | None
    execution: str
    deliveries: tuple[RequestDelivery, ...]
    created_at: Moment
    expires_at: Moment
    decided_at: Moment | None


class RequestList(msgspec.Struct, frozen=True):
    """A page of requests, newest first."""

    items: tuple[Request, ...]
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


class Health(msgspec.Struct, frozen=True):
    """The state of the server."""

    status: str
