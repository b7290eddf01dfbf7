"""The auditor of the server's own work: once a minute it looks whether anything stands still.

What it finds is told once in the log when it begins and once when it is over, stands in the
metrics, and in `/readyz` beside the answer: other replicas would find the same, and a load
balancer that took all of them away would help nobody. Everything is looked up by index, and
open requests are walked through a part at a time, so a look costs the same however many there
are.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import structlog

from core.audit.streaming import Standing
from core.request import OPEN
from core.value import Millis
from storage.condition import Condition, SqlCondition, Waiting

EVERY_SECONDS: Final = 60

LATE: Millis = 60_000
"""What could have been done so long ago is not merely waiting for its turn."""

STILL: Millis = 30_000
"""What is the very same so long after it was first seen does stand still."""

AUDIT_LATE: Millis = 1_200_000
"""A checkpoint is made every ten minutes where there is something to sign."""

SIEM_LATE: Millis = 600_000
"""The stream of events tries again every two minutes at least."""

FURTHEST: Millis = 86_400_000
"""Nothing is put off for longer without saying why."""

WITHIN: Final = 20.0
"""Seconds that a look at the database may take."""

SOME: Final = 100
CHUNK: Final = 5_000
"""Open requests of each status that one look walks through."""

_OPEN: Final = sorted(status.value for status in OPEN)

log = structlog.get_logger("watching")


class Kind(StrEnum):
    """What can be wrong: a closed set."""

    DATABASE = "database"
    OVERDUE = "overdue_requests"
    ASLEEP = "requests_without_wake_up"
    UNSENT = "unsent_deliveries"
    UNEXPLAINED = "unexplained_cards"
    SCHEDULER = "late_scheduler"
    RELAY = "late_relay"
    SEQUENCER = "late_sequencer"
    CHECKPOINT = "late_checkpoint"
    SIEM = "late_siem"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: `said` is a sentence for the operator, with what to do, and may be
    read by whoever reaches the server; only the log names the `request`. `of` tells whether it is
    the very same as at an earlier look."""

    kind: Kind
    said: str
    of: str = ""
    request: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Passes:
    """When each job of this server finished its last pass; None for one that is not to run."""

    scheduler: Callable[[], Millis | None]
    relay: Callable[[], Millis | None]
    auditing: Callable[[], Millis | None]


