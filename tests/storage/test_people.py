"""Who has to do with a request, as lists filter on it."""

import pytest
from msgspec.structs import replace

from core.directory.people import Directory
from core.events import (
    AnyEvent,
    Delegated,
    DelegationEnded,
    StageApproved,
    StageOpened,
    Voted,
)
from core.evolve import fold
from core.request import RequestState
from core.route import Entry
from core.rows import Loaded
from core.service.access import person_may_see
from storage.people import people
from tests.storage.purchase import (
    ALICE,
    BOB,
    CANCELLED,
    CAROL,
    DAN,
    recorded,
    rid,
    submit,
    vote,
)

EVE = "eve@example.com"


def submitted(owner: str | None = None) -> RequestState:
    start = RequestState(id=rid(1))
    state = submit(rid(1), owner=owner)(Loaded(state=start)).state
    assert state is not None
    return state


def after(state: RequestState, *events: AnyEvent) -> RequestState:
    return fold(state, [recorded(event) for event in events])


def test_nobody_has_to_do_with_a_request_that_does_not_exist() -> None:
    assert people(RequestState(id=rid(1))) == set()


def test_the_first_stage_is_asked_and_open_and_the_next_is_planned() -> None:
    assert people(submitted(owner=DAN)) == {
        (ALICE, "requester"),
        (DAN, "owner"),
        (BOB, "asked"),
        (BOB, "open"),
        (CAROL, "planned"),
    }


def test_who_voted_is_no_longer_waited_for() -> None:
    assert (BOB, "open") not in people(after(submitted(), vote(BOB)))
    assert (BOB, "asked") in people(after(submitted(), vote(BOB)))


def test_whom_a_stand_in_voted_for_is_no_longer_waited_for() -> None:
    state = after(submitted(), vote(DAN))
    stage = state.stages[0]
    [cast] = stage.votes
    stood_in = replace(stage, votes=(replace(cast, on_behalf_of=BOB),))
    assert (BOB, "open") not in people(replace(state, stages=(stood_in, *state.stages[1:])))


def waited_for(state: RequestState) -> set[str]:
    return {person for person, kind in people(state) if kind == "open"}


TO_DAN = Delegated(giver=BOB, taker=DAN)
ON_TO_EVE = Delegated(giver=DAN, taker=EVE)
AS_BOB = replace(vote(EVE), on_behalf_of=BOB, through=(DAN,))


def test_who_stands_in_is_asked_and_waited_for_like_whom_they_stand_in_for() -> None:
    state = after(submitted(), TO_DAN, ON_TO_EVE)
    assert {(BOB, "asked"), (DAN, "asked"), (EVE, "asked")} <= people(state)
    assert waited_for(state) == {BOB, DAN, EVE}


@pytest.mark.parametrize("cast", [vote(BOB), AS_BOB])
def test_one_vote_for_a_seat_ends_the_wait_for_everyone_who_might_give_it(cast: Voted) -> None:
    assert waited_for(after(submitted(), TO_DAN, ON_TO_EVE, cast)) == set()


def test_who_voted_for_another_is_not_waited_for_again_as_a_stand_in() -> None:
    both = StageOpened(level=2, round=1, entries=(Entry(ref="x", people=(BOB, CAROL)),))
    state = after(submitted(), vote(BOB), StageApproved(level=1), both)
    as_carol = replace(vote(DAN, 2), on_behalf_of=CAROL)
    state = after(state, TO_DAN, Delegated(giver=CAROL, taker=DAN), as_carol)
    assert waited_for(state) == {BOB}


def test_who_stands_in_for_somebody_of_a_later_stage_is_planned_with_them() -> None:
    state = after(submitted(), Delegated(giver=CAROL, taker=EVE))
    assert waited_for(state) == {BOB}
    assert {kind for person, kind in people(state) if person == EVE} == {"planned"}


def test_a_delegation_that_ended_is_no_longer_waited_for() -> None:
    state = after(submitted(), TO_DAN, DelegationEnded(giver=BOB, taker=DAN))
    assert waited_for(state) == {BOB}


def test_the_next_stage_is_asked_when_it_opens() -> None:
    opened = StageOpened(level=2, round=1, entries=(Entry(ref=CAROL, people=(CAROL,)),))
    state = after(submitted(), vote(BOB), StageApproved(level=1), opened)
    assert people(state) == {
        (ALICE, "requester"),
        (BOB, "asked"),
        (CAROL, "asked"),
        (CAROL, "open"),
    }


def test_nobody_is_waited_for_after_the_end() -> None:
    assert [kind for _, kind in people(after(submitted(), CANCELLED)) if kind == "open"] == []


def test_lists_show_a_request_to_exactly_those_who_may_see_it() -> None:
    """The rows must say the same as the core's rule, or a list hides what a GET shows."""
    nobody_special = Directory([])
    for state in (
        submitted(owner=DAN),
        after(submitted(), vote(BOB)),
        after(submitted(), CANCELLED),
        replace(submitted(), submitter=EVE),
        after(submitted(), Delegated(giver=CAROL, taker=EVE)),
        after(submitted(), TO_DAN, DelegationEnded(giver=BOB, taker=DAN)),
        after(submitted(), TO_DAN, ON_TO_EVE),
        after(submitted(), TO_DAN, ON_TO_EVE, AS_BOB, CANCELLED),
        replace(after(submitted(), TO_DAN, ON_TO_EVE), stages=submitted().stages[1:]),
        replace(submitted(), stages=(replace(submitted().stages[0], replaced=(EVE,)),)),
    ):
        listed = {person for person, _ in people(state)}
        everyone = (ALICE, BOB, CAROL, DAN, EVE, "stranger@example.com")
        assert listed == {p for p in everyone if person_may_see(state, p, nobody_special)}
