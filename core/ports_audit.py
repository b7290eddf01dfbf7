"""The trail as evidence: what whoever serves it to an auditor needs of it."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from core.checkpoint import Signed


class Evidence(Protocol):
    """The signed trail."""

    def export(self, since: int = 0) -> AsyncIterator[bytes]:
        """The whole trail, or from the checkpoint on that holds position `since` + 1, as pieces
        of whole lines (see `core.export`); events not yet in a checkpoint get one first.

        Raises ValueError, before the first piece, for a position that is not there yet.
        """
        ...

    async def checkpoints(self, after: int = 0, limit: int = 1000) -> Sequence[Signed]:
        """The checkpoints numbered above `after`, in order."""
        ...
