"""Stages that decide nothing, hang on one person, or are not looked into."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.insight.cases import Ballot
from core.insight.stamping import (
    Voting,
    by_person,
    count_ballots,
    hangs_on_one,
    is_quick,
    is_stamping,
    is_unread,
    never_rejects,
)
from tests.core.builders import FAYE, FINN, MARA, NOW


def ballot(number: int, person: str = MARA, **fields: Any) -> Ballot:
    usual: dict[str, Any] = {"decision": "approve", "took": 4_000, "eligible": 3}
    return Ballot(request=f"R{number}", person=person, at=NOW + number, **usual | fields)


def test_decisions_are_counted() -> None:
    found = count_ballots(
        [
            ballot(1, FINN, decision="reject", took=60_000),
            ballot(2, surface="details", took=None),
            ballot(3, surface="batch", took=2_000),
            ballot(4, FAYE, eligible=1, took=9_000),
        ]
    )
    assert found == Voting(
        decided=4,
        against=1,
        timed=3,
        took=9_000,
        streak=3,
        told=2,
        unread=1,
        busiest=MARA,
        most=2,
        alone=1,
    )
    assert count_ballots([]) == Voting()


def test_a_stage_that_never_says_no_is_found_after_enough_decisions() -> None:
    assert never_rejects(Voting(decided=50))
    assert not never_rejects(Voting(decided=49))
    assert not never_rejects(Voting(decided=5000, against=1))


def test_one_person_decides_or_alone_could() -> None:
    assert hangs_on_one(Voting(decided=20, most=16))
    assert not hangs_on_one(Voting(decided=20, most=15, alone=15))
    assert hangs_on_one(Voting(decided=20, most=5, alone=20))
    assert not hangs_on_one(Voting(decided=19, most=19)), "too few to say so"


def test_fast_alone_is_no_stamping_nor_is_a_streak_alone() -> None:
    quick = Voting(decided=60, timed=60, took=3_000)
    assert is_quick(quick)
    assert not is_stamping(quick)
    assert not is_stamping(Voting(decided=60, timed=60, took=600_000, streak=60))
    assert is_stamping(replace(quick, streak=50))


def test_what_chat_cannot_tell_is_not_counted_as_unread() -> None:
    assert not is_unread(Voting(decided=500, told=0, unread=0))
    assert is_unread(Voting(decided=500, told=20, unread=18))
    assert not is_unread(Voting(decided=500, told=20, unread=17))
    assert is_stamping(Voting(decided=500, told=20, unread=20, streak=50))


def test_people_are_counted_by_themselves() -> None:
    found = by_person([ballot(1), ballot(2, FINN), ballot(3)])
    assert {person: each.decided for person, each in found.items()} == {MARA: 2, FINN: 1}


@given(st.integers(0, 99), st.integers(1, 50))
def test_one_more_no_never_makes_a_stamp(approvals: int, more: int) -> None:
    """The newest decision counts: a no ends a streak, and a stage with one is no idle one."""
    given_ = [ballot(n) for n in range(approvals)]
    said_no = [ballot(approvals + n, decision="reject") for n in range(more)]
    voting = count_ballots(given_ + said_no)
    assert not is_stamping(voting)
    assert not never_rejects(voting)
