"""Draft, validate, approve, execute: the four steps of an agent that learns from a no.

Pure, as a generator: it yields what is to be done next and is sent what came of it. What a
reviewer or the agent's own checks say against a draft goes into the next one.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from countersign_client.asking import Ask, Validation
from countersign_client.outcomes import Approved, ChangesRequested, Outcome, Rejected
from countersign_client.request import Json, Request


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was said against the draft before: by the agent's own checks (`outcome` is None) or
    by a person. `attempt` counts the drafts so far."""

    reason: str
    attempt: int
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """How it ended. `result` is what `execute` gave, None unless `outcome` is Approved. Without
    an outcome nobody was asked: no draft passed the agent's own checks, `validation` says why."""

    outcome: Outcome | None
    attempts: int
    validation: Validation | None = None
    result: Any = None

    @property
    def executed(self) -> bool:
        return isinstance(self.outcome, Approved)


@dataclass(frozen=True, slots=True)
class Draft:
    """Call `draft` with this; it gives an Ask."""

    feedback: Feedback | None


@dataclass(frozen=True, slots=True)
class Validate:
    """Call `validate` with this; it gives a Validation."""

    ask: Ask


@dataclass(frozen=True, slots=True)
class Approve:
    """Ask people: as a new request, or as a revision of one that waits for it."""

    ask: Ask
    revises: Request | None = None


@dataclass(frozen=True, slots=True)
class Execute:
    """Run exactly this, with its token."""

    approved: Approved


Step = Draft | Validate | Approve | Execute
Stages = Generator[Step, Any, Finished]


def stages(max_retries: int, is_good: "Judge", validates: bool) -> Stages:
    """The steps, with at most so many drafts after the first. Raises ValueError."""
    if max_retries < 0:
        raise ValueError("max_retries is at least 0")
    feedback: Feedback | None = None
    open_: Request | None = None
    previous: str | None = None
    finished = Finished(None, 0)
    for attempt in range(1, max_retries + 2):
        ask: Ask = yield Draft(feedback)
        validation: Validation | None = None
        if validates:
            validation = yield Validate(ask)
            if not is_good(validation):
                finished = Finished(finished.outcome, attempt, validation)
                feedback = Feedback(_against(validation), attempt, finished.outcome)
                continue
        told = _with(ask, validation, previous)
        outcome: Outcome = yield Approve(told, open_)
        finished = Finished(outcome, attempt, validation)
        if isinstance(outcome, Approved):
            result = yield Execute(outcome)
            return Finished(outcome, attempt, validation, result)
        if not isinstance(outcome, Rejected | ChangesRequested):
            return finished
        open_ = outcome.request if isinstance(outcome, ChangesRequested) else None
        previous = None if open_ is not None else outcome.request.id
        feedback = Feedback(outcome.reason or outcome.sentence, attempt, outcome)
    return finished


class Judge:
    """Whether a draft that was validated is worth a person's time."""

    def __init__(self, least: float | None) -> None:
        self._least = least

    def __call__(self, validation: Validation) -> bool:
        if self._least is None or validation.score is None:
            return not validation.issues
        return validation.score >= self._least


def changes_of(ask: Ask) -> Json:
    """A draft as the new revision of a request."""
    body = ask.as_json()
    for name in ("requester", "expires_in", "previous_request_id", "callback_url"):
        body.pop(name, None)
    return body


def _with(ask: Ask, validation: Validation | None, previous: str | None) -> Ask:
    made = ask if validation is None else replace(ask, validation=validation)
    return made if previous is None else replace(made, previous=previous)


def _against(validation: Validation) -> str:
    issues = "; ".join(validation.issues)
    score = "" if validation.score is None else f"score {validation.score:g}"
    return ": ".join(filter(None, (score, issues))) or "the draft did not pass"
