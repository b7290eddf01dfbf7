"""What the bench stands on: its seeded requests are real ones, and its pages say what was found.

Nothing here measures time.
"""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

from bench import history
from bench.inside import inside
from bench.peers import page
from bench.peers.plan import CONTENDERS, GOALS, Contender, Run, ratio
from bench.peers.waking import Connection
from bench.seeding import STRIDE, seed
from core.advice.history import MOST_COUNTED
from core.audit.chain import GENESIS

COUNT = 60


async def test_a_seeded_request_is_whole_and_its_trail_is_a_chain(tmp_path: Path) -> None:
    dsn = f"sqlite:///{tmp_path}/seeded.db"
    await seed(tmp_path, dsn, COUNT)
    async with inside(tmp_path, dsn) as here:
        ids = await here.storage.store.open_ids("", 2 * COUNT)
        assert len(ids) == COUNT
        for each in ids:
            found = await here.storage.store.snapshot(each)
            assert found is not None
            assert found.state.id == each
            assert found.contents[found.state.content]
            assert all(card.shown == card.wanted for card in found.deliveries)
            previous = GENESIS
            for link in await here.storage.store.links(each):
                assert hashlib.sha256(link.body).hexdigest() == link.hash
                record = json.loads(link.body)
                assert (record["stream"], record["previous"]) == (each, previous)
                previous = link.hash


async def test_exactly_so_many_are_due_as_the_clock_says(tmp_path: Path) -> None:
    dsn = f"sqlite:///{tmp_path}/seeded.db"
    seeded = await seed(tmp_path, dsn, COUNT)
    async with inside(tmp_path, dsn) as here:
        for due in (1, 2, 20, COUNT):
            here.clock.now = seeded.moment(due)
            await here.app.scheduler.sweep()
            assert here.changed == due


async def test_two_requests_never_get_the_same_time(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same time"):
        await seed(tmp_path, f"sqlite:///{tmp_path}/seeded.db", STRIDE)


async def test_the_past_that_is_looked_back_on_is_that_of_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "ROUNDS", 2)
    found = await history._measure(tmp_path, f"sqlite:///{tmp_path}/past.db", 9_000)
    assert len(found.facts) == len(found.history) == 2
    assert found.counted == MOST_COUNTED
    assert found.twins == 1


def run(rate: float, **listed: float) -> Run:
    """A run in which every act had this rate."""
    figures = {"rate": rate, "p50": 1.0, "p99": 2.0}
    acts = dict.fromkeys(("create", "alone", "decide"), figures)
    return Run(figures=acts, page=listed.get("page"), walk=listed.get("walk"))


def measured(kind: str, ours: float) -> page.Measured:
    """Three rounds in which the others did 100 a second, and the product so many."""

    def of(contender: Contender) -> list[Run]:
        if contender.key == "ours":
            return [run(ours, page=0.01)] * 3
        return [run(100.0, walk=3.0, page=0.1)] * 3

    return page.Measured("SQLite, as it is", kind, {c.key: of(c) for c in CONTENDERS[kind]})


def test_a_ratio_is_of_what_was_measured_in_the_same_round() -> None:
    rounds = {"ours": [run(10), run(90), run(400)], "dbos": [run(1), run(10), run(100)]}
    assert ratio(rounds, "create", "dbos") == 9.0


@pytest.mark.parametrize("kind", sorted(CONTENDERS))
def test_the_page_has_everybody_and_says_what_was_missed(kind: str) -> None:
    slow, fast = (page.text([measured(kind, rate)], "m", {"dbos": "1"}) for rate in (100, 1001))
    for contender in CONTENDERS[kind]:
        assert f"| {contender.name} |" in fast
    assert "missed" not in fast
    assert slow.count("| **missed** |") == len(GOALS[kind])
    assert all(line.met is not False for line in page.lines([measured(kind, 1001)]))


async def test_an_answer_in_pieces_is_one_answer() -> None:
    class Wire(asyncio.Transport):
        def write(self, data: object) -> None:
            """Nothing answers by itself."""

    connection = Connection()
    connection.connection_made(Wire())
    answer = connection.send(b"")
    for piece in (b"HTTP/1.1 200 OK\r\nContent-", b"Length: 4\r\n", b"\r\nab"):
        connection.data_received(piece)
        assert not answer.done()
    connection.data_received(b"cd")
    assert await answer == (200, b"abcd")
