"""The product doing the peers' work, through HTTP: server and load are processes of their own."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import scenario
from bench.children import NotMeasured, child, log_end, open_local
from bench.load import Figures
from bench.memory import until_at_rest
from bench.peers.plan import AT_ONCE, PAGE, STANDING, Run, Size
from bench.peers.work import WARM
from bench.throughput import Server, another, make_key, serving, submit

PAGES = 20
"""Times the page is fetched in a run."""


class Ours:
    """A database with pending requests, on which a server is started for each run."""

    def __init__(self, server: Server, reader: str, numbers: Iterator[int]) -> None:
        self._server = server
        self._reader = {"Authorization": f"Bearer {reader}"}
        self._numbers = numbers

    def run(self, size: Size) -> Run:
        """One run; raises NotMeasured."""
        with another(self._server) as server:
            until_at_rest(server.pid)  # after its start it looks at everything that is open
            self._decided(server, self._made(server, WARM)[1], AT_ONCE)
            figures, ids = self._made(server, size.create)
            alone, crowd = ids[: size.alone], ids[size.alone : size.decide]
            run = Run(
                figures={
                    "create": {"rate": figures.rate, "p50": figures.p50, "p99": figures.p99},
                    "alone": self._decided(server, alone, 1),
                    "decide": self._decided(server, crowd, AT_ONCE),
                }
            )
            return run if not size.list else run.with_page(self._page(server))

    def _made(self, server: Server, count: int) -> tuple[Figures, list[str]]:
        return submit(server, [next(self._numbers) for _ in range(count)], AT_ONCE)

    def _decided(self, server: Server, ids: list[str], at_once: int) -> dict[str, float]:
        job = server.folder / "waking.json"
        described = {
            "port": server.port,
            "ids": ids,
            "at_once": at_once,
            "submit_headers": server.submit_headers,
            "decide_headers": {"Content-Type": "application/json", **server.decide_headers},
        }
        job.write_text(json.dumps(described))
        with child(server.folder, "waking", ["-m", "bench.peers.waking", str(job)]) as process:
            try:
                said, _ = process.communicate(timeout=180)
            except subprocess.TimeoutExpired:
                raise NotMeasured("decisions with waiters took too long") from None
        if process.returncode != 0:
            raise NotMeasured(f"no figures:\n{log_end(server.folder, 'waking')}")
        found: dict[str, float] = json.loads(said)
        return found

    def _page(self, server: Server) -> float:
        """Seconds for the first page of what is pending; the median of some."""
        url = f"http://127.0.0.1:{server.port}/v1/requests?status=pending&limit={PAGE}"
        taken = []
        for _ in range(PAGES):
            begun = time.perf_counter()
            asked = urllib.request.Request(url, headers=self._reader)
            with open_local(asked, timeout=30) as answer:
                found = json.loads(answer.read())
            taken.append(time.perf_counter() - begun)
            if len(found["items"]) != PAGE or found["next_cursor"] is None:
                raise NotMeasured(f"the first page has {len(found['items'])} of {STANDING}")
        return median(taken)


@contextmanager
def ours(folder: Path, dsn: str) -> Iterator[Ours]:
    """The product on a database with `STANDING` pending requests."""
    folder.mkdir()
    numbers = iter(range(10**9))
    with serving(folder, dsn) as server:
        submit(server, [next(numbers) for _ in range(STANDING)], AT_ONCE)
        environment = scenario.environment(folder, "http://127.0.0.1:9", dsn)
        reader = make_key(folder, environment, "bench-reader", "--scope", "read_all")
    yield Ours(server, reader, numbers)
