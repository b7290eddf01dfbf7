"""Submit and decide at 32 connections: the product beside its floors, interleaved.

All servers live through the whole measurement, each with a database of its own; one is
driven at a time, and each run of the product lies between two runs of every floor.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from bench import scenario
from bench.children import NotMeasured, child, first_line, log_end
from bench.databases import Backend, number
from bench.load import Figures
from bench.template import Template, stored, template

CONNECTIONS = 32
FLOORS = ("core", "raw", "many")
"""On SQLite."""

POSTGRESQL_FLOORS = ("core", "each", "many")
NUMBERED_WITHIN = 30.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and the headers with which it is called."""

    name: str
    port: int
    pid: int
    folder: Path
    submit_headers: dict[str, str]
    decide_headers: dict[str, str]
    dsn: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The runs of each server in the order made, by server's name; the template used."""

    submits: dict[str, list[Figures]] = field(default_factory=dict)
    decides: dict[str, list[Figures]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What is measured: which floors, on which database, in how many rounds of how many requests;
    files go into the folder."""

    folder: Path
    backend: Backend
    floors: tuple[str, ...]
    requests: int
    rounds: int


def measure(job: Job, tell: Callable[[str], None]) -> tuple[Template, Result]:
    """Every server's runs; raises NotMeasured."""
    folder, requests, rounds, result = job.folder, job.requests, job.rounds, Result()
    with ExitStack() as stack:
        product = stack.enter_context(serving(folder, _database(stack, job, "countersign")))
        tell("taking one real submission and decision as the floors' template")
        numbers = iter(range(10**9))
        rows = _template(product, numbers)
        rows.save(folder / "template")
        floors = [
            stack.enter_context(_floor(name, folder, _database(stack, job, f"floor-{name}")))
            for name in job.floors
        ]
        for server in (product, *floors):
            _round(server, max(requests // 4, CONNECTIONS), numbers)  # warming up
        for turn in range(rounds + 1):
            last = turn == rounds
            tell(f"round {turn + 1} of {rounds}" if not last else "the floors once more")
            for server in floors if last else (*floors, product):
                until_numbered(product)
                submitted, decided = _round(server, requests, numbers)
                result.submits.setdefault(server.name, []).append(submitted)
                result.decides.setdefault(server.name, []).append(decided)
    return rows, result


def ratio(runs: dict[str, list[Figures]], floor: str, of: Callable[[Figures], float]) -> float:
    """The product to a floor: each of its runs to the mean of the floor's two around it, and
    of these ratios the median."""
    product, floors = runs["product"], runs[floor]
    return median(
        of(run) / ((of(before) + of(after)) / 2)
        for run, before, after in zip(product, floors, floors[1:], strict=False)
    )


def _database(stack: ExitStack, job: Job, name: str) -> str:
    return stack.enter_context(job.backend.database(name))


@contextmanager
def serving(folder: Path, dsn: str, more: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The product on a database, with keys to submit and to decide; `more` are further settings."""
    # Nothing listens there: without the relay nothing is sent.
    environment = scenario.environment(folder, "http://127.0.0.1:9", dsn) | dict(more or {})
    submit = make_key(folder, environment, "bench-agent", "--scope", "submit")
    decide = make_key(
        folder, environment, "bench-person", "--scope", "decide", "--person", scenario.MANAGER
    )
    with child(folder, "product", ["-m", "bench.product"], environment) as process:
        port = _port(first_line(process, folder, "product"))
        bearers = [{"Authorization": f"Bearer {key}"} for key in (submit, decide)]
        yield Server("product", port, process.pid, folder, bearers[0], bearers[1], dsn)


@contextmanager
def another(server: Server) -> Iterator[Server]:
    """One more process of the product on the same database."""
    environment = scenario.environment(server.folder, "http://127.0.0.1:9", server.dsn)
    with child(server.folder, "another", ["-m", "bench.product"], environment) as process:
        port = _port(first_line(process, server.folder, "another"))
        yield replace(server, name="another", port=port, pid=process.pid)


@contextmanager
def _floor(name: str, folder: Path, dsn: str) -> Iterator[Server]:
    arguments = ["-m", "bench.floor", name, str(folder / "template"), dsn]
    with child(folder, f"floor-{name}", arguments) as process:
        port = _port(first_line(process, folder, f"floor-{name}"))
        yield Server(name, port, process.pid, folder, {}, {}, dsn)


def until_numbered(product: Server) -> None:
    """Wait until the product has given every event its position: this work belongs to its own
    runs, and is not to slow down a floor's."""
    behind = "SELECT (SELECT count(*) FROM events) - position FROM sequencer"
    end = time.perf_counter() + NUMBERED_WITHIN
    while number(product.dsn, behind):
        if time.perf_counter() > end:
            raise NotMeasured("the product did not number its events in time")
        time.sleep(0.05)


def make_key(folder: Path, environment: dict[str, str], name: str, *options: str) -> str:
    """An API key by the product's own command."""
    arguments = ["-m", "bot", "keys", "create", "--name", name, *options]
    with child(folder, "keys", arguments, environment) as process:
        said, _ = process.communicate(timeout=60)
    if process.returncode != 0:
        raise NotMeasured(f"no API key could be made:\n{log_end(folder, 'keys')}")
    return said.strip().splitlines()[-1]


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _template(product: Server, numbers: Iterator[int]) -> Template:
    dsn = product.dsn
    _round(product, 1, numbers)
    before = stored(dsn)
    _, ids = submit(product, [next(numbers)], 1)
    submitted = stored(dsn)
    decide(product, ids, 1)
    return template(before, submitted, stored(dsn), ids[0])


def _round(server: Server, requests: int, numbers: Iterator[int]) -> tuple[Figures, Figures]:
    """So many submissions, then a decision on each of them."""
    submitted, ids = submit(server, [next(numbers) for _ in range(requests)], CONNECTIONS)
    return submitted, decide(server, ids, CONNECTIONS)


def submit(
    server: Server, numbers: list[int], connections: int, also: Sequence[Server] = ()
) -> tuple[Figures, list[str]]:
    """The figures and the ids of the requests that were made."""
    items = [
        {
            "path": "/v1/requests",
            "headers": {"Idempotency-Key": f"{number:026d}"},
            "body": json.dumps(scenario.submission(number)),
        }
        for number in numbers
    ]
    figures, answers = drive(server, items, server.submit_headers, connections, 201, also=also)
    return figures, [answer["id"] for answer in answers]


def decide(
    server: Server, ids: list[str], connections: int, also: Sequence[Server] = ()
) -> Figures:
    """The figures of approving each of these; raises NotMeasured unless that ended them."""
    items: list[Json] = [
        {"path": f"/v1/requests/{made}/decisions", "headers": {}, "body": '{"decision": "approve"}'}
        for made in ids
    ]
    figures, answers = drive(server, items, server.decide_headers, connections, 200, also=also)
    if any(answer["status"] != "approved" for answer in answers):
        raise NotMeasured(f"{server.name}: a decision was not final")
    return figures


def drive(
    server: Server,
    items: list[Json],
    headers: dict[str, str],
    connections: int,
    wanted: int,
    pause: float = 0.0,
    also: Sequence[Server] = (),
) -> tuple[Figures, list[Any]]:
    """Send the items by a process of its own; the figures and the answers, as they came.

    The connections are shared out among the server and those of `also`.
    """
    job = server.folder / "job.json"
    answers = server.folder / "answers"
    described = {
        "ports": [each.port for each in (server, *also)],
        "method": "POST",
        "headers": {"Content-Type": "application/json", **headers},
        "items": items,
        "connections": connections,
        "wanted": wanted,
        "pause": pause,
        "answers": str(answers),
    }
    job.write_text(json.dumps(described))
    before = _processor_seconds((server, *also))
    with child(server.folder, "load", ["-m", "bench.load", str(job)]) as process:
        try:
            said, _ = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            raise NotMeasured(f"{server.name} took too long to answer") from None
    if process.returncode != 0:
        raise NotMeasured(f"{server.name}: no figures:\n{log_end(server.folder, 'load')}")
    figures = Figures(**json.loads(said))
    if figures.bad:
        raise NotMeasured(
            f"{server.name}: {figures.bad} of {len(items)} answers were not {wanted}:\n"
            f"{log_end(server.folder, 'load')}\n{log_end(server.folder, server.name)}"
        )
    after = _processor_seconds((server, *also))
    if before is not None and after is not None:
        figures = replace(figures, cpu=(after - before) / figures.count * 1e6)
    lines = answers.read_bytes().splitlines()
    return figures, [json.loads(line) if line else None for line in lines]


def _processor_seconds(servers: Sequence[Server]) -> float | None:
    """User and system time of all so far; None where there is no /proc."""
    try:
        stats = [Path(f"/proc/{server.pid}/stat").read_text() for server in servers]
    except OSError:
        return None
    fields = [stat.rpartition(")")[2].split() for stat in stats]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")
