"""For agents: ask for approval, wait for people, and run exactly what they approved.

`Countersign` and `AsyncCountersign` are the same client for both kinds of code. An outcome is a
value; only what keeps an answer from being known is raised.
"""

from countersign_client.aio import AsyncCountersign
from countersign_client.asking import Ask, Validation
from countersign_client.callbacks import Callback, CallbackProblem, Receiver
from countersign_client.decorating import requires_approval
from countersign_client.errors import (
    CountersignError,
    NotApproved,
    Refused,
    TokenProblem,
    Unavailable,
    WaitedTooLong,
)
from countersign_client.gate import ApprovalGate, AsyncApprovalGate
from countersign_client.outcomes import (
    Approved,
    Cancelled,
    ChangesRequested,
    Expired,
    Outcome,
    Prohibited,
    Rejected,
)
from countersign_client.request import Action, Request
from countersign_client.staged import run_stages, run_stages_async
from countersign_client.stages import Feedback, Finished
from countersign_client.sync import Countersign
from countersign_client.tokens import Claims, KeySet

__all__ = [
    "Action",
    "ApprovalGate",
    "Approved",
    "Ask",
    "AsyncApprovalGate",
    "AsyncCountersign",
    "Callback",
    "CallbackProblem",
    "Cancelled",
    "ChangesRequested",
    "Claims",
    "Countersign",
    "CountersignError",
    "Expired",
    "Feedback",
    "Finished",
    "KeySet",
    "NotApproved",
    "Outcome",
    "Prohibited",
    "Receiver",
    "Refused",
    "Rejected",
    "Request",
    "TokenProblem",
    "Unavailable",
    "Validation",
    "WaitedTooLong",
    "requires_approval",
    "run_stages",
    "run_stages_async",
]
