"""Erases content whose time is over, as the policy promised when the request was made.

A bounded part at each pass, by whichever server comes first; the trail says what, and by which
rule. What a legal hold keeps waits until that is lifted.
"""

from collections.abc import Callable
from typing import Final

import structlog

from bot.parts import Ground, Part
from core.audit.holding import over
from core.content import Content, Text, row
from core.value import Millis
from storage.retention import SqlRetention

EVERY_SECONDS: Final = 60.0
PAGES: Final = 20
"""Pages of events that one pass follows."""
AT_ONCE: Final = 50
"""Requests in one transaction: what holds up the writer no longer than a batch does."""
MOST: Final = 200
"""Requests in one pass."""

log = structlog.get_logger("retention")


class Retention:
    """The pass."""

    def __init__(
        self,
        kept: SqlRetention,
        clock: Callable[[], Millis],
        new_id: Callable[[], str],
        new_salt: Callable[[], str],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` tells the relay that cards are to be rendered once more."""
        self._kept = kept
        self._clock = clock
        self._new_id = new_id
        self._new_salt = new_salt
        self._wake = wake

    async def sweep(self) -> None:
        """Follow what has ended, and erase what is due. Raises nothing."""
        try:
            for _ in range(PAGES):
                if not await self._kept.follow():
                    break
            erased = await self._erase()
        except Exception:
            log.exception("retention_pass_failed")
            return
        if erased:
            log.info("content_erased", requests=erased)
            self._wake()

    async def _erase(self) -> int:
        erased = 0
        for _ in range(MOST // AT_ONCE):
            done = await self._kept.sweep(self._clock(), AT_ONCE, self._reason)
            erased += done.erased
            if not done.more:
                break
        return erased

    def _reason(self, rule: str, retention: Millis) -> Content:
        return row(self._new_id(), self._new_salt(), Text(text=over(rule, retention)))


def retention_part(ground: Ground) -> Part:
    """The pass, on every server."""
    world = ground.world
    retention = Retention(
        ground.storage.retention, world.clock, world.new_id, world.new_salt, ground.wake
    )
    return Part(jobs=((retention.sweep, EVERY_SECONDS),))
