"""Temporal: an activity that completes when people have decided.

    asking = ApprovalActivities(countersign)  # a worker's: [asking.ask_for_approval, pay]

    decision = await workflow.execute_activity_method(
        ApprovalActivities.ask_for_approval, ask,
        start_to_close_timeout=timedelta(days=2), heartbeat_timeout=timedelta(minutes=1))
    if decision.approved: await workflow.execute_activity(pay, decision, ...)

`pay` is an activity that runs `run_approved`: the token is fetched there, so it stands in no
history, and what is not approved, or was run before, is not run. https://docs.temporal.io
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from countersign_client.aio import AsyncCountersign
from countersign_client.asking import Ask
from countersign_client.errors import NotApproved, WaitedTooLong
from countersign_client.frameworks import missing
from countersign_client.frameworks.again import ask_or_revise, key_of, withdraw
from countersign_client.gate import AsyncApprovalGate
from countersign_client.outcomes import Approved, Outcome
from countersign_client.request import Action

try:
    from temporalio import activity
    from temporalio.client import AsyncActivityCancelledError, AsyncActivityHandle
    from temporalio.exceptions import ApplicationError
except ImportError as error:
    raise missing("temporal", error) from error

CANCELLED: Final = "The workflow was cancelled."
BEAT: Final = 20.0
"""Seconds between heartbeats where the activity has no heartbeat timeout."""

Keep = Callable[[bytes, str], Awaitable[None]]
"""Keeps an activity's task token with the id of its request, until the request is decided."""


@dataclass(frozen=True)
class Decision:
    """How a request stands, as a workflow gets it. `status` is that of the request; `action` what
    was approved, edits included; `sentence` says all of it in words."""

    request_id: str
    status: str
    action: Action
    edited: list[str]
    by: list[str]
    reason: str | None
    sentence: str

    @property
    def approved(self) -> bool:
        return self.status == "approved"


class ApprovalActivities:
    """The activities that ask, for a worker. `keep` is for `ask_and_leave` alone."""

    def __init__(self, client: AsyncCountersign, keep: Keep | None = None) -> None:
        self._client, self._keep = client, keep

    @activity.defn
    async def ask_for_approval(self, ask: Ask) -> Decision:
        """Ask, and wait with heartbeats. A further attempt goes on waiting for the same request; a
        workflow that is cancelled withdraws it. Where `ask.previous` waits for changes, this is
        its revision."""
        asked = asyncio.ensure_future(self._request_id(ask))
        try:
            return await self._decision(await asyncio.shield(asked))
        except asyncio.CancelledError:
            # A worker that shuts down cancels too; the next attempt then goes on waiting.
            details = activity.cancellation_details()
            if details is not None and details.cancel_requested:
                await withdraw(self._client, await asked, CANCELLED)
            raise

    @activity.defn
    async def ask_and_leave(self, ask: Ask) -> Decision:
        """Ask, keep the task token, and leave the activity open: no worker waits.
        `complete_when_decided` completes it, from a callback or from wherever there is time."""
        if self._keep is None:
            raise ApplicationError("ApprovalActivities needs `keep` for this", non_retryable=True)
        await self._keep(activity.info().task_token, await self._request_id(ask))
        activity.raise_complete_async()

    async def _request_id(self, ask: Ask) -> str:
        """Of the request of this activity, whichever attempt it is."""
        info = activity.info()
        if info.heartbeat_details:
            return str(info.heartbeat_details[0])
        run = info.workflow_run_id or info.activity_run_id
        key = key_of("temporal", info.namespace, info.workflow_id, run, info.activity_id)
        return (await ask_or_revise(self._client, ask, key)).id

    async def _decision(self, request_id: str) -> Decision:
        limit = activity.info().heartbeat_timeout
        beat = BEAT if limit is None else limit.total_seconds() / 3
        waiting = asyncio.ensure_future(self._client.wait(request_id))
        try:
            while not waiting.done():
                activity.heartbeat(request_id)
                await asyncio.wait({waiting}, timeout=beat)
            return decision_of(waiting.result())
        finally:
            waiting.cancel()


async def complete_when_decided(
    client: AsyncCountersign,
    handle: AsyncActivityHandle,
    request_id: str,
    *,
    beat: float = BEAT,
) -> Decision | None:
    """Complete an activity that was left open, at once where the request is decided already. None
    where the workflow was cancelled meanwhile; then the request is withdrawn.

        handle = temporal.get_async_activity_handle(task_token=kept)
        await complete_when_decided(countersign, handle, request_id)
    """
    while True:
        try:
            decision = decision_of(await client.wait(request_id, timeout=beat))
        except WaitedTooLong:
            try:
                await handle.heartbeat(request_id)
            except AsyncActivityCancelledError as told:
                if told.details is not None and not told.details.cancel_requested:
                    continue  # paused, or tried again: somebody still wants to know
                await withdraw(client, request_id, CANCELLED)
                await handle.report_cancellation()
                return None
        else:
            await handle.complete(decision)
            return decision


async def run_approved(
    client: AsyncCountersign,
    decision: Decision,
    execute: Callable[[Action], Any],
    *,
    action: str | None = None,
) -> Any:
    """In an activity: run what was approved, once, and report how it went.

    `action` is the kind of action that `execute` does: a workflow that comes with the approval of
    another kind is refused. Without it `execute` must look at the kind itself.

    Goes by what the server says of the request. Raises an ApplicationError that is not retried
    where it is not approved, or was run before: a crash while it ran leaves that to people.
    """
    try:
        outcome = await client.wait(decision.request_id, timeout=0)
        if not isinstance(outcome, Approved) or outcome.action != decision.action:
            raise NotApproved(f"This is not what request {decision.request_id} approves.", outcome)
        if action not in (None, outcome.action.type):
            raise NotApproved(f"What was approved is {outcome.action.type}, and this is {action}.")
        return await AsyncApprovalGate(client).use(outcome, execute)
    except (NotApproved, WaitedTooLong) as error:
        kind = type(error).__name__
        raise ApplicationError(str(error), type=kind, non_retryable=True) from error


def decision_of(outcome: Outcome) -> Decision:
    """An outcome as the plain value that Temporal's converter knows. No token is in it."""
    found = outcome.request
    return Decision(
        request_id=found.id,
        status=found.status,
        action=Action(found.action_type, dict(found.params or {})),
        edited=list(found.edited),
        by=list(found.by),
        reason=found.reason,
        sentence=outcome.sentence,
    )
