"""Asking anew what was asked before: after a crash, and after people wished for changes."""

import hashlib
import json
import logging
from typing import Any

from countersign_client.aio import AsyncCountersign
from countersign_client.asking import Ask
from countersign_client.errors import CountersignError
from countersign_client.request import Request
from countersign_client.stages import changes_of

_log = logging.getLogger("countersign_client")


def key_of(framework: str, *parts: Any) -> str:
    """The idempotency key of what these parts, JSON values, name: the same after a restart."""
    told = json.dumps(parts, sort_keys=True)
    return f"{framework}-{hashlib.sha256(told.encode()).hexdigest()}"


async def ask_or_revise(client: AsyncCountersign, ask: Ask, key: str) -> Request:
    """The request for this: a revision of `ask.previous` where that waits for one, else a request
    of its own. May be called again after a crash: a revision that was sent is not sent twice.
    """
    if ask.previous is not None:
        found = await client.get(ask.previous)
        if found.status == "changes_requested":
            return await client.revise(found, **changes_of(ask))
        if found.status in ("pending", "approved") and (found.edited or found.action == ask.action):
            return found  # it was sent before the crash
    return await client.submit(ask, idempotency_key=key)


async def withdraw(client: AsyncCountersign, request_id: str, reason: str) -> None:
    """Cancel a request that nobody waits for any more; one that is over stays as it is."""
    try:
        await client.cancel(request_id, reason)
    except CountersignError as error:
        _log.warning("Request %s could not be withdrawn: %s", request_id, error)
