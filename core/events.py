"""What can happen to a request: a closed vocabulary, which is also the audit trail.

Events hold only state-bearing fields: amounts, routes, person ids, times, and the
commitments of content rows. Free text and params never stand in an event.
"""

from typing import Any, Literal

import msgspec

from core.request import Decision, IncidentKind, Severity, Status, Vote
from core.route import Entry, Route
from core.value import Millis, Value


class Actor(Value, frozen=True):
    """Who did it: a person, an agent's key, or (neither) Countersign itself.

    `via` is the platform or "api", "cli", "system"; `evidence` names the platform's message.
    """

    via: str
    person: str | None = None
    agent: str | None = None
    evidence: dict[str, str] = {}


SYSTEM = Actor(via="system")


class Event(Value, tag_field="type", frozen=True):
    """Base of all events."""


# --- asking ------------------------------------------------------------------------------


class Submitted(Event, tag="submitted", kw_only=True, frozen=True):
    """A request was made and routed. `content` is the revision's row, `commitment` its seal;
    `callback` the row of the address at which the agent is told what becomes of it."""

    agent: str
    agent_key: str
    owner: str | None = None
    requester: str | None = None
    previous: str | None = None
    attempt: int = 1
    action_type: str
    amount: str | None = None
    currency: str | None = None
    risk_score: int | None = None
    route: Route
    content: str
    commitment: str
    expires_at: Millis
    callback: str | None = None
    callback_commitment: str | None = None


class Revised(Event, tag="revised", kw_only=True, frozen=True):
    """A new revision was made and routed from the start.

    `edited` are the fields that a person changed before approving; empty for the agent's own
    revision. With `kept` the stages stand as they are: what counted is carried over, from the
    commitment `before` to `commitment`. `expires_at` is set where the new rule gives less time
    than was left.
    """

    revision: int
    action_type: str
    amount: str | None = None
    currency: str | None = None
    risk_score: int | None = None
    route: Route
    content: str
    commitment: str
    before: str
    edited: tuple[str, ...] = ()
    kept: tuple[Vote, ...] | None = None
    expires_at: Millis | None = None


class RationaleRecorded(Event, tag="rationale_recorded", frozen=True):
    """Advice was written; `content` is its row."""

    content: str
    commitment: str
    source: str
    recommendation: str
    confidence: int | None = None


# --- stages ------------------------------------------------------------------------------


class StageOpened(Event, tag="stage_opened", frozen=True):
    """A stage began. `entries` are the people who may decide it, with those barred left out.

    `escalated_because` is set when the policy's own people could not fill it; `tier` says how
    many levels of escalation that took. `due_at`, `acts_at`, `reminders`, `hands_over` and `order`
    as in `Stage`.
    """

    level: int
    round: int
    entries: tuple[Entry, ...] = ()
    escalated_because: str | None = None
    tier: int = 0
    due_at: Millis | None = None
    acts_at: Millis | None = None
    reminders: tuple[Millis, ...] = ()
    hands_over: Millis | None = None
    order: tuple[str, ...] = ()


class Voted(Event, tag="voted", frozen=True):
    """A person decided on exactly this revision, stage and round.

    `entries` are the places in the stage's entries for which they were entitled then: only
    those can an approval fill. `department` and `roles` are the person's as the directory had
    them then; `on_behalf_of`, `through` and `departments` as in `Vote`.
    """

    level: int
    round: int
    revision: int
    commitment: str
    person: str
    decision: Decision
    comment: str | None = None
    comment_commitment: str | None = None
    entries: tuple[int, ...] = ()
    department: str | None = None
    roles: tuple[str, ...] = ()
    on_behalf_of: str | None = None
    through: tuple[str, ...] = ()
    departments: tuple[str | None, ...] = ()


class VoteWithdrawn(Event, tag="vote_withdrawn", frozen=True):
    """A person took their vote back while the stage was open."""

    level: int
    round: int
    person: str


class StageApproved(Event, tag="stage_approved", frozen=True):
    """A stage has its quorum. `bypass` names why it passed without votes."""

    level: int
    bypass: str | None = None


class StageRejected(Event, tag="stage_rejected", frozen=True):
    """A stage was rejected; `cause` says by what where no person did."""

    level: int
    cause: str | None = None


class RolledBack(Event, tag="rolled_back", frozen=True):
    """A rejection at `level` sent the request back: the votes of the stages from `to` up to it
    are undone. The stage `to` opens again next."""

    level: int
    to: int
    reason: str | None = None
    reason_commitment: str | None = None


class ChangesRequested(Event, tag="changes_requested", frozen=True):
    """The request waits for a revision by the agent that takes up the reason."""

    level: int
    by: str
    reason: str | None = None
    reason_commitment: str | None = None


# --- who is asked ------------------------------------------------------------------------


class Delegated(Event, tag="delegated", frozen=True):
    """`taker` may act for `giver` on this request; `standing` names an out-of-office one."""

    giver: str
    taker: str
    until: Millis | None = None
    standing: str | None = None
    reason: str | None = None
    reason_commitment: str | None = None


