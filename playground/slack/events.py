"""The Events API: what happens in the workspace, told to the bot, with Slack's retries.

https://docs.slack.dev/apis/events-api - interactions and commands are not retried.
"""

import asyncio
from typing import Any

from playground.slack import payloads
from playground.slack.outgoing import JSON, Outcome, deliver
from playground.slack.workspace import Workspace

Json = dict[str, Any]

# Up to three more attempts: at once, after a minute, after five minutes.
RETRY_SECONDS: tuple[float, ...] = (0.0, 60.0, 300.0)
_REASONS = {"operation_timeout": "http_timeout", "dispatch_failed": "connection_failed"}


async def send(workspace: Workspace, inner: Json) -> Outcome:
    """Send one event and return the first attempt's outcome; retries go on beside."""
    content = payloads.event(workspace, inner)
    first = await deliver(workspace.place, f"event {inner['type']}", content, JSON)
    if not first.ok and first.may_retry:
        workspace.place.spawn(_retry(workspace, inner["type"], content, first))
    return first


async def _retry(workspace: Workspace, kind: str, content: bytes, last: Outcome) -> None:
    for number, seconds in enumerate(RETRY_SECONDS, start=1):
        await asyncio.sleep(seconds)
        headers = {
            "X-Slack-Retry-Num": str(number),
            "X-Slack-Retry-Reason": _REASONS.get(last.error or "", "http_error"),
        }
        last = await deliver(workspace.place, f"event {kind}", content, JSON, headers)
        if last.ok or not last.may_retry:
            return
