"""Decided clicks a second of the whole product, beside a floor that answers them and does
nothing else. The same clicks go to both, each run of the product between two of the floor."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.children import NotMeasured, child, counted, first_line
from bench.clicks import binding_of
from bench.load import Figures
from bench.report import Line
from bench.throughput import CONNECTIONS, Server, drive, make_key, submit
from core.commands import Binding

Json = dict[str, Any]
Click = Callable[[Binding, int], Json]


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs in the order made."""

    product: list[Figures] = field(default_factory=list)
    floor: list[Figures] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """The two servers and what is measured: `clients` at once, `count` clicks in a run."""

    name: str
    product: Server
    floor: Server
    click: Click
    clients: int
    count: int


def measure(pair: Pair, rounds: int, tell: Callable[[str], None]) -> Runs:
    """So many runs of each; raises NotMeasured."""
    runs, numbers, count = Runs(), iter(range(10**9)), pair.count
    warm = _clicks(pair, numbers, count // 4)
    for server in (pair.product, pair.floor):
        _press(pair, server, warm)
    clicks = warm
    for turn in range(rounds):
        tell(f"{pair.name} clicks, round {turn + 1} of {rounds}")
        clicks = _clicks(pair, numbers, count)
        runs.floor.append(_press(pair, pair.floor, clicks))
        runs.product.append(_press(pair, pair.product, clicks))
    runs.floor.append(_press(pair, pair.floor, clicks))
    query = "SELECT count(*) FROM requests WHERE status = 'approved'"
    decided, wanted = counted(pair.product.folder, query), count // 4 + rounds * count
    if decided != wanted:
        raise NotMeasured(f"{wanted} clicks decided {decided} requests")
    return runs


def lines(runs: Runs, title: str, floor: str, versus: str, goal: float) -> list[Line]:
    """The figures, and the ratio that is the goal."""
    around = zip(runs.product, runs.floor, runs.floor[1:], strict=False)
    ratio = median(mine.rate / ((a.rate + b.rate) / 2) for mine, a, b in around)
    return [
        Line(f"\n{title}, each click signed and on another request"),
        Line("  The product has decided and stored a click (synchronous=FULL) when it answers."),
        _said("decided clicks, the whole product", runs.product),
        _said(f"floor: {floor}", runs.floor),
        Line(f"rate, product to {versus}", f"{ratio:.2f}", f">= {goal:g}", ratio >= goal),
    ]


def _said(what: str, runs: list[Figures]) -> Line:
    rate, p50, p99 = (median(getattr(run, name) for run in runs) for name in ("rate", "p50", "p99"))
    used = [run.cpu for run in runs if run.cpu is not None]
    cpu = f"   cpu {median(used):4.0f} µs" if used else ""
    return Line(f"    {what:<66} {rate:5.0f}/s   p50 {p50:5.1f}   p99 {p99:5.1f} ms{cpu}")


def _clicks(pair: Pair, numbers: Iterator[int], count: int) -> list[Json]:
    """Clicks, each on a request of its own that waits for it."""
    _, ids = submit(pair.product, [next(numbers) for _ in range(count)], CONNECTIONS)
    return [pair.click(binding_of(pair.product, made), next(numbers)) for made in ids]


def _press(pair: Pair, server: Server, clicks: list[Json]) -> Figures:
    return drive(server, clicks, clicks[0]["headers"], pair.clients, 200)[0]


@contextmanager
def product(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    """The whole product, its relay off."""
    key = make_key(folder, environment, "bench-agent", "--scope", "submit")
    with child(folder, "product", ["-m", "bench.product"], environment) as process:
        port = int(first_line(process, folder, "product").rpartition(":")[2])
        headers = {"Authorization": f"Bearer {key}"}
        yield Server("product", port, process.pid, folder, headers, {})


@contextmanager
def floor(folder: Path, module: str, environment: dict[str, str]) -> Iterator[Server]:
    """A server that answers clicks and decides none."""
    name = module.rpartition(".")[2]
    with child(folder, name, ["-m", module], environment) as process:
        port = int(first_line(process, folder, name).rpartition(":")[2])
        yield Server(name, port, process.pid, folder, {}, {})
