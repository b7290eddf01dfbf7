"""What the routes need of the core, as they see it. Every call may raise Refused."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from core.audit.chain import Link
from core.content import Action
from core.events import Actor
from core.policy.policy import Policy
from core.request import Decision, IncidentKind, RequestState, Severity
from core.rows import Listed, ListFilter, PolicyRow, Snapshot
from core.rules.absence import Standing
from core.service.absences import Wish
from core.service.access import Caller
from core.service.approvals import Submitted
from core.service.estimate import Estimate
from core.service.idempotency import Given
from core.submission import Submission
from core.value import Millis


class Requests(Protocol):
    """Asking and reading: `core.service.approvals.Approvals`."""

    async def submit(
        self, submission: Submission, caller: Caller, idempotency: Given | None
    ) -> Submitted: ...

    async def submitted(self, caller: Caller, idempotency: Given) -> Submitted | None: ...

    async def view(self, caller: Caller, request_id: str, wait_ms: Millis = 0) -> Snapshot: ...

    async def listed(self, caller: Caller, filter: ListFilter) -> Listed: ...

    async def events(
        self, caller: Caller, request_id: str
    ) -> tuple[Sequence[Link], dict[str, bytes]]: ...

    async def attempts(self, caller: Caller, request_id: str) -> Sequence[str]: ...

    def estimate(self, state: RequestState) -> Estimate | None: ...

    def token(self, caller: Caller, found: Snapshot) -> str | None: ...


class Acting(Protocol):
    """Acts on a request: `core.service.acts.Acts`."""

    async def decide(
        self,
        caller: Caller,
        request_id: str,
        decision: Decision,
        comment: str | None,
        stage: str | None,
        revision: int | None,
        round: int | None,
        edits: Mapping[str, Any] | None = None,
        idempotency: Given | None = None,
    ) -> Snapshot: ...

    async def withdraw_vote(
        self, caller: Caller, request_id: str, idempotency: Given | None = None
    ) -> Snapshot: ...

    async def break_glass(
        self,
        caller: Caller,
        request_id: str,
        reason: str | None,
        revision: int | None,
        idempotency: Given | None = None,
    ) -> Snapshot: ...

    async def revise(
        self,
        caller: Caller,
        request_id: str,
        submission: Submission,
        base: int | None,
        idempotency: Given | None = None,
    ) -> Snapshot: ...

    async def delegate(
        self,
        caller: Caller,
        request_id: str,
        to: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot: ...

    async def reassign(
        self,
        caller: Caller,
        request_id: str,
        old: str,
        new: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot: ...

    async def comment(
        self,
        caller: Caller,
        request_id: str,
        text: str,
        question: bool,
        idempotency: Given | None = None,
    ) -> Snapshot: ...

    async def nudge(
        self, caller: Caller, request_id: str, idempotency: Given | None = None
    ) -> Snapshot: ...

    async def escalate(
        self, caller: Caller, request_id: str, reason: str | None, idempotency: Given | None = None
    ) -> Snapshot: ...

    async def cancel(
        self, caller: Caller, request_id: str, reason: str | None, idempotency: Given | None = None
    ) -> Snapshot: ...

    async def execution(
        self,
        caller: Caller,
        request_id: str,
        outcome: Literal["succeeded", "failed"],
        detail: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot: ...

    async def incident(
        self,
        caller: Caller,
        request_id: str,
        detail: str,
        kind: IncidentKind,
        severity: Severity,
        idempotency: Given | None = None,
    ) -> Snapshot: ...

    async def redeem(
        self, caller: Caller, token: str, action: Action, idempotency: Given | None = None
    ) -> Snapshot: ...

    async def revoke_token(
        self, caller: Caller, request_id: str, reason: str | None, idempotency: Given | None = None
    ) -> Snapshot: ...


class Absent(Protocol):
    """Standing delegations: `core.service.absences.AbsenceService`."""

    async def set(
        self,
        wish: Wish,
        actor: Actor,
        caller: Caller | None = None,
        idempotency: Given | None = None,
    ) -> Standing: ...

    async def end(self, id: str, actor: Actor, caller: Caller | None = None) -> Standing: ...

    async def listed(
        self, person: str | None, actor: Actor, caller: Caller | None = None
    ) -> Sequence[Standing]: ...


class Governing(Protocol):
    """The policy as code: `core.service.governing.Governance`."""

    @property
    def from_file(self) -> bool: ...

    def read(self, text: str) -> Policy:
        """Raises core.source.Mistakes."""
        ...

    def good(self, text: str) -> Policy:
        """As `read`, and that it may be brought into force; keeps a processor busy."""
        ...

    async def adopt(self, policy: Policy, actor: Actor, caller: Caller | None = None) -> bool: ...


class Past(Protocol):
    """What was in force and what was asked: a part of `core.ports.Store`."""

    async def policies(self, limit: int) -> Sequence[PolicyRow]: ...

    async def policy_text(self, version: str) -> PolicyRow | None: ...

    async def past(self, before: str | None, limit: int) -> Sequence[Snapshot]: ...
