"""People on call: who takes turns is asked in turn, and a turn hands on what nobody answered."""

from typing import Any

from msgspec.structs import replace

from core.calendars.calendar import Calendar
from core.calendars.rotation import Rotation
from core.commands import Tick
from core.request import Status
from core.route import Entry, OnTimeout, StagePlan
from core.rules.staffing import NOBODY_LEFT
from tests.core.acts import escalate, reassign, withdraw
from tests.core.builders import (
    ADA,
    DANA,
    DAY,
    FAYE,
    FINN,
    HOUR,
    MARA,
    NOW,
    a_route,
    a_submit,
    stage,
    with_changed,
)
from tests.core.spec import Story, submitted
from tests.core.test_rule_staffing import begun, current, without

WEEK = Rotation(people=(FINN, FAYE), period=DAY, starts="2027-01-15T08:00")
ON_CALL = Entry(ref="on_call:finance", people=(FINN, FAYE), rotation=WEEK)


TRIO = replace(WEEK, people=(FINN, FAYE, MARA))


def turns(story: Story, until: int = NOW + 9 * DAY - 1) -> list[int]:
    """The moments at which it is woken; each changes something, and none comes twice."""
    woken: list[int] = []
    while (wake := story.state.wake_at) is not None and wake <= until:
        assert wake > story.now
        version = story.state.version
        story.at(wake).when(Tick())
        assert story.state.version > version
        woken.append(wake)
    return woken


def test_of_a_rotation_only_whoever_is_on_call_is_asked() -> None:
    story = begun(stage(1, "Duty", entries=(ON_CALL,)))
    assert len(current(story).assigned) == 1


def on_duty(plan: StagePlan, **fields: Any) -> Story:
    return submitted(route=a_route(plan), expires_at=NOW + 9 * DAY, **fields)


def test_at_a_hand_over_whoever_is_on_call_then_is_asked_too_in_the_time_that_is_left() -> None:
    story = on_duty(stage(1, "Duty", entries=(ON_CALL,), sla=3 * DAY, remind_at=(2 * DAY,)))
    before = current(story)
    (first,) = before.assigned
    (other,) = {FINN, FAYE} - {first}
    turn = before.hands_over
    assert turn is not None
    assert turn == story.state.wake_at
    story.at(turn - 1).when(Tick()).then()
    story.at(turn).when(Tick())
    after = current(story)
    assert after.assigned == (other, first)
    assert (after.acts_at, after.reminders) == (before.acts_at, before.reminders)
    story.at(turn).when(Tick()).then()
    assert story.approves(other).state.status is Status.APPROVED


def test_who_was_on_call_before_may_go_on_deciding() -> None:
    story = on_duty(stage(1, "Duty", entries=(ON_CALL,)))
    (first,) = current(story).assigned
    story.at(NOW + DAY).when(Tick())
    assert story.approves(first).state.status is Status.APPROVED


def test_a_seat_that_is_filled_is_not_handed_over() -> None:
    plan = stage(1, "Pair", entries=(ON_CALL, Entry(ref=DANA, people=(DANA,))), quorum="all")
    story = on_duty(plan)
    first = current(story).entries[0].people
    story.approves(*first)
    story.at(NOW + DAY).when(Tick())
    assert current(story).entries[0].people == first


def test_a_late_tick_hands_over_once_to_whoever_is_on_call_by_then() -> None:
    story = on_duty(stage(1, "Duty", entries=(ON_CALL,)))
    (first,) = current(story).assigned
    story.at(NOW + 5 * DAY + HOUR).when(Tick())
    assert len(story.new) == 1
    assert current(story).assigned[0] != first


def test_of_who_has_been_called_up_already_no_turn_is_kept() -> None:
    """The turn of each of three comes once; after that nothing changes, and nothing is woken."""
    trio = replace(ON_CALL, people=TRIO.people, rotation=TRIO)
    story = on_duty(stage(1, "Duty", entries=(trio,)))
    before = story.state.version
    woken = turns(story)
    assert [moment - NOW for moment in woken] == [DAY, 2 * DAY]
    assert set(current(story).assigned) == set(TRIO.people)
    assert story.state.version == before + 2
    assert story.state.wake_at == NOW + 9 * DAY


