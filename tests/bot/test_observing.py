"""What the relay's work is told as: outcomes, how late cards are, ids in the log's context."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot import log
from bot.metrics import Metrics
from bot.observing import REMEMBERED, Commit, Observing
from bot.relay import Relay
from bot.server import build_server, listening
from core.directory.people import Directory
from core.ports import Dead, Outcome, RetryAt
from core.request import RequestState
from core.rows import Recipient
from tests.bot.delivering import NOW, Desk, desk, person, posted
from tests.bot.logged import logged
from tests.bot.test_tracing import Kept
from tests.storage.purchase import BOB, BOB_IN_SLACK, happen, notice, rid, submit, vote


class Watched:
    """A desk whose relay is observed."""

    def __init__(self, office: Desk) -> None:
        self.office = office
        self.metrics, self.kept = Metrics("1"), Kept()
        self.observing = Observing(lambda: office.now, self.metrics, self.kept.tracer)
        storage = office.storage
        self.store = self.observing.store(storage.store)
        storage.store.on_commit(self.observing.committed)
        office.people = [person(BOB, "slack")]
        office.relay = Relay(
            storage.store,
            storage.deliveries,
            {"slack": office.slack, "teams": office.teams},
            lambda: Directory(office.people),
            lambda: office.now,
            self.observing,
        )
        storage.store.on_commit(office.relay.changed)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"countersign_{name}", labels)

    def deliveries(self, outcome: str, kind: str = "card") -> float | None:
        return self.value("deliveries_total", platform="slack", kind=kind, outcome=outcome)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with desk(tmp_path) as made:
        yield Watched(made)


async def test_each_try_counts_by_how_it_ended(watched: Watched) -> None:
    office = watched.office
    await office.ask(1, BOB_IN_SLACK)
    await office.happen(1, happen(vote(), outbox=(notice("a", rid(1)),)))
    office.slack.always(RetryAt(reason="down", after=1000))
    office.relay.start()
    await office.quiet()
    office.slack.always(Dead(reason="blocked"))
    office.now += 1000
    await office.quiet()
    assert (watched.deliveries("retry"), watched.deliveries("dead")) == (1, 1)
    assert (watched.deliveries("retry", "result"), watched.deliveries("dead", "result")) == (1, 1)
    assert watched.value("delivery_seconds_count", platform="slack") == 4
    assert watched.value("delivery_lag_seconds_count", platform="slack") is None


async def test_what_raises_is_to_be_tried_again_and_was_no_answer_of_the_platform(
    watched: Watched,
) -> None:
    await watched.office.ask(1, BOB_IN_SLACK, showable=False)
    watched.office.relay.start()
    await watched.office.quiet()
    assert watched.deliveries("retry") == 1
    assert watched.value("delivery_seconds_count", platform="slack") is None


async def test_a_card_is_as_late_as_its_newest_change_is_old(watched: Watched) -> None:
    office = watched.office
    await office.ask(1, BOB_IN_SLACK)
    office.now += 3000
    office.relay.start()
    await office.quiet()
    assert watched.value("delivery_lag_seconds_sum", platform="slack") == 3
    await office.happen(1, happen(vote()))
    await office.quiet()
    assert watched.value("delivery_lag_seconds_sum", platform="slack") == 3
    assert watched.value("delivery_lag_seconds_count", platform="slack") == 2
    office.now += 9000
    await office.storage._writer.run(
        lambda c: c.exec_driver_sql("UPDATE deliveries SET shown = 0, next_at = 0")
    )
    await office.quiet()
    assert watched.deliveries("delivered") == 3
    assert watched.value("delivery_lag_seconds_count", platform="slack") == 2, "it said so before"


async def test_whoever_sends_writes_into_the_log_of_the_call_that_led_to_it(
    watched: Watched,
) -> None:
    seen: list[tuple[str, str]] = []

    async def answer(request: str) -> Outcome:
        seen.append((log.request.get(), log.request_id.get()))
        return await posted(request)

    office = watched.office
    office.slack.answer = answer
    await office.ask(1, BOB_IN_SLACK)
    with log.about(request_id="call-7"):
        await watched.store.transact(rid(1), happen(vote()))
        assert log.request.get() == rid(1), "the call's last line names it"
    log.request.set("")
    await office.ask(2, Recipient(platform="slack", id="C1", kind="channel"))
    with logged() as lines:
        office.relay.start()
        await office.quiet()
    assert sorted(seen) == [(rid(1), "call-7"), (rid(2), "")]
    assert (log.request.get(), log.request_id.get()) == ("", "")
    told = {line["request"]: line["outcome"] for line in lines if line["event"] == "delivery"}
    assert told == {rid(1): "delivered", rid(2): "delivered"}


async def test_calls_count_by_their_route_and_those_that_wait_have_no_duration(
    watched: Watched,
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.match_info["id"] == "broken":
            raise ZeroDivisionError
        return web.Response()

    server = build_server(
        [web.get("/v1/requests/{id}", answer)], lambda: "call", watched.observing.call
    )
    async with listening(server, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
        for path in ("/v1/requests/r1", "/v1/requests/r2?wait=30", "/v1/requests/broken", "/no"):
            async with http.get(url + path):
                pass
    route = {"method": "GET", "route": "/v1/requests/{id}"}
    assert watched.value("http_requests_total", status="200", **route) == 2
    assert watched.value("http_requests_total", status="500", **route) == 1
    assert watched.value("http_requests_total", method="GET", route="", status="404") == 1
    assert watched.value("http_request_seconds_count", **route) == 2
    spans = {(span.name, span.status.is_ok) for span in watched.kept.finished}
    assert spans == {
        ("GET /v1/requests/{id}", True),
        ("GET /v1/requests/{id}", False),
        ("GET", True),
    }


async def test_what_the_clock_did_is_of_no_call(watched: Watched) -> None:
    with log.about(request_id="call-7"):
        await watched.store.transact(rid(1), submit(rid(1)))
    log.request.set("")
    await watched.store.transact(rid(1), happen(vote()))
    assert log.request.get() == "", "whoever goes on with something else is not misled"
    assert watched.observing._origins[rid(1)].call == ""


async def test_the_newest_requests_are_remembered_and_no_more(watched: Watched) -> None:
    for number in range(REMEMBERED + 5):
        watched.observing.committed([RequestState(id=f"r{number}", version=2)])
    assert len(watched.observing._commits) == REMEMBERED
    assert "r4" not in watched.observing._commits
    assert watched.observing._commits[f"r{REMEMBERED + 4}"] == Commit(2, NOW)
