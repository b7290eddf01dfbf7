"""A peer doing the work, in a process of its own in the peers' environment."""

import itertools
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import scenario
from bench.children import NotMeasured, child, log_end
from bench.databases import Backend
from bench.peers.plan import AT_ONCE, PAGE, STANDING, Contender, Run, Size

PYTHON = Path(__file__).parents[2] / ".venv-peers" / "bin" / "python"
WITHIN = 900.0
PREPARED = Size(create=STANDING, decide=0, alone=0)
PACKAGES = (
    *("langgraph", "langgraph-checkpoint-sqlite", "langgraph-checkpoint-postgres"),
    *("dbos", "procrastinate"),
)


@dataclass(kw_only=True)
class Theirs:
    """A peer; each run has a new database unless others are to be pending meanwhile."""

    contender: Contender
    folder: Path
    backend: Backend
    kind: str
    database: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, size: Size) -> Run:
        """One run; raises NotMeasured."""
        with ExitStack() as stack:
            database = self.database or stack.enter_context(self._database())
            found = self._job(database, size)
        return Run(
            figures={act: found[act] for act in ("create", "alone", "decide")},
            walk=found.get("list"),
            page=found.get("page"),
        )

    def prepare(self) -> None:
        """Make what is pending meanwhile."""
        self._job(self.database, PREPARED)

    @contextmanager
    def _database(self) -> Iterator[str]:
        """A new one, as the peer's file names it: a path on SQLite, a URL on PostgreSQL."""
        name = f"{self.contender.key}-{next(self.numbers)}"
        with self.backend.database(name) as url:
            yield url.removeprefix("sqlite:///")

    def _job(self, database: str, size: Size) -> dict[str, Any]:
        described = {
            "backend": self.kind,
            "database": database,
            "tag": f"run{next(self.numbers)}",
            "create": size.create,
            "decide": size.decide,
            "alone": size.alone,
            "prepare": size is PREPARED,
            "list": PAGE if size.list else 0,
            "at_once": AT_ONCE,
            "durability": self.contender.durability,
            "body": scenario.submission(1),
        }
        job, name = self.folder / "job.json", self.contender.module
        job.write_text(json.dumps(described))
        arguments = ["-m", f"bench.peers.{name}", str(job)]
        with child(self.folder, name, arguments, python=PYTHON) as process:
            try:
                said, _ = process.communicate(timeout=WITHIN)
            except subprocess.TimeoutExpired:
                raise NotMeasured(f"{self.contender.name} took too long") from None
        if process.returncode != 0:
            raise NotMeasured(f"{self.contender.name}:\n{log_end(self.folder, name)}")
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        if size.list and found["pending"] != STANDING + size.create - size.decide:
            raise NotMeasured(f"{self.contender.name} lists {found['pending']} as pending")
        return found


@contextmanager
def theirs(contender: Contender, folder: Path, backend: Backend, kind: str) -> Iterator[Theirs]:
    """A peer, with what is to be pending meanwhile."""
    folder.mkdir()
    made = Theirs(contender=contender, folder=folder, backend=backend, kind=kind)
    with ExitStack() as stack:
        if contender.standing:
            made.database = stack.enter_context(made._database())
            made.prepare()
        yield made


def versions() -> dict[str, str]:
    """Of what is measured; raises NotMeasured where it is not installed."""
    code = (
        "import json, sys; from importlib.metadata import version; "
        "print(json.dumps({name: version(name) for name in sys.argv[1:]}))"
    )
    try:
        said = subprocess.run(
            [PYTHON, "-c", code, *PACKAGES], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotMeasured("the peers are not installed; run: make bench-peers") from error
    found: dict[str, str] = json.loads(said)
    return found
