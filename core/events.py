"""What can happen to a request: a closed vocabulary, which is also the audit trail.

Events hold only state-bearing fields: amounts, routes, person ids, times, and the
commitments of content rows. Free text and params never stand in an event.
"""

import msgspec

from core.request import Decision, Entry, Route, Status
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


class Submitted(Event, tag="submitted", kw_only=True, frozen=True):
    """A request was made and routed. `content` is the revision's row, `commitment` its seal."""

    agent: str
    agent_key: str
    owner: str | None = None
    requester: str | None = None
    action_type: str
    amount: str | None = None
    currency: str | None = None
    risk_score: int | None = None
    route: Route
    content: str
    commitment: str
    expires_at: Millis


class RationaleRecorded(Event, tag="rationale_recorded", frozen=True):
    """Advice was written; `content` is its row."""

    content: str
    commitment: str
    source: str
    recommendation: str


class StageOpened(Event, tag="stage_opened", frozen=True):
    """A stage began. `entries` are the people who may decide it, with those barred left out.

    `escalated_because` is set when the policy's own people could not fill it.
    """

    level: int
    round: int
    entries: tuple[Entry, ...] = ()
    escalated_because: str | None = None


class Voted(Event, tag="voted", frozen=True):
    """A person decided on exactly this revision, stage and round.

    `entries` are the places in the stage's entries for which they were entitled then: only
    those can an approval fill.
    `department` and `roles` are the person's as the directory had them then.
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


class StageApproved(Event, tag="stage_approved", frozen=True):
    """A stage has its quorum."""

    level: int


class StageRejected(Event, tag="stage_rejected", frozen=True):
    """A stage was rejected."""

    level: int


class Finished(Event, tag="finished", frozen=True):
    """The request reached its end. `bypass` names an approval without a person's vote."""

    status: Status
    by: tuple[str, ...] = ()
    reason: str | None = None
    reason_commitment: str | None = None
    bypass: str | None = None


AnyEvent = (
    Submitted | RationaleRecorded | StageOpened | Voted | StageApproved | StageRejected | Finished
)


class Recorded(Value, frozen=True):
    """An event with who did it and when: what is appended to the request's stream."""

    event: AnyEvent
    actor: Actor
    at: Millis


_decoder: msgspec.json.Decoder[Recorded] = msgspec.json.Decoder(Recorded)


def read_recorded(body: bytes) -> Recorded:
    """What a stored record says happened; its place in the chain is left to `audit`."""
    return _decoder.decode(body)
