"""A stage is never passed because its people are gone: others are asked, or it holds."""

from typing import Any

from msgspec.structs import replace

from core.commands import Tick
from core.directory.people import Directory
from core.events import Escalated, Held, Restaffed
from core.refusals import Reason
from core.request import Decision, Stage, Status
from core.route import Entry, StagePlan
from core.rules.staffing import NOBODY_LEFT, ladder_of
from tests.core.acts import escalate
from tests.core.builders import (
    ADA,
    ALICE,
    DANA,
    DAY,
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
    with_changed,
)
from tests.core.spec import Story, facts_of, submitted, vote

APPROVE, REJECT = Decision.APPROVE, Decision.REJECT
RESORT = tuple(Entry(ref=p, people=(p,)) for p in (ADA, DANA))


def group(*people: str, **fields: Any) -> Entry:
    return Entry(ref="group:finance", people=people, **fields)


def target(*people: str) -> tuple[Entry, ...]:
    return tuple(Entry(ref=p, people=(p,)) for p in people)


def without(*gone: str) -> Directory:
    return Directory([p for p in PEOPLE if p.email not in gone])


def current(story: Story) -> Stage:
    assert story.state.current is not None
    return story.state.current


def begun(plan: StagePlan, **fields: Any) -> Story:
    return submitted(route=a_route(plan, **fields))


def test_managers_are_named_in_the_order_of_their_people_whatever_the_process() -> None:
    """The events of the same command are the same in every process, to the byte."""
    many = [f"p{n}@example.com" for n in (5, 2, 7, 1, 8, 3, 6, 4)]
    plan = stage(1, "Board", entries=(group(*many),))
    story = begun(plan)
    people = [*PEOPLE, *(person(email, manager=DANA) for email in many)]
    ladder = ladder_of(story.state, current(story), facts_of(Directory(people), None), NOW)
    rung = ladder.climb(plan.entries, 0, 1)
    assert rung is not None
    refs = [part.ref for part in rung.entries[-1].parts]
    assert refs == [f"manager_of:{email}" for email in many]


# --- who leaves while a stage is open -------------------------------------------------------


def test_a_seat_that_is_vacated_asks_the_next_level_at_the_next_look() -> None:
    story = begun(stage(1, "Boss", MARA, escalate_to=(target(DANA),)))
    story.directory = without(MARA)
    story.when(Tick())
    (escalated,) = [r.event for r in story.new]
    assert isinstance(escalated, Escalated)
    assert (escalated.told, escalated.cause, escalated.tier) == ((DANA,), "staffing", 1)
    story.when(Tick()).then()
    assert story.approves(DANA).state.status is Status.APPROVED


def test_the_next_level_gets_just_the_seats_that_are_missing() -> None:
    story = begun(stage(1, "Board", MARA, FINN, FAYE, quorum="all"), last_resort=RESORT)
    story.directory = without(MARA)
    story.when(Tick()).approves(ADA).approves(DANA)
    assert story.state.status is Status.PENDING, "two of the last resort fill one seat"
    story.approves(FINN)
    assert story.state.status is Status.PENDING, "faye is still there and has not voted"
    assert story.approves(FAYE).state.status is Status.APPROVED


def test_votes_cast_before_count_for_what_is_missing() -> None:
    story = begun(stage(1, "Board", MARA, FINN, FAYE, quorum="all"), last_resort=RESORT)
    story.approves(MARA)
    story.directory = without(MARA, FINN)
    story.when(Tick()).approves(ADA)
    assert story.state.status is Status.PENDING
    assert story.approves(FAYE).state.status is Status.APPROVED


def test_with_nobody_left_it_says_so_in_the_same_breath() -> None:
    story = begun(stage(1, "Pair", MARA, DANA, quorum="all"), last_resort=())
    story.directory = without(MARA)
    story.when(Tick())
    assert story.new[-1].event == Held(level=1, because=NOBODY_LEFT)
    story.when(Tick()).then()
    assert story.state.wake_at == NOW + DAY


def test_a_rung_that_does_not_suffice_is_asked_and_it_holds_in_the_same_breath() -> None:
    plan = stage(1, "Trio", MARA, FINN, FAYE, quorum="all", escalate_to=(target(DANA),))
    story = begun(plan, last_resort=())
    story.directory = without(MARA, FINN)
    story.when(Tick())
    assert [type(r.event) for r in story.new] == [Escalated, Held]
    story.when(Tick()).then()


