"""Votes fill seats by matching, each person one seat."""

from hypothesis import given
from hypothesis import strategies as st

from core.route import Entry
from core.rules.quorum import filled, missing, needed, possible

ANN = Entry(ref="ann", people=("ann",))
FINANCE = Entry(ref="group:finance", people=("ann", "bob", "cid"))
PAIR = Entry(ref="group:finance", people=("ann", "bob", "cid"), seats=2)


def test_all_is_not_stuck_when_ann_filled_the_groups_seat_first() -> None:
    assert filled([FINANCE, ANN], ["ann", "bob"]) == needed([FINANCE, ANN], "all")


def test_all_needs_another_person_for_every_entry() -> None:
    assert filled([FINANCE, ANN], ["bob", "cid"]) == 1
    assert filled([FINANCE, ANN], ["ann"]) == 1


def test_one_person_fills_one_seat_however_often_they_vote() -> None:
    assert filled([PAIR], ["ann", "ann"]) == 1


def test_a_group_entry_fills_one_seat_unless_it_says_more() -> None:
    assert filled([FINANCE], ["ann", "bob"]) == 1
    assert filled([PAIR], ["ann", "bob"]) == 2


def test_all_counts_every_seat() -> None:
    assert needed([PAIR, ANN], "all") == 3
    assert needed([PAIR, ANN], 2) == 2


def test_an_empty_stage_is_never_possible_not_even_for_all() -> None:
    assert not possible([], needed([], "all"))
    assert not possible([Entry(ref="group:nobody", people=())], 1)


def test_a_vote_of_a_stranger_fills_nothing() -> None:
    assert filled([ANN], ["zed"]) == 0


def test_missing_counts_the_seats_that_nobody_is_left_to_fill() -> None:
    assert missing([PAIR, ANN], 3) == 0
    assert missing([Entry(ref="x", people=()), ANN], 2) == 1
    assert missing([ANN], 3) == 2


def test_a_crowd_is_not_searched_further_than_needed() -> None:
    crowd = Entry(ref="group:all", people=tuple(f"p{i}" for i in range(5000)), seats=100)
    assert possible([crowd], 100)
    assert filled([crowd], crowd.people, 3) == 3


class Counted(str):
    """A name that counts how often anybody is compared or looked up by it."""

    looked_up = 0
    __slots__ = ()

    def __hash__(self) -> int:
        Counted.looked_up += 1
        return super().__hash__()


def test_a_crowd_that_cannot_fill_a_quorum_is_looked_at_once_each() -> None:
    people = tuple(Counted(f"p{number}") for number in range(2000))
    entries = [Entry(ref="group:all", people=people, seats=99), Entry(ref="x", people=())]
    Counted.looked_up = 0
    assert not possible(entries, 100)
    assert Counted.looked_up < 10 * len(people), "not once more for each seat"


names = st.sampled_from("abcde")
entries = st.lists(
    st.builds(
        Entry,
        ref=st.just("x"),
        people=st.lists(names, max_size=4, unique=True).map(tuple),
        seats=st.integers(1, 2),
    ),
    max_size=4,
)


@given(entries, st.lists(names, max_size=5, unique=True))
def test_matching_finds_the_largest_assignment(entries: list[Entry], people: list[str]) -> None:
    """Compared with trying every assignment."""
    seats = [set(e.people) for e in entries for _ in range(e.seats)]

    def best(left: list[str], free: frozenset[int]) -> int:
        if not left:
            return 0
        person, rest = left[0], left[1:]
        without = best(rest, free)
        placed = [1 + best(rest, free - {i}) for i in free if person in seats[i]]
        return max([without, *placed])

    assert filled(entries, people) == best(people, frozenset(range(len(seats))))
