"""Whether what the policy wants decided on the pages can be decided there.

Nobody could decide it without an identity provider: it would wait, escalate and be held. That is
said at once where the policy is checked or taken up, and not only when the first request is stuck.
"""

from typing import Final

import structlog

from bot.parts import Ground, Part
from bot.web_settings import CANNOT_DECIDE, undecidable

EVERY_SECONDS: Final = 60.0
log = structlog.get_logger("policy")


class Deciding:
    """Says it once for each version of the policy."""

    def __init__(self, ground: Ground) -> None:
        self._policy = ground.world.policy
        self._web = ground.settings.web
        self._told = ""

    async def look(self) -> None:
        """Look at the policy in force."""
        policy = self._policy()
        if policy.version == self._told:
            return
        self._told = policy.version
        said = undecidable(policy, self._web)
        if said is not None:
            log.warning("policy_cannot_be_decided", why=said, remedy=CANNOT_DECIDE)


def deciding_part(ground: Ground) -> Part:
    """Looks when the server starts, and after each change of the policy."""
    deciding = Deciding(ground)
    return Part(jobs=((deciding.look, EVERY_SECONDS),), start=deciding.look)
