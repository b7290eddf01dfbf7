"""What a pass of the scheduler costs, by how much is pending, and how long it holds the event
loop.

A pass is the scheduler's own: it asks what is due, applies time to it (here each stage has
waited too long and asks the last resort: one event, a person more, notices) and commits.
"""

import asyncio
import gc
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import uvloop

from bench.children import NotMeasured
from bench.databases import Backend
from bench.inside import Inside, inside
from bench.report import Line
from bench.seeding import Seeded, seed
from bot import log

MANY = 1_000_000
DUE = 100
ROUNDS = 15
WARM = 3
EMPTIES = 30
"""Empty passes in each round."""

EMPTY_GOAL, CLAIM_GOAL = 1.5, 2.0

CROWD = 5_000
PASSES = 3
BEAT = 0.001
HOLD_MS = 50.0


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds at one number of pending requests: of an empty pass in each round (the median of
    some), and of a pass with `DUE` due."""

    empty: list[float] = field(default_factory=list)
    claim: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Swept:
    """The costs with few and with many pending; how long it took to make them in seconds."""

    few: Costs
    many: Costs
    pending: tuple[int, int]
    made: float


@dataclass(frozen=True, slots=True)
class Held:
    """Of each pass with `CROWD` due, in seconds: the longest time in which the loop did nothing
    else, how much of the longest such times this process ran (on a busy machine others hold it
    up too), and how long the pass took."""

    longest: list[float] = field(default_factory=list)
    ran: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)


def measure(folder: Path, backend: Backend, pending: tuple[int, int]) -> Swept:
    """In two new databases, for few and for many; raises NotMeasured."""
    log.configure("warning")
    with backend.database("few") as few, backend.database("many") as many:
        return uvloop.run(_measure(folder, (few, many), pending))


def hold(folder: Path, backend: Backend) -> Held:
    """In a new database; raises NotMeasured."""
    log.configure("warning")
    with backend.database("crowd") as dsn:
        return uvloop.run(_hold(folder, dsn))


def lines(database: str, found: Swept) -> list[Line]:
    """The figures and their ratios."""
    few, many = (f"{count:,} pending" for count in found.pending)
    empty = median(b / a for a, b in zip(found.few.empty, found.many.empty, strict=True))
    claim = median(b / a for a, b in zip(found.few.claim, found.many.claim, strict=True))
    return [
        Line(f"\nA pass of the scheduler, {database}; medians of {len(found.many.claim)} rounds"),
        Line(f"  Between passes nothing else runs. Making the requests took {found.made:.0f} s."),
        _cost(f"nothing due, {few}", found.few.empty),
        _cost(f"nothing due, {many}", found.many.empty),
        _ratio("nothing due, many to few", empty, EMPTY_GOAL),
        _cost(f"{DUE} due, {few}", found.few.claim),
        _cost(f"{DUE} due, {many}", found.many.claim),
        _ratio(f"{DUE} due, many to few", claim, CLAIM_GOAL),
    ]


def held_lines(database: str, found: Held) -> list[Line]:
    """The longest hold of all, and the rate."""
    longest, took = max(found.longest) * 1e3, median(found.took)
    return [
        Line(f"\n{CROWD:,} due in one pass of the scheduler, {database}, {len(found.took)} passes"),
        Line(
            "longest time the event loop was held",
            f"{longest:.1f} ms",
            f"< {HOLD_MS:g} ms",
            longest < HOLD_MS,
        ),
        Line("the same, while this process ran", f"{max(found.ran) * 1e3:.1f} ms"),
        Line("the pass, median", f"{took:.2f} s ({CROWD / took:,.0f}/s)"),
    ]


async def _measure(folder: Path, dsns: tuple[str, str], pending: tuple[int, int]) -> Swept:
    begun = time.perf_counter()
    seeds = [await seed(folder, dsn, count) for dsn, count in zip(dsns, pending, strict=True)]
    made = time.perf_counter() - begun
    costs = Costs(), Costs()
    async with AsyncExitStack() as stack:
        places = [await stack.enter_async_context(inside(folder, dsn)) for dsn in dsns]
        gc.collect()
        gc.freeze()  # as the server does when it has started
        for turn in range(1, WARM + ROUNDS + 1):
            for here, seeded, cost in zip(places, seeds, costs, strict=True):
                empty, claim = await _round(here, seeded, turn)
                if turn > WARM:
                    cost.empty.append(empty)
                    cost.claim.append(claim)
    return Swept(*costs, pending, made)


async def _round(here: Inside, seeded: Seeded, turn: int) -> tuple[float, float]:
    empties = [await _pass(here, 0) for _ in range(EMPTIES)]
    here.clock.now = seeded.moment(turn * DUE)
    return median(empties), await _pass(here, DUE)


async def _pass(here: Inside, due: int) -> float:
    """One pass, in seconds; raises NotMeasured unless it changed so many requests."""
    before, begun = here.changed, time.perf_counter()
    await here.app.scheduler.sweep()
    took = time.perf_counter() - begun
    if here.changed - before != due:
        raise NotMeasured(f"{here.changed - before} requests changed in a pass, not {due}")
    return took


async def _hold(folder: Path, dsn: str) -> Held:
    seeded, held = await seed(folder, dsn, (PASSES + 1) * CROWD), Held()
    async with inside(folder, dsn) as here:
        here.clock.now = seeded.moment(DUE)
        await _pass(here, DUE)
        gc.collect()
        gc.freeze()
        for number in range(1, PASSES + 1):
            here.clock.now = seeded.moment(DUE + number * CROWD)
            beating = asyncio.create_task(_beats())
            held.took.append(await _pass(here, CROWD))
            beating.cancel()
            longest, ran = await beating
            held.longest.append(longest)
            held.ran.append(ran)
    return held


async def _beats() -> tuple[float, float]:
    """Until cancelled; the longest time beyond its turn that this task had to wait, and the
    longest that counts only while this process had a processor."""
    longest = ran = 0.0
    last, used = time.perf_counter(), time.process_time()
    stop = False
    while not stop:
        try:
            await asyncio.sleep(BEAT)
        except asyncio.CancelledError:
            stop = True
        now, then = time.perf_counter(), time.process_time()
        waited = now - last - BEAT
        longest, ran = max(longest, waited), max(ran, min(waited, then - used))
        last, used = now, then
    return longest, ran


def _cost(what: str, seconds: list[float]) -> Line:
    return Line(what, f"{median(seconds) * 1e3:.2f} ms")


def _ratio(what: str, found: float, goal: float) -> Line:
    return Line(what, f"{found:.2f}", f"<= {goal:g}", found <= goal)
