"""What the API answers about the rules: the policy, standing delegations, the trail."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from adapters.webhook.answers import Moment
from core.audit.checkpoint import Signed
from core.policy.backtest import Change
from core.request import Status
from core.route import Category

Source = Annotated[
    Literal["file", "database"],
    Meta(description="What is the source: the file of COUNTERSIGN_POLICY, or the database."),
]


class Policy(msgspec.Struct, frozen=True):
    """A policy version, as it was written."""

    version: str
    text: str
    source: Source


class PolicyVersion(msgspec.Struct, frozen=True):
    """When a version came into force. `by` is a person, a key's id, or "file"."""

    version: str
    at: Moment
    by: str
    in_force: bool


class PolicyVersionList(msgspec.Struct, frozen=True):
    """The versions that were in force, newest first; one may come twice."""

    items: tuple[PolicyVersion, ...]
    next_cursor: str | None


class TriedRule(msgspec.Struct, frozen=True):
    """A rule that was judged, and whether its condition holds; null: it has no answer."""

    rule: str
    condition: str
    holds: bool | None


class StageMoment(msgspec.Struct, frozen=True):
    """What happens while nobody answers: "reminder", "escalation", "hold" or "end"."""

    at: Moment
    what: str
    people: tuple[str, ...]
    because: str


class ExplainedStage(msgspec.Struct, frozen=True):
    """A stage, as if those before it were approved at once and then nobody answered.

    `asked` are asked and told first, `silent` may decide and are not told, `helped` says why
    others than the policy's own people are asked. An `auto` stage asks nobody.
    """

    level: int
    name: str
    quorum: int
    asked: tuple[str, ...]
    silent: tuple[str, ...]
    in_order: tuple[str, ...]
    helped: str | None
    deadline: Moment | None
    moments: tuple[StageMoment, ...]
    auto: str | None


class Explanation(msgspec.Struct, frozen=True):
    """What would become of a request made now. Nothing was stored.

    `refused` says why it would not be taken; then there is no rule. `told` are all people who
    would be told if every stage passed at once, `told_later` those besides if nobody answered.
    """

    tried: tuple[TriedRule, ...]
    refused: str | None
    rule: str | None
    category: Category | None
    why: str
    amount: str | None
    expires_at: Moment | None
    stages: tuple[ExplainedStage, ...]
    left_out: tuple[str, ...]
    told: tuple[str, ...]
    told_later: tuple[str, ...]
    warnings: tuple[str, ...]
    policy_version: str


class AskedStage(msgspec.Struct, frozen=True):
    """A stage that asks people: how many must approve, and who may."""

    stage: str
    quorum: int
    people: tuple[str, ...]


class RoutedRequest(msgspec.Struct, frozen=True):
    """What a policy says of a request."""

    rule: str
    category: Category
    stages: tuple[AskedStage, ...]


class ComparedRequest(msgspec.Struct, frozen=True):
    """A past request under both policies. `would_need` are stages that nobody who approved
    may decide; `problem` says why it would be refused or cannot be compared."""

    request: str
    status: Status
    change: Change
    before: RoutedRequest
    after: RoutedRequest | None
    would_need: tuple[AskedStage, ...]
    problem: str | None


class Backtest(msgspec.Struct, frozen=True):
    """Past requests under another policy; every kind of change has its count."""

    policy_version: str
    counts: dict[str, int]
    requests: tuple[ComparedRequest, ...]


class Absence(msgspec.Struct, frozen=True, rename={"giver": "from", "taker": "to"}):
    """A standing delegation: `to` acts for `from` from `starts` until `until` (null: until it
    is ended), for these `categories` (none: all) and amounts up to `amount_cap`."""

    id: str
    giver: str
    taker: str
    starts: Moment
    until: Moment | None
    categories: tuple[str, ...]
    amount_cap: str | None
    currency: str | None
    active: bool
    created_at: Moment


class AbsenceList(msgspec.Struct, frozen=True):
    """Standing delegations that are not over."""

    items: tuple[Absence, ...]
    next_cursor: str | None


class CheckpointList(msgspec.Struct, frozen=True):
    """Signed checkpoints, oldest first. Times in them are milliseconds since 1970, as signed:
    a signature is over the canonical JSON of `{"checkpoint": ...}`."""

    items: tuple[Signed, ...]
    next_cursor: str | None


class PublicKey(msgspec.Struct, frozen=True):
    """An Ed25519 public key as a JSON Web Key (RFC 8037)."""

    alg: str
    crv: str
    kid: str
    kty: str
    use: str
    x: str


class KeySet(msgspec.Struct, frozen=True):
    """The public keys, the active one first."""

    keys: tuple[PublicKey, ...]
