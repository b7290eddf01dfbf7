"""What came before comes back with the answer it got: Slack repeats what it saw no answer to."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.response import BoltResponse

from adapters.slack.identity import text

Json = dict[str, Any]

KEPT: Final = 1000
"""Answers remembered; a repetition follows within minutes."""


class Answered:
    """Runs each event, command, click or form once while this process lives.

    Only what ended well counts: after a fault of ours a repetition is a second chance. Across
    processes the core lets no message count twice (`Click.once`).
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[str, asyncio.Future[BoltResponse]] = OrderedDict()

    async def once(
        self, envelope: str, payload: Json, run: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """The answer, also to a repetition that comes while the first is being worked on."""
        key = text(payload, "event_id") or text(payload, "trigger_id") or envelope
        task = self._answers.get(key)
        if task is None:
            task = self._answers[key] = asyncio.ensure_future(run())
            task.add_done_callback(lambda done: self._ended(key, done))
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return await asyncio.shield(task)

    def close(self) -> None:
        """Stop what is still being worked on."""
        for task in self._answers.values():
            task.cancel()

    def _ended(self, key: str, done: "asyncio.Future[BoltResponse]") -> None:
        if done.cancelled() or done.exception() is not None or done.result().status != 200:
            self._answers.pop(key, None)
