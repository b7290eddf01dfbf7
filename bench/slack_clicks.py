"""Decided clicks a second at 32 clients, beside Slack Bolt's own empty handler.

Both check the signature of each click and answer it; the product also decides and stores it
before it answers. The same signed bodies go to both, each run of the product between two of
the floor.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench import scenario
from bench.children import NotMeasured, child, counted, first_line
from bench.clicks import binding_of, slack_click
from bench.load import Figures
from bench.report import Line
from bench.throughput import CONNECTIONS, Server, drive, make_key, submit

GOAL = 0.25
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs in the order made."""

    product: list[Figures] = field(default_factory=list)
    bolt: list[Figures] = field(default_factory=list)


def measure(folder: Path, count: int, rounds: int, tell: Callable[[str], None]) -> Runs:
    """So many clicks in each run; raises NotMeasured."""
    runs, numbers = Runs(), iter(range(10**9))
    environment = scenario.environment(folder, "http://127.0.0.1:9")
    secret = environment["SLACK_SIGNING_SECRET"]
    with ExitStack() as stack:
        product = stack.enter_context(_product(folder, environment))
        bolt = stack.enter_context(_bolt(folder, secret))
        warm = _clicks(product, secret, numbers, count // 4)
        for server in (product, bolt):
            _press(server, warm)
        for turn in range(rounds):
            tell(f"Slack clicks, round {turn + 1} of {rounds}")
            clicks = _clicks(product, secret, numbers, count)
            runs.bolt.append(_press(bolt, clicks))
            runs.product.append(_press(product, clicks))
        runs.bolt.append(_press(bolt, clicks))
        decided = counted(folder, "SELECT count(*) FROM requests WHERE status = 'approved'")
    if decided != count // 4 + rounds * count:
        raise NotMeasured(f"{count // 4 + rounds * count} clicks decided {decided} requests")
    return runs


def lines(runs: Runs) -> list[Line]:
    """The figures, and the ratio that is the goal."""
    around = zip(runs.product, runs.bolt, runs.bolt[1:], strict=False)
    ratio = median(mine.rate / ((a.rate + b.rate) / 2) for mine, a, b in around)
    return [
        Line(f"\nSlack clicks, {CONNECTIONS} clients, each click signed and on another request"),
        Line("  The product has decided and stored a click (synchronous=FULL) when it answers."),
        _said("decided clicks, the whole product", runs.product),
        _said("floor: Bolt's AsyncApp with an empty handler, answered clicks", runs.bolt),
        Line("rate, product to Bolt", f"{ratio:.2f}", f">= {GOAL:g}", ratio >= GOAL),
    ]


def _said(what: str, runs: list[Figures]) -> Line:
    rate, p50, p99 = (median(getattr(run, name) for run in runs) for name in ("rate", "p50", "p99"))
    used = [run.cpu for run in runs if run.cpu is not None]
    cpu = f"   cpu {median(used):4.0f} µs" if used else ""
    return Line(f"    {what:<66} {rate:5.0f}/s   p50 {p50:5.1f}   p99 {p99:5.1f} ms{cpu}")


def _clicks(product: Server, secret: str, numbers: Iterator[int], count: int) -> list[Json]:
    """Signed clicks, each on a request of its own that waits for it."""
    _, ids = submit(product, [next(numbers) for _ in range(count)], CONNECTIONS)
    return [slack_click(binding_of(product, made), next(numbers), secret) for made in ids]


def _press(server: Server, clicks: list[Json]) -> Figures:
    return drive(server, clicks, clicks[0]["headers"], CONNECTIONS, 200)[0]


@contextmanager
def _product(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    key = make_key(folder, environment, "bench-agent", "--scope", "submit")
    with child(folder, "product", ["-m", "bench.product"], environment) as process:
        port = int(first_line(process, folder, "product").rpartition(":")[2])
        headers = {"Authorization": f"Bearer {key}"}
        yield Server("product", port, process.pid, folder, headers, {})


@contextmanager
def _bolt(folder: Path, secret: str) -> Iterator[Server]:
    settings = {"SLACK_SIGNING_SECRET": secret}
    with child(folder, "bolt", ["-m", "bench.bolt_floor"], settings) as process:
        port = int(first_line(process, folder, "bolt").rpartition(":")[2])
        yield Server("bolt", port, process.pid, folder, {}, {})
