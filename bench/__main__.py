"""`python -m bench`: measure everything once, interleaved, and print one table.

Nothing is written into the project; the exit code is 0 unless something could not be measured.
"""

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import audit, clicks, deciding, draining, slack_clicks, teams_clicks, throughput
from bench.children import NotMeasured, free_port
from bench.report import Line, clicked, size_lines, speed_lines, table
from bench.running import playground, serve

STARTS = 3
IDLE_SECONDS = 2.0
PARTS = ("throughput", "process", "slack", "teams", "draining", "deciding", "audit")


def main() -> int:
    """The whole bench, or the parts named."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the children end too
    print(_machine())
    status, lines = 0, list[Line]()
    parts: dict[str, Callable[[], list[Line]]] = {
        "throughput": lambda: _throughput(asked.requests, asked.rounds),
        "process": lambda: _process(asked.clicks),
        "slack": lambda: _slack(asked.requests, asked.rounds),
        "teams": lambda: _teams(asked.requests, asked.rounds),
        "draining": _draining,
        "deciding": lambda: deciding.lines(deciding.measure()),
        "audit": lambda: _audit(asked.events),
    }
    for name in asked.parts or parts:
        try:
            lines += parts[name]()
        except (NotMeasured, OSError, subprocess.SubprocessError) as problem:
            print(f"{name} could not be measured: {problem}", file=sys.stderr)
            status = 1
    print(table(lines))
    return status


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--requests", type=int, default=3000, help="in each run of each server")
    parser.add_argument("--rounds", type=int, default=5, help="runs of the product; at least 3")
    parser.add_argument("--clicks", type=int, default=100, help="on each platform")
    parser.add_argument("--events", type=int, default=audit.EVENTS, help="in the export verified")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    few = asked.requests < 100 or asked.rounds < 3 or asked.clicks < 10 or asked.events < 1000
    if unknown or few:
        parser.error(
            f"parts: {', '.join(PARTS)}; at least 100 requests, 3 rounds, 10 clicks, 1000 events"
        )
    return asked


def _throughput(requests: int, rounds: int) -> list[Line]:
    with _folder() as folder:
        return speed_lines(*throughput.measure(folder, requests, rounds, _tell))


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
                idle = _resident(process.pid)
                _tell(f"{count} clicks on each platform")
                key = throughput.make_key(folder, environment, "bench-agent", "--scope", "submit")
                headers = {"Authorization": f"Bearer {key}"}
                server = throughput.Server("serve", port, process.pid, folder, headers, {})
                secret = environment["SLACK_SIGNING_SECRET"]
                found = clicks.measure(server, place, secret, count)
                busy = _resident(process.pid)
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


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        yield Path(folder)


def _resident(pid: int) -> float:
    """Resident memory in MB (10^6 bytes)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError as error:
        raise NotMeasured("resident memory is read from /proc, which is not here") from error
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / 1e6


def _machine() -> str:
    with tempfile.NamedTemporaryFile(buffering=0) as file:
        begun = time.perf_counter()
        for _ in range(50):
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
        synced = (time.perf_counter() - begun) / 50
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"fsync in the temporary folder {synced * 1e3:.2f} ms"
    )


def _tell(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
