"""Whose turn it is: bursts, then one by one; nobody waits for another lane's crowd."""

from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import FORGOTTEN_AFTER, Pacer
from core.pace import Lane

NOW = 1_780_000_000_000
ROOM = Lane(name="room", every=1000, burst=3)
OTHER = Lane(name="other room", every=1000, burst=3)
ALL = Lane(name="all", every=200, burst=10)


def turns(pacer: Pacer, count: int, *lanes: Lane, now: int = NOW, urgent: bool = True) -> list[int]:
    """The first turns of so many new items, from now on."""
    name = f"{lanes[0].name} {urgent} {now}"
    return [pacer.turn((name, n), lanes, now, urgent=urgent) - now for n in range(count)]


def test_a_burst_goes_at_once_and_the_rest_one_by_one() -> None:
    assert turns(Pacer(), 6, ROOM) == [0, 0, 0, 1000, 2000, 3000]


def test_after_a_rest_there_is_a_burst_again() -> None:
    pacer = Pacer()
    turns(pacer, 3, ROOM)
    assert turns(pacer, 3, ROOM, now=NOW + 1000) == [0, 1000, 2000]
    assert turns(pacer, 4, ROOM, now=NOW + 60_000) == [0, 0, 0, 1000]


def test_a_moment_is_kept_until_it_comes_and_is_used_once() -> None:
    pacer = Pacer()
    turns(pacer, 3, ROOM)
    assert [pacer.turn("late", [ROOM], NOW + wait) for wait in (0, 500, 1000)] == [
        NOW + 1000,
        NOW + 1000,
        NOW + 1000,
    ]
    assert pacer.turn("late", [ROOM], NOW + 1000) == NOW + 2000, "a new send, a new turn"


def test_without_lanes_everything_goes_at_once() -> None:
    assert [Pacer().turn(n, [], NOW) for n in range(3)] == [NOW] * 3


def test_a_crowd_in_one_room_takes_nothing_from_another() -> None:
    pacer = Pacer()
    turns(pacer, 500, ROOM, ALL)
    assert turns(pacer, 4, OTHER, ALL) == [0, 0, 0, 1000]


def test_the_limit_of_all_together_holds_as_well() -> None:
    pacer = Pacer()
    rooms = [Lane(name=f"room {n}", every=1000, burst=3) for n in range(14)]
    found = [pacer.turn(n, [room, ALL], NOW) - NOW for n, room in enumerate(rooms)]
    assert found == [0] * 10 + [200, 400, 600, 800]


def test_what_is_urgent_takes_the_turn_of_what_is_not() -> None:
    pacer = Pacer()
    assert turns(pacer, 5, ROOM, urgent=False) == [0, 0, 0, 1000, 2000]
    assert pacer.turn("decision", [ROOM], NOW) == NOW + 1000
    assert pacer.turn(("room False 1780000000000", 3), [ROOM], NOW + 1000) == NOW + 3000
    assert pacer.turn("decision", [ROOM], NOW + 1000) == NOW + 1000


def test_a_platform_that_asks_for_quiet_gets_it_and_no_burst_after_it() -> None:
    pacer = Pacer()
    turns(pacer, 5, ROOM)
    pacer.pause([ROOM, ALL], NOW + 30_000)
    again = [pacer.turn(("room True 1780000000000", n), [ROOM, ALL], NOW + 1000) for n in (3, 4)]
    assert [at - NOW for at in again] == [30_000, 31_000]
    assert turns(pacer, 1, OTHER, ALL) == [0]


def test_what_never_comes_back_is_forgotten() -> None:
    pacer = Pacer()
    turns(pacer, 5, ROOM, urgent=False)
    pacer.forget(NOW + 2000 + FORGOTTEN_AFTER + 1)
    assert (pacer._kept, pacer._lines) == ({}, {})


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=60))
def test_no_pattern_of_sends_is_faster_than_the_lane(steps: list[tuple[int, bool]]) -> None:
    pacer, now, waiting = Pacer(), NOW, dict[int, tuple[int, bool]]()
    sent: list[int] = []
    for number, (pause, urgent) in enumerate(steps):
        now += pause
        waiting[number] = (now, urgent)
        for item, (due, its) in list(waiting.items()):
            if due <= now:
                turn = pacer.turn(item, [ROOM], now, urgent=its)
                waiting[item] = (turn, its)
                if turn <= now:
                    sent.append(now)
                    del waiting[item]
    for first, last in zip(sent, sent[4:], strict=False):
        assert last - first >= 1000, "five within a second, of a lane that takes three and one more"
