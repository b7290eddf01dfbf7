"""Who is asked cannot be bent: joined helpers, those replaced, and those nobody tells."""

from typing import Any

from msgspec.structs import replace

from core.calendars.rotation import Rotation
from core.commands import Tick
from core.directory.people import Directory
from core.events import Escalated, Held, Reassigned, Voted
from core.refusals import Reason
from core.request import Decision, Stage, Status
from core.route import Entry, OnReject, StagePlan
from core.rules.staffing import UNTOLD
from core.service.access import person_may_see
from tests.core.acts import reassign
from tests.core.builders import (
    ADA,
    DANA,
    DAY,
    DIRECTORY,
    FAYE,
    FINN,
    HOUR,
    MARA,
    NOW,
    PEOPLE,
    a_route,
    a_submit,
    stage,
    with_changed,
)
from tests.core.spec import Story, submitted, vote

APPROVE, REJECT = Decision.APPROVE, Decision.REJECT
FINANCE = Entry(ref="group:finance", people=(FINN, FAYE))
POOL = (FINANCE,)
LEAD = Entry(ref="manager_of:requester", people=(DANA,))
ON_CALL = Entry(
    ref="on_call:duty",
    people=(FINN, FAYE),
    rotation=Rotation(people=(FINN, FAYE), period=DAY, starts="2026-01-01T00:00"),
)


def begun(plan: StagePlan, **fields: Any) -> Story:
    return submitted(route=a_route(plan, **fields))


def current(story: Story) -> Stage:
    assert story.state.current is not None
    return story.state.current


def without(*gone: str) -> Directory:
    return Directory([p for p in PEOPLE if p.email not in gone])


# --- helpers who are asked together ---------------------------------------------------------


def helped() -> Story:
    """Finance and the requester's lead are asked in one entry."""
    plan = stage(1, "Manager", MARA, sla=HOUR, escalate_to=((FINANCE, LEAD),))
    return begun(plan).at(NOW + HOUR).when(Tick())


def test_each_helper_is_judged_by_the_reference_that_named_them() -> None:
    story = helped()
    story.directory = with_changed(FINN, groups=())
    assert story.refused(vote(story.state, FINN, APPROVE), FINN) is Reason.NO_LONGER_QUALIFIED
    assert story.approves(DANA).state.status is Status.APPROVED


def test_who_is_still_named_by_one_of_several_references_may_decide() -> None:
    both = (FINANCE, Entry(ref="manager_of:requester", people=(FINN,)))
    story = begun(stage(1, "Manager", MARA, sla=HOUR, escalate_to=(both,)))
    story.at(NOW + HOUR).when(Tick())
    story.directory = with_changed(FINN, groups=())
    assert story.approves(FINN).state.status is Status.APPROVED


# --- those whom an administrator replaced ----------------------------------------------------


def test_who_was_replaced_does_not_come_back_when_the_other_leaves() -> None:
    story = begun(stage(1, "Manager", MARA)).when(reassign(MARA, DANA))
    story.directory = without(DANA)
    story.when(Tick())
    assert current(story).assigned == (ADA,)


def test_nor_when_the_stage_is_opened_again_and_the_other_is_asked() -> None:
    two = (stage(1, "Manager", MARA), stage(2, "Director", FINN))
    story = submitted(route=a_route(*two, on_reject=OnReject.PREVIOUS_STAGE))
    story.when(reassign(MARA, DANA)).approves(DANA).rejects(FINN)
    assert (current(story).plan.level, current(story).assigned) == (1, (DANA,))


def test_nor_by_an_escalation() -> None:
    plan = stage(1, "Pair", MARA, FINN, sla=HOUR, escalate_to=((Entry(MARA, (MARA,)), LEAD),))
    story = begun(plan).when(reassign(MARA, ADA)).at(NOW + HOUR).when(Tick())
    assert current(story).assigned == (ADA, FINN, DANA)


def test_who_was_replaced_does_not_reject_but_may_look() -> None:
    story = begun(stage(1, "Manager", MARA)).when(reassign(MARA, DANA))
    assert story.refused(vote(story.state, MARA, REJECT, "no"), MARA) is Reason.NOT_AN_APPROVER
    assert person_may_see(story.state, MARA, DIRECTORY)


def test_an_administrator_puts_somebody_back() -> None:
    story = begun(stage(1, "Manager", MARA)).when(reassign(MARA, DANA)).when(reassign(DANA, MARA))
    assert current(story).assigned == (MARA,)
    assert story.approves(MARA).state.status is Status.APPROVED


def test_who_takes_the_place_of_one_of_a_group_has_no_seat_beside_it() -> None:
    pool = (Entry(ref="group:finance", people=(FINN, FAYE)), Entry(ref=MARA, people=(MARA,)))
    story = begun(stage(1, "Pair", entries=pool, quorum="all")).when(reassign(FAYE, DANA))
    story.approves(FINN).approves(DANA)
    assert story.state.status is Status.PENDING, "the group has one seat, and Mara hers"
    assert story.approves(MARA).state.status is Status.APPROVED


