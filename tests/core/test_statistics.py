"""Statistics: what is counted together, in which order, and which periods there can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import Reason, Refused
from core.service.access import Caller
from core.service.statistics import DAY, LONGEST, StatisticsService
from core.statistics import MOST_AGENTS, Counted, Figures, Kind, summary
from tests.core.builders import NOW

MINUTE = 60_000
BIG = Kind(rule="big", category="review", agent="erp")
SMALL = Kind(rule="small", category="auto_approve", agent="erp")
GIFT = Kind(rule="gift", category="prohibited", agent="shop")
READER = Caller(key_id="k", key_name="k", key_hash="", scopes=("read_all",))


class Ends:
    """Knows of no end; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    async def counted(self, since: int, until: int) -> Counted:
        self.asked.append((since, until))
        return Counted(since=since)


def service(ends: Ends) -> StatisticsService:
    return StatisticsService(ends, lambda: {("big", "Manager"): MINUTE}, lambda: NOW)


def test_the_same_requests_are_counted_in_all_by_rule_by_category_and_by_agent() -> None:
    found = summary(
        Counted(
            since=0,
            ended=((BIG, "approved", 3), (BIG, "rejected", 1), (SMALL, "passed", 9)),
            times=((BIG, 4 * MINUTE), (BIG, MINUTE), (BIG, 2 * MINUTE)),
            open=((BIG, 2), (GIFT, 1)),
        )
    )
    big = Figures(open=2, ended={"approved": 3, "rejected": 1}, median=2 * MINUTE, slow=4 * MINUTE)
    small = Figures(open=0, ended={"passed": 9}, median=None, slow=None)
    gift = Figures(open=1, ended={}, median=None, slow=None)
    assert found.total.open == 3
    assert found.total.ended == {"approved": 3, "rejected": 1, "passed": 9}
    assert found.by_rule == {"small": small, "big": big, "gift": gift}
    assert list(found.by_rule) == ["small", "big", "gift"], "the most first"
    assert list(found.by_category) == ["auto_approve", "review", "prohibited"]
    assert found.by_agent["erp"].all == 15
    assert found.by_agent["shop"] == gift


def test_nothing_is_zero_and_unknown() -> None:
    found = summary(Counted(since=0))
    assert found.total == Figures(open=0, ended={}, median=None, slow=None)
    assert not found.by_rule


def test_the_agents_with_the_most_are_named() -> None:
    kinds = [Kind(rule="r", category="review", agent=f"a{n:03}") for n in range(MOST_AGENTS + 9)]
    found = summary(Counted(since=0, open=[(kind, n + 1) for n, kind in enumerate(kinds)]))
    assert len(found.by_agent) == MOST_AGENTS
    assert "a000" not in found.by_agent
    assert "a108" in found.by_agent


@given(st.lists(st.integers(0, 10**9), min_size=1))
def test_half_and_nine_of_ten_took_at_most_what_is_said(times: list[int]) -> None:
    total = summary(Counted(since=0, ended=[(BIG, "approved", 1)], times=[(BIG, t) for t in times]))
    median, slow = total.total.median, total.total.slow
    assert median in times
    assert slow in times
    assert sum(t <= median for t in times) * 2 >= len(times) > sum(t < median for t in times) * 2
    assert sum(t <= slow for t in times) * 10 >= len(times) * 9 > sum(t < slow for t in times) * 10


async def test_without_a_period_it_is_the_last_thirty_days_up_to_this_moment() -> None:
    ends = Ends()
    report = await service(ends).report(READER, None, None)
    assert ends.asked == [(NOW + 1 - 30 * DAY, NOW + 1)]
    assert report.stages == {("big", "Manager"): MINUTE}


async def test_a_period_that_is_named_is_asked_for() -> None:
    ends = Ends()
    await service(ends).report(READER, NOW - DAY, None)
    await service(ends).report(READER, None, NOW - DAY)
    await service(ends).report(READER, NOW - LONGEST, NOW)
    assert ends.asked == [
        (NOW - DAY, NOW + 1),
        (NOW - 31 * DAY, NOW - DAY),
        (NOW - LONGEST, NOW),
    ]


@pytest.mark.parametrize(
    ("since", "until"), [(NOW, NOW), (NOW + DAY, None), (0, 0), (NOW - LONGEST - 1, NOW)]
)
async def test_a_period_that_cannot_be_is_refused(since: int, until: int | None) -> None:
    with pytest.raises(Refused) as refused:
        await service(Ends()).report(READER, since, until)
    assert refused.value.reason is Reason.INVALID_FIELD


async def test_who_may_not_see_every_request_sees_no_statistics() -> None:
    own = Caller(key_id="k", key_name="k", key_hash="", scopes=("read", "submit", "decide"))
    with pytest.raises(Refused) as refused:
        await service(Ends()).report(own, None, None)
    assert refused.value.reason is Reason.SCOPE_MISSING
