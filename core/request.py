"""The state of one request, and the values it is made of.

State is what the events add up to. It holds no free text and no params: those lie in
content rows beside the events, named here by id, so that a replay survives erasure.
"""

from enum import StrEnum
from typing import Literal

from core.value import Millis, Value


class Status(StrEnum):
    PENDING = "pending"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PROHIBITED = "prohibited"


OPEN = frozenset({Status.PENDING, Status.CHANGES_REQUESTED})


class StageStatus(StrEnum):
    WAITING = "waiting"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SKIPPED = "skipped"


class Category(StrEnum):
    AUTO_APPROVE = "auto_approve"
    REVIEW = "review"
    PROHIBITED = "prohibited"


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


Quorum = int | Literal["all"]


class Entry(Value, frozen=True):
    """One line of a stage's approvers: a person, or a group of which any member may act.

    `ref` is the policy's word ("manager_of:requester", "group:finance", an e-mail address),
    `people` whom it meant when the request was made, `seats` how many votes it may fill.
    `exempt` people need not have the stage's role and department: the last resort.
    """

    ref: str
    people: tuple[str, ...]
    seats: int = 1
    exempt: bool = False


class StagePlan(Value, frozen=True):
    """A stage as the policy wrote it, with its people pinned when the request was made."""

    level: int
    name: str
    entries: tuple[Entry, ...]
    quorum: Quorum = 1
    required_role: str | None = None
    required_department: str | None = None
    escalate_to: tuple[Entry, ...] = ()
    sla: Millis | None = None


class ChannelRef(Value, frozen=True):
    """A chat channel that gets a copy of the card: platform and the platform's channel id."""

    platform: str
    id: str


class Route(Value, frozen=True):
    """What the policy said about a request, pinned: later edits of the files change nothing."""

    rule: str
    policy_version: str
    category: Category
    stages: tuple[StagePlan, ...] = ()
    channels: tuple[ChannelRef, ...] = ()
    last_resort: tuple[Entry, ...] = ()
    confirm: bool = False
    block_self_approval: bool = True
    different_approvers: bool = True
    uncategorised: bool = False
    because: str | None = None


class Vote(Value, frozen=True):
    """One person's vote. `comment` is the id of a content row, `via` the platform or "api",
    `entries` the places in the stage's entries that it may fill."""

    person: str
    decision: Decision
    via: str
    at: Millis
    entries: tuple[int, ...] = ()
    on_behalf_of: str | None = None
    comment: str | None = None


class Stage(Value, frozen=True):
    """A stage as it stands: `assigned` are the people who may decide it now."""

    plan: StagePlan
    status: StageStatus = StageStatus.WAITING
    round: int = 0
    entries: tuple[Entry, ...] = ()
    escalated: bool = False
    escalated_because: str | None = None
    votes: tuple[Vote, ...] = ()
    opened_at: Millis | None = None
    closed_at: Millis | None = None

    @property
    def assigned(self) -> tuple[str, ...]:
        """The people who may decide this stage, in the policy's order, each once."""
        return tuple(dict.fromkeys(p for entry in self.entries for p in entry.people))

    @property
    def sla_deadline(self) -> Millis | None:
        if self.opened_at is None or self.plan.sla is None:
            return None
        return self.opened_at + self.plan.sla


class Outcome(Value, frozen=True):
    """How a request ended: `by` are the deciding people (or the agent, or nobody: a rule).

    `reason` is the id of a content row; `bypass` names an approval without a person's vote.
    """

    status: Status
    at: Millis
    by: tuple[str, ...] = ()
    reason: str | None = None
    bypass: str | None = None


class RequestState(Value, frozen=True):
    """One request. `version` counts its events; `commitment` binds what the cards show.

    `submitter` is the person for whom the submitting key stands, if it stands for one.
    """

    id: str = ""
    version: int = 0
    status: Status = Status.PENDING
    created_at: Millis = 0
    expires_at: Millis = 0
    requester: str | None = None
    submitter: str | None = None
    agent: str = ""
    agent_key: str = ""
    owner: str | None = None
    action_type: str = ""
    amount: str | None = None
    currency: str | None = None
    risk_score: int | None = None
    revision: int = 0
    commitment: str = ""
    content: str = ""
    route: Route | None = None
    stages: tuple[Stage, ...] = ()
    outcome: Outcome | None = None
    rationale: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def current(self) -> Stage | None:
        """The stage that can be decided now, if any."""
        return next((s for s in self.stages if s.status is StageStatus.PENDING), None)

    @property
    def deadline(self) -> Millis | None:
        """When a decision is due at the latest: the stage's deadline or the expiry."""
        if not self.is_open:
            return None
        stage = self.current
        sla = None if stage is None else stage.sla_deadline
        return self.expires_at if sla is None else min(sla, self.expires_at)

    @property
    def wake_at(self) -> Millis | None:
        """The next moment at which something is due, None when nothing ever will be."""
        return self.expires_at if self.is_open else None


def asked(state: RequestState) -> tuple[str, ...]:
    """Everyone who was ever asked to decide, in the order in which they were asked."""
    opened = (s for s in state.stages if s.opened_at is not None)
    return tuple(dict.fromkeys(p for s in opened for p in s.assigned))