def test_no_turn_is_kept_of_a_seat_that_is_filled_until_the_vote_is_taken_back() -> None:
    plan = stage(1, "Pair", entries=(ON_CALL, Entry(ref=DANA, people=(DANA,))), quorum="all")
    story = on_duty(plan)
    (first,) = current(story).entries[0].people
    story.approves(first)
    assert story.state.wake_at == NOW + 9 * DAY
    story.at(NOW + DAY + HOUR).when(Tick()).then()
    story.when(withdraw(first), first)
    assert story.state.wake_at == NOW + DAY, "the turn that passed meanwhile"
    story.at(NOW + DAY + HOUR).when(Tick())
    assert set(current(story).entries[0].people) == {FINN, FAYE}
    assert story.state.wake_at == NOW + 9 * DAY


def test_a_filled_seat_adds_no_turns_to_those_of_another_rotation() -> None:
    """The first seat changes hands daily and is filled; the second does every third day."""
    rare = Rotation(people=(MARA, DANA, ADA), period=3 * DAY, starts="2027-01-15T08:00")
    seats = (ON_CALL, Entry(ref="on_call:legal", people=rare.people, rotation=rare))
    story = on_duty(stage(1, "Pair", entries=seats, quorum="all"))
    (first,) = current(story).entries[0].people
    story.approves(first)
    woken = turns(story, until=NOW + 8 * DAY)
    assert [moment - NOW for moment in woken] == [3 * DAY, 6 * DAY]
    story.when(withdraw(first), first)
    assert story.state.wake_at == NOW + 7 * DAY, "the next turn of the one who is not asked"
    story.at(NOW + 7 * DAY).when(Tick())
    assert set(current(story).entries[0].people) == {FINN, FAYE}


def test_the_turn_of_somebody_whose_place_was_taken_is_not_kept() -> None:
    story = on_duty(stage(1, "Duty", entries=(ON_CALL,)))
    (first,) = current(story).assigned
    story.when(reassign(first, MARA))
    (other,) = {FINN, FAYE} - {first}
    assert [moment - NOW for moment in turns(story)] == [DAY]
    assert set(current(story).assigned) == {MARA, other}


def test_nobody_takes_turns_where_there_is_one_person_or_none_on_call() -> None:
    alone = replace(ON_CALL, rotation=replace(WEEK, people=(FINN,)), people=(FINN,))
    assert current(on_duty(stage(1, "Duty", entries=(alone,)))).hands_over is None
    assert current(on_duty(stage(1, "Boss", DANA))).hands_over is None


def test_a_stage_that_is_held_by_its_rule_is_not_handed_over() -> None:
    plan = stage(1, "Duty", entries=(ON_CALL,), sla=HOUR, on_timeout=OnTimeout.HOLD)
    story = on_duty(plan)
    story.at(NOW + HOUR).when(Tick())
    assert current(story).held is not None
    assert story.state.wake_at == NOW + 9 * DAY
    story.at(NOW + 2 * DAY).when(Tick()).then()


def test_on_call_by_an_escalation_is_handed_over_too_where_it_has_a_place_of_its_own() -> None:
    order = (Entry(ref=DANA, people=(DANA,)), ON_CALL)
    story = on_duty(stage(1, "Line", entries=order, sla=HOUR, in_order=True, quorum=1))
    story.at(NOW + HOUR).when(Tick())
    (_, first) = current(story).assigned
    story.at(NOW + HOUR + 1)
    turn = current(story).hands_over
    assert turn is not None
    story.at(turn).when(Tick())
    assert set(current(story).assigned) >= {DANA, FINN, FAYE, first}


def test_who_is_on_call_now_is_asked_when_the_one_before_leaves() -> None:
    story = submitted(route=a_route(stage(1, "Duty", entries=(ON_CALL,))), expires_at=NOW + 9 * DAY)
    (first,) = current(story).assigned
    (other,) = {FINN, FAYE} - {first}
    story.directory = without(first)
    story.at(NOW + DAY).when(Tick())
    assert current(story).assigned == (other,)
    assert story.approves(other).state.status is Status.APPROVED


