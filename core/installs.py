"""Where a chat platform's app is installed, as rows: whose they are is not known here.

`body` is opaque: the adapter seals what the platform gave it (tokens among it) before it
comes here, and opens it again.
"""

from collections.abc import Sequence
from typing import Protocol

from core.value import Millis, Value


class Installation(Value, frozen=True):
    """The app in one workspace, or (`team` is "") in a whole organisation.

    `version` counts what was written; `ended_at` is when the app was removed, None while it
    is installed.
    """

    platform: str
    team: str
    enterprise: str
    body: bytes
    at: Millis
    version: int = 0
    ended_at: Millis | None = None

    @property
    def id(self) -> str:
        """What it is kept under: the workspace, else the organisation."""
        return self.team or self.enterprise


class Installations(Protocol):
    """What is kept of installations; each change is one guarded statement."""

    async def installed(self, platform: str) -> Sequence[Installation]:
        """All that have not ended, by id."""
        ...

    async def install(self, found: Installation) -> None:
        """Keep a new one, or put it in the place of an earlier one with this id."""
        ...

    async def claim(self, found: Installation, now: Millis, until: Millis) -> bool:
        """Take the exchange of its token on oneself until then, unless it has changed or ended
        since it was read, or somebody else holds that claim."""
        ...

    async def reseal(self, found: Installation, body: bytes) -> bool:
        """Put another body in its place, unless it has changed or ended since it was read; gives
        the claim back."""
        ...

    async def end(self, platform: str, id: str, at: Millis) -> bool:
        """The app was removed at that time: forget the body. False if there is none that was
        installed by then."""
        ...