class DelegationEnded(Event, tag="delegation_ended", frozen=True):
    """`taker` no longer acts for `giver`. Votes that were cast stand."""

    giver: str
    taker: str
    standing: str | None = None


class Reassigned(Event, tag="reassigned", frozen=True):
    """An administrator put another person in somebody's place."""

    level: int
    old: str
    new: str
    entries: tuple[Entry, ...]
    reason: str | None = None
    reason_commitment: str | None = None


class Escalated(Event, tag="escalated", kw_only=True, frozen=True):
    """More people were asked. `entries` are all of the stage's now, `told` who is new.

    `because` is a sentence of ours; `cause` is "timeout", "staffing" or "person".
    """

    level: int
    tier: int
    entries: tuple[Entry, ...]
    told: tuple[str, ...]
    because: str
    cause: Literal["timeout", "staffing", "person"]
    acts_at: Millis | None = None
    reminders: tuple[Millis, ...] = ()
    hands_over: Millis | None = None
    reason: str | None = None
    reason_commitment: str | None = None


class Restaffed(Event, tag="restaffed", frozen=True):
    """The stage's people were chosen again after the directory changed, which ends a hold, or at
    a `turn` of those who are on call."""

    level: int
    entries: tuple[Entry, ...]
    tier: int = 0
    escalated_because: str | None = None
    acts_at: Millis | None = None
    reminders: tuple[Millis, ...] = ()
    hands_over: Millis | None = None
    turn: bool = False


class Held(Event, tag="held", frozen=True):
    """The stage waits for an administrator: nobody is left to ask, or the rule says hold."""

    level: int
    because: str


class Reminded(Event, tag="reminded", frozen=True):
    """Those who are waited for are reminded; `left` are the reminders still to come."""

    level: int
    people: tuple[str, ...]
    left: tuple[Millis, ...] = ()


class Nudged(Event, tag="nudged", frozen=True):
    """The one who asks has those who are waited for reminded."""

    level: int
    people: tuple[str, ...]


class Commented(Event, tag="commented", frozen=True):
    """Somebody wrote a comment or asked a question."""

    content: str
    commitment: str
    question: bool = False


# --- the end -----------------------------------------------------------------------------


class Finished(Event, tag="finished", frozen=True):
    """The request reached its end. `bypass` names an approval without a person's vote."""

    status: Status
    by: tuple[str, ...] = ()
    reason: str | None = None
    reason_commitment: str | None = None
    bypass: str | None = None
    cause: str | None = None


class TokenMinted(Event, tag="token_minted", frozen=True):
    """The approved revision may be redeemed once, with a token of these terms."""

    jti: str
    kid: str
    iat: Millis
    exp: Millis


class TokenRedeemed(Event, tag="token_redeemed", frozen=True):
    """The approval was used."""

    jti: str
    key: str


class TokenRevoked(Event, tag="token_revoked", frozen=True):
    """An administrator took the approval's token back before it was used."""

    jti: str
    reason: str | None = None
    reason_commitment: str | None = None


class ExecutionReported(Event, tag="execution_reported", frozen=True):
    """The agent said how the action went."""

    outcome: Literal["succeeded", "failed"]
    detail: str | None = None
    detail_commitment: str | None = None


class IncidentReported(Event, tag="incident_reported", kw_only=True, frozen=True):
    """An approval turned out wrong; `content` is the row of what was written about it."""

    kind: IncidentKind
    severity: Severity
    content: str
    commitment: str


class Restored(Event, tag="restored", frozen=True):
    """The database was restored from a backup: what happened here after `as_of` is lost."""

    as_of: Millis


AnyEvent = (
    Submitted
    | Revised
    | RationaleRecorded
    | StageOpened
    | Voted
    | VoteWithdrawn
    | StageApproved
    | StageRejected
    | RolledBack
    | ChangesRequested
    | Delegated
    | DelegationEnded
    | Reassigned
    | Escalated
    | Restaffed
    | Held
    | Reminded
    | Nudged
    | Commented
    | Finished
    | TokenMinted
    | TokenRedeemed
    | TokenRevoked
    | ExecutionReported
    | IncidentReported
    | Restored
)


class Recorded(Value, frozen=True):
    """An event with who did it and when: what is appended to the request's stream."""

    event: AnyEvent
    actor: Actor
    at: Millis


_decoder: msgspec.json.Decoder[Recorded] = msgspec.json.Decoder(Recorded)


def read_recorded(body: bytes) -> Recorded:
    """What a stored record says happened; its place in the chain is left to `audit`."""
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError:
        return msgspec.convert(_with_levels(msgspec.json.decode(body)), Recorded)


def _with_levels(record: Any) -> Any:
    """A record of the first version, whose stages had one level of escalation: `escalate_to`
    was its entries, where it now is a list of levels."""
    for stage in record["event"].get("route", {}).get("stages", ()):
        flat = stage.get("escalate_to")
        if flat and isinstance(flat[0], dict):
            stage["escalate_to"] = [flat]
    return record
