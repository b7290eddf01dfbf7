"""`assign: balanced`: who has the least to do is asked first, the others in their turn."""

import pytest
from msgspec.structs import replace

from core.commands import Tick
from core.directory.people import Directory
from core.events import StageOpened
from core.evolve import evolve
from core.refusals import Reason, Refused
from core.request import Decision, RequestState, Stage
from core.route import Entry, OnReject
from core.rules.staffing import line_of
from tests.core.acts import reassign
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DIRECTORY,
    FAYE,
    FINN,
    HOUR,
    MARA,
    NOW,
    PEOPLE,
    a_route,
    a_submit,
    person,
    stage,
)
from tests.core.spec import Story, facts_of

DESK = (FINN, FAYE, DANA)
GROUP = Entry(ref="group:desk", people=DESK)
COMPANY = Directory(
    tuple(replace(p, groups=(*p.groups, "desk")) if p.email in DESK else p for p in PEOPLE)
)
BALANCED = stage(1, "Desk", entries=(GROUP,), balanced=True, sla=4 * HOUR)
LOAD = {FINN: 5, FAYE: 1, DANA: 3}


def asked(plan: object = BALANCED, **load: int) -> Story:
    story = Story(COMPANY)
    story.load = load or LOAD
    return story.when(a_submit(a_route(plan)))  # type: ignore[arg-type]  # a plan


def current(story: Story) -> Stage:
    stage = story.state.current
    assert stage is not None
    return stage


def test_who_has_the_least_to_do_is_asked_alone() -> None:
    stage = current(asked())
    assert stage.assigned == (FAYE,)
    assert (stage.order, stage.tier, stage.escalated) == ((FAYE, DANA, FINN), 1, False)


def test_the_others_are_asked_one_by_one_when_their_time_comes() -> None:
    story = asked()
    story.load = {}
    told = []
    for number in range(1, 4):
        story.at(NOW + number * 4 * HOUR).when(Tick())
        told.append(current(story).assigned)
    assert told == [(FAYE, DANA), (FAYE, DANA, FINN), (FAYE, DANA, FINN, ADA)]
    assert current(story).order == (FAYE, DANA, FINN)


def test_whose_turn_has_not_come_has_no_word_yet() -> None:
    story = asked()
    for decision in (Decision.APPROVE, Decision.REJECT):
        with pytest.raises(Refused) as refused:
            story.votes(FINN, decision, reason="No")
        assert refused.value.reason is Reason.NOT_AN_APPROVER
    story.at(NOW + 4 * HOUR).when(Tick()).at(NOW + 8 * HOUR).when(Tick())
    assert story.votes(FINN, Decision.APPROVE).state.stages[0].votes[0].person == FINN


def test_as_many_are_asked_as_the_quorum_needs() -> None:
    two = replace(BALANCED, quorum=2, entries=(replace(GROUP, seats=2),))
    assert current(asked(two)).assigned == (FAYE, DANA)


def test_who_may_not_decide_is_passed_over() -> None:
    story = Story(COMPANY)
    story.load = {FINN: 5, DANA: 3}
    story.when(a_submit(a_route(BALANCED), requester=FAYE))
    assert current(story).assigned == (DANA,)
    gone = Directory(tuple(p for p in COMPANY.people.values() if p.email != DANA))
    story.directory = gone
    assert current(story.at(NOW + HOUR).when(Tick())).assigned == (FINN,)


def test_an_entry_beside_the_group_is_balanced_with_it() -> None:
    with_mara = replace(BALANCED, entries=(Entry(ref=MARA, people=(MARA,)), GROUP))
    assert current(asked(with_mara, **LOAD)).assigned == (MARA,)
    assert current(asked(with_mara, **LOAD | {MARA: 2})).assigned == (FAYE,)


def test_who_is_put_in_somebodys_place_stands_in_their_place_in_the_line() -> None:
    story = asked().when(reassign(DANA, MARA))
    story.at(NOW + 4 * HOUR).when(Tick())
    assert current(story).assigned == (FAYE, MARA)
    replaced = asked().when(reassign(FAYE, MARA))
    assert current(replaced).assigned == (MARA,)
    assert current(replaced.at(NOW + HOUR).when(Tick())).assigned == (MARA,)


def test_the_line_stands_in_the_event_and_a_replay_gives_the_same() -> None:
    story = asked()
    opened = [r.event for r in story.history if isinstance(r.event, StageOpened)]
    assert [event.order for event in opened] == [(FAYE, DANA, FINN)]
    state = RequestState(id="R1")
    for recorded in story.history:
        state = evolve(state, recorded)
    assert state == story.state


def test_a_stage_that_opens_again_is_balanced_as_things_are_then() -> None:
    back = a_route(
        replace(BALANCED, level=1), stage(2, "Manager", MARA), on_reject=OnReject.PREVIOUS_STAGE
    )
    story = Story(COMPANY)
    story.load = LOAD
    story.when(a_submit(back))
    story.votes(FAYE, Decision.APPROVE)
    story.load = {FAYE: 9, DANA: 8}
    story.votes(MARA, Decision.REJECT, reason="Again")
    assert current(story).assigned == (FINN,)


def test_those_who_have_as_much_take_turns_by_the_request() -> None:
    facts = facts_of(COMPANY, None)
    first = {line_of(BALANCED, facts, RequestState(id=f"R{number}"))[0] for number in range(30)}
    assert first == set(DESK)
    assert line_of(replace(BALANCED, balanced=False), facts, RequestState(id="R1")) == ()


def test_without_anybody_of_the_group_the_ladder_goes_on() -> None:
    nobody = Directory((person(ALICE), person(ADA, groups=("admins",))))
    story = Story(nobody).when(a_submit(a_route(BALANCED)))
    assert current(story).assigned == (ADA,)
    assert current(story).escalated
    assert DIRECTORY.person(FINN) is not None
