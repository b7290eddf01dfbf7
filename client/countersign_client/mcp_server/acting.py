"""What each tool does, for one caller: one call of the API, or a few.

Raised is `Told`, whose text a model reads, or what the client raises.
"""

import hashlib
import json
import secrets
from asyncio import sleep
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from countersign_client.aio import AsyncCountersign
from countersign_client.asking import Ask
from countersign_client.errors import CountersignError, NotApproved, Refused, Unavailable
from countersign_client.mcp_server import shapes
from countersign_client.mcp_server.asked import Asked, Memory
from countersign_client.mcp_server.shapes import Standing
from countersign_client.mcp_server.standing import ALREADY_RUN, OTHERS, exactly, standing
from countersign_client.request import Action, Request
from countersign_client.tokens import digest

HOLD: Final = 10
"""Seconds between two signs of life to whoever waits."""
PAUSE: Final = 2.0
"""Seconds until a server that did not hold its answer is asked again."""

Progress = Callable[[float, float, str], Awaitable[None]]
"""Told how many seconds have passed, of how many, and a sentence."""


class Told(CountersignError):
    """It cannot be done; the text says what to do instead."""


@dataclass(frozen=True, slots=True)
class Acts:
    """The tools for one caller, whom `caller` tells from others without being the key."""

    client: AsyncCountersign
    caller: str
    memory: Memory
    progress: Progress
    with_tokens: bool = False

    async def request_approval(self, given: shapes.Asking) -> Standing:
        """Ask; what was asked already, and may still be of use, is not asked twice."""
        ask = _ask(given)
        if given.idempotency_key is not None:
            made = await self.client.submit(ask, idempotency_key=given.idempotency_key)
            # The answer to a repeated submission is the first one, without the token.
            return self._standing(await self.client.get(made.id))
        content = hashlib.sha256(json.dumps(ask.as_json(), sort_keys=True).encode()).hexdigest()
        asked = self.memory.find(self.caller, content)
        found = await self._of_use(asked)
        if found is not None:
            return self._standing(found, already_asked=True)
        if asked.request_id is not None:
            self.memory.forget(self.caller, content, asked)
            asked = self.memory.find(self.caller, content)
        try:
            made = await self.client.submit(ask, idempotency_key=asked.key)
        except Refused:
            self.memory.forget(self.caller, content, asked)
            raise
        asked.request_id = made.id
        return self._standing(made)

    async def wait_for_decision(self, given: shapes.Waiting) -> Standing:
        """The request once it is decided, or as it is when the seconds have passed."""
        begun = monotonic()
        while True:
            passed = monotonic() - begun
            await self.progress(min(passed, given.seconds), given.seconds, "Waiting for a decision")
            left = given.seconds - passed
            found = await self.client.get(given.request_id, hold=max(0, min(HOLD, round(left))))
            held = monotonic() - begun - passed
            if found.status != "pending" or passed + held >= given.seconds - 0.5:
                return self._standing(found)
            if held < 1:  # a server that is stopping holds nothing
                await sleep(PAUSE)

    async def check_request(self, given: shapes.Named) -> Standing:
        """The request as it stands."""
        return self._standing(await self.client.get(given.request_id))

    async def revise(self, given: shapes.Revising) -> Standing:
        """Send another revision than the one the model has seen."""
        changes = given.model_dump(exclude_none=True, exclude={"request_id", "revision", "params"})
        if given.params is not None:
            changes["action"] = {"params": given.params}
        if not changes:
            raise Told("Nothing was sent: name what changes, such as params or description.")
        found = await self.client.get(given.request_id)
        if found.revision != given.revision:
            raise Told(
                f"Nothing was sent: the present revision is {found.revision}. Perhaps yours "
                "arrived before. See with check_request what stands, and revise that if need be."
            )
        return self._standing(await self.client.revise(found, **changes))

    async def cancel_request(self, given: shapes.Cancelling) -> Standing:
        """Withdraw it."""
        found = await self.client.cancel(given.request_id, given.reason)
        self.memory.used(given.request_id)
        return self._standing(found)

    async def redeem_approval(self, given: shapes.Redeeming) -> Standing:
        """Use the approval of exactly this action, once."""
        found = await self.client.get(given.request_id)
        token = _token(found)
        if digest(Action(given.action_type, given.params)) != digest(found.action):
            raise Told(
                "This is not what was approved; nothing was used. Approved is exactly: "
                f"{exactly(found.action.as_json())} If that is what you want to run, call "
                "redeem_approval with exactly it. If not, do not run anything: ask anew."
            )
        try:
            used = await self.client.redeem(token, found.action)
        except NotApproved:
            self.memory.used(given.request_id)
            raise
        self.memory.used(given.request_id)
        return self._standing(used, redeemed=True)

    async def report_execution(self, given: shapes.Reporting) -> Standing:
        """Say how the approved action went."""
        succeeded = given.outcome == "succeeded"
        found = await self.client.report(given.request_id, succeeded=succeeded, detail=given.detail)
        self.memory.used(given.request_id)
        return self._standing(found)

    async def _of_use(self, asked: Asked) -> Request | None:
        """What was asked before, while it is open or approved and not run."""
        if asked.request_id is None:
            return None
        try:
            found = await self.client.get(asked.request_id)
        except Refused:
            return None
        approved = found.status == "approved" and found.raw.get("execution") == "not_started"
        return found if found.is_open or approved else None

    def _standing(self, found: Request, **how: bool) -> Standing:
        mark = secrets.token_hex(4)
        try:
            return standing(found, mark, with_token=self.with_tokens, **how)
        except (TypeError, ValueError, AttributeError, KeyError):
            raise Unavailable("The server's answer is of another version than this.") from None


def _ask(given: shapes.Asking) -> Ask:
    said: dict[str, Any] = {
        "reasoning": given.reasoning,
        "confidence": given.confidence,
        "links": given.links,
    }
    return Ask(
        action=Action(given.action_type, given.params),
        title=given.title,
        description=given.description,
        requester=given.requester,
        amount=given.amount,
        currency=given.currency,
        risk_score=given.risk_score,
        labels=given.labels or (),
        context={name: value for name, value in said.items() if value is not None},
        expires_in=given.expires_in,
        previous=given.previous_request_id,
    )


def _token(found: Request) -> str:
    """The token of an approved request. Raises Told where there is nothing to redeem."""
    if found.status != "approved":
        raise Told(
            f"This request is {found.status.replace('_', ' ')}, not approved: do not run the "
            "action. check_request says what to do."
        )
    if found.raw.get("execution") != "not_started":
        raise Told(ALREADY_RUN)
    if found.token is None:
        raise Told(OTHERS)
    if found.params is None:
        raise Told("The parameters of this request were erased: do not run it; ask anew.")
    return found.token
