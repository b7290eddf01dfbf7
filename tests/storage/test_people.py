"""Who has to do with a request, as lists filter on it."""

from msgspec.structs import replace

from core.access import person_may_see
from core.directory import Directory
from core.events import Finished, StageApproved, StageOpened, Voted
from core.evolve import fold
from core.ports import Loaded
from core.request import Entry, RequestState
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


def submitted(owner: str | None = None) -> RequestState:
    start = RequestState(id=rid(1))
    state = submit(rid(1), owner=owner)(Loaded(state=start)).state
    assert state is not None
    return state


def after(
    state: RequestState, *events: Voted | StageApproved | StageOpened | Finished
) -> RequestState:
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
    ):
        listed = {person for person, _ in people(state)}
        everyone = (ALICE, BOB, CAROL, DAN, "stranger@example.com")
        assert listed == {p for p in everyone if person_may_see(state, p, nobody_special)}
