"""How much waits for people: what the service asks of storage."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Workload(Protocol):
    """Open requests by person."""

    def now(self) -> Mapping[str, int]:
        """Those of people whom balanced stages name, in memory; who is missing has none."""
        ...

    async def load(self, people: Sequence[str], most: int) -> Sequence[tuple[str, int]]:
        """Those of these people, counted up to `most`; who has none is left out."""
        ...


class NoWorkload:
    """Nobody has anything to do."""

    def now(self) -> Mapping[str, int]:
        return {}

    async def load(self, people: Sequence[str], most: int) -> Sequence[tuple[str, int]]:
        del people, most
        return ()
