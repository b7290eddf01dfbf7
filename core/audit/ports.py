"""The trail as evidence: what whoever serves it to an auditor needs of it."""

from collections.abc import AsyncIterator, Sequence
from typing import BinaryIO, Protocol

from core.audit.checkpoint import Signed
from core.value import Millis


class EvidenceBusy(Exception):
    """Another server numbers events all the time; the same call may succeed in a minute."""


class Evidence(Protocol):
    """The signed trail."""

    def export(self, since: int = 0) -> AsyncIterator[bytes]:
        """The whole trail, or from the checkpoint on that holds position `since` + 1, as pieces
        of whole lines (see `core.audit.export`); events not yet in a checkpoint get one first.

        Raises, before the first piece, ValueError for a position that is not there yet and
        EvidenceBusy when this is not the moment.
        """
        ...

    async def checkpoints(self, after: int = 0, limit: int = 1000) -> Sequence[Signed]:
        """The checkpoints numbered above `after`, in order."""
        ...


class PackTooLarge(Exception):
    """A pack would hold more events than may be packed there."""


class Packs(Protocol):
    """Makes evidence packs (see `core.audit.pack`)."""

    async def pack(self, file: BinaryIO, begins: Millis | None, ends: Millis, at: Millis) -> None:
        """Write the pack of a period, made `at`, into a file that can be searched. Raises
        PackTooLarge and EvidenceBusy."""
        ...
