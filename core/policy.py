"""The policy: rules that say which requests pass, are refused, or need whom.

These are the values; `policy_text` makes them from a file and finds its mistakes,
`conditions` compiles and runs the conditions, `routing` applies them to a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.directory import Directory
from core.request import Category, ChannelRef, Quorum
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
    """A stage as written: `approvers` are references, resolved when a request is routed."""

    name: str
    approvers: tuple[str, ...]
    seats: tuple[int, ...] = ()
    when: Condition | None = None
    quorum: Quorum = 1
    required_role: str | None = None
    required_department: str | None = None
    escalate_to: tuple[str, ...] = ()
    sla: Millis | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule. `confirm_above` is the risk score above which Approve asks once more."""

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A whole policy. `version` is the SHA-256 of its text: each content is a version."""

    version: str
    text: str
    rules: tuple[Rule, ...]
    fallback: Rule
    last_resort: tuple[str, ...]


def people_of(reference: str, directory: Directory, requester: str | None) -> tuple[str, ...]:
    """Whom a reference means today: an address, `group:NAME` or `manager_of:requester`.

    The answer holds only people in the directory and may be empty.
    """
    kind, _, name = reference.partition(":")
    if kind == "group" and name:
        return directory.group(name)
    if kind == "manager_of":
        person = directory.person(requester if name == "requester" and requester else name)
        manager = None if person is None or person.manager is None else person.manager
        return () if manager is None or directory.person(manager) is None else (manager,)
    person = directory.person(reference)
    return () if person is None else (person.email,)
