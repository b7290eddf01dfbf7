"""`python -m bench`: measure everything once, interleaved, and print one table.

Nothing is written into the project; the exit code is 0 unless something could not be measured.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import (
    advised,
    audit,
    clicks,
    databases,
    deciding,
    draining,
    gate,
    history,
    memory,
    pages,
    replicas,
    slack_clicks,
    sweep,
    teams_clicks,
    throughput,
    waiters,
)
from bench.children import NotMeasured, free_port
from bench.machine import machine
from bench.report import Line, clicked, size_lines, speed_lines, table
from bench.running import playground, serve

STARTS = 3
IDLE_SECONDS = 2.0
PARTS = (
    *("throughput", "process", "slack", "teams", "draining", "deciding", "audit"),
    *("memory", "stall", "postgres", "waiters", "gate", "advised"),
)
LONG = ("sweep", "history", "pages")
"""Parts that take many minutes, and gigabytes of the temporary folder: only when named."""


def main() -> int:
    """The whole bench, or the parts named."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the children end too
    print(machine())
    status, lines = 0, list[Line]()
    parts: dict[str, Callable[[], list[Line]]] = {
        "throughput": lambda: _throughput(asked.requests, asked.rounds),
        "process": lambda: _process(asked.clicks),
        "slack": lambda: _slack(asked.requests, asked.rounds),
        "teams": lambda: _teams(asked.requests, asked.rounds),
        "draining": _draining,
        "deciding": lambda: deciding.lines(deciding.measure()),
        "audit": lambda: _audit(asked.events),
        "memory": _memory,
        "stall": _stall,
        "postgres": lambda: _postgres(asked.requests, asked.rounds),
        "waiters": _waiters,
        "gate": _gate,
        "advised": _advised,
        "sweep": lambda: _sweep((asked.pending // 10, asked.pending)),
        "history": lambda: _history(asked.past),
        "pages": lambda: _pages(asked.past),
    }
    for name in asked.parts or PARTS:
        try:
            lines += parts[name]()
        except (NotMeasured, OSError, subprocess.SubprocessError) as problem:
            print(f"{name} could not be measured: {problem}", file=sys.stderr)
            status = 1
    print(table(lines))
    return status


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = f"{', '.join(PARTS)} (default: all these); {', '.join(LONG)}, which takes long"
    parser.add_argument("parts", nargs="*", help=names)
    parser.add_argument("--requests", type=int, default=3000, help="in each run of each server")
    parser.add_argument("--rounds", type=int, default=5, help="runs of the product; at least 3")
    parser.add_argument("--clicks", type=int, default=100, help="on each platform")
    parser.add_argument("--events", type=int, default=audit.EVENTS, help="in the export verified")
    parser.add_argument("--pending", type=int, default=sweep.MANY, help="in the sweep")
    parser.add_argument("--past", type=int, default=history.MANY, help="in the history")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS) - set(LONG)
    few = asked.requests < 100 or asked.rounds < 3 or asked.clicks < 10 or asked.events < 1000
    if unknown or few or asked.pending < 50_000:
        parser.error(
            f"parts: {', '.join(PARTS + LONG)}; at least 100 requests, 3 rounds, 10 clicks, "
            "1000 events, 50000 pending"
        )
    return asked


def _throughput(requests: int, rounds: int) -> list[Line]:
    with _folder() as folder:
        job = throughput.Job(
            folder=folder,
            backend=databases.sqlite(folder),
            floors=throughput.FLOORS,
            requests=requests,
            rounds=rounds,
        )
        return speed_lines(job, *throughput.measure(job, _tell))


def _process(count: int) -> list[Line]:
    with _folder() as folder, playground(folder) as (place, environment):
        starts = []
        for turn in range(STARTS):
            _tell(f"start {turn + 1} of {STARTS}")
            port = free_port()
            with serve(folder, environment, port) as (process, seconds):
                starts.append(seconds)
                if turn < STARTS - 1:
                    continue
                time.sleep(IDLE_SECONDS)
                idle = memory.resident(process.pid) / 1e6
                _tell(f"{count} clicks on each platform")
                key = throughput.make_key(folder, environment, "bench-agent", "--scope", "submit")
                headers = {"Authorization": f"Bearer {key}"}
                server = throughput.Server("serve", port, process.pid, folder, headers, {})
                secret = environment["SLACK_SIGNING_SECRET"]
                found = clicks.measure(server, place, secret, count)
                busy = memory.resident(process.pid) / 1e6
    return [*clicked(found), *size_lines(starts, idle, busy)]


def _slack(requests: int, rounds: int) -> list[Line]:
    with _folder() as folder:
        return slack_clicks.lines(slack_clicks.measure(folder, requests, rounds, _tell))


def _teams(requests: int, rounds: int) -> list[Line]:
    with _folder() as folder:
        return teams_clicks.lines(teams_clicks.measure(folder, requests, rounds, _tell))


def _draining() -> list[Line]:
    with _folder() as folder:
        _tell(f"{draining.CARDS} cards to one channel")
        return draining.lines(draining.measure(folder))


def _audit(events: int) -> list[Line]:
    with _folder() as folder:
        return audit.lines(audit.measure(folder, events, audit.ROUNDS, _tell))


def _memory() -> list[Line]:
    with _folder() as folder:
        return memory.lines(memory.measure(folder, _tell))


def _stall() -> list[Line]:
    _tell(f"passes of the scheduler with {sweep.CROWD} due")
    with _folder() as folder, databases.on_postgresql() as server:
        return [
            line
            for backend in (databases.sqlite(folder), server)
            for line in sweep.held_lines(backend.title, sweep.hold(folder, backend))
        ]


def _waiters() -> list[Line]:
    with _folder() as folder:
        return waiters.lines(waiters.measure(folder, _tell))


def _gate() -> list[Line]:
    with _folder() as folder:
        return gate.lines(gate.measure(folder, _tell))


def _advised() -> list[Line]:
    with _folder() as folder:
        return advised.lines(advised.measure(folder, _tell))


def _sweep(pending: tuple[int, int]) -> list[Line]:
    with _folder() as folder, databases.on_postgresql() as server:
        lines = list[Line]()
        for backend in (databases.sqlite(folder), server):
            _tell(f"making {sum(pending)} pending requests, {backend.title}")
            lines += sweep.lines(backend.title, sweep.measure(folder, backend, pending))
        return lines


def _history(past: int) -> list[Line]:
    with _folder() as folder, databases.on_postgresql() as server:
        lines = list[Line]()
        for backend in (databases.sqlite(folder), server):
            _tell(f"making {past} past requests, {backend.title}")
            lines += history.lines(backend.title, history.measure(folder, backend, past), past)
        return lines


def _pages(past: int) -> list[Line]:
    with _folder() as folder, databases.on_postgresql() as server:
        found = list[Line]()
        for backend in (databases.sqlite(folder), server):
            found += pages.lines(backend.title, pages.measure(folder, backend, past, _tell), past)
        return found


def _postgres(requests: int, rounds: int) -> list[Line]:
    with _folder() as folder, databases.on_postgresql() as backend:
        job = throughput.Job(
            folder=folder,
            backend=backend,
            floors=throughput.POSTGRESQL_FLOORS,
            requests=requests,
            rounds=rounds,
        )
        lines = speed_lines(job, *throughput.measure(job, _tell))
    with _folder() as folder, databases.on_postgresql() as backend:
        shared = replicas.measure(folder, backend, requests, rounds, _tell)
        return lines + replicas.lines(backend, shared)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        yield Path(folder)


def _tell(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
