"""The four steps with a client: `run_stages` for ordinary code, `run_stages_async` to await."""

import inspect
from collections.abc import Callable
from typing import Any

from countersign_client.aio import AsyncCountersign
from countersign_client.asking import Ask
from countersign_client.gate import ApprovalGate, AsyncApprovalGate
from countersign_client.outcomes import Outcome
from countersign_client.request import Action
from countersign_client.stages import (
    Approve,
    Draft,
    Execute,
    Feedback,
    Finished,
    Judge,
    Stages,
    Validate,
    changes_of,
    stages,
)
from countersign_client.sync import Countersign

Drafting = Callable[[Feedback | None], Any]
"""Makes an Ask; after the first time from what was said against the one before."""
Validating = Callable[[Ask], Any]
"""Gives a Validation of what would be asked."""
Executing = Callable[[Action], Any]
"""Does what was approved, edits included."""


def run_stages(
    client: Countersign,
    *,
    draft: Drafting,
    execute: Executing,
    validate: Validating | None = None,
    least_score: float | None = None,
    max_retries: int = 2,
    timeout: float | None = None,
) -> Finished:
    """Draft, validate, ask people, execute; a no goes into the next draft, `max_retries` times.

    A draft passes its validation with a score of at least `least_score`, or, where there is no
    score or none is wanted, without issues; one that does not is drafted anew, and nobody is asked.
    Feedback is answered with a revision, a rejection with a new request that names the old one.
    The approval is used once, right before `execute`, and how that went is reported.
    """
    flow, sent = _begun(validate, least_score, max_retries), None
    gate = ApprovalGate(client)
    while True:
        try:
            step = flow.send(sent)
        except StopIteration as done:
            return _finished(done)
        match step:
            case Draft(feedback=feedback):
                sent = draft(feedback)
            case Validate(ask=ask) if validate is not None:
                sent = validate(ask)
            case Approve() as asking:
                sent = _asked(client, asking, timeout)
            case Execute(approved=approved):
                sent = gate.use(approved, execute)


async def run_stages_async(
    client: AsyncCountersign,
    *,
    draft: Drafting,
    execute: Executing,
    validate: Validating | None = None,
    least_score: float | None = None,
    max_retries: int = 2,
    timeout: float | None = None,
) -> Finished:
    """The same to await; each of the three may be an ordinary or an async function."""
    flow, sent = _begun(validate, least_score, max_retries), None
    gate = AsyncApprovalGate(client)
    while True:
        try:
            step = flow.send(sent)
        except StopIteration as done:
            return _finished(done)
        match step:
            case Draft(feedback=feedback):
                sent = await _awaited(draft(feedback))
            case Validate(ask=ask) if validate is not None:
                sent = await _awaited(validate(ask))
            case Approve() as asking:
                sent = await _asked_async(client, asking, timeout)
            case Execute(approved=approved):
                sent = await gate.use(approved, execute)


def _begun(validate: Validating | None, least_score: float | None, max_retries: int) -> Stages:
    return stages(max_retries, Judge(least_score), validate is not None)


def _finished(done: StopIteration) -> Finished:
    found: Finished = done.value
    return found


def _asked(client: Countersign, asking: Approve, timeout: float | None) -> Outcome:
    if asking.revises is None:
        return client.request_approval(asking.ask, timeout=timeout)
    revised = client.revise(asking.revises, **changes_of(asking.ask))
    return client.wait(revised.id, timeout=timeout)


async def _asked_async(client: AsyncCountersign, asking: Approve, timeout: float | None) -> Outcome:
    if asking.revises is None:
        return await client.request_approval(asking.ask, timeout=timeout)
    revised = await client.revise(asking.revises, **changes_of(asking.ask))
    return await client.wait(revised.id, timeout=timeout)


async def _awaited(found: Any) -> Any:
    return await found if inspect.isawaitable(found) else found
