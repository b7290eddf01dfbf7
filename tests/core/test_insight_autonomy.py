"""When approval without a person is earned, and when it is lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.insight.autonomy import Counted, cap, count, earns, loses, lower_bound
from core.insight.cases import Case
from core.insight.thresholds import DAY
from tests.core.builders import NOW

GOOD = Counted(decided=200, approved=200, amounts=("10",) * 200)


def case(number: int, **fields: Any) -> Case:
    usual: dict[str, Any] = {"request": f"R{number}", "ended_at": NOW, "status": "approved"}
    return Case(**usual | fields)


@pytest.mark.parametrize(
    ("good", "of", "expected"),
    [
        # By hand: n=50 of 50 gives 50/(50+z²) = 0.92865; 95 of 100 is a textbook's 0.8882.
        (50, 50, 928),
        (73, 73, 950),
        (72, 72, 949),
        (95, 100, 888),
        (0, 10, 0),
        (0, 0, 0),
    ],
)
def test_the_lower_end_of_the_interval(good: int, of: int, expected: int) -> None:
    assert lower_bound(good, of) == expected


def test_a_long_clean_record_earns_it() -> None:
    assert earns(GOOD, NOW)
    assert not earns(replace(GOOD, decided=72, approved=72), NOW), "the interval is too wide"
    assert not earns(replace(GOOD, decided=49, approved=49), NOW)


@pytest.mark.parametrize(
    "worse",
    [
        {"incidents": 1},
        {"edited": 5},
        {"opposed": 5},
        {"rejected_at": NOW - 29 * DAY},
        {"approved": 190},
    ],
)
def test_what_speaks_against_it(worse: dict[str, int]) -> None:
    assert not earns(replace(GOOD, **worse), NOW)


def test_an_old_rejection_is_forgiven() -> None:
    assert earns(replace(GOOD, decided=201, rejected_at=NOW - 31 * DAY), NOW)


def test_it_is_lost_by_an_incident_after_passing_alone() -> None:
    assert loses(Counted(passed=1000, incidents=1, after_passing=1))
    assert not loses(Counted(passed=1000, incidents=3, after_passing=0))
    assert not loses(Counted(decided=10, incidents=3, after_passing=0))


def test_cases_are_counted() -> None:
    found = count(
        [
            case(1, amount="10", edits=1),
            case(2, opposed=True, ended_at=NOW - 5),
            case(3, status="rejected", ended_at=NOW - 9),
            case(4, status="expired"),
            case(5, bypass="auto_approve", incidents=2, failed=True),
            case(6, bypass="break_glass", amount="7"),
        ]
    )
    assert found == Counted(
        decided=3,
        approved=2,
        edited=1,
        opposed=1,
        rejected_at=NOW - 5,
        amounts=("10",),
        bare=1,
        passed=2,
        incidents=2,
        after_passing=2,
        failed=1,
    )


def test_the_cap_is_the_nearest_rank() -> None:
    amounts = tuple(str(n) for n in range(1, 101))
    assert cap(amounts) == "95"
    assert cap(("9", "10", "2.5")) == "10", "by value, not by letters"
    assert cap(()) is None


records = st.builds(
    lambda n, no, edited, incidents, passed: Counted(
        decided=n + no,
        approved=n,
        edited=min(edited, n),
        incidents=incidents,
        after_passing=min(incidents, passed),
        passed=passed,
    ),
    st.integers(0, 600),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 3),
    st.integers(0, 50),
)


@given(records, st.integers(1, 5))
def test_more_against_it_never_makes_it_earned(counted: Counted, more: int) -> None:
    worse = (
        replace(counted, incidents=counted.incidents + more),
        replace(counted, edited=counted.edited + more),
        replace(counted, opposed=counted.opposed + more),
        replace(counted, decided=counted.decided + more),
        replace(counted, rejected_at=NOW),
    )
    for each in worse:
        assert not (earns(each, NOW) and not earns(counted, NOW))
    assert loses(replace(counted, after_passing=counted.after_passing + more)) >= loses(counted)


@given(st.integers(1, 2000), st.integers(0, 2000))
def test_the_bound_is_never_above_the_rate_and_grows_with_it(of: int, good: int) -> None:
    good = min(good, of)
    assert 0 <= lower_bound(good, of) <= 1000 * good / of
    assert lower_bound(good, of) <= lower_bound(min(good + 1, of), of)
