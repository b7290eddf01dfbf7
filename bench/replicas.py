"""What a second server on the same cores costs: the load of one, and the same load shared by two.

Two servers on one machine have nothing to win here, since one already uses the cores; what they
lose is what they cost one another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.databases import Backend
from bench.load import Figures
from bench.report import Line
from bench.throughput import (
    CONNECTIONS,
    Server,
    another,
    decide,
    serving,
    submit,
    until_numbered,
)

GOAL = 0.9
Pair = tuple[Figures, Figures]


@dataclass(frozen=True, slots=True)
class Shared:
    """Submit and decide, in the order made: a run of one server lies before and after each run of
    two."""

    one: list[Pair] = field(default_factory=list)
    two: list[Pair] = field(default_factory=list)


def measure(
    folder: Path, backend: Backend, requests: int, rounds: int, tell: Callable[[str], None]
) -> Shared:
    """The second server runs only while it is measured; raises NotMeasured."""
    found, numbers = Shared(), iter(range(10**9))
    with backend.database("replicas") as dsn, serving(folder, dsn) as first:
        _run(first, (), requests // 4, numbers)
        for turn in range(rounds + 1):
            last = turn == rounds
            tell(f"one server and two, round {turn + 1} of {rounds}" if not last else "one again")
            found.one.append(_run(first, (), requests, numbers))
            if last:
                break
            with another(first) as second:
                _run(first, (second,), requests // 4, numbers)
                found.two.append(_run(first, (second,), requests, numbers))
    return found


def lines(backend: Backend, found: Shared) -> list[Line]:
    """The rates and their ratios."""
    made = [
        Line(f"\nTwo servers beside one on the same cores, {backend.title}"),
        Line(f"  {CONNECTIONS} connections to one server, and the same shared by two."),
    ]
    for number, what in enumerate(("submit", "decide")):
        one, two = ([pair[number].rate for pair in runs] for runs in (found.one, found.two))
        around = zip(two, one, one[1:], strict=False)
        ratio = median(both / ((before + after) / 2) for both, before, after in around)
        rates = f"{median(one):,.0f}/s, {median(two):,.0f}/s"
        made.append(Line(f"{what}, one server, two servers", rates))
        made.append(Line(f"{what}, two to one", f"{ratio:.2f}", f">= {GOAL:g}", ratio >= GOAL))
    return made


def _run(first: Server, also: tuple[Server, ...], requests: int, numbers: Iterator[int]) -> Pair:
    until_numbered(first)
    count = max(requests, CONNECTIONS)
    submitted, ids = submit(first, [next(numbers) for _ in range(count)], CONNECTIONS, also)
    return submitted, decide(first, ids, CONNECTIONS, also)
