"""Metrics: what they count, in which words, and that their labels stay few."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import MOST_RULES, OTHER, Few, Metrics
from bot.metrics_stored import FRESH, StoredGauges, exposed
from bot.observing import Observing
from core.events import Finished, VoteWithdrawn
from core.refusals import Reason, Refused
from core.request import Status
from core.rows import Loaded
from storage import Storage, open_storage
from storage.condition import Condition
from storage.errors import Unavailable
from storage.migrate import upgrade
from tests.bot.logged import logged
from tests.storage.purchase import AT, BOB, CANCELLED, DAY, happen, rid, submit, vote

Value = Callable[..., float | None]


def value_of(registry: CollectorRegistry) -> Value:
    """Reads one sample: its name, and its labels by name."""
    return lambda name, **labels: registry.get_sample_value(name, labels)


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    upgrade(f"sqlite:///{tmp_path}/test.db")
    opened = open_storage(f"sqlite:///{tmp_path}/test.db")
    yield opened
    await opened.close()


async def families(registry: CollectorRegistry, accept: str = "") -> list[Metric]:
    text, _ = await exposed(registry, accept)
    return list(text_string_to_metric_families(text.decode()))


# --- what is counted ---------------------------------------------------------------------


async def test_requests_decisions_and_how_long_they_took(storage: Storage) -> None:
    metrics = Metrics("1.2.3")
    store = Observing(lambda: AT, metrics, None).store(storage.store)
    value = value_of(metrics.registry)
    for number in (1, 2):
        await store.transact(rid(number), submit(rid(number)))
    taken_back = VoteWithdrawn(level=1, round=1, person=BOB)
    await store.transact(rid(1), happen(vote(), at=AT + 60_000))
    await store.transact(rid(1), happen(taken_back, at=AT + 90_000))
    await store.transact(rid(1), happen(Finished(status=Status.EXPIRED), at=AT + DAY))
    assert value("countersign_requests_total", status="pending", rule="purchases") == 2
    assert value("countersign_requests_total", status="expired", rule="purchases") == 1
    assert value("countersign_events_total", type="stage_opened") == 2
    assert value("countersign_decisions_total", platform="api", decision="approve") == 1
    assert value("countersign_decisions_total", platform="api", decision="withdrawn") == 1
    assert value("countersign_request_seconds_sum", status="expired") == DAY / 1000
    assert value("countersign_transactions_total", outcome="stored") == 5
    assert value("countersign_transaction_seconds_count") == 5


async def test_a_command_that_is_refused_or_fails_counts_as_that_and_nothing_else(
    storage: Storage,
) -> None:
    metrics = Metrics("1")
    store = Observing(lambda: AT, metrics, None).store(storage.store)
    value = value_of(metrics.registry)

    def refused(_: Loaded) -> None:
        raise Refused(Reason.NOT_ADMIN)

    def broken(_: Loaded) -> None:
        raise ZeroDivisionError

    for function in (refused, broken):
        with pytest.raises((Refused, ZeroDivisionError)):
            await store.transact(rid(1), function)  # type: ignore[arg-type]  # gives no changes
    assert value("countersign_transactions_total", outcome="refused") == 1
    assert value("countersign_transactions_total", outcome="failed") == 1
    assert value("countersign_transactions_total", outcome="stored") is None
    assert value("countersign_events_total", type="submitted") is None


async def test_what_time_did_is_counted_for_those_that_were_stored(storage: Storage) -> None:
    metrics = Metrics("1")
    observing = Observing(lambda: AT, metrics, None)
    store = observing.store(storage.store)
    value = value_of(metrics.registry)
    for number in (1, 2, 3):
        await storage.store.transact(rid(number), submit(rid(number), expires_at=AT + 1000))
    run = happen(Finished(status=Status.EXPIRED), at=AT + 1000)

    def tick(loaded: Loaded) -> object:
        if loaded.state.id == rid(2):
            raise ZeroDivisionError
        changes = run(loaded)
        if loaded.state.id == rid(1):
            return changes
        # The third is refused by the storage: the state is another request's.
        return replace(changes, state=replace(loaded.state, id="other", version=9))

    ticked = await store.tick_due(AT + 5000, 10, tick)  # type: ignore[arg-type]  # as above
    observing.ticked(ticked, AT + 5000)
    assert value("countersign_requests_total", status="expired", rule="purchases") == 1
    assert value("countersign_events_total", type="finished") == 1
    assert value("countersign_tick_lag_seconds_count") == 3
    assert value("countersign_tick_lag_seconds_sum") == 12


async def test_what_is_not_observed_goes_straight_to_the_store(storage: Storage) -> None:
    store = Observing(lambda: AT, None, None).store(storage.store)
    await store.transact(rid(1), submit(rid(1)))
    found = await store.snapshot(rid(1))
    assert found is not None
    assert found.state.id == rid(1)
    assert await store.next_wake(AT) == AT + DAY


# --- what the database knows -------------------------------------------------------------


class Reads:
    """A database that is read, and may fail."""

    def __init__(self, storage: Storage) -> None:
        self.condition = storage.condition
        self.count = 0
        self.broken = False

    async def __call__(self, now: int) -> Condition:
        self.count += 1
        if self.broken:
            raise Unavailable("The database cannot be read now.")
        return await self.condition.now(now)


async def test_figures_of_the_database_are_read_when_asked_but_not_too_often(
    storage: Storage,
) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    now, read, registry = [AT + 2000], Reads(storage), CollectorRegistry()
    gauges = StoredGauges(read, lambda: now[0])
    registry.register(gauges)
    value = value_of(registry)
    assert value("countersign_database_up") == 0, "not read yet"
    await gauges.refresh()
    assert value("countersign_database_up") == 1
    assert value("countersign_open_requests", status="pending") == 1
    assert value("countersign_oldest_open_request_seconds") == 2
    assert value("countersign_unnumbered_events") == 2
    assert value("countersign_oldest_due_request_seconds") == 0
    await storage.store.transact(rid(1), happen(CANCELLED))
    now[0] += FRESH - 1
    await gauges.refresh()
    assert (read.count, value("countersign_open_requests", status="pending")) == (1, 1)
    now[0] += 1
    await gauges.refresh()
    assert (read.count, value("countersign_open_requests", status="pending")) == (2, 0)


async def test_a_database_that_does_not_answer_has_no_figures(storage: Storage) -> None:
    now, read, registry = [AT], Reads(storage), CollectorRegistry()
    gauges = StoredGauges(read, lambda: now[0])
    registry.register(gauges)
    read.broken = True
    with logged() as lines:
        await gauges.refresh()
    assert [line["event"] for line in lines] == ["figures_not_read"]
    assert [family.name for family in registry.collect()] == ["countersign_database_up"]
    read.broken, now[0] = False, AT + FRESH
    await gauges.refresh()
    assert len(list(registry.collect())) > 5
    read.broken, now[0] = True, AT + 2 * FRESH
    with logged():
        await gauges.refresh()
    assert [family.name for family in registry.collect()] == ["countersign_database_up"]


# --- in which words ----------------------------------------------------------------------


def everything() -> CollectorRegistry:
    """The registry of a server."""

    async def none(_: int) -> Condition:
        raise AssertionError("nobody asked")

    metrics = Metrics("1.2.3")
    metrics.registry.register(StoredGauges(none, lambda: AT))
    return metrics.registry


def described(registry: CollectorRegistry) -> Iterator[Metric]:
    """All of ours that there can be."""
    for collector in dict.fromkeys(registry._names_to_collectors.values()):
        found = getattr(collector, "describe", None)
        yield from (
            each for each in (found() if found else ()) if each.name.startswith("countersign")
        )


async def test_what_is_exposed_is_read_by_prometheus_own_parser() -> None:
    metrics = Metrics('1"2\\3\n')
    metrics.answered("GET", "/v1/requests/{id}", 200, 0.2)
    metrics.answered("BREW", "", 405, None)
    found = {family.name: family for family in await families(metrics.registry)}
    assert found["countersign_http_requests"].type == "counter"
    assert not [name for name in found if name.endswith("_created")]
    [info] = found["countersign_build_info"].samples
    assert info.labels == {"version": '1"2\\3\n'}
    calls = {tuple(s.labels.values()): s.value for s in found["countersign_http_requests"].samples}
    assert calls == {("GET", "/v1/requests/{id}", "200"): 1, ("other", "", "405"): 1}
    took = [
        s for s in found["countersign_http_request_seconds"].samples if s.name.endswith("_count")
    ]
    assert [tuple(s.labels.values()) for s in took] == [("GET", "/v1/requests/{id}")]
    _, media = await exposed(metrics.registry, "application/openmetrics-text; version=1.0.0")
    assert media.startswith("application/openmetrics-text")


def test_every_metric_says_what_it_is_in_a_sentence() -> None:
    metrics = list(described(everything()))
    assert len(metrics) > 20
    for metric in metrics:
        assert re.fullmatch(r"countersign(_[a-z]+)+", metric.name)
        assert re.fullmatch(r"[A-Z1].*\.", metric.documentation), metric.name
        assert "%" not in metric.documentation


async def test_two_servers_in_one_process_count_apart() -> None:
    one, other = Metrics("1"), Metrics("1")
    one.committed(3)
    assert value_of(one.registry)("countersign_commit_requests_count") == 1
    assert value_of(other.registry)("countersign_commit_requests_count") == 0


def test_names_that_a_policy_makes_up_do_not_fill_the_memory() -> None:
    few = Few(MOST_RULES)
    names = [few(f"rule-{n}") for n in range(10_000)]
    assert names[:MOST_RULES] == [f"rule-{n}" for n in range(MOST_RULES)]
    assert set(names[MOST_RULES:]) == {OTHER}
    assert few("rule-0") == "rule-0"
