"""How long `audit verify` takes for an export, beside hashing the same bytes.

The export is made here, of requests that are voted on in turn and so have their events far
from one another, as in a system with much to do.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from bench.report import Line
from bot.verifying import verify_file
from core.audit.chain import GENESIS, chain
from core.audit.checkpoint import MOST_EVENTS, Checkpoint, Leaf, make
from core.audit.export import Export
from core.audit.verifying import Trust
from core.events import (
    Actor,
    AnyEvent,
    Finished,
    Recorded,
    StageApproved,
    StageOpened,
    Submitted,
    Voted,
)
from core.request import Decision, Status
from core.route import Category, Entry, Route, StagePlan
from core.tokens.signing import KeyRing, SigningKey

EVENTS = 1_000_000
ROUNDS = 5
GOAL = 3.0
OPEN = 3_000
"""Requests that are under way at any time."""

AT = 1_800_000_000_000
BLOCK = 1 << 20
_MARA, _FINN = "mara@example.com", "finn@example.com"
_SEAL = "5f" * 32
Event = tuple[AnyEvent, Actor]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each run over a file of so many bytes and events."""

    events: int
    size: int
    verified: list[float]
    hashed: list[float]
    by_line: list[float]

    @property
    def to_blocks(self) -> float:
        return median(v / h for v, h in zip(self.verified, self.hashed, strict=True))

    @property
    def to_lines(self) -> float:
        return median(v / h for v, h in zip(self.verified, self.by_line, strict=True))


def measure(folder: Path, events: int, rounds: int, tell: Callable[[str], None]) -> Times:
    """Verify and hash the same file in turn."""
    path, ring = folder / "export.jsonl", KeyRing(SigningKey(b"\x07" * 32))
    tell(f"writing an export of {events} events")
    write(path, events, ring)
    times = Times(events, path.stat().st_size, [], [], [])
    for turn in range(rounds):
        tell(f"verifying {turn + 1} of {rounds}")
        times.hashed.append(_seconds(lambda: _hash(path)))
        times.verified.append(_seconds(lambda: verify_file(path, Trust(ring.jwks()))))
        times.by_line.append(_seconds(lambda: _hash_lines(path)))
    return times


def lines(times: Times) -> list[Line]:
    """The figures; the goal is about hashing the same bytes as fast as that can be done."""
    found, each = times.to_blocks, median(times.verified) * 1e6 / times.events
    return [
        Line(
            f"\n`countersign audit verify` of an export of {times.events} events, "
            f"{times.size / 1e6:.0f} MB, medians of {len(times.verified)}"
        ),
        Line(
            f"    verified {median(times.verified):.2f} s ({each:.2f} "
            f"µs an event)   SHA-256 in blocks of 1 MB {median(times.hashed):.2f} s   "
            f"line by line {median(times.by_line):.2f} s"
        ),
        Line("time, to hashing the same bytes", f"{found:.2f}", f"<= {GOAL:g}", found <= GOAL),
        Line("time, to hashing the same lines one by one", f"{times.to_lines:.2f}"),
    ]


def write(path: Path, events: int, ring: KeyRing) -> None:
    """An export with so many events."""
    before: Checkpoint | None = None
    records = _records(random.Random(7), events)
    export = Export(None)
    with path.open("wb") as file:
        file.write(export.begin())
        while batch := list(islice(records, MOST_EVENTS)):
            first = 0 if before is None else before.last
            leaves = [
                Leaf(position=first + n, hash=hashlib.sha256(body).hexdigest(), size=len(body))
                for n, body in enumerate(batch, 1)
            ]
            signed = make(before, leaves, AT, ring)
            hashes = b"".join(bytes.fromhex(leaf.hash) for leaf in leaves)
            file.write(export.part(signed, hashes, batch))
            before = signed.checkpoint
        file.write(export.finish(AT, ring))


def _records(draw: random.Random, events: int) -> Iterator[bytes]:
    """Records of many requests in turn; what a request does at once stays together."""
    under_way: list[tuple[str, int, str, Iterator[list[Event]]]] = []
    made = written = 0
    while written < events:
        if len(under_way) < OPEN:
            under_way.append((f"01kb{made:022d}", 0, GENESIS, _story()))
            made += 1
        place = -1 if draw.random() < 0.3 else draw.randrange(len(under_way))
        stream, seq, previous, story = under_way[place]
        at_once = next(story, None)
        if at_once is None:
            under_way[place] = under_way[-1]
            under_way.pop()
            continue
        recorded = [Recorded(event=event, actor=actor, at=AT + written) for event, actor in at_once]
        links = chain(stream, seq, previous, recorded)[: events - written]
        yield from (link.body for link in links)
        written += len(links)
        under_way[place] = (stream, links[-1].seq, links[-1].hash, story)


def _story() -> Iterator[list[Event]]:
    """A purchase that two people approve: what happens at once, one after the other."""
    system, agent = Actor(via="system"), Actor(via="api", agent="01kbkey0000000000000000000")
    plans = tuple(
        StagePlan(level=level, name=name, entries=(Entry(ref=who, people=(who,)),))
        for level, name, who in ((1, "Manager", _MARA), (2, "Finance", _FINN))
    )
    route = Route(
        rule="purchase-order", policy_version="ab" * 32, category=Category.REVIEW, stages=plans
    )
    submitted = Submitted(
        agent="purchasing",
        agent_key="01kbkey0000000000000000000",
        requester="alice@example.com",
        action_type="purchase_order",
        amount="120000",
        currency="EUR",
        route=route,
        content="01kb0000000000000000000000.r1",
        commitment=_SEAL,
        expires_at=AT + 86_400_000,
    )
    yield [(submitted, agent), (_opened(1, _MARA), system)]
    yield [*_vote(1, _MARA), (_opened(2, _FINN), system)]
    finished = Finished(status=Status.APPROVED, by=(_MARA, _FINN))
    yield [*_vote(2, _FINN), (finished, system)]


def _opened(level: int, who: str) -> StageOpened:
    return StageOpened(level=level, round=1, entries=(Entry(ref=who, people=(who,)),))


def _vote(level: int, who: str) -> list[Event]:
    voted = Voted(
        level=level,
        round=1,
        revision=1,
        commitment=_SEAL,
        person=who,
        decision=Decision.APPROVE,
        comment="01kb0000000000000000000000.c1",
        comment_commitment=_SEAL,
        department="Finance",
        roles=("finance_analyst",),
    )
    evidence = {"channel": "D0123456789", "ts": "1800000000.123456", "action": "approve"}
    actor = Actor(via="slack", person=who, evidence=evidence)
    return [(voted, actor), (StageApproved(level=level), Actor(via="system"))]


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _hash_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(hashlib.sha256(line).digest()) for line in file)
