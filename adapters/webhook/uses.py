"""What keys are used for, gathered in memory and written to the trail in intervals.

However many calls there are, a key has one event in a minute; its first call after an hour's rest
is written at once, within seconds. What a server gathered and had not written when it crashed is
lost: the acts among it are not, since each stands in its request's own events too.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from core.rows import ApiKey, KeyUse
from core.system_events import KeyUsed
from core.value import Millis

INTERVAL: Final[Millis] = 60_000
REST: Final[Millis] = 3_600_000
MOST_NETWORKS: Final = 20
"""Networks that one event names; calls from any others are counted together."""
OTHER: Final = "other"
CUT: Final = "cut"
"""Counted where the call ended without an answer."""

Write = Callable[[Sequence[KeyUse]], Awaitable[None]]


class Interval:
    """The calls of one key since the last event about it; to be written at `due`."""

    __slots__ = ("calls", "due", "networks", "older", "secrets", "since", "until")

    def __init__(self, since: Millis, due: Millis) -> None:
        self.since = self.until = since
        self.due = due
        self.calls: dict[tuple[str, str], int] = {}
        self.networks: dict[str, int] = {}
        self.secrets: dict[str, Millis] = {}
        self.older = 0

    def add(self, operation: str, answer: str, count: int = 1) -> None:
        """So many calls were answered so."""
        self.calls[operation, answer] = self.calls.get((operation, answer), 0) + count

    def came_from(self, network: str, count: int = 1) -> None:
        """So many calls came from there."""
        networks = self.networks
        if network not in networks and len(networks) >= MOST_NETWORKS:
            network = OTHER
        networks[network] = networks.get(network, 0) + count

    def seen(self, secret: str, at: Millis) -> None:
        """One of the key's secrets, by its hash, was used."""
        if at >= self.secrets.get(secret, at):
            self.secrets[secret] = at
        if at > self.until:
            self.until = at
        elif at < self.since:
            self.since = at

    def as_use(self, key: str) -> KeyUse:
        calls: dict[str, dict[str, int]] = {}
        for (operation, answer), count in self.calls.items():
            calls.setdefault(operation, {})[answer] = count
        used = KeyUsed(
            key=key,
            since=self.since,
            until=self.until,
            calls=calls,
            networks=dict(self.networks),
            older=self.older,
        )
        return KeyUse(used=used, secrets=tuple(self.secrets.items()))


class Uses:
    """The uses of all keys on this server; for one event loop."""

    def __init__(self) -> None:
        self._open: dict[str, Interval] = {}
        self._written: dict[str, Millis] = {}

    def note(self, key: ApiKey, operation: str, answer: str, network: str, now: Millis) -> None:
        """One call with the key, refused or not; `answer` is its status or `CUT`."""
        interval = self._open.get(key.id)
        if interval is None:
            rested = now - self._written.get(key.id, -REST) >= REST
            interval = self._open[key.id] = Interval(now, now if rested else now + INTERVAL)
        interval.add(operation, answer)
        interval.came_from(network)
        interval.seen(key.hash, now)
        if key.by_older:
            interval.older += 1

    async def flush(self, write: Write, now: Millis, *, everything: bool = False) -> None:
        """Write what is due, or everything; what could not be written is due again."""
        due = {key: i for key, i in self._open.items() if everything or i.due <= now}
        if not due:
            return
        for key in due:
            del self._open[key]
        self._written = {k: at for k, at in self._written.items() if now - at < REST}
        self._written.update(dict.fromkeys(due, now))
        try:
            await write([interval.as_use(key) for key, interval in due.items()])
        except Exception:
            for key, interval in due.items():
                self._put_back(key, interval)
            raise

    def _put_back(self, key: str, interval: Interval) -> None:
        """Join it with what came meanwhile."""
        newer = self._open.get(key)
        if newer is not None:
            for called, count in newer.calls.items():
                interval.add(*called, count)
            for network, count in newer.networks.items():
                interval.came_from(network, count)
            for secret, at in newer.secrets.items():
                interval.seen(secret, at)
            interval.older += newer.older
        self._open[key] = interval
