"""The policy: rules that say which requests pass, are refused, or need whom.

These are the values; `core.policy.text` makes them from a file and finds its mistakes,
`conditions` compiles and runs the conditions, `routing` applies them to a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

from core.alerting.wanted import Alerts
from core.calendars.calendar import Calendar
from core.calendars.rotation import Rotation
from core.directory.people import Directory
from core.route import Category, ChannelRef, Grant, OnReject, OnTimeout, Quorum
from core.value import Millis

RequestFields = Mapping[str, object]
"""What a condition sees, by dotted name ("request.amount"); see `conditions.FIELDS`."""


class Condition(Protocol):
    """A compiled `when`. `holds` raises `ConditionError` when it cannot be answered."""

    @property
    def text(self) -> str: ...

    def holds(self, fields: RequestFields) -> bool: ...


class ConditionError(Exception):
    """A condition could not be evaluated for this request; it is never read as false."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageRule:
    """A stage as written: `approvers` are references, resolved when a request is routed.

    `seats` and `silent` belong to the approvers by place. `escalate_to` are the levels of
    escalation, each with its references. `remind_at` are lengths on the stage's clock, and
    `calendar` names the policy's calendar, `approver` for the approvers' own hours, or None
    for elapsed time. `outside_hours` is a reference that is asked too outside those hours.
    """

    name: str
    approvers: tuple[str, ...]
    seats: tuple[int, ...] = ()
    silent: tuple[bool, ...] = ()
    when: Condition | None = None
    quorum: Quorum = 1
    reject_quorum: int = 1
    required_role: str | None = None
    required_department: str | None = None
    escalate_to: tuple[tuple[str, ...], ...] = ()
    sla: Millis | None = None
    remind_at: tuple[Millis, ...] = ()
    calendar: str | None = None
    outside_hours: str | None = None
    on_timeout: OnTimeout = OnTimeout.ESCALATE
    in_order: bool = False
    balanced: bool = False
    auto_approve_when: Condition | None = None
    auto_reject_when: Condition | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GlassRule:
    """Break-glass as written: the role that may, and the references and channels to tell."""

    role: str
    tell: tuple[str, ...] = ()
    channels: tuple[ChannelRef, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """People (references) who may not approve requests for which the condition holds."""

    people: tuple[str, ...]
    when: Condition
    because: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule. `confirm_above` is the risk score above which Approve asks once more.

    `repeat_window` is how long a rejection answers the same action of the same agent,
    `token_lifetime` how long an approval may be redeemed, and `batch` whether its requests may
    be approved together with others in one click. With `digest` its cards wait for each
    approver's daily digest. With `by_rules` no model is asked for advice, nor told anything.
    `retention` is how long content is kept after the end, None for ever.
    """

    name: str
    category: Category
    when: Condition | None = None
    stages: tuple[StageRule, ...] = ()
    because: str | None = None
    channels: tuple[ChannelRef, ...] = ()
    confirm_above: int | None = None
    amount_from: str | None = None
    expires_in: Millis
    block_self_approval: bool = True
    different_approvers: bool = True
    different_departments: bool = False
    minimum_unique_approvers: int = 0
    on_reject: OnReject = OnReject.TERMINATE
    max_rounds: int = 3
    max_attempts: int = 5
    editable: tuple[str, ...] = ()
    keep_approvals: bool = False
    grant: Grant | None = None
    glass: GlassRule | None = None
    decide_in: Literal["web"] | None = None
    token_lifetime: Millis = 86_400_000
    repeat_window: Millis = 7 * 86_400_000
    batch: bool = False
    digest: bool = False
    by_rules: bool = False
    retention: Millis | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A whole policy. `version` is the beginning of the SHA-256 of its text, 16 hex digits: each
    content is a version.

    `on_call` and `calendars` are by name; references say `on_call:NAME`.
    """

    version: str
    text: str
    rules: tuple[Rule, ...]
    fallback: Rule
    last_resort: tuple[str, ...]
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    on_call: Mapping[str, Rotation] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    alerts: Alerts | None = None


def people_of(
    reference: str,
    directory: Directory,
    requester: str | None,
    rotations: Mapping[str, Rotation] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Whom a reference means today: an address, `group:NAME`, `manager_of:requester` or
    `on_call:NAME`, which means everyone who takes turns.

    The answer holds only people in the directory and may be empty.
    """
    kind, _, name = reference.partition(":")
    if kind == "group" and name:
        return directory.group(name)
    if kind == "on_call":
        turns = rotations[name].people if name in rotations else ()
        return tuple(p.email for turn in turns if (p := directory.person(turn)) is not None)
    if kind == "manager_of":
        person = directory.person(requester if name == "requester" and requester else name)
        manager = None if person is None or person.manager is None else person.manager
        return () if manager is None or directory.person(manager) is None else (manager,)
    person = directory.person(reference)
    return () if person is None else (person.email,)
