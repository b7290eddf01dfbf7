"""The state of one request, and the values it is made of.

State is what the events add up to. It holds no free text and no params: those lie in
content rows beside the events, named here by id, so that a replay survives erasure.
"""

from enum import StrEnum
from typing import Literal

from msgspec.structs import replace

from core.calendars.rotation import next_new
from core.route import Entry, Route, StagePlan
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


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"


class Vote(Value, frozen=True):
    """One person's vote. `comment` is the id of a content row, `via` the platform or "api",
    `entries` the places in the stage's entries that it may fill.

    Whoever stands in for somebody votes `on_behalf_of` them: the seat is theirs, and together
    they have one vote. `through` are those between the two, when a delegation was passed on,
    `departments` those of everyone but `person`, in the order of `voices`, as they were then.
    `carried` marks a vote that was cast on an earlier revision and kept by the rule.
    """

    person: str
    decision: Decision
    via: str
    at: Millis
    entries: tuple[int, ...] = ()
    on_behalf_of: str | None = None
    through: tuple[str, ...] = ()
    comment: str | None = None
    department: str | None = None
    departments: tuple[str | None, ...] = ()
    carried: bool = False

    @property
    def seat(self) -> str:
        """The person whose seat the vote fills."""
        return self.on_behalf_of or self.person

    @property
    def voices(self) -> tuple[str, ...]:
        """Everyone whose authority the vote rests on, the clicker first."""
        if self.on_behalf_of is None:
            return (self.person,)
        return (self.person, *self.through, self.on_behalf_of)


class Stage(Value, frozen=True):
    """A stage as it stands. `assigned` are the people who may decide it now.

    `entries` begin with the plan's own, in its order, and only ever grow: votes name them by
    place. `due_at` is the deadline that it opened with, `acts_at` the moment at which the timeout
    acts (after an escalation the two differ), `reminders` the moments of those still to come,
    `hands_over` a moment before which nobody else is on call; `turns_at` says when somebody is.
    `tier` counts the levels of escalation that were asked, `escalated_by` is the person who had
    the newest one asked. `held` says why the stage waits for an administrator. `bypass` names why
    it passed without a vote. `order` is the line in which the people of a balanced stage are asked.
    `replaced` are those in whose places, in the plan too, an
    administrator put others. `undone` names the voter of each vote of this round that was changed
    or taken back.
    """

    plan: StagePlan
    status: StageStatus = StageStatus.WAITING
    round: int = 0
    entries: tuple[Entry, ...] = ()
    escalated: bool = False
    escalated_because: str | None = None
    escalated_by: str | None = None
    votes: tuple[Vote, ...] = ()
    opened_at: Millis | None = None
    closed_at: Millis | None = None
    due_at: Millis | None = None
    acts_at: Millis | None = None
    reminders: tuple[Millis, ...] = ()
    hands_over: Millis | None = None
    tier: int = 0
    held: str | None = None
    bypass: str | None = None
    replaced: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def turns(self) -> tuple[Entry, ...]:
        """The plan's entries whose turn has come, with those of their people whose turn has."""
        if self.plan.in_order:
            return self.plan.entries[: self.tier]
        if not self.plan.balanced:
            return self.plan.entries
        come = self.order[: self.tier]
        return tuple(
            replace(e, people=tuple(p for p in come if p in e.people)) for e in self.plan.entries
        )

    @property
    def assigned(self) -> tuple[str, ...]:
        """The people who may decide this stage, in the policy's order, each once."""
        return tuple(dict.fromkeys(p for entry in self.entries for p in entry.people))

    @property
    def sla_deadline(self) -> Millis | None:
        """When a decision of this stage is due: who is asked late has their time from then."""
        return self.due_at if self.acts_at is None else self.acts_at

    @property
    def answered(self) -> frozenset[str]:
        """Who has decided, and for whom somebody has."""
        return frozenset(voice for vote in self.votes for voice in (vote.person, vote.seat))

    def has_turns(self, entry: Entry) -> bool:
        """Whether the entry is handed over, while none of its people has answered."""
        return (
            entry.rotation is not None
            and bool(entry.people)
            and self.answered.isdisjoint(entry.people)
        )

    @property
    def turns_at(self) -> Millis | None:
        """When a turn asks somebody new; a turn that passed while a vote stood counts again when
        that is taken back."""
        if self.hands_over is None or self.held is not None:
            return None
        since = self.hands_over - 1
        moments = (
            next_new(entry.rotation, {*entry.people, *self.replaced}, since)
            for entry in self.entries
            if entry.rotation is not None and self.has_turns(entry)
        )
        return min((moment for moment in moments if moment is not None), default=None)


class Delegation(Value, frozen=True):
    """`giver` lets `taker` act for them on this request, until `until` if it is given.

    `standing` is the id of the out-of-office delegation it came from, `reason` the id of a
    content row. One that `ended` is kept: its taker was asked, and may still look.
    """

    giver: str
    taker: str
    at: Millis
    until: Millis | None = None
    standing: str | None = None
    reason: str | None = None
    ended: bool = False


class Outcome(Value, frozen=True):
    """How a request ended: `by` are the deciding people (or the agent, or nobody: a rule).

    `reason` is the id of a content row; `bypass` names an approval without a person's vote;
    `cause` says what ended it where no person did ("timeout", "auto_reject_when").
    """

    status: Status
    at: Millis
    by: tuple[str, ...] = ()
    reason: str | None = None
    bypass: str | None = None
    cause: str | None = None


