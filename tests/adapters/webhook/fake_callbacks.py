"""Callbacks and their secrets as the adapter sees them, in memory."""

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from core.callbacks import Again, SealedSecret, SecretAdded
from core.events import Actor
from core.ports import Outcome
from core.rows import QueuedCallback
from core.value import Millis


class FakeCallbacks:
    """Keeps what it was asked for; `kept` are all secrets, the newest first."""

    def __init__(self) -> None:
        self.kept: list[SealedSecret] = []
        self.replayed: list[tuple[Again, Actor]] = []
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1

    async def claim(
        self, now: Millis, lease_until: Millis, busy: Mapping[str, int], per_host: int, limit: int
    ) -> Sequence[QueuedCallback]:
        raise AssertionError("the API sends nothing")

    async def settle(self, done: QueuedCallback, outcome: Outcome, now: Millis) -> None:
        raise AssertionError("the API sends nothing")

    async def next_due(self, without: Collection[str] = ()) -> Millis | None:
        raise AssertionError("the API sends nothing")

    async def of_request(self, request: str) -> Sequence[QueuedCallback]:
        return ()

    async def undelivered(self) -> Sequence[QueuedCallback]:
        return ()

    async def replay(self, what: Again, now: Millis, by: Actor) -> int:
        self.replayed.append((what, by))
        return 2

    async def secrets(self, key: str, now: Millis) -> Sequence[SealedSecret]:
        return [s for s in self.kept if s.key == key and (s.ends_at is None or s.ends_at > now)]

    async def add_secret(
        self, secret: SealedSecret, overlap: Millis | None, by: Actor
    ) -> SecretAdded:
        self.kept.insert(0, secret)
        return "made"

    async def all_secrets(self) -> Sequence[SealedSecret]:
        return list(self.kept)

    async def reseal(self, old: SealedSecret, sealed: bytes) -> None:
        self.kept = [replace(s, sealed=sealed) if s == old else s for s in self.kept]
