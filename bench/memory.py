"""What 10,000 pending requests cost a server that has nothing to do for them.

`countersign serve` with Slack and Teams on, as a process of its own, started in turn on an empty
database and on one with the requests, whose cards were all posted.
"""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import uvloop

from bench.children import NotMeasured, free_port
from bench.report import Line
from bench.running import playground, serve
from bench.seeding import seed
from bot import log
from storage.migrate import upgrade

PENDING = 10_000
STARTS = 5
AT_REST = 0.02
"""Seconds of processor time that a server at rest uses in a second, at the most."""

REST_WITHIN = 60.0
MEMORY_MIB = 10.0
SLOWER = 1.1
"""Start to ready, with the requests to without."""


@dataclass(frozen=True, slots=True)
class Starts:
    """Of each start: seconds to ready, and resident memory in bytes once it is at rest."""

    seconds: list[float] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Without and with the requests."""

    empty: Starts = field(default_factory=Starts)
    full: Starts = field(default_factory=Starts)


def measure(folder: Path, tell: Callable[[str], None]) -> Sizes:
    """Raises NotMeasured."""
    log.configure("warning")
    found, sources = Sizes(), [folder / "empty.db", folder / "full.db"]
    upgrade(f"sqlite:///{sources[0]}")
    uvloop.run(seed(folder, f"sqlite:///{sources[1]}", PENDING))
    with playground(folder) as (_, environment):
        for source in sources:  # so that its trail is numbered, as at every later start
            _start(folder, _on(environment, source))
        for turn in range(STARTS):
            tell(f"start {turn + 1} of {STARTS}, without and with {PENDING} pending")
            for source, starts in zip(sources, (found.empty, found.full), strict=True):
                database = folder / "measured.db"
                for old in folder.glob("measured.db*"):
                    old.unlink()
                shutil.copyfile(source, database)
                seconds, size = _start(folder, _on(environment, database))
                starts.seconds.append(seconds)
                starts.resident.append(size)
    return found


def lines(found: Sizes) -> list[Line]:
    """Medians of the differences, each between two starts made one after the other."""
    more = median(
        b - a for a, b in zip(found.empty.resident, found.full.resident, strict=True)
    ) / float(1 << 20)
    slower = median(b / a for a, b in zip(found.empty.seconds, found.full.seconds, strict=True))
    empty, full = median(found.empty.seconds), median(found.full.seconds)
    return [
        Line(f"\n`countersign serve` with {PENDING:,} pending, SQLite; medians of {STARTS} starts"),
        Line("resident memory without any", f"{median(found.empty.resident) / (1 << 20):.1f} MiB"),
        Line("more with them", f"{more:.1f} MiB", f"<= {MEMORY_MIB:g} MiB", more <= MEMORY_MIB),
        Line("start to ready without and with them", f"{empty:.2f} s, {full:.2f} s"),
        Line(
            "start to ready, with to without", f"{slower:.2f}", f"<= {SLOWER:g}", slower <= SLOWER
        ),
    ]


def _on(environment: dict[str, str], database: Path) -> dict[str, str]:
    return {**environment, "COUNTERSIGN_DATABASE_URL": f"sqlite:///{database}"}


def _start(folder: Path, environment: dict[str, str]) -> tuple[float, int]:
    with ExitStack() as stack:
        process, seconds = stack.enter_context(serve(folder, environment, free_port()))
        until_at_rest(process.pid)
        return seconds, resident(process.pid)


def resident(pid: int) -> int:
    """Resident memory in bytes."""
    line = next(line for line in _status(pid, "status") if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def until_at_rest(pid: int, most: float = AT_REST) -> None:
    """Wait until a server has done what it had to do; raises NotMeasured."""
    end, before = time.perf_counter() + REST_WITHIN, used(pid)
    while time.perf_counter() < end:
        time.sleep(1)
        now = used(pid)
        if now - before <= most * 100:
            return
        before = now
    raise NotMeasured(f"the server did not come to rest in {REST_WITHIN:.0f} s")


def used(pid: int) -> int:
    """Processor time so far in hundredths of a second."""
    fields = _status(pid, "stat")[0].rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _status(pid: int, name: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/{name}").read_text().splitlines()
    except OSError as error:
        raise NotMeasured("processes are measured by /proc, which is not here") from error