def test_who_comes_back_ends_the_hold_and_gets_the_whole_time() -> None:
    story = begun(stage(1, "Boss", MARA, sla=HOUR), last_resort=())
    story.directory = without(MARA)
    story.when(Tick())
    assert current(story).held == NOBODY_LEFT
    story.directory = Directory([*without(MARA).people.values(), person(MARA)])
    story.at(NOW + 2 * HOUR).when(Tick())
    assert current(story).held is None
    assert current(story).acts_at == NOW + 3 * HOUR


def test_a_vote_changed_by_one_who_lost_a_place_asks_others_at_once() -> None:
    entries = (group(FINN), Entry(ref="group:audit", people=(FINN, MARA)))
    both = with_changed(FINN, groups=("finance", "audit")).people[FINN]
    mara = with_changed(MARA, groups=("audit",)).people[MARA]
    story = Story(Directory([*without(FINN, MARA).people.values(), both, mara]))
    plan = stage(1, "Two", entries=entries, quorum="all", reject_quorum=2)
    story.when(a_submit(a_route(plan))).approves(FINN)
    changed = replace(both, groups=("audit",))
    story.directory = Directory([*without(FINN, MARA).people.values(), changed, mara])
    assert current(story).assigned == (FINN, MARA)
    story.rejects(FINN)
    assert current(story).assigned == (FINN, MARA, ADA)
    story.when(Tick()).then()


def test_a_group_with_others_left_is_not_escalated() -> None:
    story = begun(stage(1, "Finance", entries=(group(FINN, FAYE),)))
    story.directory = without(FINN)
    story.when(Tick()).then()


def test_who_qualifies_again_is_preferred_to_the_next_level() -> None:
    entries = (group(FINN, FAYE),)
    story = Story(with_changed(FAYE, groups=()))
    story.when(a_submit(a_route(stage(1, "Finance", entries=entries))))
    assert current(story).assigned == (FINN,)
    story.directory = without(FINN)
    story.when(Tick())
    (again,) = [r.event for r in story.new]
    assert isinstance(again, Restaffed)
    assert current(story).assigned == (FAYE,)


# --- silent and unreachable -----------------------------------------------------------------


def test_a_stage_of_which_nobody_can_be_told_asks_higher() -> None:
    quiet = (Entry(ref=MARA, people=(MARA,), silent=True),)
    story = begun(stage(1, "Quiet", entries=quiet, escalate_to=(target(DANA),)))
    assert current(story).assigned == (MARA, DANA)
    assert current(story).escalated
    assert story.approves(MARA).state.status is Status.APPROVED


def test_unreachable_people_are_passed_over_but_may_decide() -> None:
    story = Story(with_changed(MARA, identities=()))
    story.platforms = frozenset({"slack"})
    story.when(a_submit(a_route(stage(1, "Boss", MARA, escalate_to=(target(DANA),)))))
    assert current(story).assigned == (MARA, DANA)


def test_where_nobody_at_all_can_be_told_it_holds_and_alarms() -> None:
    story = Story()
    story.platforms = frozenset({"teams"})
    story.when(a_submit(a_route(stage(1, "Boss", MARA, sla=HOUR))))
    assert current(story).held is not None
    assert story.approves(MARA).state.status is Status.APPROVED


def test_when_only_silent_people_are_left_others_are_asked() -> None:
    entries = (Entry(ref=MARA, people=(MARA,)), Entry(ref=DANA, people=(DANA,), silent=True))
    story = begun(stage(1, "Either", entries=entries))
    story.directory = without(MARA)
    story.when(Tick())
    assert current(story).assigned == (DANA, ADA)
    story.when(Tick()).then()


# --- in order -------------------------------------------------------------------------------


def test_in_order_asks_one_after_the_other() -> None:
    story = begun(stage(1, "Line", MARA, DANA, FINN, in_order=True, sla=HOUR))
    assert current(story).assigned == (MARA,)
    assert story.refused(vote(story.state, DANA, APPROVE), DANA) is Reason.NOT_AN_APPROVER
    story.at(NOW + HOUR).when(Tick())
    assert current(story).assigned == (MARA, DANA)
    assert story.at(NOW + 2 * HOUR).approves(FINN).state.status is Status.APPROVED


def test_whose_turn_has_not_come_does_not_reject_either() -> None:
    story = begun(stage(1, "Line", MARA, DANA, in_order=True))
    early = vote(story.state, DANA, REJECT, "no")
    assert story.refused(early, DANA) is Reason.NOT_AN_APPROVER


