"""What a model costs whoever waits for a card: nothing is to be noticed of it.

Two servers beside each other, as `countersign serve` runs them, one with the simulated model and
one without. They take turns with single requests: from the call that submits one until Slack has
taken its card. The model's answers come meanwhile, and bring the cards up to date.
"""

import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import scenario
from bench.children import NotMeasured, counted, free_port, open_local
from bench.report import Line
from bench.running import playground, serve
from bench.throughput import make_key

ROUNDS = 150
WARM = 15
APART = 0.05
"""Seconds between two requests: a card goes out on its own."""
WITHIN = 30.0
GOAL = 1.10


@dataclass(frozen=True, slots=True)
class Waited:
    """Milliseconds from the call until the card was shown, and how many requests were advised."""

    without: list[float]
    advised: list[float]
    answers: int


@dataclass(frozen=True, slots=True)
class _Server:
    folder: Path
    url: str
    key: str


def measure(folder: Path, tell: Callable[[str], None]) -> Waited:
    """In two new databases; raises NotMeasured."""
    with ExitStack() as stack:
        place, environment = stack.enter_context(playground(folder))
        model = {"OPENAI_MODEL": "good", "OPENAI_BASE_URL": f"{place.address}/model/v1"}
        model["COUNTERSIGN_AI_TOKENS_PER_DAY"] = "none"
        servers = []
        for name, more in (("without", {}), ("with", model)):
            own = folder / name
            own.mkdir()
            database = {"COUNTERSIGN_DATABASE_URL": f"sqlite:///{own}/countersign.db"}
            settings = environment | database | more
            port = free_port()
            stack.enter_context(serve(own, settings, port))
            key = make_key(own, settings, "bench-agent", "--scope", "submit")
            servers.append(_Server(own, f"http://127.0.0.1:{port}", key))
        found = (list[float](), list[float]())
        tell(f"{ROUNDS} requests to each of two servers in turn")
        for number in range(WARM + ROUNDS):
            for server, times in zip(servers, found, strict=True):
                took = _card(server, number)
                if number >= WARM:
                    times.append(took)
                time.sleep(APART)
        answers = counted(
            servers[1].folder, "SELECT count(*) FROM advice_due WHERE next_at IS NULL"
        )
    return Waited(found[0], found[1], answers)


def lines(found: Waited) -> list[Line]:
    """The times and their ratio."""
    ratio = median(found.advised) / median(found.without)
    return [
        Line(f"\nFrom a submission to its card in Slack, {ROUNDS} requests one after the other"),
        Line(f"  Two servers in turn; the model answered {found.answers} times meanwhile."),
        Line("without a model, median", f"{median(found.without):.1f} ms"),
        Line("with one, median", f"{median(found.advised):.1f} ms"),
        Line("with to without", f"{ratio:.2f}", f"<= {GOAL:g}", ratio <= GOAL),
        Line("without, 95 of 100 within", f"{_slow(found.without):.1f} ms"),
        Line("with, 95 of 100 within", f"{_slow(found.advised):.1f} ms"),
    ]


def _slow(times: Sequence[float]) -> float:
    return sorted(times)[len(times) * 95 // 100]


def _card(server: _Server, number: int) -> float:
    body = json.dumps(scenario.submission(number)).encode()
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    call = urllib.request.Request(f"{server.url}/v1/requests", body, headers)
    begun = time.perf_counter()
    with open_local(call, timeout=30) as answer:
        request = json.loads(answer.read())["id"]
    shown = (
        f"SELECT count(*) FROM deliveries WHERE request_id = '{request}'"
        " AND platform = 'slack' AND shown > 0"
    )
    while not counted(server.folder, shown):
        if time.perf_counter() - begun > WITHIN:
            raise NotMeasured("a card was not shown in time")
        time.sleep(0.001)
    return (time.perf_counter() - begun) * 1e3
