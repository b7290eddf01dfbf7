"""`@requires_approval`: a call asks people first, and then runs what they approved.

What runs are the arguments of the approved revision, edits included.
"""

import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from countersign_client.aio import AsyncCountersign
from countersign_client.asking import Ask, Told, ask_for
from countersign_client.errors import CountersignError, NotApproved
from countersign_client.gate import ApprovalGate, AsyncApprovalGate, Tool, disguised, tool
from countersign_client.outcomes import Approved, Outcome
from countersign_client.request import Action
from countersign_client.sync import Countersign

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", Countersign, AsyncCountersign)


def requires_approval(
    *,
    action: str,
    title: Told,
    client: Countersign | AsyncCountersign | None = None,
    timeout: float | None = None,
    **ask: Any,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Ask for approval of each call, and run it with what was approved.

    `action` is its kind, as the policy names it; the arguments are its params. `title` and
    `description` may be functions of them. Further names are those of `Ask`. Without a `client`
    the address and the key are those of COUNTERSIGN_URL and COUNTERSIGN_KEY. A call that is not
    approved raises NotApproved with the outcome. Works on ordinary and async functions.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        asking = _Asking(tool(action, function), title, ask, timeout)
        is_async = inspect.iscoroutinefunction(function)
        if client is not None and isinstance(client, AsyncCountersign) != is_async:
            kind = "AsyncCountersign" if is_async else "Countersign"
            raise TypeError(f"{function.__name__} needs a client of the kind {kind}")
        if is_async:
            call = _asking_first_async(asking, cast("AsyncCountersign | None", client))
        else:
            call = _asking_first(asking, cast("Countersign | None", client))
        return cast("Callable[P, R]", disguised(call, function))

    return decorate


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is asked for a call."""

    tool: Tool
    title: Told
    more: Mapping[str, Any]
    timeout: float | None

    def ask(self, action: Action) -> Ask:
        return ask_for(action, self.title, self.more)

    def approved(self, outcome: Outcome) -> Approved:
        if not isinstance(outcome, Approved):
            raise NotApproved(f"{self.tool.action} was not run: {outcome.sentence}", outcome)
        # Before the token is used: what does not fit could not be run afterwards.
        self.tool.signature.arguments(outcome.action)
        return outcome


def _asking_first(asking: _Asking, given: Countersign | None) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        action = asking.tool.called(args, kwargs)
        with _named(Countersign) if given is None else nullcontext(given) as client:
            outcome = client.request_approval(asking.ask(action), timeout=asking.timeout)
            approved = asking.approved(outcome)
            return ApprovalGate(client).run(asking.tool, approved.action, approved.token)

    return call


def _asking_first_async(asking: _Asking, given: AsyncCountersign | None) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        action = asking.tool.called(args, kwargs)
        # One for each call: whose event loop is another one the next time cannot be kept.
        async with _named(AsyncCountersign) if given is None else nullcontext(given) as client:
            outcome = await client.request_approval(asking.ask(action), timeout=asking.timeout)
            approved = asking.approved(outcome)
            gate = AsyncApprovalGate(client)
            return await gate.run(asking.tool, approved.action, approved.token)

    return call


def _named(kind: type[C]) -> C:
    """A client of the server that the environment names. Raises CountersignError."""
    url, key = os.environ.get("COUNTERSIGN_URL"), os.environ.get("COUNTERSIGN_KEY")
    if not url or not key:
        raise CountersignError(
            "Set COUNTERSIGN_URL and COUNTERSIGN_KEY, or give a client to requires_approval."
        )
    return kind(url, key)
