"""`GET /v1/stats`: who may read it, for which period, and what it says."""

import pytest

from adapters.webhook.present import moment
from core.advice.calibration import Cases
from core.advice.calibration import Kind as Advised
from core.statistics import Counted, Kind
from tests.adapters.webhook.conftest import Api
from tests.core.builders import NOW

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
DAY_AGO = moment(NOW - DAY)
BIG = Kind(rule="big", category="review", agent="erp")


@pytest.fixture
def reader(api: Api) -> str:
    return api.keys.make("cs_reader", "read_all")


async def test_it_says_how_requests_went(api: Api, reader: str) -> None:
    api.ends.found = Counted(
        since=NOW - DAY + 5,
        ended=((BIG, "approved", 2), (BIG, "expired", 1)),
        times=((BIG, 2 * MINUTE), (BIG, 3 * MINUTE)),
        open=((BIG, 4),),
    )
    api.stage_times = {("big", "Manager"): 90_999, ("big", "Finance"): 1_000}
    kind = Advised(source="model-1", recommendation="approve", confidence=90)
    api.advice = (Cases(kind=kind, cases=30, agreed=28),)
    found = (await api.get(f"/v1/stats?since={DAY_AGO}", key=reader)).json
    outcomes = {
        "open": 4,
        "approved": 2,
        "passed": 0,
        "rejected": 0,
        "expired": 1,
        "cancelled": 0,
        "prohibited": 0,
        "median_seconds": 120,
        "slow_seconds": 180,
    }
    assert found == {
        "since": DAY_AGO,
        "until": moment(NOW + 1),
        "counted_since": moment(NOW - DAY + 5),
        "total": outcomes,
        "by_rule": [{**outcomes, "name": "big"}],
        "by_category": [{**outcomes, "name": "review"}],
        "by_agent": [{**outcomes, "name": "erp"}],
        "stages": [
            {"rule": "big", "stage": "Finance", "usual_seconds": 1},
            {"rule": "big", "stage": "Manager", "usual_seconds": 90},
        ],
        "advice": [
            {
                "source": "model-1",
                "recommendation": "approve",
                "confidence_from": 90,
                "confidence_to": 100,
                "cases": 30,
                "agreed": 28,
            }
        ],
    }


async def test_nobody_else_reads_it(api: Api) -> None:
    reply = await api.get("/v1/stats")
    assert (reply.status, reply.reason) == (403, "scope_missing")
    assert api.ends.asked == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("since=yesterday", "invalid_input"),
        ("since=2026-02-30T00:00:00Z", "invalid_input"),
        ("since=2026-01-04", "invalid_input"),
        ("since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", "invalid_field"),
        ("since=2020-01-01T00:00:00Z", "invalid_field"),
    ],
)
async def test_a_period_that_there_cannot_be_names_its_field(
    api: Api, reader: str, query: str, reason: str
) -> None:
    reply = await api.get(f"/v1/stats?{query}", key=reader)
    assert (reply.status, reply.reason) == (422, reason)
    assert list(reply.fields) == ["since"]
    assert api.ends.asked == []