class Feedback(Value, frozen=True):
    """What somebody wants changed; `reason` is the id of a content row."""

    by: str
    level: int
    at: Millis
    reason: str | None = None


class SentBack(Value, frozen=True):
    """A rejection by `by` at `level` that led back to the stage `to`; `reason` is the id of a
    content row."""

    by: str
    level: int
    to: int
    at: Millis
    reason: str | None = None


class Remark(Value, frozen=True):
    """A comment or question; `content` is the id of its row."""

    content: str
    at: Millis
    person: str | None = None
    question: bool = False


class Token(Value, frozen=True):
    """The approval token of the approved revision; the signed text is made again when asked."""

    jti: str
    kid: str
    iat: Millis
    exp: Millis
    redeemed_at: Millis | None = None
    redeemed_by: str | None = None
    revoked_at: Millis | None = None


class Execution(Value, frozen=True):
    """What the agent reported: `detail` is the id of a content row."""

    outcome: Literal["succeeded", "failed"]
    at: Millis
    detail: str | None = None


IncidentKind = Literal["wrong", "harm", "fraud", "complaint", "other"]
"""What turned out wrong of an approval: it should not have been given, it did harm, somebody was
deceived, somebody complains, or anything else."""

Severity = Literal["low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")


BY_PERSON = "person:"
"""Begins the `agent_key` of what a person asked for by themselves, without a key."""


class RequestState(Value, frozen=True):
    """One request. `version` counts its events; `commitment` binds what the cards show.

    `submitter` is the person for whom the submitting key stands, if it stands for one. `previous`
    is the request it follows, `attempt` its place in that chain, from 1. `edited` are the fields
    that a person changed in the present revision, `edited_by` who; `edits` counts such revisions.
    `revised_by` is who asked and made the present revision without a key. `opposed` says that a
    person rejected it or wanted changes, in any revision and though it was taken back. `sent_back`
    is the newest step back of the present revision, `callback` the id of the content row with the
    agent's address, `declined` are the content ids of all
    revisions that people rejected or sent back, each once. `remarks` are the newest few;
    `remark_count` counts all. `incidents` counts those reported after the
    approval, `severity` is the worst of them.
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
    previous: str | None = None
    attempt: int = 1
    callback: str | None = None
    action_type: str = ""
    amount: str | None = None
    currency: str | None = None
    risk_score: int | None = None
    revision: int = 0
    revised_at: Millis | None = None
    edited: tuple[str, ...] = ()
    edited_by: str | None = None
    revised_by: str | None = None
    edits: int = 0
    opposed: bool = False
    commitment: str = ""
    content: str = ""
    route: Route | None = None
    stages: tuple[Stage, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    feedback: Feedback | None = None
    sent_back: SentBack | None = None
    declined: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    remark_count: int = 0
    nudged_at: Millis | None = None
    outcome: Outcome | None = None
    rationale: str | None = None
    token: Token | None = None
    execution: Execution | None = None
    incidents: int = 0
    severity: Severity | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def by_person(self) -> bool:
        """Whether a person asked by themselves, and no program for them."""
        return self.agent_key.startswith(BY_PERSON)

    @property
    def current(self) -> Stage | None:
        """The stage that can be decided now, if any."""
        for stage in self.stages:
            if stage.status is StageStatus.PENDING:
                return stage
        return None

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
        if not self.is_open:
            return None
        moments = [self.expires_at]
        moments += [d.until for d in self.delegations if d.until is not None and not d.ended]
        stage = self.current
        if stage is not None:
            moments += stage.reminders[:1]
            moments += [] if stage.acts_at is None else [stage.acts_at]
            moments += [] if (turn := stage.turns_at) is None else [turn]
        return min(moments)


def asked(state: RequestState) -> tuple[str, ...]:
    """Everyone who was ever asked to decide, in the order in which they were asked, and those
    who stand in for them."""
    opened = (s for s in state.stages if s.opened_at is not None)
    people = dict.fromkeys(p for s in opened for p in s.assigned)
    return tuple(_with_takers(state, people))


def involved(state: RequestState) -> frozenset[str]:
    """Everyone whom a stage names or named before somebody took their place, and those who
    stand in for them, also when that is over."""
    entries = (e for s in state.stages for e in (*s.plan.entries, *s.entries))
    people = dict.fromkeys(p for entry in entries for p in entry.people)
    people |= dict.fromkeys(p for s in state.stages for p in s.replaced)
    return frozenset(_with_takers(state, people))


def _with_takers(state: RequestState, people: dict[str, None]) -> dict[str, None]:
    """These people, and everyone to whom one of them handed it, directly or through others."""
    # Delegations do not stand in the order of the chains that they form.
    grown = True
    while grown:
        new = [d.taker for d in state.delegations if d.giver in people and d.taker not in people]
        people |= dict.fromkeys(new)
        grown = bool(new)
    return people


def with_declined(state: RequestState) -> tuple[str, ...]:
    """The revisions that people declined, the present one among them, by content id."""
    return tuple(dict.fromkeys((*state.declined, state.content)))


def with_incident(state: RequestState, severity: Severity) -> dict[str, object]:
    """What one more incident changes: how many there are, and the worst of them."""
    worst = max(severity, state.severity or severity, key=SEVERITIES.index)
    return {"incidents": state.incidents + 1, "severity": worst}


def silent(state: RequestState) -> frozenset[str]:
    """Those who may decide the present stage and are not told of it."""
    stage = state.current
    if stage is None:
        return frozenset()
    told = {p for e in stage.entries if not e.silent for p in e.people}
    return frozenset(p for e in stage.entries if e.silent for p in e.people if p not in told)