def test_in_order_asks_as_many_as_the_quorum_needs() -> None:
    story = begun(stage(1, "Line", MARA, DANA, FINN, in_order=True, quorum=2))
    assert current(story).assigned == (MARA, DANA)


def test_in_order_passes_over_who_may_not() -> None:
    story = begun(stage(1, "Line", ALICE, DANA, FINN, in_order=True))
    assert current(story).assigned == (DANA,)
    assert not current(story).escalated


def test_in_order_gives_everyone_their_own_place_though_they_are_asked_already() -> None:
    line = (group(FINN, FAYE), Entry(ref=FINN, people=(FINN,)))
    story = begun(stage(1, "Line", entries=line, in_order=True, quorum="all"))
    assert (current(story).assigned, current(story).held) == ((FINN, FAYE), None)
    assert story.approves(FINN).approves(FAYE).state.status is Status.APPROVED


def test_a_timeout_in_order_passes_over_who_is_asked_already() -> None:
    line = (group(FINN, FAYE), Entry(ref=FINN, people=(FINN,)), Entry(ref=DANA, people=(DANA,)))
    story = begun(stage(1, "Line", entries=line, in_order=True, sla=HOUR))
    story.at(NOW + HOUR).when(Tick())
    assert current(story).assigned == (FINN, FAYE, DANA)


def test_after_the_last_in_line_come_their_managers_and_the_last_resort() -> None:
    story = begun(stage(1, "Line", MARA, in_order=True, sla=HOUR)).at(NOW + HOUR).when(Tick())
    assert current(story).assigned == (MARA, ADA)


# --- the ladder -----------------------------------------------------------------------------


def test_without_a_target_the_managers_of_the_silent_are_asked() -> None:
    people = [*without(FINN).people.values(), person(FINN, manager=DANA, groups=("finance",))]
    story = Story(Directory(people))
    story.when(a_submit(a_route(stage(1, "Finance", FINN, sla=HOUR))))
    story.at(NOW + HOUR).when(Tick())
    assert current(story).assigned == (FINN, DANA)


def test_only_the_managers_of_those_who_have_not_answered_are_asked() -> None:
    led = [person(FINN, manager=DANA), person(FAYE, manager=ADA)]
    story = Story(Directory([*without(FINN, FAYE).people.values(), *led]))
    story.when(a_submit(a_route(stage(1, "Pair", FINN, FAYE, quorum=2, sla=HOUR))))
    story.approves(FINN).at(NOW + HOUR).when(Tick())
    assert current(story).assigned == (FINN, FAYE, ADA)


def test_a_manager_who_is_silent_too_gets_no_second_place() -> None:
    led = [person(FINN, manager=DANA), person(DANA, manager=ADA)]
    story = Story(Directory([*without(FINN, DANA).people.values(), *led]))
    story.when(a_submit(a_route(stage(1, "Pair", FINN, DANA, quorum=2, sla=HOUR))))
    story.at(NOW + HOUR).when(Tick())
    assert current(story).entries[-1].people == (ADA,)


def test_every_level_of_escalation_is_asked_in_turn() -> None:
    plan = stage(1, "Boss", MARA, sla=HOUR, escalate_to=(target(FINN), target(DANA)))
    story = begun(plan)
    for hour, asked in ((1, (MARA, FINN)), (2, (MARA, FINN, DANA)), (3, (MARA, FINN, DANA, ADA))):
        story.at(NOW + hour * HOUR).when(Tick())
        assert current(story).assigned == asked
        assert current(story).tier == hour


def test_a_level_that_asks_nobody_new_is_passed_over() -> None:
    plan = stage(1, "Boss", MARA, sla=HOUR, escalate_to=(target(MARA), target(DANA)))
    story = begun(plan).at(NOW + HOUR).when(Tick())
    assert (current(story).assigned, current(story).tier) == ((MARA, DANA), 2)


def test_an_escalation_target_must_have_the_stages_role() -> None:
    plan = stage(
        1, "Boss", FINN, required_role="finance_analyst", escalate_to=(target(DANA), target(FAYE))
    )
    story = begun(plan).when(escalate(as_admin=True))
    assert current(story).assigned == (FINN, FAYE)


def test_the_facts_of_a_story_are_those_of_its_directory() -> None:
    assert facts_of(without(MARA), MARA).person is None


def test_who_has_left_vacates_their_seat() -> None:
    story = submitted(route=a_route(stage(1, "Manager", MARA)))
    story.directory = Directory([p for p in PEOPLE if p.email != MARA])
    story.when(Tick())
    assert story.state.current is not None
    assert story.state.current.assigned == (ADA,)
