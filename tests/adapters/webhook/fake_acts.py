"""The acts as the routes see them: records each call and gives the request it is about."""

from collections.abc import Mapping
from typing import Any, Literal

from core.content import Action
from core.request import Decision, IncidentKind, Severity
from core.rows import Snapshot
from core.service.access import Caller, unknown
from core.service.idempotency import Given
from core.submission import Submission


class Recording:
    """What was called with what; `error` is raised by every call instead, once it is set."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.requests: dict[str, Snapshot] = {}
        self.error: Exception | None = None

    @property
    def last(self) -> tuple[Any, ...]:
        """The arguments of the newest call."""
        return self.calls[-1][1]

    def _record(self, name: str, *arguments: Any) -> None:
        self.calls.append((name, arguments))
        if self.error is not None:
            raise self.error

    def _known(self, id: str) -> Snapshot:
        if id not in self.requests:
            raise unknown(id)
        return self.requests[id]


class FakeActs(Recording):
    """Changes nothing. `given` is the idempotency of the newest act."""

    given: Given | None = None

    def _act(self, name: str, caller: Caller, id: str, given: Given | None, *said: Any) -> Snapshot:
        self.given = given
        self._record(name, caller, id, *said)
        return self._known(id)

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
    ) -> Snapshot:
        said = (decision, comment, stage, revision, round, edits)
        return self._act("decide", caller, request_id, idempotency, *said)

    async def withdraw_vote(
        self, caller: Caller, request_id: str, idempotency: Given | None = None
    ) -> Snapshot:
        return self._act("withdraw_vote", caller, request_id, idempotency)

    async def break_glass(
        self,
        caller: Caller,
        request_id: str,
        reason: str | None,
        revision: int | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        return self._act("break_glass", caller, request_id, idempotency, reason, revision)

    async def revise(
        self,
        caller: Caller,
        request_id: str,
        submission: Submission,
        base: int | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        return self._act("revise", caller, request_id, idempotency, submission, base)

    async def delegate(
        self,
        caller: Caller,
        request_id: str,
        to: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        return self._act("delegate", caller, request_id, idempotency, to, reason)

    async def reassign(
        self,
        caller: Caller,
        request_id: str,
        old: str,
        new: str,
        reason: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        return self._act("reassign", caller, request_id, idempotency, old, new, reason)

    async def comment(
        self,
        caller: Caller,
        request_id: str,
        text: str,
        question: bool,
        idempotency: Given | None = None,
    ) -> Snapshot:
        return self._act("comment", caller, request_id, idempotency, text, question)

    async def nudge(
        self, caller: Caller, request_id: str, idempotency: Given | None = None
    ) -> Snapshot:
        return self._act("nudge", caller, request_id, idempotency)

    async def escalate(
        self, caller: Caller, request_id: str, reason: str | None, idempotency: Given | None = None
    ) -> Snapshot:
        return self._act("escalate", caller, request_id, idempotency, reason)

    async def cancel(
        self, caller: Caller, request_id: str, reason: str | None, idempotency: Given | None = None
    ) -> Snapshot:
        return self._act("cancel", caller, request_id, idempotency, reason)

    async def execution(
        self,
        caller: Caller,
        request_id: str,
        outcome: Literal["succeeded", "failed"],
        detail: str | None,
        idempotency: Given | None = None,
    ) -> Snapshot:
        return self._act("execution", caller, request_id, idempotency, outcome, detail)

    async def incident(
        self,
        caller: Caller,
        request_id: str,
        detail: str,
        kind: IncidentKind,
        severity: Severity,
        idempotency: Given | None = None,
    ) -> Snapshot:
        return self._act("incident", caller, request_id, idempotency, detail, kind, severity)

    async def redeem(
        self, caller: Caller, token: str, action: Action, idempotency: Given | None = None
    ) -> Snapshot:
        return self._act("redeem", caller, "r1", idempotency, token, action)

    async def revoke_token(
        self, caller: Caller, request_id: str, reason: str | None, idempotency: Given | None = None
    ) -> Snapshot:
        return self._act("revoke_token", caller, request_id, idempotency, reason)