def test_who_is_on_call_and_may_not_is_passed_over() -> None:
    first = current(begun(stage(1, "Duty", entries=(ON_CALL,)))).assigned[0]
    story = submitted(route=a_route(stage(1, "Duty", entries=(ON_CALL,))), owner=first)
    assert {FINN, FAYE} - {first} == set(current(story).assigned)


def test_everyone_of_a_rotation_is_asked_before_others_help_out() -> None:
    first = current(begun(stage(1, "Duty", entries=(ON_CALL,)))).assigned[0]
    (other,) = {FINN, FAYE} - {first}
    pair = (ON_CALL, Entry(ref=first, people=(first,)))
    story = begun(stage(1, "Pair", entries=pair, quorum="all"))
    assert set(current(story).assigned) == {first, other}
    assert (current(story).tier, current(story).held) == (0, None)


def test_an_escalation_to_a_rotation_asks_the_next_who_is_not_asked_yet() -> None:
    first = current(begun(stage(1, "Duty", entries=(ON_CALL,)))).assigned[0]
    (other,) = {FINN, FAYE} - {first}
    story = begun(stage(1, "Boss", first, escalate_to=((ON_CALL,),)))
    story.when(escalate(as_admin=True))
    assert current(story).assigned == (first, other)


def test_a_hand_over_frees_no_stage_that_is_held() -> None:
    pair = (ON_CALL, Entry(ref=DANA, people=(DANA,)))
    plan = stage(1, "Pair", entries=pair, quorum="all", escalate_to=((ON_CALL,),))
    story = Story(without(DANA, FAYE))
    story.when(a_submit(a_route(plan, last_resort=()), expires_at=NOW + 9 * DAY))
    assert current(story).held == NOBODY_LEFT
    story.at(NOW + DAY).when(Tick()).then()


def test_a_hand_over_frees_no_stage_whose_seats_were_reassigned() -> None:
    pair = (ON_CALL, Entry(ref=DANA, people=(DANA,)))
    plan = stage(1, "Trio", entries=(*pair, Entry(ref=MARA, people=(MARA,))), quorum="all")
    story = submitted(route=a_route(plan, last_resort=()), expires_at=NOW + 9 * DAY)
    story.when(reassign(DANA, ADA))
    story.directory = without(ADA)
    story.when(Tick())
    assert current(story).held == NOBODY_LEFT
    for turn in range(1, 5):
        story.at(NOW + turn * DAY).when(Tick()).then()


def test_who_takes_a_place_is_asked_together_with_the_next_level() -> None:
    plan = stage(1, "Trio", DANA, FINN, FAYE, quorum=3)
    story = Story(with_changed(MARA, manager=ADA))
    story.when(a_submit(a_route(plan, conflicted=(FINN, FAYE), last_resort=())))
    assert current(story).held == NOBODY_LEFT
    story.when(reassign(DANA, MARA))
    assert set(current(story).assigned) == {MARA, ADA}, "not Dana, whose place was taken"
    assert current(story).held == NOBODY_LEFT
    story.when(Tick()).then()


NEVER_NOW = Calendar("night", "UTC", 0, 1, tuple(range(7)))


def test_outside_hours_whoever_is_on_call_is_asked_too_and_the_clock_runs() -> None:
    plan = stage(1, "Boss", MARA, calendar=NEVER_NOW, sla=HOUR, outside_hours=ON_CALL)
    story = begun(plan)
    assert len(current(story).assigned) == 2
    assert current(story).acts_at == NOW + HOUR


def test_outside_hours_without_anyone_able_the_clock_stops() -> None:
    plan = stage(1, "Boss", MARA, calendar=NEVER_NOW, sla=60_000, outside_hours=ON_CALL)
    story = Story(without(FINN, FAYE)).when(a_submit(a_route(plan, conflicted=(FAYE,))))
    assert current(story).assigned == (MARA,)
    assert current(story).acts_at != NOW + 60_000
