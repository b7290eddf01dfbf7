"""What the policy said about a request: its rule, its stages and the people they name.

A route is pinned in the request's events. Later edits of the policy or the directory change
nothing in it; today's directory is asked beside it, at each act.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from core.calendars.calendar import Calendar
from core.calendars.rotation import Rotation
from core.value import Millis, Value


class Category(StrEnum):
    AUTO_APPROVE = "auto_approve"
    REVIEW = "review"
    PROHIBITED = "prohibited"


class OnReject(StrEnum):
    """What a rejected stage leads to."""

    TERMINATE = "terminate"
    PREVIOUS_STAGE = "previous_stage"
    REQUEST_CHANGES = "request_changes"


class OnTimeout(StrEnum):
    """What a stage does whose time has run out. Nothing approves because nobody answered."""

    ESCALATE = "escalate"
    REJECT = "reject"
    HOLD = "hold"


Quorum = int | Literal["all"]


class Part(Value, frozen=True):
    """One of the references that an entry joins, with those whom it named."""

    ref: str
    people: tuple[str, ...]


class Entry(Value, frozen=True):
    """One line of a stage's approvers: a person, or a group of which any member may act.

    `ref` is the policy's word ("manager_of:requester", "group:finance", an e-mail address),
    `people` whom it meant when the request was made, `seats` how many votes it may fill.
    `exempt` people need not have the stage's role and department: the last resort. `silent`
    people may decide and are not told. With a `rotation` only whoever is on call is asked.
    An entry that joins several references says in `parts` whom each of them named.
    """

    ref: str
    people: tuple[str, ...]
    seats: int = 1
    exempt: bool = False
    silent: bool = False
    rotation: Rotation | None = None
    parts: tuple[Part, ...] = ()


def some_silent(entries: Iterable[Entry]) -> bool:
    """Whether any of these is for people who are not told."""
    for entry in entries:  # noqa: SIM110 - a generator is dear, and this is asked at each act
        if entry.silent:
            return True
    return False


class StagePlan(Value, frozen=True):
    """A stage as the policy wrote it, with its people pinned when the request was made.

    `escalate_to` are the levels of escalation, each with its own entries. `sla` and
    `remind_at` are lengths of time on the stage's clock: the `calendar`'s working time, the
    asked approvers' own (`approver_hours`), or elapsed time. `outside_hours` is asked too
    when the stage opens while the calendar is closed; the clock then runs at once.
    With `balanced` its people are asked one after the other, who has the least to do first.
    `auto` is what the stage does by itself, judged when the request was routed.
    """

    level: int
    name: str
    entries: tuple[Entry, ...]
    quorum: Quorum = 1
    reject_quorum: int = 1
    required_role: str | None = None
    required_department: str | None = None
    escalate_to: tuple[tuple[Entry, ...], ...] = ()
    sla: Millis | None = None
    remind_at: tuple[Millis, ...] = ()
    calendar: Calendar | None = None
    approver_hours: bool = False
    outside_hours: Entry | None = None
    on_timeout: OnTimeout = OnTimeout.ESCALATE
    in_order: bool = False
    balanced: bool = False
    auto: Literal["approve", "reject"] | None = None


class ChannelRef(Value, frozen=True):
    """A chat channel that gets a copy of the card: platform and the platform's channel id.

    Where an id means something in its workspace only, that may stand before it: `T1/C1`.
    """

    platform: str
    id: str

    def is_at(self, platform: str, place: str) -> bool:
        """Whether the platform's channel id names this channel; "" names none."""
        return self.platform == platform and self.id.rpartition("/")[2] == place != ""


class Grant(Value, frozen=True):
    """What the model may approve by itself: from this confidence (percent), up to this amount
    (a decimal as a string, in `currency` if one is named)."""

    confidence: int
    amount: str
    currency: str | None = None


class Glass(Value, frozen=True):
    """Break-glass: who has `role` may pass the request alone; `tell` and `channels` hear of it."""

    role: str
    tell: tuple[Entry, ...] = ()
    channels: tuple[ChannelRef, ...] = ()


class Route(Value, frozen=True):
    """What the policy said about a request, pinned.

    `conflicted` are the people whom a declared conflict of interest keeps from approving.
    `max_rounds` bounds how often a stage may be opened again by a later rejection,
    `max_attempts` the revisions of a request and the chain of requests. `token_lifetime` is
    how long an approval may be redeemed. With `batch` it may be approved together with others
    in one click, with `digest` its cards wait for each approver's daily digest. With `by_rules` no
    model is asked for advice. Content is erased `retention` after the end, None never.
    """

    rule: str
    policy_version: str
    category: Category
    stages: tuple[StagePlan, ...] = ()
    channels: tuple[ChannelRef, ...] = ()
    last_resort: tuple[Entry, ...] = ()
    confirm: bool = False
    block_self_approval: bool = True
    different_approvers: bool = True
    different_departments: bool = False
    minimum_unique_approvers: int = 0
    conflicted: tuple[str, ...] = ()
    uncategorised: bool = False
    because: str | None = None
    on_reject: OnReject = OnReject.TERMINATE
    max_rounds: int = 3
    max_attempts: int = 5
    editable: tuple[str, ...] = ()
    keep_approvals: bool = False
    amount_from: str | None = None
    grant: Grant | None = None
    glass: Glass | None = None
    decide_in: Literal["web"] | None = None
    token_lifetime: Millis = 86_400_000
    batch: bool = False
    digest: bool = False
    by_rules: bool = False
    retention: Millis | None = None