def test_the_others_of_the_group_are_still_asked_as_its_members() -> None:
    story = begun(stage(1, "Pool", entries=(FINANCE,))).when(reassign(FAYE, DANA))
    story.directory = with_changed(FINN, groups=())
    assert story.refused(vote(story.state, FINN, APPROVE), FINN) is Reason.NO_LONGER_QUALIFIED


def test_who_takes_a_place_on_call_takes_its_turns() -> None:
    story = begun(stage(1, "Duty", entries=(ON_CALL,)), last_resort=())
    (first,) = current(story).assigned
    story.when(reassign(first, MARA))
    assert current(story).assigned == (MARA,)
    (other,) = {FINN, FAYE} - {first}
    story.directory = without(MARA)
    story.when(Tick())
    assert current(story).assigned == (other,)


def test_who_takes_a_place_among_silent_people_is_told() -> None:
    pool = (Entry(ref=MARA, people=(MARA,)), replace(FINANCE, silent=True))
    story = begun(stage(1, "Pool", entries=pool)).when(reassign(FINN, DANA))
    *_, left, new = current(story).entries
    assert (left.people, new) == ((FAYE,), Entry(ref=DANA, people=(DANA,)))


def test_who_takes_a_place_in_the_last_resort_is_not_exempt_with_the_others() -> None:
    story = Story(without(MARA)).when(a_submit(a_route(stage(1, "Boss", MARA), last_resort=POOL)))
    story.when(reassign(FINN, DANA))
    *_, left, new = current(story).entries
    assert (left.people, left.exempt) == ((FAYE,), True)
    assert new == Entry(ref=DANA, people=(DANA,))


# --- those whose turn has not come -----------------------------------------------------------


def in_line(**fields: Any) -> StagePlan:
    return stage(1, "Line", MARA, FINN, in_order=True, sla=HOUR, **fields)


def test_who_is_put_in_a_planned_place_is_asked_when_its_turn_comes() -> None:
    story = begun(in_line()).when(reassign(FINN, DANA))
    (done,) = [r.event for r in story.new]
    assert isinstance(done, Reassigned)
    assert current(story).assigned == (MARA,)
    assert story.refused(vote(story.state, DANA, APPROVE), DANA) is Reason.NOT_AN_APPROVER
    story.at(NOW + HOUR).when(Tick())
    assert current(story).assigned == (MARA, DANA)
    assert story.approves(DANA).state.status is Status.APPROVED


def test_the_place_of_one_whose_turn_has_passed_is_taken_at_once() -> None:
    story = Story(without(MARA)).when(a_submit(a_route(in_line())))
    assert current(story).assigned == (FINN,)
    story.when(reassign(MARA, DANA))
    assert current(story).assigned == (DANA, FINN)


# --- those whom nobody tells -----------------------------------------------------------------


def unreached(*people: str) -> Story:
    """Slack is switched on, and these are not known there."""
    known = (replace(p, identities=()) if p.email in people else p for p in PEOPLE)
    story = Story(Directory(known))
    story.platforms = frozenset({"slack"})
    return story


def test_a_seat_that_only_one_can_fill_who_is_not_told_asks_others_at_once() -> None:
    story = unreached(FINN).when(a_submit(a_route(stage(1, "Pair", MARA, FINN, quorum="all"))))
    assert current(story).assigned == (MARA, FINN, ADA)
    assert current(story).entries[-1].seats == 1, "just the seat that is missing"
    assert story.approves(MARA).state.status is Status.PENDING
    assert story.approves(ADA).state.status is Status.APPROVED


def test_a_seat_of_silent_people_is_not_left_to_them() -> None:
    pair = (Entry(ref=MARA, people=(MARA,)), replace(FINANCE, silent=True))
    story = begun(stage(1, "Pair", entries=pair, quorum="all"), last_resort=())
    assert current(story).held == UNTOLD


def test_a_pool_with_enough_who_are_told_asks_nobody_else() -> None:
    story = unreached(FINN).when(a_submit(a_route(stage(1, "Pool", MARA, FINN, quorum=1))))
    assert current(story).assigned == (MARA, FINN)


def test_a_rejection_that_leaves_it_to_one_who_is_not_told_asks_others() -> None:
    plan = stage(1, "Pool", MARA, FINN, quorum=1, reject_quorum=2)
    story = unreached(FINN).when(a_submit(a_route(plan))).rejects(MARA)
    assert [type(r.event) for r in story.new] == [Voted, Escalated]
    assert current(story).assigned == (MARA, FINN, ADA)
    story.when(Tick()).then()


def test_a_rejection_alone_asks_nobody_else() -> None:
    plan = stage(1, "Pair", MARA, FINN, quorum="all", reject_quorum=2)
    story = unreached(DANA).when(a_submit(a_route(plan))).rejects(MARA)
    assert [type(r.event) for r in story.new] == [Voted]


def test_who_was_not_told_and_found_it_all_the_same_counts() -> None:
    plan = stage(1, "Pair", MARA, FINN, quorum="all")
    story = unreached(FINN).when(a_submit(a_route(plan, last_resort=())))
    assert story.new[-1].event == Held(level=1, because=UNTOLD)
    story.approves(FINN)
    assert current(story).held is None
    assert story.approves(MARA).state.status is Status.APPROVED