@dataclass(slots=True)
class Watching:
    """Looks, and keeps what it found until it is over. `told` hears of each kind, each time;
    `streamed` says how far the stream of events is, where there is one."""

    condition: SqlCondition
    passes: Passes
    clock: Callable[[], Millis]
    told: Callable[[str, bool], None] = lambda _kind, _there: None
    streamed: Callable[[], Awaitable[Standing]] | None = None
    looks: int = 0
    last_pass: Millis = 0
    _born: Millis = 0
    _findings: dict[Kind, Finding] = field(default_factory=dict)
    _since: dict[Kind, Millis] = field(default_factory=dict)
    _known: dict[tuple[Kind, str], Millis] = field(default_factory=dict)
    _unsent: dict[Waiting, Millis] = field(default_factory=dict)
    _walked: dict[str, str] = field(default_factory=dict)
    _asleep: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._born = self.clock()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was wrong at the last look, or is by now as far as no look is needed."""
        now = dict(self._findings)
        now.update({each.kind: each for each in self._late(self.clock())})
        return tuple(now[kind] for kind in Kind if kind in now)

    @property
    def all_well(self) -> bool:
        """Whether there was a look of late, not only at the start, and nothing is wrong."""
        fresh = self.looks > 1 and self.clock() - self.last_pass <= 2 * LATE
        return fresh and not self.findings

    async def look(self) -> None:
        """Look at everything once. Raises nothing.

        What stands in the database counts once a later look finds the very same: what waits for
        its turn, or came in while a server was starting, is gone by then.
        """
        now = self.clock()
        try:
            async with asyncio.timeout(WITHIN):
                stored = await self._stored(now)
        except Exception as error:
            why = type(error).__name__
            said = f"The database cannot be looked at ({why}): see that it answers."
            stored = [Finding(Kind.DATABASE, said)]
        self._tell([*self._late(now), *stored], now)
        self.looks += 1
        self.last_pass = self.clock()

    async def _stored(self, now: Millis) -> list[Finding]:
        found = [
            *self._behind(await self.condition.now(now), now),
            *await self._overdue(now),
            *await self._without_wake_up(),
            *await self._unexplained(now),
            *([] if self.streamed is None else _unstreamed(await self.streamed(), now)),
        ]
        known = self._known
        self._known = {key: known.get(key, now) for key in ((f.kind, f.of) for f in found)}
        same = [f for f in found if now - self._known[f.kind, f.of] >= STILL]
        return same + await self._unsent_ones(now)

    def _tell(self, findings: Sequence[Finding], now: Millis) -> None:
        found = {each.kind: each for each in findings}
        for kind in Kind:
            finding = found.get(kind)
            if finding is not None and kind not in self._since:
                self._since[kind] = now
                about = {"request": finding.request} if finding.request else {}
                log.error("finding", kind=kind.value, said=finding.said, **about)
            elif finding is None and kind in self._since:
                lasted = now - self._since.pop(kind)
                log.info("finding_over", kind=kind.value, seconds=lasted // 1000)
            self.told(kind.value, finding is not None)
        self._findings = found

    def _late(self, now: Millis) -> list[Finding]:
        """The jobs of this very server."""
        jobs = (
            (Kind.SCHEDULER, "scheduler", self.passes.scheduler()),
            (Kind.RELAY, "relay", self.passes.relay()),
            (Kind.SEQUENCER, "pass that numbers the trail", self.passes.auditing()),
        )
        return [
            Finding(kind, f"The {name} of this server has done nothing for {_ago(now, at)}.")
            for kind, name, last in jobs
            if last is not None and now - (at := max(last, self._born)) > LATE
        ]

    async def _overdue(self, now: Millis) -> list[Finding]:
        first = await self.condition.first_due()
        if first is None or now - first[1] <= LATE:
            return []
        request, due = first
        said = (
            f"A request has been due for {_ago(now, due)}, and time was not applied to it: the "
            "log names it, and tick_failed there says why."
        )
        return [Finding(Kind.OVERDUE, said, f"{request} {due}", request)]

    async def _without_wake_up(self) -> list[Finding]:
        """Walk on through what is open; one that was found stays until it is walked past again."""
        for status in _OPEN:
            after = self._walked.get(status, "")
            walked = await self.condition.walk(status, after, CHUNK)
            last = walked.last
            gone = [r for r in self._asleep if after < r and (last is None or r <= last)]
            for request in [r for r in gone if self._asleep[r] == status]:
                del self._asleep[request]
            self._asleep.update(dict.fromkeys(walked.asleep, status))
            self._walked[status] = last or ""
        if not self._asleep:
            return []
        request = min(self._asleep)
        said = (
            "A request is open and nothing will ever wake it "
            f"({len(self._asleep)} so far): cancel the one that the log names, and report this as "
            "a fault."
        )
        return [Finding(Kind.ASLEEP, said, request, request)]

    async def _unsent_ones(self, now: Millis) -> list[Finding]:
        """What is claimed by nobody at one look and at the next."""
        unsent, known = await self.condition.unsent(now - LATE, SOME), self._unsent
        self._unsent = {each: known.get(each, now) for each in unsent}
        late = [each for each, first in self._unsent.items() if now - first >= STILL]
        if not late:
            return []
        said = (
            "Nobody has taken cards or notices that could have been sent a minute ago: "
            f"{len(late)}. See that a server runs, and look into its log."
        )
        return [Finding(Kind.UNSENT, said, request=late[0].request)]

    async def _unexplained(self, now: Millis) -> list[Finding]:
        odd = await self.condition.unexplained(now + FURTHEST)
        if not odd:
            return []
        said = (
            "A card is not shown, and nothing says why: the log names its request; try it again "
            "with countersign outbox retry."
        )
        return [Finding(Kind.UNEXPLAINED, said, odd[0], odd[0])]

    def _behind(self, stored: Condition, now: Millis) -> list[Finding]:
        """The trail, where this server keeps it."""
        if self.passes.auditing() is None:
            return []
        found: list[Finding] = []
        since = stored.unnumbered_since
        if since is not None and now - since > LATE:
            said = (
                f"Events from {_ago(now, since)} ago have no place in the trail yet: look for "
                "audit_pass_failed in the log, and for a transaction that stays open."
            )
            found.append(Finding(Kind.SEQUENCER, said, str(since)))
        signed = stored.signed
        if stored.unsigned and signed is not None and now - signed > AUDIT_LATE:
            said = (
                f"{stored.unsigned} events are under no checkpoint, and the newest was made "
                f"{_ago(now, signed)} ago: look for audit_pass_failed in the log."
            )
            found.append(Finding(Kind.CHECKPOINT, said, str(signed)))
        return found


def _unstreamed(stands: Standing, now: Millis) -> list[Finding]:
    """Events that wait, while nothing has been sent for long."""
    since = stands.waits_since
    if since is None or now - max(since, stands.sent_at or 0) <= SIEM_LATE:
        return []
    said = (
        f"{stands.behind} events wait to be streamed to COUNTERSIGN_SIEM, and nothing was sent for "
        "ten minutes: countersign siem status says why."
    )
    return [Finding(Kind.SIEM, said, str(stands.position))]


def _ago(now: Millis, then: Millis) -> str:
    """So many seconds, minutes or hours."""
    seconds = max(0, now - then) // 1000
    if seconds < 180:
        return f"{seconds} seconds"
    return f"{seconds // 60} minutes" if seconds < 3 * 3600 else f"{seconds // 3600} hours"
