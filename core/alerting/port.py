"""What alerts ask of storage: `storage.alerts` implements it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from core.alerting.episode import Episode
from core.alerting.signs import Happened, Late, Trouble
from core.rows import OutboxRow
from core.system_events import SystemRecorded
from core.value import Millis


class Windows(NamedTuple):
    """From which moment on things are counted; `late` is the deadline before which what is open
    is stuck. None for what is not wanted."""

    late: Millis | None
    rejections: Millis | None
    escalations: Millis | None
    unknown: Millis | None


class Counts(NamedTuple):
    """What was counted; each empty where it was not wanted."""

    late: Sequence[Late]
    rejections: Sequence[Happened]
    escalations: Sequence[Happened]
    unknown: Sequence[tuple[str, int]]


class Load(Protocol):
    """How much waits for people."""

    async def load(self, people: Sequence[str], most: int) -> Sequence[tuple[str, int]]:
        """How many open requests wait for each of these people, counted up to `most`; those for
        whom nothing waits are left out."""
        ...


class AlertStore(Protocol):
    """Counts, and the episodes."""

    async def follow(self, now: Millis) -> bool:
        """Take up the next page of what happened; whether there may be more."""
        ...

    async def counts(self, windows: Windows) -> Counts: ...

    async def dead(self, now: Millis, quiet: Millis) -> Sequence[Trouble]:
        """Platforms to which more was given up within the last `quiet` milliseconds."""
        ...

    async def claim(self, replica: str, now: Millis, until: Millis) -> bool:
        """Whether this replica looks now for all; it is also noted as being there."""
        ...

    async def gone(self, since: Millis) -> Sequence[str]:
        """Replicas with open episodes that were not there since this moment."""
        ...

    async def open(self) -> Sequence[Episode]:
        """The episodes that are not over, the oldest first."""
        ...

    async def begin(
        self, episode: Episode, rows: Sequence[OutboxRow], recorded: SystemRecorded
    ) -> bool:
        """Open it, with its record and what tells of it, unless one of its kind and subject is
        open."""
        ...

    async def end(
        self, episode: Episode, rows: Sequence[OutboxRow], recorded: SystemRecorded
    ) -> bool:
        """Close it, with its record and what tells of it, unless it is closed."""
        ...

    async def move(self, episodes: Sequence[Episode]) -> None:
        """Keep since when it is calm."""
        ...

    async def forget(self) -> None:
        """Stop following, and forget what was counted."""
        ...
