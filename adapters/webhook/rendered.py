"""Requests as JSON bytes, made once for all who are answered the same at once.

When a request is decided on which thousands wait, they are all answered from one read of it.
What was made is forgotten at the end of the event loop's turn, so that nothing old is shown.
"""

import asyncio

from adapters.webhook import present
from adapters.webhook.ports import Requests
from core.rows import Snapshot
from core.service.access import Caller

Key = tuple[int, bool]
"""The snapshot, by identity, and whether it is shown to the key that asked."""


class Rendered:
    """The answers that were made in this turn of the event loop."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._made: dict[Key, tuple[Snapshot, bytes]] = {}

    def seen(self, caller: Caller, found: Snapshot) -> bytes:
        """The request as the caller, who may see it, is shown it."""
        # What two callers are shown differs only in the token and the address for callbacks.
        key = id(found), caller.key_id == found.state.agent_key
        made = self._made.get(key)
        if made is None:
            if not self._made:
                asyncio.get_running_loop().call_soon(self._made.clear)
            # The snapshot is kept with it, so that no other can have its identity meanwhile.
            made = self._made[key] = found, self._json(caller, found)
        return made[1]

    def _json(self, caller: Caller, found: Snapshot) -> bytes:
        token = self._requests.token(caller, found)
        estimate = self._requests.estimate(found.state)
        own = caller.key_id == found.state.agent_key
        return present.encode(present.request(found, token=token, estimate=estimate, own=own))
