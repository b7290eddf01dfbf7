"""What `@requires_approval` adds to a call, beyond the person who decides.

The client package against the product on this machine. A person decides `HUMAN` seconds after
the request is there; from each call the time is subtracted that really passed from the answer
to the submission until the decision was sent.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from bench import scenario
from bench.children import NotMeasured
from bench.databases import sqlite
from bench.report import Line
from bench.throughput import Server, make_key, serving
from countersign_client import Countersign, requires_approval

CALLS = 200
WARM = 10
HUMAN = 0.02
ADDED_MS = 15.0


@dataclass(frozen=True, slots=True)
class Added:
    """Milliseconds of each call: of those that a person approved, without the person, and of those
    that a rule approved."""

    person: list[float] = field(default_factory=list)
    rule: list[float] = field(default_factory=list)


class _Person:
    """Approves what is asked, each a little after it was asked; a thread of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._asked: queue.SimpleQueue[tuple[str, float] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.took: queue.SimpleQueue[float] = queue.SimpleQueue()

    def seen(self, answer: httpx2.Response) -> None:
        """Takes note of each answer that the agent gets."""
        if answer.request.method == "POST" and answer.status_code == 201:
            self._asked.put((answer.headers["Location"], time.perf_counter()))

    def _run(self) -> None:
        with httpx2.Client(headers=self._server.decide_headers, trust_env=False) as http:
            while (asked := self._asked.get()) is not None:
                path, since = asked
                time.sleep(HUMAN)
                self.took.put(time.perf_counter() - since)
                http.post(
                    _address(self._server) + path + "/decisions", json={"decision": "approve"}
                )

    @contextmanager
    def deciding(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._asked.put(None)
            self._thread.join()


def measure(folder: Path, tell: Callable[[str], None]) -> Added:
    """Raises NotMeasured."""
    with sqlite(folder).database("gate") as dsn, serving(folder, dsn) as server:
        environment = scenario.environment(folder, "http://127.0.0.1:9", dsn)
        scopes = [part for scope in ("submit", "read", "redeem") for part in ("--scope", scope)]
        key = make_key(folder, environment, "gate", *scopes)
        tell(f"{CALLS} calls of a function that needs approval, two kinds")
        return _called(server, key)


def lines(found: Added) -> list[Line]:
    """The figures and the goal."""
    made = [Line(f"\n`@requires_approval` with a server on this machine, {CALLS} calls, SQLite")]
    for what, took in (
        ("a person approves, without the person's time", found.person),
        ("a rule approves", found.rule),
    ):
        ordered = sorted(took)
        p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        goal = f"< {ADDED_MS:g} ms"
        made += [
            Line(f"added to a call, p50: {what}", f"{p50:.1f} ms", goal, p50 < ADDED_MS),
            Line("the same, p99", f"{p99:.1f} ms"),
        ]
    return made


def _called(server: Server, key: str) -> Added:
    """The two kinds in turn, so that both meet the same machine."""
    person, added = _Person(server), Added()
    http = httpx2.Client(event_hooks={"response": [person.seen]}, trust_env=False)
    alone = httpx2.Client(trust_env=False)
    address = _address(server)
    with (
        person.deciding(),
        Countersign(address, key, http=http) as asked,
        Countersign(address, key, http=alone) as unasked,
    ):
        decided, ruled = _function(asked), _function(unasked)
        for number in range(WARM + CALLS):
            by_person = _timed(decided, number, 840) - person.took.get() * 1e3
            by_rule = _timed(ruled, number, 10)
            if number >= WARM:
                added.person.append(by_person)
                added.rule.append(by_rule)
    return added


def _function(client: Countersign) -> Callable[[int, int], int]:
    @requires_approval(
        action="purchase_order",
        title="Chairs for floor {floor}",
        client=client,
        requester=scenario.REQUESTER,
        timeout=30,
    )
    def buy(floor: int, amount: int) -> int:
        return floor * 1000 + amount

    return buy


def _timed(function: Callable[[int, int], int], number: int, amount: int) -> float:
    """A call in milliseconds; raises NotMeasured unless it ran."""
    began = time.perf_counter()
    if function(number, amount) != number * 1000 + amount:
        raise NotMeasured("the function did not run")
    return (time.perf_counter() - began) * 1e3


def _address(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"
