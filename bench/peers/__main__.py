"""`python -m bench.peers`: the same work by the product and by others, and docs/performance.md.

The exit code is 0 unless something could not be measured; then no page is written.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import databases
from bench.children import ROOT, NotMeasured
from bench.databases import Backend
from bench.machine import machine
from bench.peers import page
from bench.peers.ours import Ours, ours
from bench.peers.plan import CONTENDERS, OURS, ROUNDS, Runs
from bench.peers.theirs import Theirs, theirs, versions
from bench.report import table


def main() -> int:
    """Measure everything, print the table and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each; at least 3")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "performance.md")
    asked = parser.parse_args()
    if asked.rounds < 3:
        parser.error("at least 3 rounds")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the children end too
    about, found = machine(), list[page.Measured]()
    print(about)
    try:
        installed = versions()
        for measured in _measured(asked.rounds):
            found.append(measured)
            print(table(page.lines([measured])), flush=True)
    except (NotMeasured, OSError) as problem:
        print(f"could not be measured: {problem}", file=sys.stderr)
        return 1
    asked.page.write_text(page.text(found, about, installed))
    return 0


def _measured(rounds: int) -> Iterator[page.Measured]:
    """On SQLite, then on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="countersign-peers-") as folder:
        backend = databases.sqlite(Path(folder))
        yield page.Measured(backend.title, "sqlite", _runs("sqlite", backend, folder, rounds))
    with (
        tempfile.TemporaryDirectory(prefix="countersign-peers-") as folder,
        databases.on_postgresql() as backend,
    ):
        runs = _runs("postgresql", backend, folder, rounds)
        yield page.Measured(backend.title, "postgresql", runs)


def _runs(kind: str, backend: Backend, folder: str, rounds: int) -> Runs:
    """So many rounds, in each of which everybody has a turn."""
    runs: Runs = {}
    with ExitStack() as stack:
        places: dict[str, Ours | Theirs] = {}
        for contender in CONTENDERS[kind]:
            own = Path(folder) / contender.key
            if contender.standing:
                _tell(f"{kind}: making what is pending, {contender.name}")
            if contender is OURS:
                dsn = stack.enter_context(backend.database("countersign"))
                places[contender.key] = stack.enter_context(ours(own, dsn))
            else:
                places[contender.key] = stack.enter_context(theirs(contender, own, backend, kind))
        for turn in range(rounds):
            for contender in CONTENDERS[kind]:
                _tell(f"{kind}: round {turn + 1} of {rounds}, {contender.name}")
                run = places[contender.key].run(contender.size)
                runs.setdefault(contender.key, []).append(run)
    return runs


def _tell(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
